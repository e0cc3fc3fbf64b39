extension PhysicalMemory {
  /// Goes through the words that differ from those of another memory, in the order of addresses.
  ///
  /// A word has 4 `bytes`, or 8.
  package func forEachDifference(
    from other: PhysicalMemory, bytes: Int,
    _ body: (PhysicalAddress, _ before: UInt64, _ after: UInt64) -> Void
  ) {
    let step = bytes == 8 ? 2 : 1
    for page in Set(populatedPages).union(other.populatedPages).sorted() {
      let (before, after) = (other.contents(ofPage: page), contents(ofPage: page))
      guard before != after else { continue }
      func value(_ words: [UInt32]?, _ index: Int) -> UInt64 {
        guard let words else { return 0 }
        return UInt64(words[index]) | (step == 2 ? UInt64(words[index + 1]) << 32 : 0)
      }
      for index in stride(from: 0, to: Self.wordsPerPage, by: step) {
        let (old, new) = (value(before, index), value(after, index))
        if old != new { body(PhysicalAddress(page << 12 | UInt64(index * 4)), old, new) }
      }
    }
  }
}
