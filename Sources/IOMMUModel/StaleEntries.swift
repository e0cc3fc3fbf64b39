internal import IOMMUAPI
package import IOMMUHardware

/// What a TLB entry is worth by now.
package enum EntryTruth: Hashable, Sendable {
  /// The tables of a context with its tag say the same.
  case current
  /// They say something else; nil is nothing at all.
  case stale(PhysicalAddress?)
  /// No context that translates has its tag.
  case orphaned
}

extension Machine {
  /// Compares a TLB entry with the tables that its tag stands for, as they are now.
  package func truth(of entry: TLBEntry, in iommu: Int) -> EntryTruth {
    let unit = board.iommus[iommu]
    var found: PhysicalAddress?
    var isKnown = false
    for bank in 0..<unit.bankCount {
      let status = BankStatus(bank: bank, of: iommu, in: self)
      guard status.state == .live, let table = status.table, unit.tag(of: entry, is: status.tag)
      else { continue }
      isKnown = true
      found = platform.format.physicalAddress(
        of: IOVA(entry.iova), from: table, in: board.memory)
      if found?.value == entry.physical { return .current }
    }
    return isKnown ? .stale(found) : .orphaned
  }
}
