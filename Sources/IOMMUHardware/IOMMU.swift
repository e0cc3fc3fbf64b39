/// One IOMMU: its registers and what its TLB remembers.
///
/// It knows no domain and no driver.
package struct IOMMU: Hashable, Sendable {
  package let name: String
  package let family: IOMMUFamily
  /// How many contexts it serves: an MSM's context banks, a VT-d unit's requesters.
  package let bankCount: Int
  package var registers: RegisterFile
  package var tlb: TLB
  /// Context entries remembered; only VT-d has them.
  package var contextCache = ContextCache()

  package init(name: String, family: IOMMUFamily, bankCount: Int, tlb geometry: TLBGeometry) {
    self.name = name
    self.family = family
    self.bankCount = bankCount
    registers = RegisterFile(count: family.registerCount(banks: bankCount))
    tlb = TLB(geometry)
  }

  /// A VT-d unit that can do what `capabilities` say.
  package init(
    name: String, capabilities: VTDRegisters.Capabilities, requesters: Int,
    tlb geometry: TLBGeometry
  ) {
    self.init(name: name, family: .vtd, bankCount: requesters, tlb: geometry)
    func reset(_ offset: UInt32, _ value: UInt64) {
      registers[Int(offset >> 2)] = UInt32(truncatingIfNeeded: value)
      registers[Int(offset >> 2) + 1] = UInt32(truncatingIfNeeded: value >> 32)
    }
    reset(VTDRegisters.ver, 0x10)
    reset(VTDRegisters.cap, capabilities.cap)
    reset(VTDRegisters.ecap, capabilities.ecap)
    registers[Int(VTDRegisters.fectl >> 2)] = VTDRegisters.interruptMask
  }

  /// The context that a register belongs to; nil for the unit's own.
  package func bank(ofRegister offset: UInt32) -> Int? {
    let page = Int(offset >> 12)
    return page < bankPages ? page : nil
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
