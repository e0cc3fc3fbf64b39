public import IOMMUAPI
public import IOMMUHardware

/// The words the driver makes, by the kernel's names (`msm_iommu_hw-8xxx.h`).
@usableFromInline enum Word {
  @inlinable static var typeTable: UInt32 { 1 }

  // First level: access for all, shared, not global.
  static let section: UInt32 = 2 | 1 << 10 | 1 << 11 | 1 << 16 | 1 << 17
  static let supersection: UInt32 = section | 1 << 18
  // Second level: the same.
  @inlinable static var smallPage: UInt32 { 2 | 1 << 4 | 1 << 5 | 1 << 10 | 1 << 11 }
  static let largePage: UInt32 = 1 | 1 << 4 | 1 << 5 | 1 << 10 | 1 << 11

  /// A small page's word.
  @inlinable @inline(__always)
  static func smallPage(at physical: PhysicalAddress, class n: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: physical.value) & 0xffff_f000 | smallPage
      | attributes(class: n, firstLevel: false)
  }

  /// Where a first-level word says that its second level lies, be it a table's word or not.
  @inlinable @inline(__always)
  static func table(_ word: UInt32) -> PhysicalAddress {
    PhysicalAddress(UInt64(word & 0xffff_fc00))
  }

  /// A memory class as C, B and TEX[0].
  ///
  /// TEX[0] is put at bit 6 in every second-level word. For a large page that is a bit that should
  /// be zero, and its real TEX[0] (bit 12) stays 0: the driver's mistake.
  @inlinable @inline(__always)
  static func attributes(class n: UInt32, firstLevel: Bool) -> UInt32 {
    (n & 3) << 2 | (n >> 2 & 1) << (firstLevel ? 12 : 6)
  }
}

/// Map and unmap: table words first, then every TLB of the domain.
extension MSMDriver {
  /// Writes the words of one page.
  ///
  /// What is there already is not looked at.
  @inlinable @inline(__always)
  package func map(
    _ iova: IOVA, to physical: PhysicalAddress, size: UInt64, _ protection: Protection,
    for domain: DomainID, in system: inout System
  ) throws(KernelError) {
    if size == PageSize.size4K.bytes, !system.board.journal.isOn,
      mapOnePage(iova, to: physical, protection, for: domain, in: &system) != nil
    {
      return
    }
    try mapInSteps(iova, to: physical, size: size, protection, for: domain, in: &system)
  }

  /// Maps a small page if nothing is refused, made or flushed on the way.
  @inlinable @inline(__always)
  package func mapOnePage(
    _ iova: IOVA, to physical: PhysicalAddress, _ protection: Protection, for domain: DomainID,
    in system: inout System
  ) -> StoredEntry? {
    guard let memoryClass = memoryClasses[protection],
      let table = system.quietTable(of: domain),
      let word = system.board.memory.tableWord(
        ARMv7Short.firstIndex(iova), of: table, count: ARMv7Short.firstLevelCount),
      word & 3 == Word.typeTable
    else { return nil }
    let entry = Word.table(word) + UInt64(ARMv7Short.secondIndex(iova)) &* 4
    let new = Word.smallPage(at: physical, class: memoryClass)
    let old = system.board.exchangeWord(new, at: entry)
    return StoredEntry(
      "msm_iommu_map", asking: "is the first-level word 0?", at: entry, old: old, new: new)
  }

  @usableFromInline @inline(never)
  func mapInSteps(
    _ iova: IOVA, to physical: PhysicalAddress, size: UInt64, _ protection: Protection,
    for domain: DomainID, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("msm_iommu_map", .domain(domain)) { (system) throws(KernelError) in
      guard let memoryClass = memoryClasses[protection] else {
        throw .noMemoryClass(protection: protection)
      }
      guard let table = system.domains[domain.index].table else { throw .noTable(domain: domain) }
      let first = table + UInt64(ARMv7Short.firstIndex(iova)) * 4
      let base = UInt32(truncatingIfNeeded: physical.value)
      let upper = Word.attributes(class: memoryClass, firstLevel: true)
      let lower = Word.attributes(class: memoryClass, firstLevel: false)
      switch size {
      case PageSize.size16M.bytes:
        writeFirst(base & 0xff00_0000 | Word.supersection | upper, 16, first, table, &system)
      case PageSize.size1M.bytes:
        writeFirst(base & 0xfff0_0000 | Word.section | upper, 1, first, table, &system)
      case PageSize.size64K.bytes:
        let second = try secondLevel(of: first, for: domain, &system)
        writeLarge(base & 0xffff_0000 | Word.largePage | lower, iova, second, &system)
      case PageSize.size4K.bytes:
        let second = try secondLevel(of: first, for: domain, &system)
        writeSecond(
          Word.smallPage(at: physical, class: memoryClass), iova, 0, second, &system)
      default: throw .unsupportedSize(size)
      }
      flush(domain, in: &system)
      return 0
    }
  }

  /// Clears the words of one page and answers `size`, also where there was nothing to clear.
  @usableFromInline
  package func unmap(
    _ iova: IOVA, size: UInt64, for domain: DomainID, gather: inout UnmapGather,
    in system: inout System
  ) -> UInt64 {
    clear(iova, size: size, for: domain, in: &system)
    return size
  }

  /// This driver gathers nothing, ever.
  @inlinable @inline(__always)
  package func unmapQuietly(
    _ iova: IOVA, for domain: DomainID, in system: inout System
  ) -> Bool {
    clear(iova, size: PageSize.size4K.bytes, for: domain, in: &system)
    return true
  }

  /// `msm_iommu_unmap`.
  @inlinable @inline(__always)
  func clear(_ iova: IOVA, size: UInt64, for domain: DomainID, in system: inout System) {
    system.inside("msm_iommu_unmap", .domain(domain)) { system in
      guard let table = system.domains[domain.index].table else { return }
      let first = table + UInt64(ARMv7Short.firstIndex(iova)) &* 4
      guard system.ask("is the length that of one page?", pageSizes.contains(bytes: size)) else {
        note(.unmappedNothing, at: first, 0, &system)
        return
      }
      let word = system.board.word(at: first)
      guard !system.ask("is the first-level word 0?", word == 0) else {
        note(.unmappedNothing, at: first, 0, &system)
        return
      }
      if size <= PageSize.size64K.bytes {
        let second = SecondLevel(at: Word.table(word), isReal: word & 3 == Word.typeTable)
        if size == PageSize.size4K.bytes {
          writeSecond(0, iova, 0, second, &system)
          if system.board.journal.isOn && second.isReal { warnOfTorn(iova, second, &system) }
        } else {
          writeLarge(0, iova, second, &system)
        }
        let isEmpty = system.board.memory.isKilobyteEmpty(at: second.base)
        if system.ask("is the second-level table empty now?", isEmpty) {
          free(second, of: first, &system)
        }
      } else {
        writeFirst(0, size == PageSize.size16M.bytes ? 16 : 1, first, table, &system)
      }
      flush(domain, in: &system)
    }
  }

  @usableFromInline @inline(never)
  func free(_ second: SecondLevel, of first: PhysicalAddress, _ system: inout System) {
    system.board.freePages(PhysicalAddress(second.base.value & ~0xfff), 1)
    system.board.writeWord(0, at: first)
  }

  /// Nothing is left to flush: every unmap did so itself.
  @inlinable @inline(__always)
  package func synchronize(
    _ gather: inout UnmapGather, for domain: DomainID, in system: inout System
  ) {}

  @usableFromInline @inline(never)
  func note(
    _ hazard: Hazard, at address: PhysicalAddress, _ word: UInt32, _ system: inout System
  ) {
    system.board.journal.warn(hazard, at: address, word: word)
  }

  /// Where a second-level index is applied to: a table, or what the driver takes for one.
  @usableFromInline struct SecondLevel {
    @usableFromInline let base: PhysicalAddress
    @usableFromInline let isReal: Bool

    @inlinable init(at base: PhysicalAddress, isReal: Bool) {
      (self.base, self.isReal) = (base, isReal)
    }
  }

  /// The second level that a first-level word leads to; a fresh table when the word is 0.
  private func secondLevel(
    of first: PhysicalAddress, for domain: DomainID, _ system: inout System
  ) throws(KernelError) -> SecondLevel {
    let word = system.board.word(at: first)
    guard system.ask("is the first-level word 0?", word == 0) else {
      return SecondLevel(at: Word.table(word), isReal: word & 3 == Word.typeTable)
    }
    let owner = domain.owner
    guard let page = system.board.allocatePages(1, for: .lowerLevelTable, owner: owner) else {
      throw .outOfPages
    }
    system.board.writeWord(
      UInt32(truncatingIfNeeded: page.value) & 0xffff_fc00 | Word.typeTable, at: first)
    return SecondLevel(at: page, isReal: true)
  }

  @usableFromInline @inline(never)
  func writeFirst(
    _ word: UInt32, _ count: UInt64, _ first: PhysicalAddress, _ table: PhysicalAddress,
    _ system: inout System
  ) {
    let end = table + UInt64(ARMv7Short.firstLevelCount) * 4
    for index in 0..<count {
      let address = first + index * 4
      let old = system.board.word(at: address)
      system.board.writeWord(word, at: address)
      if address >= end {
        system.board.journal.warn(.wroteBeyondTable, at: address, word: word)
      } else if old & 3 == Word.typeTable {
        system.board.journal.warn(.leakedTable, at: Word.table(old), word: old)
      }
    }
    if word == 0, count == 1 { warnOfTorn(first, index: first.value >> 2, &system) }
  }

  /// Writes the word of the page `step` pages after `iova`.
  @inlinable @inline(__always)
  func writeSecond(
    _ word: UInt32, _ iova: IOVA, _ step: UInt64, _ second: SecondLevel, _ system: inout System
  ) {
    let index = UInt64(ARMv7Short.secondIndex(iova)) &+ step
    // C's pointers have 32 bits: beyond a table at the very top follows the lowest memory.
    let address = PhysicalAddress((second.base + index &* 4).value & 0xffff_ffff)
    system.board.writeWord(word, at: address)
    if !second.isReal {
      note(.overwroteMappedMemory, at: address, word, &system)
    } else if index >= UInt64(ARMv7Short.secondLevelCount) {
      note(.wroteBeyondTable, at: address, word, &system)
    }
  }

  /// Writes the 16 words of a large page.
  @usableFromInline @inline(never)
  func writeLarge(
    _ word: UInt32, _ iova: IOVA, _ second: SecondLevel, _ system: inout System
  ) {
    for step in UInt64(0)..<16 { writeSecond(word, iova, step, second, &system) }
  }

  /// The same for the word of a small page in a second-level table.
  @usableFromInline @inline(never)
  func warnOfTorn(_ iova: IOVA, _ second: SecondLevel, _ system: inout System) {
    let index = UInt64(ARMv7Short.secondIndex(iova))
    warnOfTorn(second.base + index * 4, index: index, &system)
  }

  /// After one word was cleared: its neighbours in the group of 16 may still be one large page.
  private func warnOfTorn(
    _ address: PhysicalAddress, index: UInt64, _ system: inout System
  ) {
    let inGroup = index & 15
    let neighbour = inGroup == 0 ? address + 4 : PhysicalAddress(address.value - 4)
    let word = system.board.word(at: neighbour)
    if word == 0 { return }
    let isFirstLevel = system.board.memory.use(ofPage: address.page) == .firstLevelTable
    let isGroup = isFirstLevel ? word & (3 | 1 << 18) == 2 | 1 << 18 : word & 3 == 1
    if isGroup { system.board.journal.warn(.tornGroup, at: address, word: word) }
  }
}
