import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// The verbs that go past every driver.
@Suite struct `Bare hardware` {
  /// What the last line of a script answers, after all the others.
  private func answer(_ lines: String...) throws -> Outcome {
    var machine = try Machine.msm8x60()
    var outcome = Outcome.done(0)
    for line in lines {
      outcome = machine.apply(try Operation(parsing: line))
    }
    return outcome
  }

  /// Two contexts of mdp0 with a page each in the TLB, and how many entries an invalidation leaves.
  private func entriesLeft(after invalidation: String) throws -> Int {
    var machine = try Machine.msm8x60()
    for line in [
      "alloc a", "attach a mdp_vg1", "map a 0x10000000 0x60000000 4K rw",
      "alloc b", "attach b mdp_rgb1", "map b 0x20000000 0x70000000 4K rw",
      "read mdp_vg1 0x10000000", "read mdp_rgb1 0x20000000",
    ] {
      #expect(machine.apply(try Operation(parsing: line)).isOK, "\(line)")
    }
    #expect(machine.board.iommus[2].tlb.count == 2)
    #expect(machine.apply(try Operation(parsing: invalidation)).isOK)
    return machine.board.iommus[2].tlb.count
  }

  @Test(arguments: [
    ("invalidate mdp0 all", 0), ("invalidate mdp0 vmid 0", 0), ("invalidate mdp0 vmid 1", 2),
    ("invalidate mdp0/1 all", 0), ("invalidate mdp0/0 asid 1", 1), ("invalidate mdp0/0 asid 7", 2),
    ("invalidate mdp0/1 va 0x10000fff", 1), ("invalidate mdp0/1 va 0x10001000", 2),
    ("invalidate mdp0/0 va 0x10000000 asid 0", 1), ("invalidate mdp0/0 va 0x10000000 asid 1", 2),
    ("invalidate mdp1 all", 2),
  ])
  func `an invalidation drops exactly what its register drops`(line: String, left: Int) throws {
    #expect(try entriesLeft(after: line) == left)
  }

  /// Two domains of one unit, a page each in its TLB and a context entry each in its cache; how many
  /// of both an invalidation leaves.
  private func left(after invalidation: String) throws -> (entries: Int, contexts: Int) {
    var machine = Machine(unprobed: try Library.platform("traditional"))
    try machine.probeAll()
    for line in [
      "alloc a", "attach a 00:19.0", "map a 0x10000000 0x60000000 4K rw",
      "alloc b", "attach b 01:00.0", "map b 0x20000000 0x70000000 4K rw",
      "read 00:19.0 0x10000000", "read 01:00.0 0x20000000",
    ] {
      #expect(machine.apply(try Operation(parsing: line)).isOK, "\(line)")
    }
    #expect(machine.apply(try Operation(parsing: invalidation)).isOK)
    let unit = machine.board.iommus[0]
    return (unit.tlb.count, unit.contextCache.all.count)
  }

  @Test(arguments: [
    ("invalidate iommu0 all", 0, 2), ("invalidate iommu0 contexts", 2, 0),
    ("invalidate iommu0 domain 1", 1, 2), ("invalidate iommu0 domain 9", 2, 2),
    ("invalidate iommu0 domain 1 va 0x10000fff", 1, 2),
    ("invalidate iommu0 domain 1 va 0x10001000", 2, 2),
    ("invalidate iommu0 domain 2 va 0x10000000", 2, 2),
  ])
  func `a unit drops what is tagged so, or what it remembers of contexts`(
    line: String, entries: Int, contexts: Int
  ) throws {
    #expect(try left(after: line) == (entries, contexts))
  }

  @Test(arguments: [
    ("msm8x60", "invalidate mdp0 contexts", "all|vmid|asid|va"),
    ("msm8x60", "invalidate mdp0 domain 1", "all|vmid|asid|va"),
    ("traditional", "invalidate iommu0 vmid 0", "all|contexts|domain"),
    ("traditional", "invalidate iommu0/0 all", "all|contexts|domain"),
    ("traditional", "invalidate iommu0/0 va 0x1000", "all|contexts|domain"),
    ("traditional", "invalidate iommu0 domain 65536", "below 65536"),
  ])
  func `what the hardware has no register for is an error that says what is right`(
    platform: String, line: String, hint: String
  ) throws {
    var machine = Machine(unprobed: try Library.platform(platform))
    guard case .error(let reason) = machine.apply(try Operation(parsing: line)) else {
      Issue.record("\(line) was not refused")
      return
    }
    #expect(reason.contains(hint))
  }

  @Test func `a TLB entry outlives the word it came from until somebody invalidates it`() throws {
    let start = [
      "alloc fb", "attach fb mdp_vg1", "map fb 0x10000000 0x60000000 1M rw",
      "read mdp_vg1 0x10000040", "write-word 0x40000400 0x90030c0e",
    ]
    var machine = try Machine.msm8x60()
    for line in start { #expect(machine.apply(try Operation(parsing: line)).isOK) }
    let read = try Operation(parsing: "read mdp_vg1 0x10000040")
    #expect(machine.apply(read).result == 0x6000_0040)
    #expect(machine.apply(try Operation(parsing: "invalidate mdp0/0 all")).isOK)
    #expect(machine.apply(read).result == 0x9000_0040)
  }

  @Test func `a word never written is 0, and one written is there for all`() throws {
    #expect(try answer("read-word 0xfffffffc").result == 0)
    #expect(try answer("write-word 0xfffffffc 7", "read-word 0xfffffffc").result == 7)
    #expect(try answer("write-word 0x1000 7", "read mdp_vg1 0x1000").result == 0x1000)
  }

  @Test(arguments: [
    "write-word 0x100000000 1", "write-word 0x1002 1", "write-word 0x1000 0x100000000",
    "read-word 0xffffffffffffffffff", "reg mdp0 0x100000", "reg mdp0 0x2", "reg nobody 0x0",
    "reg mdp0 0x0 0x1ffffffff", "reg mdp_vg1 0x0", "invalidate mdp0/2 all",
    "invalidate mdp0 vmid 32", "invalidate mdp0/0 asid 256", "invalidate mdp0/0 va 0x100000000",
    "irq run mdp_vg1", "dump tlb fb",
  ])
  func `what does not fit is an error with a reason`(line: String) throws {
    guard case .error(let reason) = try answer(line) else {
      Issue.record("\(line) was not refused")
      return
    }
    #expect(reason.count > 10)
  }

  @Test(arguments: [
    "invalidate mdp0 asid 1", "invalidate mdp0/0 vmid 1", "invalidate mdp0/x all",
    "invalidate /1 all", "invalidate mdp0 some", "invalidate mdp0", "irq", "irq run", "irq on",
    "limit", "limit pages", "limit words 3", "reg mdp0", "write-word 0x0", "dump tlb", "alloc tlb",
    "alloc faults", "invalidate mdp0/0 va",
    "invalidate iommu0/0 contexts", "invalidate iommu0/0 domain 1", "invalidate iommu0 domain",
    "invalidate iommu0 domain x", "invalidate iommu0 domain 1 va", "invalidate iommu0 contexts 1",
  ])
  func `what cannot be read is a mistake with a column`(line: String) {
    #expect(throws: ParseError.self) { try Operation(parsing: line) }
  }

  @Test(arguments: [("0x14001", false), ("0x14009", true)])
  func `a small page is non-secure by the word of its table`(word: String, isSet: Bool) throws {
    let par = try answer(
      "write-word 0x10404 \(word)", "write-word 0x14000 0x90000c32", "reg mdp0 0x10 0x10000",
      "reg mdp0 0x4 0x33002", "reg mdp0 0x0 1", "reg mdp0 0x810 0x10100000", "reg mdp0 0x1c")
    let value = try #require(par.result)
    #expect(value & 0xffff_f001 == 0x9000_0000)
    #expect(value >> 9 & 1 == (isSet ? 1 : 0))
  }

  @Test func `a register that does not exist reads 0 and keeps nothing`() throws {
    #expect(try answer("reg mdp0 0x80000 0xffff", "reg mdp0 0x80000").result == 0)
  }

  @Test func `a limit counts all pages that tables take`() throws {
    #expect(try answer("limit pages 3", "alloc fb") == .refused(.ENOMEM, reason: outOfPages))
    #expect(try answer("limit pages 4", "alloc fb").isOK)
    let map = "map fb 0x0 0x0 4K rw"
    #expect(try answer("limit pages 4", "alloc fb", map) == .refused(.ENOMEM, reason: outOfPages))
    #expect(try answer("limit pages 5", "alloc fb", map).isOK)
    #expect(try answer("alloc fb", "limit pages 0", "limit pages none", map).isOK)
    #expect(try answer("limit pages 18446744073709551615", "alloc fb").isOK)
  }

  /// The answers of a script on the traditional machine, and the hazards of its last line.
  private func traditional(_ lines: String...) throws -> (outcomes: [Outcome], hazards: [Hazard]) {
    var machine = try Library.machine(
      for: try Script(parsing: "use traditional", platforms: Library.platformNames))
    var outcomes: [Outcome] = []
    for line in ["use traditional"] + lines {
      _ = machine.takeRecording()
      outcomes.append(machine.apply(try Operation(parsing: line)))
    }
    let hazards = machine.takeRecording().events.compactMap { event in
      if case .hazard(let hazard, _, _) = event.change { hazard } else { nil }
    }
    return (outcomes, hazards)
  }

  @Test func `a map that fails half-way leaves what it did, and says so`() throws {
    let start = ["alloc fb", "limit pages 8"]
    let (outcomes, hazards) = try traditional(start[0], start[1], "map fb 0x1000 0x5000 16M rw")
    #expect(outcomes.last == .refused(.ENOMEM, reason: outOfPages))
    #expect(hazards == [.leftHalfMapped])
    let found = try traditional(
      start[0], start[1], "map fb 0x1000 0x5000 16M rw", "iova-to-phys fb 0x1000")
    #expect(found.outcomes.last?.result == 0x5000)
  }

  @Test func `a word is 64 bits there, and a wide value goes to a multiple of 8`() throws {
    let (outcomes, _) = try traditional(
      "write-word 0x1000 0x1111222233334444", "read-word 0x1000", "read-word 0x1004",
      "write 00:19.0 0x1004 0x100000000")
    #expect(outcomes[2].result == 0x1111_2222_3333_4444)
    for outcome in outcomes.suffix(2) {
      #expect(!outcome.isOK)
      #expect(outcome.result == nil)
    }
  }

  private let outOfPages = "no pages are left for a page table; free a domain first"

  @Test func `held faults are not handled, and the mode can be undone and redone`() throws {
    var timeline = Timeline(from: try Machine.msm8x60())
    for line in [
      "alloc fb", "attach fb mdp_vg1", "irq hold", "read mdp_vg1 0x0", "read mdp_vg1 0x0",
      "irq auto",
    ] {
      timeline.perform(try Operation(parsing: line))
    }
    #expect(timeline.entries[4].outcome == .stalled)
    #expect(!timeline.machine.system.holdsInterrupts)
    #expect(timeline.machine.board.register(MSMRegisters.fsr, of: 2) == 0)
    let last = timeline.machine
    timeline.backOperation()
    #expect(timeline.machine.system.holdsInterrupts)
    #expect(timeline.machine.board.register(MSMRegisters.fsr, of: 2) == 0x4000_0002)
    timeline.jumpToStart()
    #expect(!timeline.machine.system.holdsInterrupts)
    timeline.jumpToEnd()
    #expect(timeline.machine == last)
  }
}
