/// The traffic of each device, added up.
package struct TrafficTotals: Hashable, Sendable {
  package struct Device: Hashable, Sendable {
    package let name: String
    package fileprivate(set) var result: TrafficResult
  }

  /// In the order in which they first made traffic.
  package private(set) var devices: [Device] = []

  package init() {}

  package subscript(name: String) -> TrafficResult? {
    devices.first { $0.name == name }?.result
  }

  package var sum: TrafficResult {
    devices.reduce(into: TrafficResult()) { $0 += $1.result }
  }

  mutating func add(_ result: TrafficResult, of name: String) {
    if let index = devices.firstIndex(where: { $0.name == name }) {
      devices[index].result += result
    } else {
      devices.append(Device(name: name, result: result))
    }
  }
}

/// What each device's traffic came to, after any operation.
///
/// It lists the operations that were traffic. Now and then the sums are kept as well, so that nobody
/// has to add up a long session to know where it stands.
struct TrafficLedger: Sendable {
  /// One operation of traffic.
  struct Turn: Sendable {
    private let place: UInt32
    private let number: UInt32
    private let device: UInt16

    var entry: Int { Int(place) }
    /// From 1.
    var tick: Int { Int(number) }
    /// Its place among the names.
    var name: Int { Int(device) }

    init(entry: Int, tick: Int, name: Int) {
      place = UInt32(truncatingIfNeeded: entry)
      number = UInt32(truncatingIfNeeded: tick)
      device = UInt16(truncatingIfNeeded: name)
    }
  }

  private(set) var turns: [Turn] = []
  private(set) var names: [String] = []
  private var latest = TrafficTotals()
  /// The sums before every so manieth turn.
  private var kept: [TrafficTotals] = []
  private static let interval = 256

  mutating func add(_ operation: Operation, _ outcome: Outcome, at entry: Int) {
    guard case .traffic(let name, _) = operation, case .traffic(let result) = outcome else {
      return
    }
    if names.firstIndex(of: name) == nil { names.append(name) }
    let device = names.firstIndex(of: name) ?? 0
    if turns.count.isMultiple(of: Self.interval) { kept.append(latest) }
    turns.append(Turn(entry: entry, tick: tick(of: device, at: entry), name: device))
    latest.add(result, of: name)
  }

  /// The tick that the next turn belongs to.
  ///
  /// A tick is over when a device has its second turn, or when something else is done.
  private func tick(of device: Int, at entry: Int) -> Int {
    guard let last = turns.last else { return 1 }
    guard last.entry == entry - 1 else { return last.tick + 1 }
    for turn in turns.reversed() {
      if turn.tick != last.tick { break }
      if turn.name == device { return last.tick + 1 }
    }
    return last.tick
  }

  /// How many of the turns come before an operation.
  func count(before entry: Int) -> Int {
    var (low, high) = (0, turns.count)
    while low < high {
      let middle = (low + high) / 2
      if turns[middle].entry < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func truncate(to count: Int, of entries: TimelineEntries) {
    let left = self.count(before: count)
    guard left < turns.count else { return }
    latest = totals(before: count, of: entries)
    turns.removeSubrange(left...)
    kept.removeSubrange((left + Self.interval - 1) / Self.interval..<kept.count)
  }

  func totals(before entry: Int, of entries: TimelineEntries) -> TrafficTotals {
    let count = count(before: entry)
    if count == turns.count { return latest }
    let near = count / Self.interval
    guard near < kept.count else { return latest }
    var totals = kept[near]
    for turn in turns[near * Self.interval..<count] {
      guard case .traffic(let result) = entries.outcome(at: turn.entry) else { continue }
      totals.add(result, of: names[turn.name])
    }
    return totals
  }
}
