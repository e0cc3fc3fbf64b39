/// What a page of memory is used for, as far as the kernel's page allocator knows.
package enum PageUse: UInt8, Hashable, Sendable {
  /// Never handed out by the allocator: buffers, firmware, or nothing at all.
  case buffer
  /// A first-level (root) page table, or a part of one.
  case firstLevelTable
  /// A page that holds a table of a lower level.
  case lowerLevelTable
  /// Was a page table and went back to the allocator; its words are still there.
  case freed
  /// VT-d: the table of buses, and one of the devices on a bus.
  case rootTable, contextTable
  /// A buffer that the DMA API allocated for a driver.
  case coherentBuffer

  /// The allocator must not hand the page out.
  package var isInUse: Bool { self != .buffer && self != .freed }
}

/// Simulated DRAM: 32-bit words wherever something was written, and what each page is used for.
///
/// Page tables are words in here and nowhere else. Every address answers; a word that was never
/// written reads 0.
@usableFromInline package struct PhysicalMemory: Sendable {
  package static let wordsPerPage = 1024
  /// Page tables come from here upward.
  @inlinable package static var poolBase: PhysicalAddress { PhysicalAddress(0x4000_0000) }

  @usableFromInline var blocks: MemoryBlocks

  /// Ranges of addresses where no memory answers: reaching one is an external abort.
  package let holes: [Range<UInt64>]
  package private(set) var pool = PagePool()

  package init(holes: [Range<UInt64>] = []) {
    self.holes = holes
    let above = holes.filter { $0.upperBound > Self.poolBase.value }
    blocks = MemoryBlocks(firstHole: above.map(\.lowerBound).min() ?? .max)
  }

  /// Some memory answers at `address`.
  @inline(__always)
  package func answers(at address: PhysicalAddress) -> Bool {
    holes.isEmpty || !Self.lies(address, in: holes)
  }

  @inline(never)
  private static func lies(_ address: PhysicalAddress, in holes: [Range<UInt64>]) -> Bool {
    holes.contains { $0.contains(address.value) }
  }

  // MARK: Words

  /// The word that holds `address`; its two lowest bits do not matter.
  @inlinable @inline(__always)
  package func word(at address: PhysicalAddress) -> UInt32 { blocks.word(at: address) }

  /// The word that holds `address` if it lies where page tables lie, and can be told at once.
  ///
  /// Nil says nothing; where there is a word, memory answers.
  @inlinable @inline(__always)
  package func tableWord(at address: PhysicalAddress) -> UInt32? { blocks.tableWord(at: address) }

  /// The same by the table that holds it and its number there, as entries are found.
  ///
  /// A table of `count` words, a power of two, lies at a multiple of its size: lower bits of `table` do
  /// not matter.
  @inlinable @inline(__always)
  package func tableWord(_ index: Int, of table: PhysicalAddress, count: Int) -> UInt32? {
    blocks.tableWord(index, of: table, count: count)
  }

  /// Stores a word and returns what was there.
  @inlinable @inline(__always)
  package mutating func store(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    blocks.store(word, at: address)
  }

  /// The 64 bits at `address`, low word first; its three lowest bits do not matter.
  @inlinable @inline(__always)
  package func doubleWord(at address: PhysicalAddress) -> UInt64 {
    if let found = blocks.tableDoubleWord(at: address) { return found }
    let low = PhysicalAddress(address.value & ~7)
    return UInt64(word(at: low + 4)) &<< 32 | UInt64(word(at: low))
  }

  /// The 64 bits at `address` if they lie where page tables lie, and can be told at once.
  ///
  /// Nil says nothing.
  @inlinable @inline(__always)
  package func tableDoubleWord(at address: PhysicalAddress) -> UInt64? {
    blocks.tableDoubleWord(at: address)
  }

  /// The same by the page that holds them and their number in it, as entries of tables are found.
  ///
  /// The twelve lowest bits of `page` do not matter.
  @inlinable @inline(__always)
  package func tableDoubleWord(_ index: UInt64, ofPage page: PhysicalAddress) -> UInt64? {
    blocks.tableDoubleWord(index, ofPage: page)
  }

  /// Stores 64 bits and returns what was there.
  @inlinable @inline(__always)
  package mutating func store(doubleWord: UInt64, at address: PhysicalAddress) -> UInt64 {
    blocks.store(doubleWord: doubleWord, at: address)
  }

  /// Stores 64 bits where all are 0; answers whether it did.
  @inlinable @inline(__always)
  package mutating func storeWhereEmpty(doubleWord: UInt64, at address: PhysicalAddress) -> Bool {
    blocks.storeWhereEmpty(doubleWord: doubleWord, at: address)
  }

  /// Every word of the kilobyte that starts at `address` is 0: an empty second-level table.
  ///
  /// Answers what `msm_iommu_unmap` finds out by reading 256 words, from a count kept up to date.
  @inlinable @inline(__always)
  package func isKilobyteEmpty(at address: PhysicalAddress) -> Bool {
    blocks.nonZeroWords(at: address) == 0
  }

  // MARK: Whole pages

  /// The words of a page, or nil when all of them are 0.
  package func contents(ofPage page: UInt64) -> [UInt32]? {
    isEmpty(page) ? nil : Array(blocks.words(ofPage: page))
  }

  private func isEmpty(_ page: UInt64) -> Bool {
    (0..<4).allSatisfy { isKilobyteEmpty(at: PhysicalAddress(page << 12 | $0 << 10)) }
  }

  /// Replaces all words of a page; nil clears it.
  package mutating func setContents(ofPage page: UInt64, to contents: [UInt32]?) {
    let base = PhysicalAddress(page << 12)
    for index in 0..<Self.wordsPerPage {
      _ = store(contents?[index] ?? 0, at: base + UInt64(index * 4))
    }
  }

  /// The numbers of all pages with a word that is not 0, in ascending order.
  package var populatedPages: [UInt64] { blocks.pages.filter { !isEmpty($0) }.sorted() }

  /// The bytes that all of memory takes here: words, and what is kept to find them.
  package var allocatedBytes: Int { blocks.allocatedBytes + pool.allocatedBytes }

  // MARK: Checkpoints

  /// The pages written since the last call, in ascending order.
  package mutating func takeDirtyPages() -> [UInt64] { blocks.takeDirtyPages() }

  /// The same pages with the same uses, all words 0.
  var withoutWords: PhysicalMemory {
    var memory = PhysicalMemory(holes: holes)
    memory.pool = pool
    return memory
  }

  // MARK: The allocator's view

  package func use(ofPage page: UInt64) -> PageUse { pool.use(ofPage: page) }

  package mutating func setUse(
    ofPages pages: Range<UInt64>, to use: PageUse, owner: UInt32 = 0
  ) {
    for page in pages { pool.setUse(ofPage: page, to: use, owner: owner) }
  }

  package mutating func setPool(_ pool: PagePool) { self.pool = pool }
}

extension PhysicalMemory: Equatable {
  /// Two memories are equal when every word and every page's use is: blocks may lie differently.
  @usableFromInline
  package static func == (left: PhysicalMemory, right: PhysicalMemory) -> Bool {
    let pages = left.populatedPages
    return left.pool == right.pool && pages == right.populatedPages
      && pages.allSatisfy { left.blocks.words(ofPage: $0) == right.blocks.words(ofPage: $0) }
  }
}
