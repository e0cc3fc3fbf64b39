/// The kinds of IOMMU hardware there are; the closed list that a new one joins.
package enum IOMMUFamily: String, Hashable, Sendable, CaseIterable {
  /// Qualcomm's System MMU of 2010, with several context banks and Armv7 short descriptors.
  case msm = "msm-smmu"
  /// Intel's VT-d in legacy mode: root and context tables in memory, 64-bit tables of four levels.
  case vtd = "vtd"
}

// What each family answers for itself: every question that the hardware side asks by family is in
// this file, so a family more is a case more in each of its switches, and files of its own.

extension IOMMUFamily {
  /// How many words a unit's registers take.
  func registerCount(banks: Int) -> Int {
    switch self {
    case .msm: MSMRegisters.storageCount(banks: banks)
    case .vtd: VTDRegisters.storageCount
    }
  }
}

extension IOMMU {
  /// Where the register at `offset` is stored, or nil where nothing is kept: there reads give 0.
  package func registerIndex(at offset: UInt32) -> Int? {
    switch family {
    case .msm: MSMRegisters.index(of: offset, banks: bankCount)
    case .vtd: VTDRegisters.index(of: offset)
    }
  }

  /// How many pages at the start of its window belong to contexts.
  package var bankPages: Int {
    switch family {
    case .msm: bankCount
    case .vtd: 0
    }
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

extension Board {
  // MARK: Requests

  /// Where a request would lead, by registers, TLB and table words alone.
  @inline(__always)
  package func walk(_ request: Request, watcher: inout some WalkWatcher) -> WalkOutcome {
    switch iommus[request.iommu].family {
    case .msm: walkMSM(request, watcher: &watcher)
    case .vtd: walkVTD(request, watcher: &watcher)
    }
  }

  /// Before a request is walked: what a family remembers of where requests are routed.
  @inline(__always)
  mutating func rememberRoute(of request: Request) {
    switch iommus[request.iommu].family {
    case .msm: break
    case .vtd: rememberContext(of: request)
    }
  }

  /// Puts a fault into the registers that report it.
  mutating func raise(_ fault: Fault) -> Fault {
    switch iommus[Int(fault.iommu)].family {
    case .msm: raiseMSM(fault)
    case .vtd: raiseVTD(fault)
    }
  }

  /// The interrupt line of an IOMMU is up.
  package func isInterrupting(_ iommu: Int) -> Bool {
    switch iommus[iommu].family {
    case .msm: isInterruptingMSM(iommu)
    case .vtd: isInterruptingVTD(iommu)
    }
  }

  // MARK: Registers

  /// What a register holds after software wrote `word` over `old`.
  func kept(_ word: UInt32, over old: UInt32, at offset: UInt32, of iommu: Int) -> UInt32 {
    switch iommus[iommu].family {
    case .msm: MSMRegisters.kept(word, over: old, at: offset)
    case .vtd:
      VTDRegisters.kept(
        word, over: old, at: offset, records: capabilities(of: iommu).faultRecords)
    }
  }

  /// What the hardware does in answer to a write.
  mutating func react(toWriteOf word: UInt32, at offset: UInt32, of iommu: Int) {
    switch iommus[iommu].family {
    case .msm: reactMSM(toWriteOf: word, at: offset, of: iommu)
    case .vtd: reactVTD(toWriteOf: word, at: offset, of: iommu)
    }
  }

  /// Asks for an invalidation as a driver would: by writing the register that stands for it.
  package mutating func invalidate(_ what: Invalidation, of iommu: Int) {
    switch iommus[iommu].family {
    case .msm: invalidateMSM(what, of: iommu)
    case .vtd: invalidateVTD(what, of: iommu)
    }
  }

  // MARK: Memory types

  /// What a context's registers make of a leaf's memory class; nil where they make nothing of it.
  package func memoryType(of leaf: Leaf, bank: Int, iommu: Int) -> MemoryType? {
    switch iommus[iommu].family {
    case .msm: memoryTypeMSM(of: leaf, bank: bank, iommu: iommu)
    case .vtd: nil
    }
  }

  /// The same for a TLB entry; nil where a family has no classes.
  package func memoryType(of entry: TLBEntry, bank: Int, iommu: Int) -> MemoryType? {
    switch iommus[iommu].family {
    case .msm: MemoryType(of: entry.attributes, bank: bank, iommu: iommu, on: self)
    case .vtd: nil
    }
  }
}
