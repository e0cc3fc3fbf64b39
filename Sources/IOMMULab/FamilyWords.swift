package import IOMMUHardware

/// What a family of IOMMUs calls things: the words that differ from one architecture to another.
package struct FamilyWords: Hashable, Sendable {
  private let family: IOMMUFamily

  package init(_ family: IOMMUFamily) { self.family = family }

  // MARK: Things

  /// What says who asks.
  package var stream: String {
    switch family {
    case .msm: "MID"
    case .vtd: "source-id"
    }
  }

  /// A stream ID as people write it.
  package func text(ofStream stream: UInt32) -> String {
    switch family {
    case .msm: String(stream)
    case .vtd: SourceID(UInt16(truncatingIfNeeded: stream)).description
    }
  }

  /// The tag on TLB entries.
  package var tag: String {
    switch family {
    case .msm: "ASID"
    case .vtd: "domain-id"
    }
  }

  package func tag(of entry: TLBEntry) -> String {
    switch family {
    case .msm: "ASID \(entry.asid)"
    case .vtd: "domain-id \(entry.vmid)"
    }
  }

  /// A context of an IOMMU, by its number or by who uses it.
  package func context(_ bank: Int) -> String {
    switch family {
    case .msm: "context \(bank)"
    case .vtd: "context entry"
    }
  }

  /// Where the address of a context's table is written.
  package var tablePointer: String {
    switch family {
    case .msm: "TTBR0"
    case .vtd: "context entry"
    }
  }

  // MARK: Sources

  package var walkSource: String {
    switch family {
    case .msm: "Armv7-A B3.5  short-descriptor walk"
    case .vtd: "VT-d, second-stage translation"
    }
  }

  package var tlbSource: String {
    switch family {
    case .msm: "Armv7-A B3.9"
    case .vtd: "VT-d, IOTLB"
    }
  }

  package var rightsSource: String {
    switch family {
    case .msm: "Armv7-A B3.7"
    case .vtd: "VT-d, second-stage rights"
    }
  }

  package var faultSource: String {
    switch family {
    case .msm: "FSR, FAR, FSYNR"
    case .vtd: "FSTS, fault records"
    }
  }

  /// The register that says that a fault is pending.
  package var faultStatus: String {
    switch family {
    case .msm: "FSR"
    case .vtd: "FSTS"
    }
  }

  package var interruptCause: String {
    switch family {
    case .msm: "ACTLR.CFEIE is set"
    case .vtd: "FECTL.IM is 0"
    }
  }

  package var interruptSource: String {
    switch family {
    case .msm: "msm_iommu.c  msm_iommu_fault_handler()"
    case .vtd: "intel/dmar.c  dmar_fault()"
    }
  }
}
