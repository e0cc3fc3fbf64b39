import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// Ticks of traffic: what the explorer does while it runs, as operations that a script can hold.
@Suite struct `Ticks of traffic` {
  private static let platforms = ["msm8x60", "traditional"]

  private func timeline(_ platform: String) throws -> Timeline {
    let scene = Library.openingScene(of: platform).text
    let script = try Script(parsing: scene, platforms: Library.platformNames)
    var timeline = Timeline(from: try Library.machine(for: script, on: platform))
    for line in script.lines { timeline.perform(line.operation) }
    return timeline
  }

  private func run(_ timeline: inout Timeline, ticks: Int, seed: UInt64 = 7, accesses: UInt64 = 8) {
    let plan = TrafficPlan(seed: seed, accesses: accesses)
    for _ in 0..<ticks {
      for operation in plan.nextTick(of: timeline) { timeline.perform(operation) }
    }
  }

  @Test(arguments: platforms)
  func `the same seed makes the same ticks, another seed others`(platform: String) throws {
    var (one, same, other) = (
      try timeline(platform), try timeline(platform), try timeline(platform)
    )
    run(&one, ticks: 30)
    run(&same, ticks: 30)
    run(&other, ticks: 30, seed: 8)
    #expect(one.entries.map(\.operation) == same.entries.map(\.operation))
    #expect(one.entries.indices.map(one.recording) == same.entries.indices.map(same.recording))
    #expect(one.machine == same.machine)
    #expect(one.entries.map(\.operation) != other.entries.map(\.operation))
  }

  @Test(arguments: platforms)
  func `what a run did, written as a script, does it again`(platform: String) throws {
    var ran = try timeline(platform)
    let before = ran.entries.count
    run(&ran, ticks: 25)
    var read = try timeline(platform)
    for entry in ran.entries[before...] {
      read.perform(try Operation(parsing: entry.operation.text))
    }
    #expect(read.entries.indices.map(read.recording) == ran.entries.indices.map(ran.recording))
    #expect(read.latestTicks(.max) == ran.latestTicks(.max))
    #expect(read.traffic == ran.traffic)
  }

  @Test(arguments: AccessPattern.allCases)
  func `traffic goes on where it was: in one piece or in many, the accesses are the same`(
    pattern: AccessPattern
  ) throws {
    let setUp = ["alloc fb", "attach fb mdp_vg1", "map fb 0x10000000 0x60000000 4M rw"]
    func accesses(_ lines: [String]) throws -> [IOVA] {
      var timeline = Timeline(from: Machine(unprobed: try Library.platform("msm8x60")))
      for line in ["probe all"] + setUp + lines { timeline.perform(try Operation(parsing: line)) }
      return timeline.latestAccesses(.max).map(\.access.iova)
    }
    let whole = try accesses(["traffic mdp_vg1 \(pattern) seed=3 count=100"])
    #expect(whole.count == 100)
    var pieces: [String] = []
    var from = 0
    for count in [1, 11, 12, 13, 5, 40, 18] {
      pieces.append("traffic mdp_vg1 \(pattern) seed=3 from=\(from) count=\(count)")
      from += count
    }
    #expect(try accesses(pieces) == whole)
  }

  @Test func `two devices with one pattern and one seed go different ways`() throws {
    var timeline = try timeline("msm8x60")
    run(&timeline, ticks: 1)
    let accesses = timeline.latestAccesses(.max)
    let first = accesses.filter { timeline.machine.system.name(of: $0.access.device) == "mdp_vg1" }
    let second = accesses.filter {
      timeline.machine.system.name(of: $0.access.device) == "mdp_rgb1"
    }
    #expect(Set(first.map(\.access.iova)).isDisjoint(with: second.map(\.access.iova)))
  }

  @Test(arguments: platforms)
  func `a tick is one operation of each attached device, and its totals add up`(
    platform: String
  ) throws {
    var timeline = try timeline(platform)
    #expect(timeline.tick == 0 && timeline.latestTicks(9).isEmpty)
    run(&timeline, ticks: 600)
    #expect(timeline.tick == 600)
    let ticks = timeline.latestTicks(600)
    #expect(ticks.map(\.number) == Array(1...600))
    #expect(ticks.allSatisfy { $0.totals.devices.count == 3 })
    var sum = TrafficResult()
    for tick in ticks { sum += tick.totals.sum }
    #expect(sum == timeline.traffic.sum)
    #expect(timeline.latestTicks(5).map(\.number) == Array(596...600))
    // One step back in time, and the counts are those of then.
    timeline.backAccess()
    #expect(timeline.traffic.sum.accesses == sum.accesses - 1)
    timeline.jump(to: Timeline.Position(entry: 300, events: .max))
    #expect(timeline.traffic.sum.accesses < sum.accesses)
    #expect(timeline.latestTicks(1).first?.number == timeline.tick)
  }

  @Test func `what is given up no longer counts`() throws {
    var timeline = try timeline("msm8x60")
    run(&timeline, ticks: 200)
    var short = try self.timeline("msm8x60")
    run(&short, ticks: 100)
    timeline.jump(to: short.position)
    let limit = try Operation(parsing: "limit pages none")
    timeline.perform(limit)
    short.perform(limit)
    run(&timeline, ticks: 20)
    run(&short, ticks: 20)
    #expect(timeline.traffic == short.traffic)
    #expect(timeline.tick == 120 && short.tick == 120)
    #expect(timeline.latestTicks(.max) == short.latestTicks(.max))
  }

  @Test(arguments: platforms)
  func `access by access, back and on, the counts and the machine are those of then`(
    platform: String
  ) throws {
    var timeline = try timeline(platform)
    run(&timeline, ticks: 12)
    var there: [(Timeline.Position, UInt64, Machine)] = []
    while timeline.tick > 0 {
      there.append((timeline.position, timeline.traffic.sum.accesses, timeline.machine))
      timeline.backAccess()
    }
    let counts = there.map(\.1)
    #expect(counts == Array((1...counts[0]).reversed()))
    for (position, count, machine) in there.reversed() {
      timeline.forwardAccess()
      #expect(timeline.position == position)
      #expect(timeline.traffic.sum.accesses == count)
      #expect(timeline.machine == machine)
    }
    #expect(timeline.isAtEnd)
  }

  @Test(arguments: platforms)
  func `what the events tell of an access is what was counted`(platform: String) throws {
    var timeline = try timeline(platform)
    for line in ["map fb 0x14000000 0x64000000 64K r", "map gpu 0x14000000 0x64000000 64K r"] {
      timeline.perform(try Operation(parsing: line))
    }
    run(&timeline, ticks: 100)
    var told = TrafficResult()
    for past in timeline.latestAccesses(.max) { told.count(past.access.outcome) }
    #expect(told == timeline.traffic.sum)
    #expect(told.hits > 0 && told.misses > 0)
  }

  @Test func `without an attached device a tick is nothing`() throws {
    let timeline = Timeline(from: Machine(unprobed: try Library.platform("msm8x60")))
    #expect(TrafficPlan(seed: 1, accesses: 8).nextTick(of: timeline).isEmpty)
  }

  @Test(arguments: [UInt64(0), 1, 1_000_000, .max])
  func `any rate makes some accesses, and no more than an operation may`(rate: UInt64) throws {
    let timeline = try timeline("msm8x60")
    for operation in TrafficPlan(seed: .max, accesses: rate).nextTick(of: timeline) {
      guard case .traffic(_, let traffic) = operation else { continue }
      #expect((1...Traffic.mostAccesses).contains(traffic.count))
    }
  }
}
