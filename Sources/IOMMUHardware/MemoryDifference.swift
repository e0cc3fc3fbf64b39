extension PhysicalMemory {
  /// The numbers of the pages whose words differ from those of another memory, ascending.
  ///
  /// Copies of one memory share what neither has written since: that part takes no time.
  package func pagesDiffering(from other: PhysicalMemory) -> [UInt64] {
    blocks.pagesDiffering(from: other.blocks)
  }

  /// Goes through the words that differ from those of another memory, in the order of addresses.
  ///
  /// A word has 4 `bytes`, or 8.
  package func forEachDifference(
    from other: PhysicalMemory, bytes: Int,
    _ body: (PhysicalAddress, _ before: UInt64, _ after: UInt64) -> Void
  ) {
    let step = bytes == 8 ? 2 : 1
    for page in pagesDiffering(from: other) {
      let (before, after) = (other.blocks.words(ofPage: page), blocks.words(ofPage: page))
      func value(_ words: ArraySlice<UInt32>, _ index: Int) -> UInt64 {
        guard !words.isEmpty else { return 0 }
        let place = words.startIndex + index
        return UInt64(words[place]) | (step == 2 ? UInt64(words[place + 1]) << 32 : 0)
      }
      for index in stride(from: 0, to: Self.wordsPerPage, by: step) {
        let (old, new) = (value(before, index), value(after, index))
        if old != new { body(PhysicalAddress(page << 12 | UInt64(index * 4)), old, new) }
      }
    }
  }
}

extension MemoryBlocks {
  fileprivate func pagesDiffering(from other: MemoryBlocks) -> [UInt64] {
    let first = PhysicalMemory.poolBase.value >> Self.blockBits
    let listed = first..<first + UInt64(max(tables.count, other.tables.count))
    let beside = Set(others.keys).union(other.others.keys).filter { !listed.contains($0) }
    var pages: [UInt64] = []
    for number in Array(listed) + beside.sorted() {
      let (mine, theirs) = (block(number), other.block(number))
      let isShared = mine.withUnsafeBufferPointer { mine in
        theirs.withUnsafeBufferPointer { $0.baseAddress == mine.baseAddress }
      }
      if isShared || mine.isEmpty && theirs.isEmpty { continue }
      for page in 0..<Self.pagesPerBlock where Self.differs(page, mine, theirs) {
        pages.append(number * Self.pagesPerBlock + page)
      }
    }
    return beside.isEmpty ? pages : pages.sorted()
  }

  /// The block with a number, wherever it lies; empty where all is 0.
  private func block(_ number: UInt64) -> Block {
    let index = number &- PhysicalMemory.poolBase.value >> Self.blockBits
    if index == openIndex { return open }
    return index < UInt64(tables.count) ? tables[Int(index)] : others[number] ?? []
  }

  private static func differs(_ page: UInt64, _ one: Block, _ other: Block) -> Bool {
    let words = Int(page) << 10..<Int(page + 1) << 10
    if one.isEmpty { return other[words].contains { $0 != 0 } }
    if other.isEmpty { return one[words].contains { $0 != 0 } }
    return one[words] != other[words]
  }
}

extension PagePool {
  /// Those who took or gave back pages between another state and this one; 0 is nobody.
  package func ownersDiffering(from other: PagePool) -> Set<UInt32> {
    guard uses != other.uses || owners != other.owners else { return [] }
    var all: Set<UInt32> = []
    for index in 0..<max(uses.count, other.uses.count) {
      let (mine, theirs) = (record(index), other.record(index))
      if mine != theirs { all.formUnion([mine.owner, theirs.owner]) }
    }
    return all
  }

  private func record(_ index: Int) -> (use: PageUse, owner: UInt32) {
    index < uses.count ? (uses[index], owners[index]) : (.buffer, 0)
  }
}
