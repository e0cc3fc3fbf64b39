/// Where the words of memory are kept: blocks of eight pages, one array each.
///
/// Memory grows without being moved, and a copy of a machine shares the blocks that it does not
/// write. Page tables come from the bottom of the pool, so the blocks there lie in a list without
/// gaps; a walk finds a word of theirs by two loads.
@usableFromInline struct MemoryBlocks: Sendable {
  /// A block: its words, then a mark for each of its kilobytes.
  ///
  /// Empty is all zero.
  @usableFromInline typealias Block = [UInt32]

  /// The blocks from the bottom of the pool upward.
  @usableFromInline private(set) var tables: [Block] = []
  /// The block of `tables` that was written last; there, it is empty.
  ///
  /// Before a store Swift asks whether an array is shared, at each level of a nested one. Tables are
  /// written in runs, so a store mostly asks once.
  @usableFromInline var open: Block = []
  @usableFromInline private(set) var openIndex = UInt64.max
  /// All other blocks, by number.
  @usableFromInline private(set) var others: [UInt64: Block] = [:]

  /// The kilobytes written since the last checkpoint, each once.
  private var dirtyKilobytes: [UInt64] = []
  /// So many blocks at most are in the list: memory answers in all of them.
  private let longestList: UInt64

  @inlinable static var pagesPerBlock: UInt64 { 8 }
  @inlinable static var blockBits: UInt64 { 15 }
  @inlinable static var wordsPerBlock: Int { 1 << 13 }
  /// A block's words and marks.
  ///
  /// Where a block is known to have so many, its places need no comparing, and the compiler makes one
  /// access of the two that 64 bits are written as.
  @inlinable static var blockCount: Int { wordsPerBlock + wordsPerBlock >> 8 }
  /// A mark counts the words that are not 0; this bit says that one was written since the last
  /// checkpoint.
  @inlinable static var dirty: UInt32 { 1 << 31 }
  /// The list is made longer by at most so many blocks at once.
  private static let longestGap: UInt64 = 16

  /// `firstHole`: above the bottom of the pool, memory answers everywhere below here.
  init(firstHole: UInt64) {
    let pool = PhysicalMemory.poolBase.value
    longestList = (max(firstHole, pool) - pool) >> Self.blockBits
  }

  // MARK: Finding

  /// The index in `tables` of the block that holds `address`; too large when it is not there.
  @inlinable
  static func tableIndex(of address: PhysicalAddress) -> UInt64 {
    (address.value &- PhysicalMemory.poolBase.value) &>> blockBits
  }

  /// Where in its block the word that holds `address` stands.
  @inlinable
  static func place(of address: PhysicalAddress) -> Int {
    Int(truncatingIfNeeded: address.value &>> 2) & (wordsPerBlock - 1)
  }

  /// Where in its block the mark of the kilobyte that holds `address` stands.
  @inlinable
  static func markPlace(of address: PhysicalAddress) -> Int {
    wordsPerBlock | place(of: address) &>> 8
  }

  // MARK: Words

  @inlinable @inline(__always)
  func word(at address: PhysicalAddress) -> UInt32 { read(Self.place(of: address), of: address) }

  /// A word of a block in the list; nil for one that lies elsewhere.
  @inlinable @inline(__always)
  func tableWord(at address: PhysicalAddress) -> UInt32? {
    tableWord(Self.place(of: address), ofBlockAt: address)
  }

  /// The same by the table that holds it, which lies at a multiple of its size, and its number there.
  @inlinable @inline(__always)
  func tableWord(_ index: Int, of table: PhysicalAddress, count: Int) -> UInt32? {
    let place = Self.place(of: table) & ~(count &- 1) | index & (count &- 1)
    return tableWord(place, ofBlockAt: table)
  }

  @inlinable @inline(__always)
  func tableWord(_ place: Int, ofBlockAt address: PhysicalAddress) -> UInt32? {
    let index = Self.tableIndex(of: address)
    guard index < UInt64(truncatingIfNeeded: tables.count) else { return nil }
    let table = Int(truncatingIfNeeded: index)
    if tables[table].count == Self.blockCount { return tables[table][place] }
    return index == openIndex ? open[place] : 0
  }

  /// 64 bits of a block in the list, low word first; nil for what lies elsewhere.
  ///
  /// The three lowest bits of `address` do not matter.
  @inlinable @inline(__always)
  func tableDoubleWord(at address: PhysicalAddress) -> UInt64? {
    tableDoubleWord(Self.place(of: address) & ~1, ofBlockAt: address)
  }

  /// The same by the page that holds them and their number in it.
  ///
  /// The twelve lowest bits of `page` do not matter.
  @inlinable @inline(__always)
  func tableDoubleWord(_ index: UInt64, ofPage page: PhysicalAddress) -> UInt64? {
    let low = Self.place(of: page) & ~1023 | Int(truncatingIfNeeded: index & 511) &<< 1
    return tableDoubleWord(low, ofBlockAt: page)
  }

  @inlinable @inline(__always)
  func tableDoubleWord(_ low: Int, ofBlockAt address: PhysicalAddress) -> UInt64? {
    let index = Self.tableIndex(of: address)
    guard index < UInt64(truncatingIfNeeded: tables.count) else { return nil }
    let table = Int(truncatingIfNeeded: index)
    if tables[table].count == Self.blockCount {
      return UInt64(tables[table][low | 1]) &<< 32 | UInt64(tables[table][low])
    }
    guard index == openIndex else { return 0 }
    precondition(open.count == Self.blockCount)
    return UInt64(open[low | 1]) &<< 32 | UInt64(open[low])
  }

  /// How many words of the kilobyte that holds `address` are not 0.
  @inlinable @inline(__always)
  func nonZeroWords(at address: PhysicalAddress) -> UInt32 {
    read(Self.markPlace(of: address), of: address) & ~Self.dirty
  }

  /// Reads at a place of the block that holds `address`.
  @inlinable @inline(__always)
  func read(_ place: Int, of address: PhysicalAddress) -> UInt32 {
    let index = Self.tableIndex(of: address)
    if index < UInt64(truncatingIfNeeded: tables.count) {
      let table = Int(truncatingIfNeeded: index)
      if place < tables[table].count { return tables[table][place] }
      return index == openIndex ? open[place] : 0
    }
    return Self.read(place, ofBlock: address.value &>> Self.blockBits, in: others)
  }

  // Takes what it needs and not all of self, which would be copied for it in every read.
  @usableFromInline @inline(never)
  static func read(_ place: Int, ofBlock number: UInt64, in blocks: [UInt64: Block]) -> UInt32 {
    blocks[number]?[place] ?? 0
  }

  /// The words of a page; none where nothing was ever written near it.
  func words(ofPage page: UInt64) -> ArraySlice<UInt32> {
    let base = PhysicalAddress(page << 12)
    let index = Self.tableIndex(of: base)
    let block =
      index == openIndex
      ? open
      : index < UInt64(tables.count)
        ? tables[Int(index)] : others[base.value >> Self.blockBits] ?? []
    let first = Self.place(of: base)
    return block.isEmpty ? [] : block[first..<first + PhysicalMemory.wordsPerPage]
  }

  /// Stores a word and returns what was there.
  @inlinable @inline(__always)
  mutating func store(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    if Self.tableIndex(of: address) != openIndex { return storeBeside(word, at: address) }
    let (old, isFirst) = Self.replace(in: &open, at: address, by: word)
    if isFirst { noteDirty(address) }
    return old
  }

  /// Stores 64 bits, low word first, and returns what was there.
  ///
  /// The three lowest bits of `address` do not matter.
  @inlinable @inline(__always)
  mutating func store(doubleWord word: UInt64, at address: PhysicalAddress) -> UInt64 {
    if Self.tableIndex(of: address) != openIndex { return storeHalves(of: word, at: address) }
    let (old, isFirst) = Self.replace(in: &open, at: address, byDouble: word)
    if isFirst { noteDirty(address) }
    return old
  }

  /// Stores 64 bits where all are 0; answers whether it did.
  @inlinable @inline(__always)
  mutating func storeWhereEmpty(doubleWord word: UInt64, at address: PhysicalAddress) -> Bool {
    if Self.tableIndex(of: address) != openIndex {
      return storeHalvesWhereEmpty(of: word, at: address)
    }
    let (old, isFirst) = Self.replace(in: &open, at: address, byDouble: word, onlyWhereEmpty: true)
    if isFirst { noteDirty(address) }
    return old == 0
  }

  @usableFromInline @inline(never)
  mutating func storeHalvesWhereEmpty(of word: UInt64, at address: PhysicalAddress) -> Bool {
    let low = PhysicalAddress(address.value & ~7)
    guard self.word(at: low) | self.word(at: low + 4) == 0 else { return false }
    _ = storeHalves(of: word, at: address)
    return true
  }

  @usableFromInline @inline(never)
  mutating func storeHalves(of word: UInt64, at address: PhysicalAddress) -> UInt64 {
    let low = PhysicalAddress(address.value & ~7)
    let old = store(UInt32(truncatingIfNeeded: word), at: low)
    return UInt64(store(UInt32(truncatingIfNeeded: word &>> 32), at: low + 4)) &<< 32 | UInt64(old)
  }

  /// Stores a word in a block that is not open; where it can be, it is opened.
  @usableFromInline @inline(never)
  mutating func storeBeside(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    if word == 0 && self.word(at: address) == 0 { return 0 }
    let index = Self.tableIndex(of: address)
    guard isTable(index) else { return storeElsewhere(word, at: address) }
    open(index)
    return store(word, at: address)
  }

  @usableFromInline @inline(never)
  mutating func noteDirty(_ address: PhysicalAddress) {
    dirtyKilobytes.append(address.value >> 10)
  }

  @inline(never)
  private mutating func storeElsewhere(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    let number = address.value >> Self.blockBits
    let (old, isFirst) = Self.replace(
      in: &others[number, default: Self.zeros], at: address, by: word)
    if isFirst { dirtyKilobytes.append(address.value >> 10) }
    return old
  }

  /// Puts a word into a block; answers what was there, and whether the kilobyte was clean.
  @inlinable @inline(__always)
  static func replace(
    in block: inout Block, at address: PhysicalAddress, by word: UInt32
  ) -> (old: UInt32, isFirst: Bool) {
    let (place, markPlace) = (place(of: address), markPlace(of: address))
    var words = block.mutableSpan
    precondition(words.count == blockCount)
    let (old, mark) = (words[place], words[markPlace])
    words[place] = word
    words[markPlace] = (mark &+ (word == 0 ? 0 : 1) &- (old == 0 ? 0 : 1)) | dirty
    return (old, mark & dirty == 0)
  }

  /// The same for 64 bits, which never lie in two kilobytes; over others than 0 only if that is
  /// wanted.
  @inlinable @inline(__always)
  static func replace(
    in block: inout Block, at address: PhysicalAddress, byDouble word: UInt64,
    onlyWhereEmpty: Bool = false
  ) -> (old: UInt64, isFirst: Bool) {
    let (low, markPlace) = (place(of: address) & ~1, markPlace(of: address))
    var words = block.mutableSpan
    precondition(words.count == blockCount)
    let old = UInt64(words[low | 1]) &<< 32 | UInt64(words[low])
    if onlyWhereEmpty && old != 0 { return (old, false) }
    let mark = words[markPlace]
    words[low] = UInt32(truncatingIfNeeded: word)
    words[low | 1] = UInt32(truncatingIfNeeded: word &>> 32)
    words[markPlace] = (mark &+ nonZeroHalves(word) &- nonZeroHalves(old)) | dirty
    return (old, mark & dirty == 0)
  }

  @inlinable @inline(__always)
  static func nonZeroHalves(_ word: UInt64) -> UInt32 {
    (UInt32(truncatingIfNeeded: word) == 0 ? 0 : 1) &+ (word &>> 32 == 0 ? 0 : 1)
  }

  // MARK: Blocks

  private static var zeros: Block { Array(repeating: 0, count: blockCount) }

  /// The block is one of `tables`, or may become one: then the list is made long enough.
  @inline(never)
  private mutating func isTable(_ index: UInt64) -> Bool {
    guard index >= UInt64(tables.count) else { return true }
    guard index < min(UInt64(tables.count) + Self.longestGap, longestList) else { return false }
    for new in UInt64(tables.count)...index {
      let number = new + (PhysicalMemory.poolBase.value >> Self.blockBits)
      tables.append(others.removeValue(forKey: number) ?? [])
    }
    return true
  }

  /// Takes a block out of `tables` to be written, and puts the one before back.
  @inline(never)
  private mutating func open(_ index: UInt64) {
    if openIndex != .max { swap(&tables[Int(openIndex)], &open) }
    swap(&tables[Int(index)], &open)
    if open.isEmpty { open = Self.zeros }
    openIndex = index
  }

  /// The numbers of all pages that have words, in no order.
  var pages: [UInt64] {
    let base = PhysicalMemory.poolBase.value >> Self.blockBits
    let numbers = tables.indices.map { base + UInt64($0) } + others.keys
    return numbers.flatMap { $0 * Self.pagesPerBlock..<($0 + 1) * Self.pagesPerBlock }
  }

  // MARK: Checkpoints

  /// The numbers of the pages written since the last call, in ascending order.
  mutating func takeDirtyPages() -> [UInt64] {
    var pages: [UInt64] = []
    for kilobyte in dirtyKilobytes.sorted() {
      let address = PhysicalAddress(kilobyte << 10)
      let (index, mark) = (Self.tableIndex(of: address), Self.markPlace(of: address))
      if isTable(index) {
        if index != openIndex { open(index) }
        open[mark] &= ~Self.dirty
      } else {
        others[kilobyte >> (Self.blockBits - 10)]?[mark] &= ~Self.dirty
      }
      if pages.last != address.page { pages.append(address.page) }
    }
    dirtyKilobytes.removeAll(keepingCapacity: true)
    return pages
  }

  /// The bytes that all of it takes.
  var allocatedBytes: Int {
    let header = 32
    let blocks = [open] + tables + others.values
    return blocks.reduce(0) { $0 + $1.capacity * 4 + header }
      + (tables.capacity + dirtyKilobytes.capacity + others.capacity * 2) * 8
  }
}
