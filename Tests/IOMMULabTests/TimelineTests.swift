import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// How a timeline is kept: how many events, checkpoints how often, how long a recording may get.
struct Keeping: CustomTestStringConvertible, Sendable {
  var budget = 4_000_000
  var interval = 256
  var capacity = 200_000

  static let all = [
    Keeping(), Keeping(budget: 60, interval: 3), Keeping(budget: 60, interval: 4, capacity: 25),
    Keeping(interval: 1, capacity: 8), Keeping(budget: 0, interval: 1000, capacity: 40),
  ]

  func timeline() throws -> Timeline {
    var machine = try Machine.msm8x60()
    machine.setRecording(true, capacity: capacity)
    return Timeline(from: machine, budget: budget, checkpointInterval: interval)
  }

  var testDescription: String { "budget \(budget), interval \(interval), capacity \(capacity)" }
}

/// Backwards, forwards, anywhere, and into another future.
@Suite struct `Time travel` {
  private func script(_ name: String) throws -> [Operation] {
    let text = try #require(Library.scene(name))
    return try Script(parsing: text, platforms: Library.platformNames).lines.map(\.operation)
  }

  /// Every place of the timeline that single steps reach, with the machine there.
  private func places(
    _ timeline: inout Timeline
  ) -> [(position: Timeline.Position, machine: Int)] {
    timeline.jumpToStart()
    var places = [(timeline.position, timeline.machine.fingerprint)]
    while timeline.forward() { places.append((timeline.position, timeline.machine.fingerprint)) }
    return places
  }

  @Test func `asking where a request would go stops nothing, whatever the answer`() throws {
    let script = try Script(
      parsing: "alloc fb\nattach fb mdp_vg1\nwalk mdp_vg1 0x10000000\nread mdp_vg1 0x10000000",
      platforms: Library.platformNames)
    var timeline = try Timeline(playing: script)
    #expect(timeline.faults == 1)
    #expect(timeline.entries.stopped(before: 4, atMost: 9) == [3])
    timeline.backOperation()
    #expect(timeline.faults == 0)
    #expect(timeline.current?.outcome.isOK == false)
  }

  @Test(arguments: Keeping.all)
  func `the sandbox scene, step by step to its start and back to its end`(keeping: Keeping) throws {
    let operations = try script("sandbox")
    var timeline = try keeping.timeline()
    let start = timeline.machine
    var ends: [Machine] = []
    for operation in operations {
      let outcome = timeline.perform(operation).outcome
      #expect(outcome.isOK)
      ends.append(timeline.machine)
    }
    try travel(&timeline, from: start, ends: ends, "sandbox")
  }

  @Test(arguments: Keeping.all, [UInt64(1), 2, 3])
  func `random scripts, step by step to their start and back to their end`(
    keeping: Keeping, seed: UInt64
  ) throws {
    // The odd one overwrites its own tables by DMA.
    var random = RandomOperations(seed: seed, isWild: seed == 3)
    var timeline = try keeping.timeline()
    let start = timeline.machine
    var ends: [Machine] = []
    for operation in random.next(25) {
      timeline.perform(operation)
      ends.append(timeline.machine)
    }
    try travel(&timeline, from: start, ends: ends, "seed \(seed)")
  }

  @Test(arguments: Keeping.all, [UInt64(11), 12])
  func `drivers and guests, step by step to their start and back to their end`(
    keeping: Keeping, seed: UInt64
  ) throws {
    var random = RandomOperations(seed: seed, hasClients: true)
    var timeline = try keeping.timeline()
    let start = timeline.machine
    var ends: [Machine] = []
    for operation in random.next(40) {
      timeline.perform(operation)
      ends.append(timeline.machine)
    }
    try travel(&timeline, from: start, ends: ends, "seed \(seed)")
  }

  private func travel(
    _ timeline: inout Timeline, from start: Machine, ends: [Machine], _ name: String
  ) throws {
    let end = timeline.position
    // By operations, with whole machines.
    for index in ends.indices.reversed() {
      #expect(timeline.machine == ends[index], "\(name), end of \(index)")
      #expect(timeline.backOperation() == true, "\(name)")
    }
    #expect(timeline.machine == start, "\(name)")
    #expect(timeline.isAtStart)
    #expect(timeline.backOperation() == false)
    #expect(timeline.back() == false)
    for index in ends.indices {
      #expect(timeline.forwardOperation() == true)
      #expect(timeline.machine == ends[index], "\(name), forward to the end of \(index)")
      #expect(timeline.position.entry == index)
      #expect(timeline.isOperationDone)
    }
    #expect(timeline.position == end)
    #expect(timeline.isAtEnd)
    #expect(timeline.forwardOperation() == false)
    #expect(timeline.forward() == false)

    // By steps, each place known again on the way back.
    let places = places(&timeline)
    #expect(places.last?.position == end)
    #expect(zip(places, places.dropFirst()).allSatisfy { $0.position < $1.position }, "\(name)")
    for place in places.reversed() {
      #expect(timeline.position == place.position, "\(name)")
      #expect(timeline.machine.fingerprint == place.machine, "\(name), back at \(place.position)")
      timeline.back()
    }

    // Anywhere.
    var random = SplitMix64(seed: UInt64(places.count))
    for _ in 0..<60 {
      let place = random.pick(places)
      timeline.jump(to: place.position)
      #expect(timeline.position == place.position, "\(name)")
      #expect(timeline.machine.fingerprint == place.machine, "\(name), jump to \(place.position)")
      #expect(timeline.step <= timeline.stepCount)
    }
    timeline.jumpToEnd()
    #expect(timeline.machine == ends.last, "\(name)")
    timeline.jumpToStart()
    #expect(timeline.machine == start, "\(name)")
  }

  @Test(arguments: [UInt64(1), 2])
  func `a replay from the first step passes the same machines`(seed: UInt64) throws {
    var random = RandomOperations(seed: seed)
    let operations = random.next(25)
    var first = try Keeping().timeline()
    var second = try Keeping(budget: 60, interval: 3).timeline()
    for operation in operations { first.perform(operation) }
    for operation in operations {
      second.perform(operation)
      second.back()
      second.forward()
    }
    let (left, right) = (places(&first), places(&second))
    #expect(left.map(\.position) == right.map(\.position), "seed \(seed)")
    #expect(left.map(\.machine) == right.map(\.machine), "seed \(seed)")
    for index in operations.indices {
      #expect(first.entries[index].outcome == second.entries[index].outcome, "seed \(seed)")
    }
  }

  @Test(arguments: Keeping.all, [UInt64(5), 6])
  func `a new operation in the past gives up what came after, and nothing else`(
    keeping: Keeping, seed: UInt64
  ) throws {
    var random = RandomOperations(seed: seed)
    var choice = SplitMix64(seed: seed)
    var timeline = try keeping.timeline()
    var kept: [Operation] = []
    for round in 0..<12 {
      for operation in random.next(5) {
        timeline.perform(operation)
        kept.append(operation)
      }
      let target = Int(choice.below(UInt64(kept.count))) - 1
      if choice.oneIn(2) {
        timeline.jump(to: Timeline.Position(entry: target, events: Int(choice.below(20))))
      } else {
        while timeline.position.entry > target { timeline.back() }
      }
      let operation = random.next()
      let (outcome, dropped) = timeline.perform(operation)
      #expect(dropped == kept.count - target - 1, "seed \(seed), round \(round)")
      kept = kept.prefix(target + 1) + [operation]

      var fresh = try Keeping().timeline()
      for operation in kept { fresh.perform(operation) }
      #expect(timeline.machine == fresh.machine, "seed \(seed), round \(round)")
      #expect(fresh.entries.last?.outcome == outcome, "seed \(seed), round \(round)")
      #expect(timeline.entries.map(\.operation) == kept, "seed \(seed), round \(round)")
    }
    var fresh = try Keeping().timeline()
    for operation in kept { fresh.perform(operation) }
    while !timeline.isAtStart {
      #expect(timeline.machine == fresh.machine, "seed \(seed), entry \(timeline.position.entry)")
      timeline.backOperation()
      fresh.backOperation()
    }
    #expect(timeline.machine == fresh.machine, "seed \(seed)")
  }

  @Test func `no more events are kept than the budget says, beside the current operation's`() throws
  {
    // Recordings made again on the way back were once not counted.
    var random = RandomOperations(seed: 9)
    var timeline = try Keeping(budget: 200, interval: 4).timeline()
    func check(_ place: String) {
      let events = timeline.entries.indices.map { timeline.recording(of: $0)?.events.count ?? 0 }
      let current = timeline.position.entry >= 0 ? events[timeline.position.entry] : 0
      #expect(events.reduce(0, +) <= 200 + current, "\(place)")
    }
    for operation in random.next(60) {
      timeline.perform(operation)
      check("performed \(timeline.position)")
    }
    while timeline.back() { check("back at \(timeline.position)") }
    while timeline.forward() { check("forward at \(timeline.position)") }
    for entry in [3, 50, 10, 40] {
      timeline.jump(to: Timeline.Position(entry: entry, events: 1))
      check("jump to \(timeline.position)")
    }
    for operation in random.next(20) {
      timeline.perform(operation)
      check("again \(timeline.position)")
    }
  }

  @Test func `a name that only a given-up future used was never there`() throws {
    // It was once said to have been freed.
    var timeline = try Keeping().timeline()
    timeline.perform(.alloc("fb"))
    timeline.back()
    timeline.jumpToStart()
    let outcome = timeline.perform(.free("fb")).outcome
    #expect(outcome == .error("there is no domain fb; alloc fb makes one"))
  }

  @Test func `operations that only look have no steps to stop at inside`() throws {
    var timeline = try Keeping().timeline()
    timeline.perform(.alloc("fb"))
    timeline.perform(.dump(.object("fb")))
    timeline.perform(.walk(.init(device: "mdp_vg1", iova: 0x1000)))
    let machine = timeline.machine
    #expect(timeline.stepCount == 0)
    #expect(timeline.back() == true)
    #expect(timeline.position.entry == 1)
    #expect(timeline.back() == true)
    #expect(timeline.position.entry == 0)
    #expect(timeline.machine == machine)
    #expect(timeline.forward() == true)
    #expect(timeline.forward() == true)
    #expect(timeline.isAtEnd)
  }

  @Test func `a step is an event that is no call and no return`() throws {
    var timeline = try Keeping().timeline()
    timeline.perform(.alloc("fb"))
    // domain-alloc, page-alloc, four page-clears, domain-table.
    #expect(timeline.stepCount == 7)
    #expect(timeline.step == 7)
    timeline.back()
    #expect(timeline.step == 6)
    let event = try #require(timeline.currentEvent)
    guard case .pageClear = timeline.recording.events[event].change else {
      Issue.record("the sixth step is \(timeline.recording.events[event].change)")
      return
    }
    #expect(timeline.machine.system.domains[0].table == nil)
    timeline.forward()
    #expect(timeline.machine.system.domains[0].table == PhysicalAddress(0x4000_0000))
  }
}
