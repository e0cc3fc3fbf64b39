import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// Anything with a name, an address or a text is found, and no key searches for long.
@Suite struct `Finding` {
  private func timeline(_ script: String? = nil, on platform: String = "msm8x60") throws -> Timeline
  {
    let text = script ?? Library.openingScene(of: platform).text
    let parsed = try Script(parsing: text, platforms: Library.platformNames)
    var timeline = Timeline(from: try Library.machine(for: parsed, on: platform))
    for line in parsed.lines { timeline.perform(line.operation, line: line.number) }
    return timeline
  }

  private func find(_ query: String, in timeline: Timeline, near: Int? = 2) throws -> [FoundGroup] {
    var finder = Finder(
      timeline, registers: try Library.registers(of: timeline.machine.platform.family), near: near)
    return finder.find(query, in: timeline)
  }

  private func all(_ groups: [FoundGroup]) -> [Found] { groups.flatMap(\.found) }

  @Test func `a domain is found by its name, and comes before what only has its letters`() throws {
    let groups = try find("fb", in: timeline())
    #expect(groups.first?.found.first?.place == .named("fb"))
    #expect(groups.first?.found.first?.marked == [0, 1])
  }

  @Test func `letters in order are enough for a name`() throws {
    let found = all(try find("mrgb1", in: timeline()))
    #expect(found.first?.name.text.hasPrefix("mdp_rgb1") == true)
    #expect(found.first?.marked == [0, 4, 5, 6, 7])
  }

  @Test func `an address of a device leads to the mapping of each domain that has it`() throws {
    let first = try #require(try find("0x10000123", in: timeline()).first)
    #expect(first.group == .addresses)
    #expect(first.found.first?.place == .mapping(domain: "fb", IOVA(0x1000_0123)))
    #expect(first.found.first?.detail.text.contains("0x60000123") == true)
  }

  @Test func `an address of memory leads back to who maps it, and at which address`() throws {
    let found = all(try find("0x6134f010", in: timeline()))
    #expect(found.contains { $0.place == .mapping(domain: "fb", IOVA(0x1081_0010)) })
  }

  @Test func `an address in a page table leads to the word that lies there`() throws {
    let found = all(try find("0x40000400", in: timeline()))
    let word = try #require(found.first { $0.kind == "table" })
    #expect(word.place == .tableWord(PhysicalAddress(0x4000_0400)))
    #expect(word.name.text == "0x40000400 is L1[0x100] of fb")
  }

  @Test func `a small number is the register at that offset, a large one the register there`()
    throws
  {
    let offset = try #require(
      all(try find("0x01010", in: timeline())).first { $0.kind == "register" })
    #expect(offset.place == .register(iommu: 2, offset: 0x1010))
    let physical = try #require(
      all(try find("0x07501010", in: timeline())).first { $0.kind == "register" })
    #expect(physical.place == .register(iommu: 2, offset: 0x1010))
  }

  @Test func `five hex digits need no 0x`() throws {
    let found = all(try find("10000123", in: timeline()))
    #expect(found.contains { $0.place == .mapping(domain: "fb", IOVA(0x1000_0123)) })
  }

  @Test func `an address that nobody maps says so`() throws {
    let groups = try find("0x3fffff00", in: timeline())
    #expect(groups.flatMap(\.notes).contains { $0.text.contains("No domain maps 0x3fffff00") })
  }

  @Test func `registers are found by name, those of the IOMMU that is looked at first`() throws {
    let groups = try find("ttbr0", in: timeline())
    let registers = try #require(groups.first { $0.group == .registers })
    #expect(registers.found.count == 8)
    #expect(registers.more > 10)
    #expect(registers.found.first?.place == .register(iommu: 2, offset: 0x0010))
    let one = all(try find("ttbr0 vfe/1", in: timeline())).first { $0.kind == "register" }
    #expect(one?.name.text == "TTBR0  vfe/1")
  }

  @Test func `operations are found by their words in any order, and by their number`() throws {
    let timeline = try timeline()
    let found = all(try find("64m map", in: timeline)).first { $0.kind == "op 8" }
    #expect(found?.place == .operation(7))
    #expect(all(try find("#8", in: timeline)).first?.place == .operation(7))
  }

  @Test func `a routing entry of memory leads to its context`() throws {
    let timeline = try timeline(on: "traditional")
    let place = try #require(timeline.machine.contextEntryAddress(bank: 0, of: 0))
    let found = all(try find(place.value.hex8, in: timeline, near: 0))
    #expect(found.contains { $0.kind == "table" && $0.place == .bank(iommu: 0, bank: 0) })
  }

  @Test func `an empty query shows the domains and the contexts that are set up`() throws {
    let names = all(try find("", in: timeline())).map(\.name.text)
    #expect(names.prefix(2) == ["fb", "video"])
    #expect(names.contains { $0.hasPrefix("mdp_rgb1") })
  }

  @Test func `of a thousand domains each key folds a part, and the answers come in the end`() throws
  {
    var lines = ["use msm8x60"]
    for index in 0..<40 {
      lines.append("alloc d\(index)")
      lines.append("map d\(index) 0x1000 \(UInt64(0x6000_1000 + index << 16).hex) 32K rw")
    }
    let timeline = try timeline(lines.joined(separator: "\n"))
    var finder = Finder(
      timeline, registers: try Library.registers(of: timeline.machine.platform.family), near: 0,
      budget: .init(entries: 2000, operations: 10))
    var found: Found?
    var keys = 0
    while found == nil, keys < 100 {
      keys += 1
      let groups = finder.find("0x60271004", in: timeline)
      #expect(finder.work.entries <= 2000)
      #expect(finder.work.operations <= 10)
      found = all(groups).first { $0.kind == "memory" }
      let isTold = groups.flatMap(\.notes).contains { $0.text.contains("of 40 domains") }
      #expect(found != nil || isTold)
    }
    #expect(found?.place == .mapping(domain: "d39", IOVA(0x1004)))
    #expect(keys > 5)
  }

  @Test func `of many operations each key looks at the nearest, and a longer query goes on`() throws
  {
    var timeline = try timeline()
    for index in 0..<300 { timeline.perform(.readWord(physical: UInt64(index * 4))) }
    var finder = Finder(
      timeline, registers: try Library.registers(of: timeline.machine.platform.family), near: 0,
      budget: .init(entries: 10, operations: 100))
    var query = "a"
    for letter in "lloc vi" + "   " {
      #expect(finder.find(query, in: timeline).flatMap(\.found).count < 40)
      #expect(finder.work.operations <= 101)
      query.append(letter)
    }
    let found = all(finder.find(query, in: timeline))
    #expect(found.contains { $0.kind == "op 2" && $0.name.text == "alloc video" })
  }

  @Test func `a table that leads in circles does not hold anybody up`() throws {
    // The first entry of a first-level table points at the table itself, read as a second level.
    var timeline = try timeline("use msm8x60\nalloc a\nmap a 0x0 0x60000000 4K rw")
    let table = try #require(timeline.machine.system.domains.first?.table)
    timeline.perform(.writeWord(physical: table.value, value: table.value | 1))
    let groups = try find("0x12345678", in: timeline)
    #expect(groups.flatMap(\.notes).count == 1)
  }

  @Test func `no text that a person can type traps`() throws {
    let timeline = try timeline()
    var finder = Finder(
      timeline, registers: try Library.registers(of: timeline.machine.platform.family), near: 2)
    var random = SplitMix64(seed: 11)
    let letters = Array("0x#_ 9afTbm/é漢-+." + "18446744073709551616")
    for _ in 0..<150 {
      let text = String((0..<random.below(24)).map { _ in random.pick(letters) })
      _ = finder.find(text, in: timeline)
    }
    for text in ["0xffffffffffffffff", "#0", "#-1", "-1", "#99999999999999999999", "0", "0x"] {
      _ = finder.find(text, in: timeline)
    }
  }

  @Test func `marks stand on characters, not on bytes`() throws {
    let match = try #require(TextMatch(TextQuery("new"), in: "é → new", .sentence))
    #expect(match.marked == [4, 5, 6])
    #expect(TextMatch(TextQuery("nw"), in: "é → new", .sentence) == nil)
    #expect(TextMatch(TextQuery("nw"), in: "é → new", .name)?.marked == [4, 6])
  }
}
