package import IOMMUAPI
package import IOMMUModel

/// Why there is nothing to report: the two sides did not do the same, or could not do it at all.
package enum BenchError: Error, Hashable, Sendable {
  case refused(KernelError)
  /// The platform has no context to attach a domain to.
  case noContext
  /// The simulator and the plain loop came to different answers.
  case disagreement(String, ours: UInt64, plain: UInt64)
}

/// Maps, looks up and unmaps pages in the simulator and in a plain C loop, in turn.
///
/// Each is done several times and the least time of each side counts: the rest is what other
/// programs on the machine took. The first time also pays for fresh memory, on both sides.
package struct Bench {
  private let platform: Platform
  private let pages: Int
  private let rounds: Int
  /// The same addresses for both sides, in the same order.
  private let anywhere: [UInt32]
  private let lookups: Int
  private var rows: [Row] = []

  private init(_ platform: Platform, pages: Int, lookups: Int, rounds: Int) {
    (self.platform, self.pages, self.rounds, self.lookups) = (platform, pages, rounds, lookups)
    anywhere = randomAddresses(pages: pages, count: lookups)
  }

  /// Measures everything over `pages` pages of 4 KiB from address 0.
  package static func run(
    on platform: Platform, pages: Int, lookups: Int = 1 << 20, rounds: Int = 7,
    spaces: RecordedSpaces? = nil, churn: Int = 1_000_000
  ) throws(BenchError) -> [Row] {
    var bench = Bench(platform, pages: pages, lookups: lookups, rounds: rounds)
    try bench.measure()
    try bench.measure(", one context attached", isAttached: true)
    try bench.measure(", journal on", isRecorded: true)
    try bench.measureClients(spaces, churn: churn)
    return bench.rows
  }

  private mutating func measure(
    _ suffix: String = "", isAttached: Bool = false, isRecorded: Bool = false
  ) throws(BenchError) {
    var simulator = try Simulator(platform, isAttached: isAttached, isRecorded: isRecorded)
    var plain = PlainTables(for: platform.format, pages: pages)
    for _ in 0..<rounds {
      let mapped = try timed { () throws(BenchError) in try simulator.mapAll(pages: pages) }
      try compare(
        "map" + suffix, goal: isRecorded ? 15 : isAttached ? nil : 6, mapped,
        timed { plain.mapAll() }, pages)
      try lookUp(
        through: try simulator.bus(), &plain, suffix, isAttached: isAttached, isRecorded: isRecorded
      )
      if !isAttached && !isRecorded { noteMemory(of: simulator) }
      let unmapped = try timed { () throws(BenchError) in try simulator.unmapAll(pages: pages) }
      try compare(
        "unmap" + suffix, goal: isRecorded || isAttached ? nil : 9, unmapped,
        timed { plain.unmapAll() }, pages)
    }
  }

  /// The allocator of DMA addresses over what Linux's was asked, and a driver's maps and unmaps.
  private mutating func measureClients(
    _ spaces: RecordedSpaces?, churn: Int
  ) throws(BenchError) {
    var driver = try Churn(platform)
    for _ in 0..<min(rounds, 3) {
      if let spaces {
        let ours = timed { spaces.replay() }
        try compare(
          "DMA addresses, recorded calls", goal: nil, ours, timed { spaces.replayPlain() },
          max(1, spaces.count))
      }
      let ours = try timed { () throws(BenchError) in try driver.ours(churn) }
      try compare("DMA map and unmap", goal: nil, ours, timed { driver.plain(churn) }, churn)
    }
  }

  /// Walks, which are pure and leave no events even with the journal on; then requests as a device
  /// makes them: recorded ones that miss, walk and fill the TLB, or unrecorded ones that hit it.
  private mutating func lookUp(
    through bus: Bus, _ plain: inout PlainTables, _ suffix: String, isAttached: Bool,
    isRecorded: Bool
  ) throws(BenchError) {
    var bus = bus
    let flat = timed { plain.lookUp(anywhere) }
    let walked = timed { isAttached ? bus.walkAll(anywhere) : bus.walkTables(anywhere) }
    try compare(
      "look up by walking" + suffix, goal: isRecorded ? 15 : isAttached ? nil : 3, walked, flat,
      lookups)
    if isRecorded {
      let missed = timed { bus.translateAll(anywhere) }
      try compare("request that misses and fills" + suffix, goal: nil, missed, flat, lookups)
      return
    }
    let few = randomAddresses(pages: min(pages, bus.tlbCapacity), count: lookups)
    // Fills the TLB.
    _ = bus.translateAll(few)
    let hit = timed { bus.translateAll(few) }
    let answer = plain.lookUp(few)
    try compare(
      "look up, TLB hit" + suffix, goal: 3, hit, (answer: answer, time: flat.time), lookups)
  }
}

extension Bench {
  /// One line of the report.
  package struct Row: Hashable, Sendable {
    package let name: String
    package let pages: Int
    /// What is measured: nanoseconds for one call, or bytes.
    package let unit: Unit
    package var ours: Double
    package var plain: Double
    /// The most `ratio` that is good; nil where none is set.
    package let goal: Double?

    package enum Unit: Hashable, Sendable { case nanoseconds, bytes }

    /// Ours as a multiple of the plain loop, or of what hardware takes.
    package var ratio: Double { ours / plain }

    package var isMet: Bool { goal.map { ratio <= $0 } ?? true }
  }

  private typealias Timed = (answer: UInt64, time: Duration)

  private func timed<Failure>(
    _ body: () throws(Failure) -> UInt64
  ) throws(Failure) -> (answer: UInt64, time: Duration) {
    let start = ContinuousClock.now
    let answer = try body()
    return (answer, ContinuousClock.now - start)
  }

  /// Enters a round, and keeps the least time of each side.
  private mutating func compare(
    _ name: String, goal: Double?, _ ours: Timed, _ plain: Timed, _ count: Int
  ) throws(BenchError) {
    guard ours.answer == plain.answer else {
      throw .disagreement(name, ours: ours.answer, plain: plain.answer)
    }
    enter(
      Row(
        name: name, pages: pages, unit: .nanoseconds, ours: ours.time / .nanoseconds(count),
        plain: plain.time / .nanoseconds(count), goal: goal))
  }

  /// Page tables cost what they cost in hardware, and at most a tenth more.
  private mutating func noteMemory(of simulator: Simulator) {
    let (hardware, ours) = simulator.tableBytes
    enter(
      Row(
        name: "memory of page tables", pages: pages, unit: .bytes, ours: Double(ours),
        plain: Double(hardware), goal: 1.1))
  }

  private mutating func enter(_ row: Row) {
    guard let index = rows.firstIndex(where: { $0.name == row.name }) else {
      rows.append(row)
      return
    }
    rows[index].ours = min(rows[index].ours, row.ours)
    rows[index].plain = min(rows[index].plain, row.plain)
  }
}

/// Addresses all over the first `pages` pages, the same in every run.
private func randomAddresses(pages: Int, count: Int) -> [UInt32] {
  var state: UInt64 = 1
  return (0..<count).map { _ in
    // Knuth's constants; the high bits are the good ones.
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(truncatingIfNeeded: (state >> 33) % UInt64(pages) << 12 | state >> 20 & 0xffc)
  }
}
