internal import IOMMUAPI
package import IOMMUHardware

/// What a TLB entry is worth by now.
package enum EntryTruth: Hashable, Sendable {
  /// The tables of a context with its tag say the same.
  case current
  /// They say something else; nil is nothing at all.
  case stale(TableAnswer?)
  /// No context that translates has its tag.
  case orphaned

  package var isStale: Bool { if case .stale = self { true } else { false } }
}

/// Where tables lead the first address of a TLB entry, and what they allow there.
package struct TableAnswer: Hashable, Sendable {
  package let physical: PhysicalAddress
  package let rights: Rights

  package init(physical: PhysicalAddress, rights: Rights) {
    (self.physical, self.rights) = (physical, rights)
  }
}

extension Machine {
  /// Compares a TLB entry with the tables that its tag stands for, as they are now.
  ///
  /// An entry is as stale with other rights as with another address: a device goes by what the entry
  /// allows.
  package func truth(of entry: TLBEntry, in iommu: Int) -> EntryTruth {
    let unit = board.iommus[iommu]
    var found: TableAnswer?
    var isKnown = false
    for bank in 0..<unit.bankCount {
      let status = BankStatus(bank: bank, of: iommu, in: self)
      guard status.state == .live, let table = status.table, unit.tag(of: entry, is: status.tag)
      else { continue }
      isKnown = true
      found = answer(for: entry, from: table, bank: bank, of: iommu)
      if found == TableAnswer(physical: PhysicalAddress(entry.physical), rights: entry.rights) {
        return .current
      }
    }
    return isKnown ? .stale(found) : .orphaned
  }

  private func answer(
    for entry: TLBEntry, from table: PhysicalAddress, bank: Int, of iommu: Int
  ) -> TableAnswer? {
    guard let leaf = platform.format.leaf(of: IOVA(entry.iova), from: table, in: board.memory)
    else { return nil }
    let checksFlag = checksAccessFlag(bank: bank, of: iommu)
    // A page whose flag is checked and 0 lets nobody in.
    if checksFlag, !leaf.accessFlag { return nil }
    return TableAnswer(
      physical: leaf.physical + (entry.iova & leaf.size.offsetMask),
      rights: checksFlag ? leaf.rightsWithAccessFlag : leaf.rights)
  }

  private func checksAccessFlag(bank: Int, of iommu: Int) -> Bool {
    switch board.iommus[iommu].family {
    case .msm:
      board.register(MSMRegisters.offset(MSMRegisters.sctlr, bank: bank), of: iommu)
        & MSMRegisters.SCTLR.afe != 0
    case .vtd: false
    }
  }
}
