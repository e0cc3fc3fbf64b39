import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// What is wrong with a machine is derived from the machine, and led back to the event that did it.
@Suite struct `Problems` {
  /// A timeline at the end of a script.
  private func timeline(
    _ text: String, on platform: String = Library.usualPlatform
  ) throws -> Timeline {
    let script = try Script(parsing: text, platforms: Library.platformNames)
    var timeline = Timeline(from: try Library.machine(for: script, on: platform))
    for line in script.lines { timeline.perform(line.operation, line: line.number) }
    return timeline
  }

  private func problems(_ timeline: Timeline) -> [Problem] {
    var leaked: [DomainID: [PhysicalAddress]] = [:]
    for domain in timeline.machine.liveDomains {
      leaked[domain] = DomainTables(of: domain, in: timeline.machine).leaked
    }
    var readOnly = ReadOnlyMaps()
    return Problem.all(
      in: timeline.machine, leaked: leaked, readOnly: readOnly.upToNow(in: timeline))
  }

  private func kinds(_ timeline: Timeline) -> [Problem.Kind] {
    problems(timeline).filter { !$0.isOrdinary }.map(\.kind)
  }

  private func cause(_ problem: Problem, in timeline: Timeline) -> Cause? {
    Timeline.latest(problem.traces, in: timeline.causes(of: Set(problem.traces)))
  }

  private let working = """
    alloc fb
    attach fb mdp_vg1
    map fb 0x10000000 0x60000000 1M rw
    read mdp_vg1 0x10000123

    """

  @Test func `a machine in use has none that count`() throws {
    #expect(kinds(try timeline(working)).isEmpty)
    #expect(problems(try timeline(working)).map(\.kind) == [.unattached])
  }

  @Test func `a word changed under the TLB leaves a stale entry, caused by that write`() throws {
    let timeline = try timeline(working + "write-word 0x40000400 0x90030c0e")
    let stale = try #require(problems(timeline).first)
    #expect(stale.kind == .staleEntry)
    #expect(stale.subject.text.contains("0x90000000"))
    #expect(cause(stale, in: timeline)?.entry == 4)
  }

  @Test func `an unmap that has not flushed yet leaves a stale entry, and the flush ends it`()
    throws
  {
    var timeline = try timeline(working + "unmap fb 0x10000000 1M")
    #expect(kinds(timeline).isEmpty)
    timeline.back()
    var seen: Set<Problem.Kind> = []
    while timeline.position.entry == 4, timeline.step > 1 {
      seen.formUnion(kinds(timeline))
      timeline.back()
    }
    #expect(seen == [.staleEntry])
  }

  @Test func `a context goes on walking a domain's table after it was freed`() throws {
    let timeline = try timeline(working + "free fb")
    let problem = try #require(problems(timeline).first)
    #expect(problem.kind == .freedTable)
    #expect(problem.subject.text.contains("mdp_vg1"))
    #expect(cause(problem, in: timeline)?.entry == 4)
  }

  @Test func `what was to be read only and is writable is told once, with its own mapping`() throws
  {
    let timeline = try timeline(working + "map fb 0x20000000 0x70000000 4K r")
    let problem = try #require(problems(timeline).first)
    #expect(problem.kind == .writable)
    #expect(problem.subject.text.contains("0x20000000"))
    #expect(cause(problem, in: timeline) == Cause(entry: 4))
    let gone = try self.timeline(
      working + "map fb 0x20000000 0x70000000 4K r\nunmap fb 0x20000000 4K")
    #expect(!kinds(gone).contains(.writable))
  }

  @Test func `hardware that honours read only has nothing to tell`() throws {
    let timeline = try timeline(
      "alloc net\nattach net 00:19.0\nmap net 0x20000000 0x70000000 4K r", on: "traditional")
    #expect(!kinds(timeline).contains(.writable))
  }

  @Test func `a table that nothing leads to is leaked, by the map that lost it`() throws {
    let timeline = try timeline(
      """
      alloc fb
      map fb 0x10000000 0x60000000 4K rw
      map fb 0x10000000 0x61000000 1M rw
      """)
    let problem = try #require(problems(timeline).first { $0.kind == .leakedTable })
    #expect(problem.subject.text.contains("fb"))
    #expect(cause(problem, in: timeline)?.entry == 2)
  }

  @Test(arguments: [
    (Library.usualPlatform, "mdp_vg1"), ("traditional", "00:19.0"),
  ])
  func `a fault that nobody clears is pending`(platform: String, device: String) throws {
    let script = "alloc d\nattach d \(device)\nirq hold\nread \(device) 0x30000000"
    let timeline = try timeline(script, on: platform)
    let problem = try #require(problems(timeline).first)
    #expect(problem.kind == .pendingFault)
    #expect(cause(problem, in: timeline)?.entry == 3)
  }

  @Test func `an attached device that passes untranslated is told`() throws {
    let timeline = try timeline(working + "reg mdp0 0x00000 0")
    #expect(kinds(timeline).contains(.bypass))
  }

  @Test func `a remembered context entry that memory no longer has is told`() throws {
    let timeline = try timeline(
      """
      alloc net
      attach net 00:19.0
      map net 0x10000000 0x60000000 4K rw
      read 00:19.0 0x10000000
      dump net
      """, on: "traditional")
    let machine = timeline.machine
    let bank = try #require(machine.system.devices.first { $0.name == "00:19.0" }?.bank)
    let place = try #require(machine.contextEntryAddress(bank: bank, of: 0))
    var later = timeline
    later.perform(.writeWord(physical: place.value, value: 0))
    let problem = try #require(problems(later).first { $0.kind == .staleContext })
    #expect(cause(problem, in: later)?.entry == 5)
  }

  @Test func `looking for a cause goes back no farther than it is told to`() throws {
    let timeline = try timeline(working + "write-word 0x40000400 0x90030c0e\nread-word 0x0")
    let trace = EventTrace.word(PhysicalAddress(0x4000_0400))
    #expect(timeline.causes(of: [trace])[trace]?.entry == 4)
    #expect(timeline.causes(of: [trace], lookingBack: 1)[trace] == nil)
  }

  @Test func `what was asked is known again after other operations took the place of some`() throws
  {
    var timeline = try timeline(working + "map fb 0x20000000 0x70000000 4K r")
    var maps = ReadOnlyMaps()
    #expect(maps.upToNow(in: timeline).map(\.entry) == [4])
    timeline.back()
    timeline.jump(to: Timeline.Position(entry: 3, events: .max))
    #expect(maps.upToNow(in: timeline).isEmpty)
    for step in UInt64(0)..<3 {
      timeline.perform(
        .map(
          domain: "fb", iova: 0x3000_0000 + step << 12, physical: 0x7000_0000, size: 4096,
          step == 1 ? [.read, .write] : .read))
    }
    #expect(maps.upToNow(in: timeline).map(\.entry) == [4, 6])
  }

  @Test func `finding problems changes nothing`() throws {
    let timeline = try timeline(working + "free fb")
    let before = timeline.machine
    _ = problems(timeline)
    #expect(timeline.machine == before)
  }
}
