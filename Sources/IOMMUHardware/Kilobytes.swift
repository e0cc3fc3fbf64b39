/// Where the words of memory are kept: kilobytes, found by a table of two stages.
///
/// A kilobyte gets a slot when something is first written to it; it is what a second-level table of
/// Armv7 takes, so tables lie close together here though each has a page of its own. Slots are kept
/// in blocks of eight, one array each: memory grows without being moved, and a copy of a machine
/// shares the blocks that it does not write.
@usableFromInline struct Kilobytes: Sendable {
  /// Each block: its words, then a mark for each of its kilobytes.
  @usableFromInline private(set) var blocks: [[UInt32]] = []
  /// The block that was written last, which is empty in `blocks`.
  ///
  /// Before a store Swift asks whether an array is shared, at each level of a nested one. Tables are
  /// written in runs, so a store mostly asks once.
  @usableFromInline private(set) var open: [UInt32] = []
  @usableFromInline private(set) var openBlock = -1

  /// For each 4 MiB below 4 GiB: where the slots of its kilobytes are listed.
  ///
  /// 0 is a list of none.
  @usableFromInline private(set) var lists = [Int32](repeating: 0, count: 1 << 10)
  @usableFromInline private(set) var slots = [Int32](repeating: -1, count: slotsPerList)
  /// Slots from 4 GiB up, which only a device's own data ever needs.
  @usableFromInline private(set) var highSlots: [UInt64: Int32] = [:]
  /// For each slot: the number of its kilobyte.
  private(set) var numbers: [UInt64] = []

  /// The kilobytes written since the last checkpoint, each once.
  private var dirtyNumbers: [UInt64] = []

  private static let slotsPerList = 1 << 12
  @inlinable static var wordsPerBlock: Int { 8 << 8 }
  /// A mark counts the words that are not 0; this bit says that one was written since the last
  /// checkpoint.
  @inlinable static var dirty: UInt32 { 1 << 31 }

  // MARK: Finding

  /// The slot of the kilobyte that holds `address`; negative when it has none.
  @inlinable
  func slot(of address: PhysicalAddress) -> Int {
    guard address.value >> 32 == 0 else { return Int(highSlots[address.value >> 10] ?? -1) }
    let list = Int(lists[Int(truncatingIfNeeded: address.value &>> 22)])
    return Int(slots[list &+ Int(truncatingIfNeeded: address.value &>> 10 & 0xfff)])
  }

  /// Where in its block a word of a slot stands.
  @inlinable
  static func place(ofWord address: PhysicalAddress, in slot: Int) -> Int {
    (slot & 7) &<< 8 | Int(truncatingIfNeeded: address.value &>> 2 & 0xff)
  }

  /// Where in its block the mark of a slot stands.
  @inlinable
  static func place(ofMarkIn slot: Int) -> Int { wordsPerBlock | slot & 7 }

  // MARK: Words

  @inlinable
  func word(at address: PhysicalAddress) -> UInt32 {
    let slot = slot(of: address)
    return slot < 0 ? 0 : read(Self.place(ofWord: address, in: slot), inBlock: slot &>> 3)
  }

  /// How many words of the kilobyte that holds `address` are not 0.
  @inlinable
  func nonZeroWords(at address: PhysicalAddress) -> UInt32 {
    let slot = slot(of: address)
    return slot < 0 ? 0 : read(Self.place(ofMarkIn: slot), inBlock: slot &>> 3) & ~Self.dirty
  }

  @inlinable
  func read(_ place: Int, inBlock block: Int) -> UInt32 {
    block == openBlock ? open[place] : blocks[block][place]
  }

  /// Stores a word and returns what was there.
  mutating func store(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    var slot = slot(of: address)
    if slot < 0 {
      if word == 0 { return 0 }
      slot = addSlot(for: address)
    }
    if slot &>> 3 != openBlock { open(slot &>> 3) }
    var words = open.mutableSpan
    let (place, mark) = (Self.place(ofWord: address, in: slot), Self.place(ofMarkIn: slot))
    let (old, before) = (words[place], words[mark])
    words[place] = word
    words[mark] = (before &+ (word == 0 ? 0 : 1) &- (old == 0 ? 0 : 1)) | Self.dirty
    if before & Self.dirty == 0 { dirtyNumbers.append(address.value >> 10) }
    return old
  }

  /// Takes a block out of the list to be written, and puts the one before back.
  private mutating func open(_ block: Int) {
    if openBlock >= 0 { swap(&blocks[openBlock], &open) }
    swap(&blocks[block], &open)
    openBlock = block
  }

  private mutating func addSlot(for address: PhysicalAddress) -> Int {
    let slot = numbers.count
    numbers.append(address.value >> 10)
    if slot & 7 == 0 { blocks.append(Array(repeating: 0, count: Self.wordsPerBlock + 8)) }
    guard address.value >> 32 == 0 else {
      highSlots[address.value >> 10] = Int32(slot)
      return slot
    }
    let list = Int(address.value >> 22)
    if lists[list] == 0 {
      lists[list] = Int32(slots.count)
      slots.append(contentsOf: repeatElement(-1, count: Self.slotsPerList))
    }
    slots[Int(lists[list]) + Int(address.value >> 10 & 0xfff)] = Int32(slot)
    return slot
  }

  // MARK: Checkpoints

  /// The numbers of the pages written since the last call, in ascending order.
  mutating func takeDirtyPages() -> [UInt64] {
    var pages: [UInt64] = []
    for number in dirtyNumbers.sorted() {
      let slot = slot(of: PhysicalAddress(number << 10))
      if slot >> 3 != openBlock { open(slot >> 3) }
      open[Self.place(ofMarkIn: slot)] &= ~Self.dirty
      if pages.last != number >> 2 { pages.append(number >> 2) }
    }
    dirtyNumbers.removeAll(keepingCapacity: true)
    return pages
  }

  /// The bytes that all of it takes.
  var allocatedBytes: Int {
    let header = 32
    let words = blocks.reduce(open.capacity * 4 + header) { $0 + $1.capacity * 4 + header }
    return words + (lists.capacity + slots.capacity) * 4 + highSlots.capacity * 16
      + (blocks.capacity + numbers.capacity + dirtyNumbers.capacity) * 8
  }
}
