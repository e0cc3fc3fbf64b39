/// The devices at work: whether they are, how fast, and whether somebody watches.
///
/// What they did is in the timeline; this is only how they go on.
package struct TrafficControl: Hashable, Sendable {
  package struct Speed: Hashable, Sendable {
    package let ticksPerSecond: Int
    /// About how many accesses a device makes at a tick.
    package let accesses: UInt64
  }

  /// From one access a second, to be watched, to thousands a tick.
  package static let speeds = [
    Speed(ticksPerSecond: 1, accesses: 1), Speed(ticksPerSecond: 2, accesses: 2),
    Speed(ticksPerSecond: 5, accesses: 4), Speed(ticksPerSecond: 10, accesses: 8),
    Speed(ticksPerSecond: 20, accesses: 8), Speed(ticksPerSecond: 20, accesses: 32),
    Speed(ticksPerSecond: 20, accesses: 128), Speed(ticksPerSecond: 20, accesses: 512),
    Speed(ticksPerSecond: 20, accesses: 2048),
  ]

  package internal(set) var isRunning = false
  /// The inspector shows the traffic.
  package internal(set) var isOpen = false
  package internal(set) var seed: UInt64 = 1
  package internal(set) var speedIndex = 4

  package init() {}

  package var speed: Speed { Self.speeds[speedIndex] }
}
