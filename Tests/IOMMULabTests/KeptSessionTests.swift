import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// How a session is kept: small, with the script's own words, and written as a script again.
@Suite struct `A session that is kept` {
  private func timeline(_ text: String, on platform: String = "msm8x60") throws -> Timeline {
    try Timeline(playing: try Script(parsing: text, platforms: Library.platformNames), on: platform)
  }

  private let scene = """
    # A display, and nothing else.
    alloc fb            # its domain
    # Two remarks
    #
    # about attaching.
    attach fb mdp_vg1
    read mdp_vg1 0x1000
    expect fault
    expect fault translation
    # The end.
    """

  @Test(arguments: Library.platformNames)
  func `what is written plays to the same machine, word for word and remark for remark`(
    platform: String
  ) throws {
    let text = Library.openingScene(of: platform).text
    let first = try timeline(text, on: platform)
    #expect(first.script == text)
    let second = try timeline(first.script, on: platform)
    #expect(second.machine == first.machine)
  }

  @Test func `what was typed stands behind the script, and what was given up is gone`() throws {
    var timeline = try timeline(scene)
    timeline.perform(.alloc("more"))
    #expect(timeline.script == scene + "\nalloc more\n")
    #expect(timeline.typedCount == 1)
    timeline.jump(to: .init(entry: 1, events: .max))
    timeline.perform(.free("fb"))
    let kept = scene.split(separator: "\n").prefix(6).joined(separator: "\n")
    #expect(timeline.script == kept + "\nfree fb\n")
  }

  @Test func `a session of another machine says which, and one that was not probed says so`() throws
  {
    var other = try timeline("alloc net\n", on: "traditional")
    #expect(other.script == "use traditional\nalloc net\n")
    other.jumpToStart()
    other.perform(.alloc("disk"))
    #expect(other.script == "use traditional\nalloc disk\n")
    var bare = try timeline("use msm8x60 unprobed\nprobe all\n")
    bare.jumpToStart()
    bare.perform(.alloc("fb"))
    #expect(bare.script == "use msm8x60 unprobed\nalloc fb\n")
  }

  @Test func `remarks and expectations belong to the operation they are about`() throws {
    let entries = try timeline(scene).entries
    #expect(entries[0].remarks == ["A display, and nothing else.", "its domain"])
    #expect(entries[1].remarks == ["Two remarks", "about attaching."])
    #expect(entries[2].remarks.isEmpty)
    #expect(entries[2].expectations.map(\.text) == ["fault", "fault translation"])
    #expect(entries[0].expectations.isEmpty)
  }

  @Test func `an operation costs what its events say`() throws {
    let entries = try timeline(
      """
      alloc fb
      attach fb mdp_vg1
      map fb 0x10000000 0x60000000 64K rw
      read mdp_vg1 0x10000123
      """
    ).entries
    // A table page is one word of the first level and sixteen of the second; one flush at least.
    #expect(entries[2].cost.words == 17)
    #expect(entries[2].cost.flushes >= 1)
    #expect(entries[2].cost.registerWrites >= entries[2].cost.flushes)
    #expect(entries[3].cost.walkReads == 2)
    #expect(entries[3].cost.words == 0)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `every operation comes back as it was done, also after futures were given up`(
    seed: UInt64
  ) throws {
    var operations = RandomOperations(seed: seed, isWild: true)
    var random = SplitMix64(seed: seed)
    var timeline = Timeline(from: try Machine.msm8x60())
    var done: [Operation] = []
    var outcomes: [Outcome] = []
    for _ in 0..<400 {
      if random.oneIn(40), !done.isEmpty {
        let entry = Int(random.below(UInt64(done.count)))
        timeline.jump(to: .init(entry: entry, events: .max))
        done.removeSubrange((entry + 1)...)
        outcomes.removeSubrange((entry + 1)...)
      }
      let operation = operations.next()
      done.append(operation)
      outcomes.append(timeline.perform(operation).outcome)
    }
    #expect(timeline.entries.map(\.operation) == done, "seed \(seed)")
    #expect(timeline.entries.map(\.outcome) == outcomes, "seed \(seed)")
    let stopped = done.indices.reversed().filter {
      switch outcomes[$0] {
      // A walk asks where a request would go; nobody is stopped.
      case .fault: done[$0].verb != .walk
      case .traffic(let result): result.faults > 0
      default: false
      }
    }
    #expect(timeline.entries.stopped(before: done.count, atMost: .max) == stopped, "seed \(seed)")
  }

  @Test func `thousands of checkpoints are thinned out, and the past is still what it was`() throws
  {
    var timeline = Timeline(from: try Machine.msm8x60(), budget: 50, checkpointInterval: 1)
    timeline.perform(.alloc("fb"))
    var places: [Int: Machine] = [:]
    for index in 0..<3000 {
      timeline.perform(
        .writeWord(physical: UInt64(0x10000 + index % 300 * 4096), value: UInt64(index)))
      if index % 700 == 3 { places[timeline.position.entry] = timeline.machine }
    }
    for (entry, machine) in places {
      timeline.jump(to: .init(entry: entry, events: .max))
      #expect(timeline.machine == machine)
      timeline.backOperation()
      timeline.forwardOperation()
      #expect(timeline.machine == machine)
    }
  }
}
