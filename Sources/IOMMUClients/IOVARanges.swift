/// Ranges of page frames in use, none of which overlap, in ascending order.
///
/// Linux keeps them in a red-black tree. Here they lie in short arrays one after the other: a
/// neighbour is beside its neighbour, and a change moves few of them.
struct IOVARanges: Sendable {
  struct Range: Hashable, Sendable {
    var low: UInt64
    let high: UInt64
  }

  /// Where a range stands; the place after all of them is the allocator's anchor.
  struct Place: Hashable, Sendable {
    let chunk: Int
    let index: Int
  }

  /// None is empty.
  private var chunks: [[Range]] = []
  private static let mostInChunk = 256

  var end: Place { Place(chunk: chunks.count, index: 0) }

  subscript(place: Place) -> Range? {
    place.chunk < chunks.count ? chunks[place.chunk][place.index] : nil
  }

  /// The range before a place; nil before the first.
  func before(_ place: Place) -> Place? {
    if place.index > 0 { return Place(chunk: place.chunk, index: place.index - 1) }
    guard place.chunk > 0 else { return nil }
    return Place(chunk: place.chunk - 1, index: chunks[place.chunk - 1].count - 1)
  }

  func after(_ place: Place) -> Place {
    guard place.chunk < chunks.count else { return end }
    return place.index + 1 < chunks[place.chunk].count
      ? Place(chunk: place.chunk, index: place.index + 1)
      : Place(chunk: place.chunk + 1, index: 0)
  }

  /// The first range that ends at or after a page frame.
  func first(endingAtOrAfter frame: UInt64) -> Place {
    let chunk = chunks.partition { ($0.last?.high ?? 0) < frame }
    guard chunk < chunks.count else { return end }
    return Place(chunk: chunk, index: chunks[chunk].partition { $0.high < frame })
  }

  /// The first range that begins at or after a page frame.
  func first(beginningAtOrAfter frame: UInt64) -> Place {
    let place = first(endingAtOrAfter: frame)
    guard let range = self[place], range.low < frame else { return place }
    return after(place)
  }

  /// The range that a page frame lies in.
  func place(of frame: UInt64) -> Place? {
    let place = first(endingAtOrAfter: frame)
    guard let range = self[place], range.low <= frame else { return nil }
    return place
  }

  mutating func insert(_ range: Range) {
    guard !chunks.isEmpty else {
      chunks.append([range])
      return
    }
    let place = first(endingAtOrAfter: range.high)
    let chunk = min(place.chunk, chunks.count - 1)
    let index = place.chunk < chunks.count ? place.index : chunks[chunk].count
    chunks[chunk].insert(range, at: index)
    if chunks[chunk].count > Self.mostInChunk {
      let upper = Array(chunks[chunk][(Self.mostInChunk / 2)...])
      chunks[chunk].removeLast(upper.count)
      chunks.insert(upper, at: chunk + 1)
    }
  }

  mutating func remove(_ place: Place) {
    chunks[place.chunk].remove(at: place.index)
    if chunks[place.chunk].isEmpty { chunks.remove(at: place.chunk) }
  }

  mutating func setLow(_ low: UInt64, at place: Place) {
    chunks[place.chunk][place.index].low = low
  }

  /// All of them, the lowest first.
  var all: [Range] { chunks.flatMap { $0 } }

  var count: Int { chunks.reduce(0) { $0 + $1.count } }
}

extension IOVARanges: Hashable {
  /// How they lie in the arrays depends on how they came; what they are does not.
  static func == (left: IOVARanges, right: IOVARanges) -> Bool { left.all == right.all }

  func hash(into hasher: inout Hasher) { hasher.combine(all) }
}

extension Array {
  /// How many elements at the front are so; they are the ones that are.
  fileprivate func partition(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
