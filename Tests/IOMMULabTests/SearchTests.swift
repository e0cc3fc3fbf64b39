import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// Looking back: what wrote a register or a word last, and what an operation would do.
@Suite struct `Looking back and ahead` {
  private func timeline(_ text: String, budget: Int = 4_000_000) throws -> Timeline {
    let script = try Script(parsing: text, platforms: Library.platformNames)
    var timeline = Timeline(
      from: try Library.machine(for: script), budget: budget, checkpointInterval: 2)
    for line in script.lines { timeline.perform(line.operation) }
    return timeline
  }

  private let twoMaps = """
    alloc fb
    map fb 0x10000000 0x60000000 1M rw
    map fb 0x10100000 0x61000000 1M rw
    unmap fb 0x10000000 1M
    """

  @Test func `the last write of a table's word is found, and from there the one before`() throws {
    var timeline = try timeline(twoMaps + "\nalloc other")
    let word = StatePlace.memory(PhysicalAddress(0x4000_0400))
    let unmapped = try #require(timeline.lastChange(of: word))
    #expect(unmapped.entry == 3)
    timeline.jump(to: unmapped)
    #expect(timeline.machine.board.word(at: PhysicalAddress(0x4000_0400)) == 0)
    let mapped = try #require(timeline.lastChange(of: word))
    #expect(mapped.entry == 1)
    timeline.jump(to: mapped)
    #expect(timeline.machine.board.word(at: PhysicalAddress(0x4000_0400)) != 0)
    // Before that, the page was cleared for the table.
    #expect(timeline.lastChange(of: word)?.entry == 0)
  }

  @Test func `a place that nothing wrote has no last change, and looking changes nothing`() throws {
    let timeline = try timeline(twoMaps)
    let before = timeline.machine
    #expect(timeline.lastChange(of: .memory(PhysicalAddress(0x7000_0000))) == nil)
    #expect(timeline.lastChange(of: .register(iommu: 0, offset: 0x10)) == nil)
    #expect(timeline.machine == before)
    #expect(timeline.position.entry == 3)
  }

  @Test func `operations whose events were given up are looked at all the same`() throws {
    let timeline = try timeline(twoMaps, budget: 8)
    #expect(timeline.recording(of: 1) == nil)
    let word = StatePlace.memory(PhysicalAddress(0x4000_0404))
    #expect(timeline.lastChange(of: word)?.entry == 2)
  }

  @Test func `the search ends when enough was looked at`() throws {
    let timeline = try timeline(twoMaps)
    let word = StatePlace.memory(PhysicalAddress(0x4000_0404))
    #expect(timeline.lastChange(of: word, most: 1) == nil)
  }

  @Test func `a trial tells what an operation would do, and leaves the machine alone`() throws {
    let timeline = try timeline("alloc fb")
    let operation = try Operation(parsing: "map fb 0x10000000 0x60000000 1M rw")
    let before = timeline.machine
    let trial = try #require(Trial(operation, on: timeline.machine))
    #expect(trial.outcome == .done(0))
    #expect(
      trial.recording.events.contains { $0.change.writes(.memory(PhysicalAddress(0x4000_0400))) })
    #expect(timeline.machine == before)
    var done = timeline
    done.perform(operation)
    #expect(done.machine == trial.machine)
    #expect(done.recording.events == trial.recording.events)
  }

  @Test(arguments: [
    "use msm8x60", "map fb 0x1000 0x2000 0x10000000 rw", "unmap fb 0x1000 0xffffe000",
    "traffic mdp_vg1 random count=1000000",
  ])
  func `what takes long is not tried`(line: String) throws {
    #expect(Trial(try Operation(parsing: line), on: try timeline("alloc fb").machine) == nil)
  }
}
