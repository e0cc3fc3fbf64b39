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

  /// The allocator must not hand the page out.
  package var isInUse: Bool { self == .firstLevelTable || self == .lowerLevelTable }
}

/// Simulated DRAM: 32-bit words in sparse pages of 4 KiB, and what each page is used for.
///
/// Page tables are words in here and nowhere else. Every address answers; a word that was never
/// written reads 0. Pages get a slot in one flat array when something is first written to them, and
/// a two-stage table leads from page number to slot: this keeps a walk at a few loads.
package struct PhysicalMemory: Sendable {
  package static let wordsPerPage = 1024
  /// Page tables come from here upward.
  package static let poolBase = PhysicalAddress(0x4000_0000)

  /// Pages of words, one after the other, in the order in which they were first written.
  private var words: [UInt32] = []
  /// For each slot: the number of its page.
  private var pageOfSlot: [UInt64] = []
  /// For each kilobyte of each slot: how many of its words are not 0.
  private var nonZeroWords: [UInt16] = []
  /// For each 4 MiB below 4 GiB: the index of its chunk in `slots`, or -1.
  private var chunks = [Int32](repeating: -1, count: 1024)
  /// Chunks of 1024 slot numbers, -1 where a page has no slot.
  private var slots: [Int32] = []
  /// Slots of pages from 4 GiB up, which only a device's own data ever needs.
  private var highSlots: [UInt64: Int32] = [:]
  /// For each slot: written since the last checkpoint.
  private var isDirty: [Bool] = []
  private var dirtySlots: [Int32] = []

  /// Ranges of addresses where no memory answers: reaching one is an external abort.
  package let holes: [Range<UInt64>]
  package private(set) var pool = PagePool()

  package init(holes: [Range<UInt64>] = []) { self.holes = holes }

  /// Some memory answers at `address`.
  package func answers(at address: PhysicalAddress) -> Bool {
    holes.isEmpty || !holes.contains { $0.contains(address.value) }
  }

  // MARK: Words

  /// The word that holds `address`; its two lowest bits do not matter.
  package func word(at address: PhysicalAddress) -> UInt32 {
    guard let slot = slot(ofPage: address.page) else { return 0 }
    return words[slot &<< 10 | Int(truncatingIfNeeded: address.value >> 2 & 1023)]
  }

  /// Stores a word and returns what was there.
  package mutating func store(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    guard let slot = slot(ofPage: address.page) else {
      if word == 0 { return 0 }
      let fresh = addSlot(forPage: address.page)
      return replace(in: fresh, at: Int(truncatingIfNeeded: address.value >> 2 & 1023), by: word)
    }
    return replace(in: slot, at: Int(truncatingIfNeeded: address.value >> 2 & 1023), by: word)
  }

  private mutating func replace(in slot: Int, at index: Int, by word: UInt32) -> UInt32 {
    let position = slot &<< 10 | index
    let old = words[position]
    words[position] = word
    if (old == 0) != (word == 0) {
      let quarter = position &>> 8
      nonZeroWords[quarter] = word == 0 ? nonZeroWords[quarter] &- 1 : nonZeroWords[quarter] &+ 1
    }
    if !isDirty[slot] {
      isDirty[slot] = true
      dirtySlots.append(Int32(truncatingIfNeeded: slot))
    }
    return old
  }

  /// Every word of the kilobyte that starts at `address` is 0: an empty second-level table.
  ///
  /// Answers what `msm_iommu_unmap` finds out by reading 256 words, from a count kept up to date.
  package func isKilobyteEmpty(at address: PhysicalAddress) -> Bool {
    guard let slot = slot(ofPage: address.page) else { return true }
    return nonZeroWords[slot &<< 2 | Int(truncatingIfNeeded: address.value >> 10 & 3)] == 0
  }

  // MARK: Whole pages

  /// The words of a page, or nil when all of them are 0.
  package func contents(ofPage page: UInt64) -> [UInt32]? {
    guard let slot = slot(ofPage: page) else { return nil }
    let quarters = nonZeroWords[slot << 2..<(slot << 2) + 4]
    guard quarters.contains(where: { $0 != 0 }) else { return nil }
    return Array(words[slot << 10..<(slot + 1) << 10])
  }

  /// Replaces all words of a page; nil clears it.
  package mutating func setContents(ofPage page: UInt64, to contents: [UInt32]?) {
    let base = PhysicalAddress(page << 12)
    for index in 0..<Self.wordsPerPage {
      _ = store(contents?[index] ?? 0, at: base + UInt64(index * 4))
    }
  }

  /// The numbers of all pages with a word that is not 0, in ascending order.
  package var populatedPages: [UInt64] {
    pageOfSlot.indices.filter { slot in
      (0..<4).contains { nonZeroWords[slot << 2 | $0] != 0 }
    }.map { pageOfSlot[$0] }.sorted()
  }

  /// The bytes that all of memory takes here: words, and what is kept to find them.
  package var allocatedBytes: Int {
    (words.capacity + slots.capacity + chunks.capacity + dirtySlots.capacity) * 4
      + pageOfSlot.capacity * 8 + nonZeroWords.capacity * 2 + isDirty.capacity
      + highSlots.capacity * 12 + pool.allocatedBytes
  }

  // MARK: Checkpoints

  /// The pages written since the last call, in ascending order.
  package mutating func takeDirtyPages() -> [UInt64] {
    let pages = dirtySlots.map { pageOfSlot[Int($0)] }.sorted()
    for slot in dirtySlots { isDirty[Int(slot)] = false }
    dirtySlots.removeAll(keepingCapacity: true)
    return pages
  }

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

  // MARK: Slots

  private func slot(ofPage page: UInt64) -> Int? {
    guard page < 1 << 20 else { return highSlots[page].map(Int.init) }
    let chunk = chunks[Int(truncatingIfNeeded: page &>> 10)]
    guard chunk >= 0 else { return nil }
    let slot = slots[Int(chunk) &<< 10 | Int(truncatingIfNeeded: page & 1023)]
    return slot >= 0 ? Int(slot) : nil
  }

  private mutating func addSlot(forPage page: UInt64) -> Int {
    let slot = pageOfSlot.count
    words.append(contentsOf: repeatElement(0, count: Self.wordsPerPage))
    pageOfSlot.append(page)
    nonZeroWords.append(contentsOf: repeatElement(0, count: 4))
    isDirty.append(false)
    guard page < 1 << 20 else {
      highSlots[page] = Int32(slot)
      return slot
    }
    if chunks[Int(page >> 10)] < 0 {
      chunks[Int(page >> 10)] = Int32(slots.count >> 10)
      slots.append(contentsOf: repeatElement(-1, count: 1024))
    }
    slots[Int(chunks[Int(page >> 10)]) << 10 | Int(page & 1023)] = Int32(slot)
    return slot
  }
}

extension PhysicalMemory: Equatable {
  /// Two memories are equal when every word and every page's use is: slots may lie differently.
  package static func == (left: PhysicalMemory, right: PhysicalMemory) -> Bool {
    let pages = left.populatedPages
    return left.pool == right.pool && pages == right.populatedPages
      && pages.allSatisfy { left.contents(ofPage: $0) == right.contents(ofPage: $0) }
  }
}
