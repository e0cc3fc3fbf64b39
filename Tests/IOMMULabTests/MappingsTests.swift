import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What tables map, folded, and the way back from memory to who maps it.
@Suite struct `Mappings folded` {
  private func machine(
    _ text: String, on platform: String = Library.usualPlatform
  ) throws -> Machine {
    let script = try Script(parsing: text, platforms: Library.platformNames)
    var machine = try Library.machine(for: script, on: platform)
    for line in script.lines { _ = machine.apply(line.operation) }
    return machine
  }

  private func mappings(_ name: String, _ machine: Machine) throws -> Mappings {
    let domain = try machine.domain(name)
    let table = try #require(machine.system.domains[domain.index].table)
    return Mappings(from: table, in: machine)
  }

  @Test(arguments: [
    (Library.usualPlatform, "2M", UInt64(2 << 20)), ("traditional", "8M", 8 << 20),
    (Library.usualPlatform, "64K", 64 << 10), (Library.usualPlatform, "48K", 48 << 10),
    ("traditional", "48K", 48 << 10), (Library.usualPlatform, "48M", 48 << 20),
  ])
  func `what lies together and leads together is one range`(
    platform: String, size: String, bytes: UInt64
  ) throws {
    let machine = try machine("alloc d\nmap d 0x10000000 0x60000000 \(size) rw", on: platform)
    let found = try mappings("d", machine)
    #expect(found.bytes == bytes)
    #expect(found.ranges.map(\.iova.value) == [0x1000_0000])
    #expect(found.ranges.first?.last == 0x1000_0000 + bytes - 1)
  }

  @Test func `a range ends where memory, rights or kinds of page change`() throws {
    let machine = try machine(
      """
      alloc d
      map d 0x10000000 0x60000000 4K rw
      map d 0x10001000 0x60001000 4K r
      map d 0x10002000 0x60005000 4K r
      map d 0x10010000 0x60010000 64K rw
      """, on: "traditional")
    let found = try mappings("d", machine)
    #expect(
      found.ranges.map(\.iova.value) == [0x1000_0000, 0x1000_1000, 0x1000_2000, 0x1001_0000])
    #expect(found.ranges.map(\.leaf.rightsText) == ["rw", "r", "r", "rw"])
  }

  @Test(arguments: 1...6)
  func `folding agrees with asking the tables for every page`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var text = "alloc d\n"
    for _ in 0..<40 {
      let page = random.below(600)
      let target = random.below(8) == 0 ? random.below(600) : page
      let verb = random.below(4) == 0 ? "unmap d" : "map d"
      let iova = (0x1000_0000 + page << 12).hex
      text +=
        verb == "map d"
        ? "map d \(iova) \((0x6000_0000 + target << 12).hex) 4K rw\n" : "unmap d \(iova) 4K\n"
    }
    for platform in [Library.usualPlatform, "traditional"] {
      let machine = try machine(text, on: platform)
      let found = try mappings("d", machine)
      let domain = try machine.domain("d")
      let table = try #require(machine.system.domains[domain.index].table)
      for page in UInt64(0)..<700 {
        let iova = 0x1000_0000 + page << 12
        let asked = machine.platform.format.physicalAddress(
          of: IOVA(iova), from: table, in: machine.board.memory)
        let range = found.ranges.first { $0.iova.value <= iova && iova <= $0.last }
        let folded = range.map { $0.physical.value + (iova - $0.iova.value) }
        #expect(folded == asked?.value, "seed \(seed), page \(page)")
        // The same found by halving.
        let index = found.index(of: iova)
        let near = found.ranges.indices.contains(index) ? found.ranges[index] : nil
        #expect((near?.iova.value ?? .max <= iova) == (range != nil))
      }
    }
  }

  @Test func `a page of memory knows all mappings that lead to it`() throws {
    let machine = try machine(
      """
      alloc a
      alloc b
      map a 0x10000000 0x60000000 1M rw
      map b 0x20000000 0x60040000 64K rw
      """)
    let (a, b) = (try machine.domain("a"), try machine.domain("b"))
    let folded = [a: try mappings("a", machine), b: try mappings("b", machine)]
    #expect(machine.mappings(toPage: 0x60040, folded: folded).map(\.domain) == [a, b])
    #expect(machine.mappings(toPage: 0x60000, folded: folded).map(\.domain) == [a])
    #expect(machine.mappings(toPage: 0x60100, folded: folded).isEmpty)
    // The tables answer the same when nobody has folded them.
    #expect(machine.mappings(toPage: 0x60040, folded: [:]).map(\.domain) == [a, b])
    #expect(machine.mappings(toPage: 0x60040, folded: [:], atMost: 1).map(\.domain) == [a])
  }

  @Test func `memory is told apart by use, and every page is told once`() throws {
    let machine = try machine(
      """
      alloc fb
      alloc gone
      map fb 0x10000000 0x60000000 4K rw
      map fb 0x10000000 0x61000000 1M rw
      free gone
      write-word 0x1000 7
      """)
    let fb = try machine.domain("fb")
    let leaked = DomainTables(of: fb, in: machine).leaked
    let runs = MemoryRuns(
      of: machine, mappings: [fb: try mappings("fb", machine)], leaked: [fb: leaked]
    ).runs
    #expect(runs.map(\.use) == [.written, .firstTable, .free, .leaked, .buffer])
    #expect(runs.map(\.start.value) == runs.map(\.start.value).sorted())
    #expect(runs[1].domain == fb)
    #expect(runs[4].start.value == 0x6100_0000)
    #expect(runs[4].length == 1 << 20)
  }

  @Test func `tables that lead in circles come to an end`() throws {
    var machine = try machine("alloc d\nmap d 0x10000000 0x60000000 4K rw", on: "traditional")
    let domain = try machine.domain("d")
    let table = try #require(machine.system.domains[domain.index].table)
    for index in UInt64(0)..<512 {
      _ = machine.apply(.writeWord(physical: table.value + index * 8, value: table.value | 3))
    }
    #expect(try mappings("d", machine).ranges.count <= Mappings.most)
  }
}
