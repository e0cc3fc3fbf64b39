/// Armv7 short descriptors: two levels of 32-bit words, as MSM's System MMU walks them.
///
/// Arm ARM ARMv7-A, B3.5. The first level has 4096 entries of 1 MiB, a second level 256 of 4 KiB.
/// A supersection or a large page is 16 equal words in a row. There is no PXN on MSM, so a
/// first-level word of type 3 is reserved.
@usableFromInline package enum ARMv7Short {
  @inlinable package static var firstLevelCount: Int { 4096 }
  @inlinable package static var secondLevelCount: Int { 256 }
  /// 4 KiB, 64 KiB, 1 MiB and 16 MiB.
  @inlinable package static var pageSizes: PageSizes { PageSizes(bitmap: 0x111_1000) }

  // MARK: Indices

  /// The base of the first-level table that TTBR0 names: bits 31:14.
  package static func tableBase(_ ttbr: UInt32) -> PhysicalAddress {
    PhysicalAddress(UInt64(ttbr & 0xffff_c000))
  }

  @inlinable
  package static func firstIndex(_ iova: IOVA) -> Int {
    Int(truncatingIfNeeded: iova.value >> 20 & 0xfff)
  }

  @inlinable
  package static func secondIndex(_ iova: IOVA) -> Int {
    Int(truncatingIfNeeded: iova.value >> 12 & 0xff)
  }

  // MARK: Words

  @inline(__always)
  package static func decodeFirst(_ word: UInt32) -> Descriptor {
    switch word & 3 {
    case 0: .invalid
    case 1: .table(PhysicalAddress(UInt64(word & 0xffff_fc00)))
    case 2:
      .leaf(
        word & 1 << 18 == 0
          ? leaf(word, base: word & 0xfff0_0000, size: .size1M, at: .firstLevel)
          : leaf(word, base: word & 0xff00_0000, size: .size16M, at: .firstLevel))
    default: .reserved
    }
  }

  @inline(__always)
  package static func decodeSecond(_ word: UInt32) -> Descriptor {
    switch word & 3 {
    case 0: .invalid
    case 1: .leaf(leaf(word, base: word & 0xffff_0000, size: .size64K, at: .largePage))
    default: .leaf(leaf(word, base: word & 0xffff_f000, size: .size4K, at: .smallPage))
    }
  }

  /// Where the attribute bits stand; they differ between the three shapes of a leaf word.
  struct Places {
    let ap: UInt32, ap2: UInt32, tex: UInt32, xn: UInt32, nG: UInt32, s: UInt32, ns: UInt32?

    static let firstLevel = Places(ap: 10, ap2: 15, tex: 12, xn: 4, nG: 17, s: 16, ns: 19)
    static let largePage = Places(ap: 4, ap2: 9, tex: 12, xn: 15, nG: 11, s: 10, ns: nil)
    static let smallPage = Places(ap: 4, ap2: 9, tex: 6, xn: 0, nG: 11, s: 10, ns: nil)
  }

  @inline(__always)
  private static func leaf(
    _ word: UInt32, base: UInt32, size: PageSize, at places: Places
  ) -> Leaf {
    let ap = word >> places.ap & 3 | (word >> places.ap2 & 1) << 2
    let execute: Rights = word >> places.xn & 1 == 0 ? .execute : []
    return Leaf(
      physical: PhysicalAddress(UInt64(base)), size: size,
      rights: rights(ap: ap).union(execute),
      accessFlag: ap & 1 == 1,
      rightsWithAccessFlag: rights(ap: ap | 1).union(execute),
      isGlobal: word >> places.nG & 1 == 0, isShared: word >> places.s & 1 == 1,
      memoryClass: UInt8((word >> places.tex & 1) << 2 | word >> 2 & 3),
      isNonSecure: places.ns.map { word >> $0 & 1 == 1 } ?? false)
  }

  /// What AP[2:0] allows with the access flag off (SCTLR.AFE 0), Arm ARM table B3-8.
  ///
  /// With AFE on the same table holds for AP with bit 0 set.
  package static func rights(ap: UInt32) -> Rights {
    // A byte for each value of AP, the lowest first: nothing; privileged read and write; user read
    // too; user write too; nothing; privileged read; privileged and user read, twice.
    let table: UInt64 = 0x05_05_01_00_0f_07_03_00
    return Rights(rawValue: UInt8(truncatingIfNeeded: table &>> (8 &* UInt64(ap))))
  }

  // MARK: Walk

  /// Where the tables alone lead `iova`, if anywhere.
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
    leaf(of: iova, from: base, in: memory).map { $0.physical + (iova.value & $0.size.offsetMask) }
  }

  /// The page that the tables have for `iova`.
  static func leaf(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> Leaf? {
    var nobody = NoWatcher()
    guard case .leaf(let leaf, _) = walk(memory, from: base, for: iova, watcher: &nobody)
    else { return nil }
    return leaf
  }

  /// Where the tables lead `iova`, if the way there is the usual one: a small page, by two words that
  /// lie where page tables lie.
  ///
  /// Nil says nothing: then the full walk answers.
  @inline(__always)
  private static func smallPage(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    guard
      let first = memory.tableWord(firstIndex(iova), of: base, count: firstLevelCount),
      first & 3 == 1,
      let second = memory.tableWord(
        secondIndex(iova), of: PhysicalAddress(UInt64(first)), count: secondLevelCount),
      second & 2 != 0
    else { return nil }
    return PhysicalAddress(UInt64(second & 0xffff_f000) | iova.value & 0xfff)
  }

  /// How a walk of the tables alone ended.
  enum End {
    case leaf(Leaf, level: Int)
    case fault(FaultKind, level: Int)
  }

  /// Follows the tables from `base` for `iova`, telling `watcher` of each word it reads.
  @inline(__always)
  static func walk(
    _ memory: PhysicalMemory, from base: PhysicalAddress, for iova: IOVA,
    watcher: inout some WalkWatcher
  ) -> End {
    let firstAddress = base + UInt64(firstIndex(iova)) &* 4
    guard memory.answers(at: firstAddress) else { return .fault(.externalAbort, level: 1) }
    let first = memory.word(at: firstAddress)
    watcher.read(UInt64(first), at: firstAddress, level: 1)
    switch first & 3 {
    case 1: break
    case 2:
      guard case .leaf(let leaf) = decodeFirst(first) else { return .fault(.translation, level: 1) }
      return .leaf(leaf, level: 1)
    default: return .fault(.translation, level: 1)
    }
    let secondAddress =
      PhysicalAddress(UInt64(first & 0xffff_fc00)) + UInt64(secondIndex(iova)) &* 4
    guard memory.answers(at: secondAddress) else { return .fault(.externalAbort, level: 2) }
    let second = memory.word(at: secondAddress)
    watcher.read(UInt64(second), at: secondAddress, level: 2)
    guard case .leaf(var leaf) = decodeSecond(second) else {
      return .fault(.translation, level: 2)
    }
    // Pages have no NS of their own: the table's word has it for all of them.
    leaf.isNonSecure = first >> 3 & 1 == 1
    return .leaf(leaf, level: 2)
  }
}
