import Foundation
import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// Calls on the ops of the Linux 3.6 driver, recorded by running it over simulated registers.
@Suite struct `Recorded driver calls` {
  struct Sequence: Decodable {
    let id: Int
    let ops: [RecordedCall]
    let doms: [RecordedDomain]
    let pages_live_before_destroy: Int
    let pages_leaked_after_destroy: Int
    let bad_frees: Int
  }

  struct Misuse: Decodable {
    let name: String
    let ops: [RecordedCall]
    let doms: [RecordedDomain]
    let pages_leaked_after_destroy: Int?
    let dram_nonzero: [String: Number]?
    let bad_frees: [String]
  }

  @Test func `random sequences answer, program and leave tables as recorded`() throws {
    let cases = try Recorded.cases("msm_driver", in: .module, as: Sequence.self)
    #expect(cases.count == 16)
    for recorded in cases {
      let name = "msm_driver \(recorded.id)"
      var bare = try BareDriver(domains: 2)
      try replay(recorded.ops, on: &bare, name)
      try compare(recorded.doms, with: bare, name)
      #expect(
        bare.system.board.memory.pool.pagesInUse == recorded.pages_live_before_destroy, "\(name)")
      try probe(recorded.doms, on: &bare, name)
      bare.destroyAll()
      #expect(
        bare.system.board.memory.pool.pagesInUse == recorded.pages_leaked_after_destroy, "\(name)")
    }
  }

  @Test func `misuse that nobody stops does what it did on the real driver`() throws {
    let cases = try Recorded.cases("msm_misuse", in: .module, as: Misuse.self)
    #expect(cases.count == 11)
    for recorded in cases {
      var bare = try BareDriver(domains: 3)
      if recorded.name == "l2_alloc_failure" {
        bare.limitPages(to: 12)
      }
      try replay(recorded.ops, on: &bare, recorded.name)
      try compare(recorded.doms, with: bare, recorded.name)
      bare.destroyAll()
      #expect(
        bare.system.board.memory.pool.pagesInUse == recorded.pages_leaked_after_destroy,
        "\(recorded.name)")
    }
  }

  @Test func `a page mapped inside a section is written into the mapped memory`() throws {
    let cases = try Recorded.cases("msm_hazards", in: .module, as: Misuse.self)
    #expect(cases.count == 2)
    for recorded in cases {
      var bare = try BareDriver(domains: 3)
      try replay(recorded.ops, on: &bare, recorded.name)
      try compare(recorded.doms, with: bare, recorded.name)
      let memory = bare.system.board.memory
      var changed: [String: UInt32] = [:]
      for page in memory.populatedPages where memory.use(ofPage: page) == .buffer {
        for (index, word) in (memory.contents(ofPage: page) ?? []).enumerated() where word != 0 {
          changed["0x" + String(page << 12 | UInt64(index) * 4, radix: 16)] = word
        }
      }
      #expect(changed == recorded.dram_nonzero?.mapValues(\.word), "\(recorded.name)")
    }
  }

  private func replay(
    _ calls: [RecordedCall], on bare: inout BareDriver, _ name: String
  ) throws {
    for (index, call) in calls.enumerated() {
      let place: Comment = "\(name), call \(index): \(call.op)"
      #expect(try bare.make(call) == call.ret?.value, place)
      #expect(bare.takeWrites() == (try recordedWrites(call.w, on: bare.system.board)), place)
    }
  }

  private func compare(
    _ domains: [RecordedDomain], with bare: BareDriver, _ name: String
  ) throws {
    for (index, recorded) in domains.enumerated() {
      let place: Comment = "\(name), domain \(index)"
      #expect(bare.system.domains[index].table?.value == recorded.pgd.long, place)
      let tables = RecordedTables(at: recorded.pgd.long, on: bare.system.board)
      #expect(tables == (try RecordedTables(recorded.l1, recorded.l2)), place)
      #expect(bare.system.board.memory.pool.pagesInUse == recorded.pages_live, place)
    }
  }

  private func probe(
    _ domains: [RecordedDomain], on bare: inout BareDriver, _ name: String
  ) throws {
    for (index, recorded) in domains.enumerated() {
      for pair in recorded.probes ?? [] {
        #expect(
          try bare.probe(pair[0].long, of: bare.domains[index]) == pair[1].value,
          "\(name), domain \(index), probe of \(pair[0].value)")
      }
    }
  }
}

/// The generic `iommu_map` and `iommu_unmap` of Linux 3.6 over that driver.
@Suite struct `Recorded calls of the generic core` {
  struct Sequence: Decodable {
    let id: Int
    let ctx: String
    let ops: [RecordedCall]
    let pgd: Number
    let l1: [String: Number]
    let l2: [String: [String: Number]]
    let pages_live: Int
    let probes: [[Number]]
    let pages_leaked_after_destroy: Int
  }

  @Test func `any sizes and alignments answer and leave tables as recorded`() throws {
    let cases = try Recorded.cases("msm_api", in: .module, as: Sequence.self)
    #expect(cases.count == 12)
    for recorded in cases {
      var machine = try Machine.msm8x60()
      let domain = try machine.allocateDomain("recorded")
      try machine.attach(recorded.ctx, to: "recorded")
      for (index, call) in recorded.ops.enumerated() {
        #expect(
          Self.make(call, on: domain, of: &machine) == call.ret?.value,
          "msm_api \(recorded.id), call \(index): \(call.op)")
      }
      let place: Comment = "msm_api \(recorded.id)"
      #expect(machine.system.domains[domain.index].table?.value == recorded.pgd.long, place)
      let tables = RecordedTables(at: recorded.pgd.long, on: machine.board)
      #expect(tables == (try RecordedTables(recorded.l1, recorded.l2)), place)
      #expect(machine.board.memory.pool.pagesInUse == recorded.pages_live, place)
      for pair in recorded.probes {
        let found = try machine.physicalAddress(of: IOVA(pair[0].long), in: domain)
        #expect(Int64(found.value) == pair[1].value, "\(place), probe of \(pair[0].value)")
      }
      machine.free(domain)
      #expect(machine.board.memory.pool.pagesInUse == recorded.pages_leaked_after_destroy, place)
    }
  }

  private static func make(
    _ call: RecordedCall, on domain: DomainID, of machine: inout Machine
  ) -> Int64 {
    let iova = IOVA(call.iova?.long ?? 0)
    do throws(KernelError) {
      switch call.op {
      case "iommu_map":
        try machine.map(
          domain, iova: iova, to: PhysicalAddress(call.pa?.long ?? 0), size: call.bytes,
          call.protection)
        return 0
      case "iommu_unmap": return Int64(try machine.unmap(domain, iova: iova, size: call.bytes))
      default: return Int64(try machine.physicalAddress(of: iova, in: domain).value)
      }
    } catch {
      return -Int64(error.errno.rawValue)
    }
  }
}
