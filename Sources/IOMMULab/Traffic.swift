internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// Accesses that a device makes by itself, by a pattern and a seed: the same seed, the same accesses.
package struct Traffic: Hashable, Sendable {
  package typealias Pattern = AccessPattern

  package let pattern: Pattern
  package var seed: UInt64
  /// How many accesses of the seed were made before: those are passed over.
  package var from: UInt64
  package var count: UInt64

  package init(_ pattern: Pattern, seed: UInt64, from: UInt64 = 0, count: UInt64) {
    (self.pattern, self.seed, self.from, self.count) = (pattern, seed, from, count)
  }

  /// The most accesses that one operation makes.
  package static let mostAccesses: UInt64 = 1_000_000
}

/// Goes through the mapped addresses of a device.
struct TrafficSource {
  struct Access {
    let iova: UInt64
    let isWrite: Bool
  }

  private let pattern: Traffic.Pattern
  private let ranges: [MappedRange]
  private let total: UInt64
  private var state: UInt64
  private var step: UInt64 = 0
  /// Where the block begins that is being worked on.
  private var block: UInt64 = 0

  /// `device` makes devices with the same seed go different ways.
  init(_ traffic: Traffic, of device: DeviceID, over ranges: [MappedRange]) {
    pattern = traffic.pattern
    self.ranges = ranges
    total = ranges.reduce(0) { $0 &+ $1.length }
    state = traffic.seed &+ UInt64(device.index) &* 0xd1b5_4a32_d192_ed03
    guard total > 0 else {
      step = traffic.from
      return
    }
    switch pattern {
    case .scan: step = below(total / Self.line) &+ traffic.from
    case .blocks:
      step = traffic.from
      state &+= traffic.from / Self.blockAccesses &* Self.gamma
      if step % Self.blockAccesses != 0 { block = below(total) & ~0xfff }
    case .random: state &+= traffic.from &* 3 &* Self.gamma
    }
  }

  /// How much SplitMix64 moves on for each number: so numbers can be passed over.
  private static let gamma: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// Eight lines of a block are read, then its first four are written.
  private static let blockAccesses: UInt64 = 12

  /// Bytes that a device asks for at once.
  private static let line: UInt64 = 64

  /// SplitMix64.
  private mutating func random() -> UInt64 {
    state &+= Self.gamma
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  private mutating func below(_ limit: UInt64) -> UInt64 { limit == 0 ? 0 : random() % limit }

  /// The address so many bytes into all that is mapped.
  private func address(at offset: UInt64) -> UInt64 {
    var rest = offset
    for range in ranges {
      if rest < range.length { return range.iova.value + rest }
      rest -= range.length
    }
    return ranges.first?.iova.value ?? 0
  }

  mutating func next() -> Access {
    defer { step &+= 1 }
    // Nothing is mapped: the device asks all the same.
    guard total > 0 else { return Access(iova: 0x1000_0000 &+ step &* Self.line, isWrite: false) }
    switch pattern {
    case .scan: return Access(iova: address(at: step &* Self.line % total), isWrite: false)
    case .blocks:
      let place = step % Self.blockAccesses
      if place == 0 { block = below(total) & ~0xfff }
      let line = place < 8 ? place : place - 8
      return Access(iova: address(at: (block &+ line &* 0x200) % total), isWrite: place >= 8)
    case .random:
      let offset = below(total) & ~3
      let isWrite = random() & 3 == 0
      let isAstray = random() % 256 == 0
      return Access(iova: address(at: offset) ^ (isAstray ? 1 << 31 : 0), isWrite: isWrite)
    }
  }
}

extension Machine {
  /// Lets a device make its accesses, and has each fault handled before the next one.
  ///
  /// What it writes is what was there: traffic moves counters and TLBs, not memory.
  mutating func run(_ traffic: Traffic, by device: DeviceID) -> TrafficResult {
    let source = system.devices[device.index]
    let table = source.bank.flatMap { BankStatus(bank: $0, of: source.iommu, in: self).table }
    let ranges = table.map { MappedRange.all(from: $0, in: self) } ?? []
    var accesses = TrafficSource(traffic, of: device, over: ranges)
    var result = TrafficResult()
    for _ in 0..<traffic.count {
      let access = accesses.next()
      let request = request(by: device, at: IOVA(access.iova), access.isWrite ? .write : .read)
      var reads = TableReads()
      let ahead = board.walk(request, watcher: &reads)
      let answer = self.access(request, by: device, endingAt: ahead.physical)
      result.count(TrafficAccess.Outcome(ahead, reads: reads.count))
      if case .fault = answer { handleInterrupts() }
    }
    return result
  }
}

/// Counts the tables that a walk reads.
private struct TableReads: WalkWatcher {
  private(set) var count = 0

  mutating func read(_ word: UInt64, at address: PhysicalAddress, level: Int) { count += 1 }

  mutating func route(offset: UInt32, value: UInt32, bank: Int) {}
  mutating func control(offset: UInt32, value: UInt32, isOn: Bool) {}
  mutating func routing(_ entry: RoutingEntry) {}
  mutating func probe(slot: Int?, vmid: UInt16, asid: UInt8) {}
  mutating func check(_ rights: Rights, isAllowed: Bool) {}
}
