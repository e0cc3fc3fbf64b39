package import IOMMUHardware

/// What a family of IOMMUs calls things: the words that differ from one architecture to another.
package struct FamilyWords: Hashable, Sendable {
  let family: IOMMUFamily

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

  // MARK: Steps of a walk

  /// A step of a walk in words: what is looked at, and what is found.
  package struct Step: Hashable, Sendable {
    package let name: String
    package let looksAt: Prose
    package let means: Prose
    /// The same where there is little room.
    package let brief: String
  }

  /// What the walker's first table is found by.
  package var walkBase: String {
    switch family {
    case .msm: tablePointer
    case .vtd: "table"
    }
  }

  package func tag(vmid: UInt16, asid: UInt8) -> String {
    switch family {
    case .msm: "\(tag) \(asid)"
    case .vtd: "\(tag) \(vmid)"
    }
  }

  /// A stream was routed to a context bank by a register.
  package func route(through register: String, to bank: Int) -> Step {
    Step(
      name: "route", looksAt: Prose(register), means: "CBNDX \(bank): bank \(bank)",
      brief: "to bank \(bank)")
  }

  /// The register that turns translation on was read.
  package func control(isOn: Bool) -> Step {
    switch family {
    case .msm:
      Step(
        name: "bank", looksAt: "SCTLR",
        means: isOn ? "M 1: translates, by TTBR0" : "M 0: untranslated (inferred)",
        brief: isOn ? "M 1: on" : "M 0: off")
    case .vtd:
      Step(
        name: "unit", looksAt: "GSTS", means: isOn ? "TES 1: translates" : "TES 0: untranslated",
        brief: isOn ? "on" : "off")
    }
  }

  /// An entry of a routing table was looked up.
  package func routing(_ entry: RoutingEntry) -> Step {
    let isRoot = entry.kind == .root
    let index = entry.address.value >> 4 & 0xff
    let looksAt: Prose =
      entry.isCached
      ? Prose("cache", .dim) + Prose(" of contexts", .dim)
      : Prose(entry.address.value.hex8, .physical)
        + Prose(isRoot ? " root+16×" : " table+16×", .dim) + Prose(index.hex, .dim)
    let context = ContextEntry(low: entry.low, high: entry.high)
    guard context.isPresent else {
      return Step(
        name: isRoot ? "root" : "context", looksAt: looksAt, means: "P 0: not present",
        brief: "missing")
    }
    return Step(
      name: isRoot ? "root" : "context", looksAt: looksAt,
      means: isRoot
        ? "table at \(physical: context.table)"
        : "\(tag) \(Int(context.domain)), \(context.levels) levels", brief: "present")
  }

  /// What says that an earlier fault makes requests wait; some families never do.
  package var stallField: String {
    switch family {
    case .msm: "FSR.SS"
    case .vtd: ""
    }
  }

  /// Where the kind of memory that a page asks for stands.
  package var memoryTypeRegisters: String {
    switch family {
    case .msm: "PRRR, NMRR"
    case .vtd: ""
    }
  }

  /// Why a request was stopped, in the words of the unit's fault record; nil where it keeps none.
  package func reason(for fault: Fault) -> (code: String, words: String)? {
    switch family {
    case .msm: nil
    case .vtd:
      VTDFaultReason(rawValue: fault.reason).map {
        ("reason \(UInt64(fault.reason).hex)", $0.words)
      }
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
