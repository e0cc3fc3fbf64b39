internal import IOMMUValues

/// The addresses of one domain that are in use, and who gets which: Linux's `struct iova_domain`.
///
/// Top-down: the highest hole that is large enough is taken, at a multiple of the size rounded up to
/// a power of two. Where the last search stopped is remembered, and below 4 GiB the smallest size that
/// was not to be had, so that what was freed long ago may be passed over: the answers depend on all
/// that went before. Small ranges that are freed wait in caches and come back first.
///
/// `drivers/iommu/iova.c` of Linux 6.1, with one CPU. Addresses are counted in page frames here.
package struct IOVASpace: Hashable, Sendable {
  /// Which of the DMA API's spaces it is.
  package let number: UInt16
  /// log2 of the bytes of a page frame.
  package let granuleBits: UInt8
  /// No frame below this one is handed out; never 0, which means "no address".
  package let first: UInt64
  var ranges = IOVARanges()
  /// The range where the next search begins, by its last frame; all ones is above them all.
  var (cached, cached32) = (UInt64.max, UInt64.max)
  /// Nothing of this size or more is free below 4 GiB.
  var smallestFailed: UInt64
  var caches = [IOVACache](repeating: IOVACache(), count: IOVACache.orders)

  package init(number: UInt16 = 0, granuleBits: UInt8, first: UInt64) {
    (self.number, self.granuleBits, self.first) = (number, granuleBits, first)
    smallestFailed = 1 << (32 - UInt64(granuleBits))
  }

  /// The first frame that 32 bits cannot reach.
  var end32: UInt64 { 1 << (32 - UInt64(granuleBits)) }

  /// The ranges that are in use or reserved, or wait in a cache, the lowest first.
  package var used: [ClosedRange<UInt64>] { ranges.all.map { $0.low...$0.high } }

  /// The range that holds a frame (`find_iova`).
  package func range(holding frame: UInt64) -> ClosedRange<UInt64>? {
    ranges.place(of: frame).flatMap { ranges[$0] }.map { $0.low...$0.high }
  }

  // MARK: The tree

  /// Takes the highest hole below `end` (`alloc_iova`, `__alloc_and_insert_iova_range`).
  package mutating func allocate(
    _ count: UInt64, through last: UInt64, isAligned: Bool, _ recorder: inout some Recorder
  ) -> UInt64? {
    recorder.enter("alloc_iova", .none)
    let found = search(count, below: last &+ 1, isAligned: isAligned, &recorder)
    if let found {
      let high = found &+ count &- 1
      change(.iovaInsert(space: number, low: found, high: high), &recorder)
      hint(high < end32 ? .below4G : .above4G, high, &recorder)
    }
    recorder.leave(Int64(bitPattern: found ?? 0))
    return found
  }

  private mutating func search(
    _ count: UInt64, below end: UInt64, isAligned: Bool, _ recorder: inout some Recorder
  ) -> UInt64? {
    let mask = isAligned ? UInt64.max << UInt64(64 - (count &- 1).leadingZeroBitCount) : .max
    let isLow = end <= end32
    if isLow, recorder.ask("has a request of this size failed below 4G?", count >= smallestFailed) {
      return nil
    }
    let start = ranges.first(endingAtOrAfter: isLow ? cached32 : cached)
    let retry = ranges[start]?.high ?? .max
    if let found = hole(count, mask, below: end, notBelow: first, from: start) { return found }
    // The search began where the last one had stopped; what lies above was passed over.
    if recorder.ask("was a part passed over?", retry < end),
      let found = hole(
        count, mask, below: end, notBelow: retry &+ 1,
        from: ranges.first(beginningAtOrAfter: end))
    {
      return found
    }
    hint(.smallestFailed, count, &recorder)
    return nil
  }

  /// Walks down from a range until a hole between two of them is large enough.
  private func hole(
    _ count: UInt64, _ mask: UInt64, below end: UInt64, notBelow least: UInt64,
    from start: IOVARanges.Place
  ) -> UInt64? {
    var high = end
    var place: IOVARanges.Place? = start
    var found: UInt64
    repeat {
      if let place { high = min(high, ranges[place]?.low ?? .max) }
      found = (high &- count) & mask
      place = place.flatMap { ranges.before($0) }
      guard let place, let below = ranges[place], found <= below.high, found >= least else { break }
    } while true
    return high < count || found < least ? nil : found
  }

  /// Frees the range that holds a frame, if there is one (`free_iova`).
  package mutating func free(_ frame: UInt64, _ recorder: inout some Recorder) {
    recorder.enter("free_iova", .none)
    if let place = ranges.place(of: frame), let range = ranges[place] {
      // `__cached_rbnode_delete_update`: searches begin above what is freed.
      let above = ranges[ranges.after(place)]?.high ?? .max
      if range.high == cached32 || range.high < end32 && range.low >= low(of: cached32) {
        hint(.below4G, above, &recorder)
      }
      if range.low < end32 { hint(.smallestFailed, end32, &recorder) }
      if range.low >= low(of: cached) { hint(.above4G, above, &recorder) }
      change(.iovaRemove(space: number, low: range.low, high: range.high), &recorder)
    }
    recorder.leave(0)
  }

  /// Where the range begins that ends at `high`; the anchor begins where it ends.
  private func low(of high: UInt64) -> UInt64 {
    ranges[ranges.first(endingAtOrAfter: high)]?.low ?? .max
  }

  /// Keeps frames from ever being handed out, and answers the range that now holds them
  /// (`reserve_iova`).
  @discardableResult
  package mutating func reserve(
    _ frames: ClosedRange<UInt64>, _ recorder: inout some Recorder
  ) -> ClosedRange<UInt64>? {
    recorder.enter("reserve_iova", .none)
    defer { recorder.leave(0) }
    guard frames.upperBound <= .max >> UInt64(granuleBits) else { return nil }
    var (low, high) = (frames.lowerBound, frames.upperBound)
    var place = ranges.first(endingAtOrAfter: low)
    // It joins the ranges it overlaps: grows the one above it, begins anew after the one below.
    while let range = ranges[place], range.low <= high {
      if low < range.low {
        change(
          .iovaGrow(high: range.high, old: range.low, new: low, space: number), &recorder)
      }
      if high <= range.high { return min(low, range.low)...range.high }
      low = range.high + 1
      place = ranges.after(place)
    }
    change(.iovaInsert(space: number, low: low, high: high), &recorder)
    high = max(low, high)
    return low...high
  }

  private mutating func hint(
    _ hint: IOVAHint, _ new: UInt64, _ recorder: inout some Recorder
  ) {
    let old =
      switch hint {
      case .below4G: cached32
      case .above4G: cached
      case .smallestFailed: smallestFailed
      }
    guard old != new else { return }
    change(.iovaHint(space: number, hint, old: old, new: new), &recorder)
  }

  // MARK: Changes

  mutating func change(_ change: ClientChange, _ recorder: inout some Recorder) {
    redo(change)
    recorder.note(change)
  }

  /// Makes a change of this space; any other does nothing.
  mutating func redo(_ change: ClientChange) {
    switch change {
    case .iovaInsert(_, let low, let high): ranges.insert(.init(low: low, high: high))
    case .iovaRemove(_, _, let high): ranges.remove(ranges.first(endingAtOrAfter: high))
    case .iovaGrow(let high, _, let new, _):
      ranges.setLow(new, at: ranges.first(endingAtOrAfter: high))
    case .iovaHint(_, let hint, _, let new): set(hint, new)
    case .iovaCache(_, let move, let order, let magazine, let index, let frame):
      caches[Int(order)].redo(move, Int(magazine), Int(index), frame)
    default: break
    }
  }

  /// Takes a change of this space back; any other does nothing.
  mutating func undo(_ change: ClientChange) {
    switch change {
    case .iovaInsert(_, _, let high): ranges.remove(ranges.first(endingAtOrAfter: high))
    case .iovaRemove(_, let low, let high): ranges.insert(.init(low: low, high: high))
    case .iovaGrow(let high, let old, _, _):
      ranges.setLow(old, at: ranges.first(endingAtOrAfter: high))
    case .iovaHint(_, let hint, let old, _): set(hint, old)
    case .iovaCache(_, let move, let order, let magazine, let index, let frame):
      caches[Int(order)].undo(move, Int(magazine), Int(index), frame)
    default: break
    }
  }

  private mutating func set(_ hint: IOVAHint, _ value: UInt64) {
    switch hint {
    case .below4G: cached32 = value
    case .above4G: cached = value
    case .smallestFailed: smallestFailed = value
    }
  }
}
