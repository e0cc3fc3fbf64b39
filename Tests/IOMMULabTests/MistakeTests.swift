import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// What goes wrong though the answer is ok is counted, told, and led back to the step that did it.
@Suite struct `What goes wrong unnoticed` {
  private func timeline(scene name: String) throws -> Timeline {
    try timeline(try #require(Library.scene(name)))
  }

  private func timeline(_ text: String) throws -> Timeline {
    let script = try Script(parsing: text, platforms: Library.platformNames)
    var timeline = Timeline(from: try Library.machine(for: script))
    for line in script.lines { timeline.perform(line.operation, line: line.number) }
    return timeline
  }

  private func problems(_ timeline: Timeline, _ kind: Problem.Kind) -> [Problem] {
    Problem.all(
      in: timeline.machine, leaked: [:], readOnly: [], mistakes: timeline.mistakes,
      isEnd: timeline.isAtEnd
    ).filter { $0.kind == kind }
  }

  /// The step that a problem is led back to.
  private func step(_ problem: Problem, in timeline: Timeline) throws -> Change {
    let found = timeline.causes(of: Set(problem.traces))
    var cause = try #require(Timeline.latest(problem.traces, in: found))
    if problem.kind == .givenUp { cause = timeline.sharpened(cause) }
    let events = try #require(timeline.recording(of: cause.entry)).events
    return events[try #require(cause.events) - 1].change
  }

  @Test func `a guest's end on the mail's machine damages memory, each time at a known step`()
    throws
  {
    let timeline = try timeline(scene: "guest")
    let end = try #require(
      timeline.entries.first { $0.operation == .client(.vmFree("guest")) })
    #expect(end.outcome.isOK)
    #expect(end.cost.mistakes == 1044)
    let damages = problems(timeline, .damage)
    #expect(
      damages.map(\.subject.text) == [
        "guest had 529 pages unpinned that were not its own, at 0x00000000",
        "memory at 0x90030c00 was overwritten, 2 times",
        "the page at 0x90030000 was freed, which the allocator never gave, 2 times",
        "guest is gone, and 529 pages stay pinned",
      ])
    guard case .client(.unpinnedForeign(_, 0, 1)) = try step(damages[0], in: timeline),
      case .hazard(.overwroteMappedMemory, _, _) = try step(damages[1], in: timeline),
      case .hazard(.freedForeignPage, _, _) = try step(damages[2], in: timeline),
      case .client(.pinsLeaked(_, 529)) = try step(damages[3], in: timeline)
    else {
      Issue.record("\(damages.map { try? step($0, in: timeline) })")
      return
    }
  }

  @Test func `before the first of them nothing is wrong yet, and going back makes it so again`()
    throws
  {
    var timeline = try timeline(scene: "guest")
    while timeline.position.entry > 10 { timeline.backOperation() }
    #expect(problems(timeline, .damage).isEmpty)
  }

  @Test func `the same end on the traditional machine is as KVM expects it`() throws {
    let timeline = try timeline(scene: "guest-traditional")
    #expect(timeline.entries.allSatisfy { $0.cost.mistakes == 0 })
    #expect(problems(timeline, .damage).isEmpty)
  }

  @Test func `for anybody but KVM it is a mistake that more goes than was asked for`() throws {
    let timeline = try timeline(
      """
      use traditional
      alloc fb
      map fb 0x200000 0x60000000 2M rw
      unmap fb 0x200000 4K
      """)
    #expect(timeline.entries.last?.cost.mistakes == 1)
  }

  @Test(arguments: ["8K", "12K", "128K"])
  func `a buffer that unmap left in the tables is told until another one has its address`(
    size: String
  ) throws {
    var timeline = try timeline(
      """
      use msm8x60
      dma-map mdp_vg1 rows 0x62000000 \(size) both
      dma-unmap mdp_vg1 rows
      """)
    let found = try #require(problems(timeline, .givenUp).first)
    #expect(found.subject.text.hasPrefix("mdp_vg1 still reaches rows at 0x"))
    guard case .hazard(.unmappedNothing, _, _) = try step(found, in: timeline) else {
      Issue.record("\(try step(found, in: timeline))")
      return
    }
    _ = timeline.perform(
      try Operation(parsing: "dma-map mdp_vg1 next 0x63000000 \(size) both"))
    #expect(problems(timeline, .givenUp).isEmpty)
  }

  @Test func `dma-debug's complaints are told, each with its step, and what is left at the end`()
    throws
  {
    var timeline = try timeline(scene: "driver-mistakes")
    let complaints = problems(timeline, .dmaDebug)
    #expect(
      complaints.map(\.subject.text) == [
        "00:19.0's driver unmapped 8K at 0xfffff000, of 4K mapped",
        "00:19.0's driver unmapped 0xfffff000, which it had not mapped",
        "00:19.0's driver unmapped 0xffffe000 with another direction",
        "00:19.0's driver gave 0xffffe000 up by the wrong call",
        "00:19.0's driver left with a buffer mapped, the last at 0xffffe000",
      ])
    for complaint in complaints {
      guard case .client(.dmaDebug) = try step(complaint, in: timeline) else {
        Issue.record("\(complaint.subject.text)")
        continue
      }
    }
    let left = problems(timeline, .stillMapped)
    #expect(left.map(\.subject.text) == ["1 buffer is still mapped: forgotten of 00:19.0"])
    #expect(left.map(\.isOrdinary) == [true])
    timeline.backOperation()
    #expect(problems(timeline, .stillMapped).isEmpty)
  }

  // MARK: Without a screen

  private func output(_ name: String, isJSON: Bool) throws -> String {
    let text = try #require(Library.scene(name))
    let script = try Script(parsing: text, platforms: Library.platformNames)
    let machine = try Library.machine(for: script)
    var runner = ScriptRunner(
      machine, registers: try Library.registers(of: machine.platform.family),
      options: .init(isJSON: isJSON, showsEvents: false))
    var output = ""
    _ = runner.run(script) { output += $0 }
    return output
  }

  @Test func `run says it below the operation, for people and as JSON, without all events`() throws
  {
    let words = try output("guest", isJSON: false)
    #expect(
      words.contains("hazard: mapped memory corrupted: a section was taken for a table (2 times)"))
    #expect(words.contains("wrong: 529 pages unpinned, not the guest's own"))
    #expect(words.contains("wrong: 529 pages of it pinned for ever"))
    let json = try output("guest", isJSON: true)
    #expect(
      json.contains(
        #"{"hazard":"overwrote-mapped-memory","address":"0x90030c00","count":2}"#))
    #expect(json.contains(#""pagesPinnedForEver":529"#))
    let driver = try output("driver", isJSON: false)
    #expect(driver.contains("hazard: nothing was unmapped, yet"))
    let traditional = try output("guest-traditional", isJSON: false)
    #expect(!traditional.contains("hazard"))
    let mistakes = try output("driver-mistakes", isJSON: true)
    #expect(mistakes.contains(#""stillMapped":["forgotten of 00:19.0"]"#))
  }

  @Test func `a word that is 0 is an answer, not an ok`() throws {
    let words = try output("guest", isJSON: false)
    #expect(words.hasSuffix("0x00000000\n"))
  }
}
