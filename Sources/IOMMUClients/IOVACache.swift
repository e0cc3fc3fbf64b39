internal import IOMMUValues

/// Freed ranges of one size, which come back before anything is searched for: `struct iova_rcache`.
///
/// A CPU has two magazines, and a depot keeps full ones.
struct IOVACache: Hashable, Sendable {
  /// Ranges of 1, 2, 4, … 32 frames are cached.
  static let orders = 6
  static let mostInMagazine = 128
  static let mostInDepot = 32

  /// The loaded one, the previous one, and the depot.
  private(set) var magazines: [[UInt64]] = [[], []]

  var depot: ArraySlice<[UInt64]> { magazines[2...] }

  mutating func redo(_ move: CacheMove, _ magazine: Int, _ index: Int, _ frame: UInt64) {
    switch move {
    case .push: magazines[magazine].append(frame)
    case .pop:
      magazines[magazine].swapAt(index, magazines[magazine].count - 1)
      magazines[magazine].removeLast()
    case .swap: magazines.swapAt(0, 1)
    case .store:
      magazines.append(magazines[0])
      magazines[0] = []
    case .fetch: magazines[0] = magazines.removeLast()
    case .drop: magazines.removeLast()
    }
  }

  mutating func undo(_ move: CacheMove, _ magazine: Int, _ index: Int, _ frame: UInt64) {
    switch move {
    case .push: magazines[magazine].removeLast()
    case .pop:
      magazines[magazine].append(frame)
      magazines[magazine].swapAt(index, magazines[magazine].count - 1)
    case .swap: magazines.swapAt(0, 1)
    case .store: magazines[0] = magazines.removeLast()
    case .fetch:
      magazines.append(magazines[0])
      magazines[0] = []
    case .drop: magazines.append([])
    }
  }
}

/// Allocation by way of the caches.
extension IOVASpace {
  /// Takes frames up to `last`: from a cache, else by a search (`alloc_iova_fast`).
  ///
  /// `emptiesCaches` says that before giving up, all that is cached is freed and the search repeated.
  package mutating func allocateFast(
    _ count: UInt64, through last: UInt64, emptiesCaches: Bool, _ recorder: inout some Recorder
  ) -> UInt64? {
    recorder.enter("alloc_iova_fast", .none)
    let size =
      count < 1 << UInt64(IOVACache.orders - 1) ? UInt64(1) << Self.order(of: count) : count
    var found = cached(size, below: last &+ 1, &recorder)
    if found == nil { found = allocate(size, through: last, isAligned: true, &recorder) }
    if found == nil, emptiesCaches {
      emptyCaches(&recorder)
      found = allocate(size, through: last, isAligned: true, &recorder)
    }
    recorder.leave(Int64(bitPattern: found ?? 0))
    return found
  }

  /// Frees frames into a cache, or at once (`free_iova_fast`).
  package mutating func freeFast(
    _ frame: UInt64, _ count: UInt64, _ recorder: inout some Recorder
  ) {
    recorder.enter("free_iova_fast", .none)
    if !cache(frame, count, &recorder) { free(frame, &recorder) }
    recorder.leave(0)
  }

  /// log2 of a count, rounded up.
  static func order(of count: UInt64) -> UInt64 {
    count <= 1 ? 0 : UInt64(64 - (count - 1).leadingZeroBitCount)
  }

  private static let mostCached = UInt64(IOVACache.orders)

  private mutating func move(
    _ move: CacheMove, _ order: Int, _ recorder: inout some Recorder
  ) {
    self.move(move, order, 0, 0, 0, &recorder)
  }

  private mutating func move(
    _ move: CacheMove, _ order: Int, _ magazine: Int, _ index: Int, _ frame: UInt64,
    _ recorder: inout some Recorder
  ) {
    change(
      .iovaCache(
        space: number, move, order: UInt8(order), magazine: UInt8(magazine), index: UInt8(index),
        frame: frame), &recorder)
  }

  /// `iova_rcache_get`: the topmost frame that is low enough.
  private mutating func cached(
    _ count: UInt64, below end: UInt64, _ recorder: inout some Recorder
  ) -> UInt64? {
    guard Self.order(of: count) < Self.mostCached else { return nil }
    let order = Int(Self.order(of: count))
    if caches[order].magazines[0].isEmpty {
      if !caches[order].magazines[1].isEmpty {
        move(.swap, order, &recorder)
      } else if !caches[order].depot.isEmpty {
        move(.fetch, order, &recorder)
      } else {
        return nil
      }
    }
    let limit = end &- count
    let loaded = caches[order].magazines[0]
    guard let index = loaded.lastIndex(where: { $0 <= limit }) else { return nil }
    let frame = loaded[index]
    move(.pop, order, 0, index, frame, &recorder)
    return frame
  }

  /// `iova_rcache_insert`.
  private mutating func cache(
    _ frame: UInt64, _ count: UInt64, _ recorder: inout some Recorder
  ) -> Bool {
    guard Self.order(of: count) < Self.mostCached else { return false }
    let order = Int(Self.order(of: count))
    let full = IOVACache.mostInMagazine
    if caches[order].magazines[0].count >= full {
      let hasRoom = caches[order].magazines[1].count < full
      move(hasRoom ? .swap : .store, order, &recorder)
    }
    move(.push, order, 0, 0, frame, &recorder)
    if caches[order].depot.count > IOVACache.mostInDepot {
      empty(order, caches[order].magazines.count - 1, &recorder)
      move(.drop, order, &recorder)
    }
    return true
  }

  /// `free_cpu_cached_iovas` and `free_global_cached_iovas`.
  private mutating func emptyCaches(_ recorder: inout some Recorder) {
    for order in caches.indices {
      for magazine in 0...1 { empty(order, magazine, &recorder) }
    }
    for order in caches.indices {
      for magazine in caches[order].magazines.indices.dropFirst(2) {
        empty(order, magazine, &recorder)
      }
      while caches[order].magazines.count > 2 { move(.drop, order, &recorder) }
    }
  }

  /// Frees what a magazine holds.
  private mutating func empty(
    _ order: Int, _ magazine: Int, _ recorder: inout some Recorder
  ) {
    for frame in caches[order].magazines[magazine] { free(frame, &recorder) }
    while let frame = caches[order].magazines[magazine].last {
      let index = caches[order].magazines[magazine].count - 1
      move(.pop, order, magazine, index, frame, &recorder)
    }
  }
}
