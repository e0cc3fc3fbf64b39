public import IOMMUAPI
public import IOMMUHardware

/// Map and unmap of one small page while nothing is made or flushed on the way.
///
/// A second wording of the commonest calls: whatever is out of the ordinary is left to the first.
extension VTDDriver {
  /// Maps a small page over an empty entry.
  @inlinable @inline(__always)
  package func mapOnePage(
    _ iova: IOVA, to physical: PhysicalAddress, _ protection: Protection, for domain: DomainID,
    in system: inout System
  ) -> StoredEntry? {
    let rights = UInt64(protection.rawValue & 3)
    let word = physical.value & ~0xfff | rights & VTDSecondStage.write | VTDSecondStage.read
    guard iova.value <= lastFrame &<< 12, rights != 0,
      let table = system.domains[domain.index].table,
      let entry = smallEntry(of: iova.value &>> 12, from: table, &system),
      system.board.storeWhereEmpty(doubleWord: word, at: entry)
    else { return nil }
    return StoredEntry("intel_iommu_map_pages", at: entry, old: 0, new: word)
  }

  /// Clears the entry of a small page of a domain that no unit knows.
  @inlinable @inline(__always)
  package func unmapQuietly(
    _ iova: IOVA, for domain: DomainID, in system: inout System
  ) -> Bool {
    let frame = iova.value &>> 12
    guard !system.board.journal.isOn, frame <= lastFrame,
      let table = system.quietTable(of: domain),
      let entry = smallEntry(of: frame, from: table, &system),
      let word = system.board.memory.tableDoubleWord(at: entry)
    else { return false }
    if word & 3 != 0 { system.board.writeDoubleWord(0, at: entry) }
    return true
  }

  /// Where the entry of a small page lies, if tables lead there all the way.
  @inlinable @inline(__always)
  func smallEntry(
    of frame: UInt64, from root: PhysicalAddress, _ system: inout System
  ) -> PhysicalAddress? {
    var (table, level) = (root, levels)
    while level > 1 {
      // Tables are entered with both rights; anything else is out of the ordinary.
      guard
        let word = system.board.memory.tableDoubleWord(Self.index(frame, level), ofPage: table),
        word & (VTDSecondStage.superPage | 3) == 3
      else { return nil }
      table = Self.address(word)
      level &-= 1
    }
    return table + Self.index(frame, 1) &* 8
  }
}
