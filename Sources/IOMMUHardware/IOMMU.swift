/// The kinds of IOMMU hardware there are; the closed list that a new one joins.
package enum IOMMUFamily: String, Hashable, Sendable, CaseIterable {
  /// Qualcomm's System MMU of 2010, with several context banks and Armv7 short descriptors.
  case msm = "msm-smmu"
}

/// One IOMMU: its registers and what its TLB remembers.
///
/// It knows no domain and no driver.
package struct IOMMU: Hashable, Sendable {
  package let name: String
  package let family: IOMMUFamily
  /// How many context banks it has.
  package let bankCount: Int
  package var registers: RegisterFile
  package var tlb: TLB

  package init(name: String, family: IOMMUFamily, bankCount: Int, tlb geometry: TLBGeometry) {
    self.name = name
    self.family = family
    self.bankCount = bankCount
    registers = RegisterFile(count: MSMRegisters.storageCount(banks: bankCount))
    tlb = TLB(geometry)
  }
}

/// The words that an IOMMU's registers hold, packed; which offset is where is the family's business.
package struct RegisterFile: Hashable, Sendable {
  private var words: [UInt32]

  init(count: Int) { words = Array(repeating: 0, count: count) }

  package subscript(index: Int) -> UInt32 {
    get { words[index] }
    set { words[index] = newValue }
  }
}
