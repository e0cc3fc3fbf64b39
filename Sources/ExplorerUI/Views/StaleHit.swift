internal import IOMMUHardware
internal import IOMMUModel

/// A translation that the TLB would answer with, though the tables no longer say so.
struct StaleHit {
  /// What the tables say now; nil is nothing.
  let now: TableAnswer?
  /// The TLB answers with the right address, and other rights.
  let isAboutRights: Bool

  init?(at slot: Int?, of iommu: Int?, in machine: Machine) {
    guard let slot, let iommu, let entry = machine.board.iommus[iommu].tlb[slot],
      case .stale(let now) = machine.truth(of: entry, in: iommu)
    else { return nil }
    self.now = now
    isAboutRights = now?.physical == PhysicalAddress(entry.physical)
  }
}
