/// The kinds of IOMMU hardware there are; the closed list that a new one joins.
package enum IOMMUFamily: String, Hashable, Sendable, CaseIterable {
  /// Qualcomm's System MMU of 2010, with several context banks and Armv7 short descriptors.
  case msm = "msm-smmu"
  /// Intel's VT-d in legacy mode: root and context tables in memory, 64-bit tables of four levels.
  case vtd = "vtd"
}

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
    let count =
      switch family {
      case .msm: MSMRegisters.storageCount(banks: bankCount)
      case .vtd: VTDRegisters.storageCount
      }
    registers = RegisterFile(count: count)
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

  /// Where the register at `offset` is stored, or nil where nothing is kept: there reads give 0.
  package func registerIndex(at offset: UInt32) -> Int? {
    switch family {
    case .msm: MSMRegisters.index(of: offset, banks: bankCount)
    case .vtd: VTDRegisters.index(of: offset)
    }
  }

  /// How many pages at the start of its window belong to contexts.
  package var bankPages: Int { family == .msm ? bankCount : 0 }

  /// The context that a register belongs to; nil for the unit's own.
  package func bank(ofRegister offset: UInt32) -> Int? {
    let page = Int(offset >> 12)
    return page < bankPages ? page : nil
  }

  /// A TLB entry answers for a context with this tag: an ASID, or a domain-id.
  package func tag(of entry: TLBEntry, is tag: Int) -> Bool {
    switch family {
    case .msm: entry.isGlobal || Int(entry.asid) == tag
    case .vtd: Int(entry.vmid) == tag
    }
  }

  /// Its registers' window, in bytes.
  package var windowBytes: UInt32 {
    switch family {
    case .msm: MSMRegisters.windowBytes
    case .vtd: VTDRegisters.windowBytes
    }
  }

  /// One more than the highest stream ID.
  package var streamLimit: UInt64 {
    switch family {
    case .msm: UInt64(MSMRegisters.streamCount)
    case .vtd: 1 << 16
    }
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
