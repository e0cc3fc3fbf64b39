import Foundation
import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// Maps and unmaps through Linux 6.1's generic core and its VT-d driver, and the tables that stood
/// in memory afterwards.
@Suite struct `Recorded VT-d calls` {
  struct Case: Decodable {
    let id: Int
    let ops: [Call]
    let tables: [Table]
    let pages_live: Int
    let probes: [[Number]]
  }

  struct Call: Decodable {
    let op: String
    let iova: Number
    let pa: Number?
    let size: Number?
    let prot: UInt32?
    let ret: Number
    let warn: Int?
  }

  /// Entries as runs: first index, count, first word, and what each is larger by.
  struct Table: Decodable {
    let level: Int
    let path: [Int]
    let e: [Run]
  }

  struct Run: Decodable {
    let first: Int
    let count: Int
    let word: UInt64
    let step: UInt64

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      first = try list.decode(Int.self)
      count = try list.decode(Int.self)
      word = try list.decode(Number.self).long
      step = try list.decode(Number.self).long
    }
  }

  private func perform(
    _ call: Call, on domain: DomainID, _ machine: inout Machine
  ) throws -> Int64 {
    let iova = IOVA(call.iova.long)
    do throws(KernelError) {
      switch call.op {
      case "iommu_map":
        try machine.map(
          domain, iova: iova, to: PhysicalAddress(call.pa?.long ?? 0), size: call.size?.long ?? 0,
          Protection(rawValue: call.prot ?? 0))
        return 0
      case "iommu_unmap":
        return Int64(
          bitPattern: try machine.unmap(domain, iova: iova, size: call.size?.long ?? 0))
      default:
        return Int64(bitPattern: try machine.physicalAddress(of: iova, in: domain).value)
      }
    } catch {
      return error.code
    }
  }

  @Test func `answers, tables and what is in use are those of the real code`() throws {
    let cases = try Recorded.cases("vtd", in: .module, as: Case.self)
    #expect(cases.count == 8)
    for recorded in cases {
      var machine = Machine(unprobed: try Library.platform("traditional"))
      try machine.probeAll()
      let before = machine.board.memory.pool.pagesInUse
      let domain = try machine.allocateDomain("recorded")
      for (index, call) in recorded.ops.enumerated() {
        let place: Comment = "case \(recorded.id), call \(index): \(call.op)"
        _ = machine.takeRecording()
        #expect(try perform(call, on: domain, &machine) == call.ret.value, place)
        let events = machine.takeRecording().events
        let overMapped = events.count {
          if case .hazard(.mappedTwice, _, _) = $0.change { true } else { false }
        }
        #expect(overMapped == call.warn ?? 0, place)
      }
      for probe in recorded.probes {
        let found = try machine.physicalAddress(of: IOVA(probe[0].long), in: domain)
        #expect(found.value == probe[1].long, "case \(recorded.id), probe \(probe[0].long)")
      }
      #expect(machine.board.memory.pool.pagesInUse - before == recorded.pages_live)
      compare(DomainTables(of: domain, in: machine), with: recorded)
    }
  }

  private func compare(_ tables: DomainTables, with recorded: Case) {
    let found = Dictionary(uniqueKeysWithValues: tables.tables.map { ($0.path, $0) })
    #expect(tables.leaked == [])
    #expect(found.count == recorded.tables.count, "case \(recorded.id)")
    for table in recorded.tables {
      let place: Comment = "case \(recorded.id), level \(table.level), \(table.path)"
      guard let ours = found[table.path] else {
        Issue.record("no such table: \(place)")
        continue
      }
      #expect(ours.level == table.level, place)
      var words: [Int: UInt64] = [:]
      for run in table.e {
        for index in 0..<run.count {
          words[run.first + index] = run.word &+ UInt64(index) &* run.step
        }
      }
      // The recordings leave the addresses of tables out.
      let isTable = { (word: UInt64) in table.level > 1 && word & 0x80 == 0 }
      let compared = ours.words.map { ($0.index, isTable($0.word) ? $0.word & 0xfff : $0.word) }
      #expect(Dictionary(uniqueKeysWithValues: compared) == words, place)
    }
  }
}

/// Linux 6.1's choice of page sizes.
@Suite struct `Recorded page sizes` {
  @Test func `the size and the count of every row are those of the real code`() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "iommu_pgsize", withExtension: "csv", subdirectory: "Recorded"))
    let rows = try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline)
    #expect(rows.count > 100)
    for row in rows.dropFirst() {
      let fields = row.split(separator: ",").map { field in
        field.hasPrefix("0x") ? UInt64(field.dropFirst(2), radix: 16) : UInt64(field)
      }
      let numbers = fields.compactMap(\.self)
      try #require(numbers.count == 6, "\(row)")
      let run = PageSizes(bitmap: numbers[3]).run(
        iova: numbers[0], physical: numbers[1], within: numbers[2])
      #expect(run.size == numbers[4], "\(row)")
      #expect(run.bytes == numbers[4] &* numbers[5], "\(row)")
    }
  }

  @Test func `a run ends where exactly one larger page completes the size`() {
    let sizes = PageSizes([.size4K, .size64K])
    let exact = sizes.run(iova: 0x4020_f000, physical: 0x5a12_f000, within: 0x1_1000)
    #expect(exact.bytes == 0x1000)
    let short = sizes.run(iova: 0x4020_f000, physical: 0x5a12_f000, within: 0x1_0000)
    #expect(short.bytes == 0x1_0000)
  }
}
