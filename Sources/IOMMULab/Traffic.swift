internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// Accesses that a device makes by itself, by a pattern and a seed: the same seed, the same accesses.
package struct Traffic: Hashable, Sendable {
  /// How a device goes through what is mapped for it.
  package enum Pattern: String, Hashable, Sendable, CaseIterable {
    /// One line after the other, as a display reads its picture.
    case scan
    /// Small blocks here and there, read and then written, as a video codec does.
    case blocks
    /// Anywhere, now and then where nothing is mapped, as a GPU may.
    case random
  }

  package let pattern: Pattern
  package let seed: UInt64
  package let count: UInt64

  package init(_ pattern: Pattern, seed: UInt64, count: UInt64) {
    (self.pattern, self.seed, self.count) = (pattern, seed, count)
  }

  /// The most accesses that one operation makes.
  package static let mostAccesses: UInt64 = 1_000_000
}

/// What came of a device's traffic.
package struct TrafficResult: Hashable, Sendable {
  package var hits: UInt64 = 0
  package var misses: UInt64 = 0
  package var faults: UInt64 = 0
  package var bypassed: UInt64 = 0
  package var stalled: UInt64 = 0

  package init() {}

  /// Accesses that reached memory.
  package var reached: UInt64 { hits + misses + bypassed }
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

  init(_ traffic: Traffic, over ranges: [MappedRange]) {
    pattern = traffic.pattern
    self.ranges = ranges
    total = ranges.reduce(0) { $0 &+ $1.length }
    state = traffic.seed
    if pattern == .scan, total > 0 { step = below(total / Self.line) }
  }

  /// Bytes that a device asks for at once.
  private static let line: UInt64 = 64

  /// SplitMix64.
  private mutating func random() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
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
      // Eight lines of a block are read, then its first four are written.
      let place = step % 12
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
    var accesses = TrafficSource(traffic, over: ranges)
    var result = TrafficResult()
    for _ in 0..<traffic.count {
      let access = accesses.next()
      let request = request(by: device, at: IOVA(access.iova), access.isWrite ? .write : .read)
      let isHit = if case .translated(_, _, _?) = board.walk(request) { true } else { false }
      let answer: Board.Answer
      if access.isWrite, let physical = board.walk(request).physical {
        answer = write(request, UInt64(board.word(at: physical)))
      } else {
        answer = access.isWrite ? write(request, 0) : read(request)
      }
      switch answer {
      case .reached(_, isBypass: true): result.bypassed += 1
      case .reached: if isHit { result.hits += 1 } else { result.misses += 1 }
      case .stalled: result.stalled += 1
      case .fault:
        result.faults += 1
        handleInterrupts()
      }
    }
    return result
  }
}
