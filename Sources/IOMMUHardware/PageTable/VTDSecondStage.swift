/// VT-d second-stage tables: up to five levels of 512 words of 64 bits; level 1 is the last.
///
/// Intel VT-d specification, chapter "Second-Stage Translation". An entry is there when it may be
/// read or written; what a request may do is what every level on its way allows.
@usableFromInline package enum VTDSecondStage {
  package static let entryCount = 512
  /// 4 KiB, 2 MiB and 1 GiB.
  @inlinable package static var pageSizes: PageSizes { PageSizes(bitmap: 0x4020_1000) }

  @inlinable package static var read: UInt64 { 1 << 0 }
  @inlinable package static var write: UInt64 { 1 << 1 }
  /// SP: the entry is a leaf of its level's size.
  @inlinable package static var superPage: UInt64 { 1 << 7 }
  static let snoop: UInt64 = 1 << 11

  /// The lowest address bit that an index of `level` covers.
  @inlinable @inline(__always)
  package static func shift(_ level: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: 3 &+ 9 &* level)
  }

  @inlinable @inline(__always)
  package static func index(_ iova: IOVA, level: Int) -> UInt64 {
    iova.value &>> shift(level) & 511
  }

  /// The address in an entry, with as many bits as memory has.
  @inline(__always)
  static func address(_ word: UInt64, bits: UInt64) -> PhysicalAddress {
    PhysicalAddress(word & ~0xfff & ((1 << bits) - 1))
  }

  package static func decode(_ word: UInt64, level: Int) -> Descriptor {
    guard word & (read | write) != 0 else { return .invalid }
    let isLeaf = level == 1 || word & superPage != 0
    guard isLeaf else { return .table(address(word, bits: 52)) }
    let size = PageSize(bits: UInt8(shift(level)))
    return .leaf(
      leaf(word, at: PhysicalAddress(address(word, bits: 52).value & ~size.offsetMask), size))
  }

  private static func leaf(_ word: UInt64, at base: PhysicalAddress, _ size: PageSize) -> Leaf {
    let rights = rights(word)
    return Leaf(
      physical: base, size: size, rights: rights, accessFlag: true, rightsWithAccessFlag: rights,
      // Entries are tagged by domain-id alone.
      isGlobal: true, isShared: word & snoop != 0, memoryClass: 0, isNonSecure: false)
  }

  static func rights(_ word: UInt64) -> Rights {
    var rights: Rights = []
    if word & read != 0 { rights.formUnion([.privilegedRead, .userRead, .execute]) }
    if word & write != 0 { rights.formUnion([.privilegedWrite, .userWrite]) }
    return rights
  }

  // MARK: Walk

  /// How a walk of the tables alone ended: a leaf, with what all levels allow, or a reason.
  enum End {
    case leaf(Leaf, level: Int)
    /// `isPresent`: an entry was there, and did not allow what was asked.
    case fault(VTDFaultReason, level: Int, isPresent: Bool = false)
  }

  /// The bits of an entry that must be 0; the unit's capabilities decide.
  @inline(__always)
  static func reserved(
    _ word: UInt64, level: Int, of unit: VTDRegisters.Capabilities
  ) -> UInt64 {
    let isLarge = (level == 2 || level == 3) && word & superPage != 0
    return word & reservedBits(level: level, isLarge: isLarge, of: unit)
  }

  /// What must be 0 in an entry of `level`; `isLarge` says that it is a leaf above the last level.
  @inline(__always)
  private static func reservedBits(
    level: Int, isLarge: Bool, of unit: VTDRegisters.Capabilities
  ) -> UInt64 {
    // Bits 61:52 and 63 are software's.
    let ignored: UInt64 = 0xbff0_0000_0000_0000
    var mask = ~((1 << unit.addressBits) - 1 | ignored) | snoop
    // SP has no meaning where no leaf may be.
    if level > 3 { mask |= superPage }
    if isLarge { mask |= ((1 << shift(level)) - 1) & ~0xfff }
    if level == 1 || isLarge {
      // TM matters to device TLBs only; SNP only where snooping can be asked for.
      if unit.hasDeviceTLB { mask &= ~(1 << 62) }
      if unit.controlsSnoop { mask &= ~snoop }
    }
    return mask
  }

  /// Where four levels of tables alone lead `iova` to be read, if anywhere.
  @inline(never)
  static func physicalAddress(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    smallPage(of: iova, from: base, in: memory)
      ?? physicalAddressByWalk(of: iova, from: base, in: memory)
  }

  @inline(never)
  private static func physicalAddressByWalk(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    var nobody = NoWatcher()
    guard
      case .leaf(let leaf, _) = walk(
        memory, from: base, levels: 4, for: iova, .read, of: .usual, watcher: &nobody)
    else { return nil }
    return leaf.physical + (iova.value & leaf.size.offsetMask)
  }

  /// The page that four levels of tables have for `iova`, to be read or else to be written.
  static func leaf(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> Leaf? {
    for access in [Access.read, .write] {
      var nobody = NoWatcher()
      if case .leaf(let leaf, _) = walk(
        memory, from: base, levels: 4, for: iova, access, of: .usual, watcher: &nobody)
      {
        return leaf
      }
    }
    return nil
  }

  /// Where four levels of tables lead `iova` to be read, if the way there is the usual one: a page of
  /// 4K, by words that lie where page tables lie.
  ///
  /// Nil says nothing: then the full walk answers.
  @inline(__always)
  private static func smallPage(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    let unit = VTDRegisters.Capabilities.usual
    // What an entry says is asked of all of them at once: to read on from a wrong one does no harm.
    // Bits above an address would lead out of where page tables lie.
    guard let fourth = memory.tableDoubleWord(index(iova, level: 4), ofPage: base),
      let third = memory.tableDoubleWord(index(iova, level: 3), ofPage: PhysicalAddress(fourth)),
      let second = memory.tableDoubleWord(index(iova, level: 2), ofPage: PhysicalAddress(third)),
      let first = memory.tableDoubleWord(index(iova, level: 1), ofPage: PhysicalAddress(second)),
      fourth & third & second & first & read != 0,
      // SP is among the highest level's reserved bits, so no leaf passes for a table.
      (fourth | third | second) & reservedBits(level: 4, isLarge: false, of: unit)
        | first & reservedBits(level: 1, isLarge: false, of: unit) == 0
    else { return nil }
    let page = address(first, bits: unit.addressBits).value
    // The range of interrupt messages is the full walk's.
    guard page &- 0xfee0_0000 >= 0x10_0000 else { return nil }
    return PhysicalAddress(page | iova.value & 0xfff)
  }

  /// Follows tables of `levels` from `base` for `iova`, telling `watcher` of each word it reads.
  static func walk(
    _ memory: PhysicalMemory, from base: PhysicalAddress, levels: Int, for iova: IOVA,
    _ access: Access, of unit: VTDRegisters.Capabilities, watcher: inout some WalkWatcher
  ) -> End {
    var table = base
    var level = levels
    var allowed = read | write
    let needed = access == .write ? write : read
    while true {
      let place = table + index(iova, level: level) &* 8
      guard memory.answers(at: place) else {
        return .fault(level == levels ? .contextEntryInvalid : .tableUnreachable, level: level)
      }
      let word = memory.doubleWord(at: place)
      watcher.read(word, at: place, level: level)
      allowed &= word
      guard word & needed != 0 else {
        return .fault(
          access == .write ? .write : .read, level: level, isPresent: word & (read | write) != 0)
      }
      guard reserved(word, level: level, of: unit) == 0 else {
        return .fault(.entryReserved, level: level)
      }
      let next = address(word, bits: unit.addressBits)
      if level == 1 || word & superPage != 0 {
        let size = PageSize(bits: UInt8(shift(level)))
        // Results in the range of interrupt messages are blocked.
        if next.value < 0xfef0_0000, next.value + size.bytes > 0xfee0_0000 {
          return .fault(.interruptRange, level: level)
        }
        let base = PhysicalAddress(next.value & ~size.offsetMask)
        return .leaf(leaf(word & ~3 | allowed & 3, at: base, size), level: level)
      }
      table = next
      level -= 1
    }
  }
}
