internal import IOMMUHardware

/// What is said of problems where families differ.
extension FamilyWords {
  /// Why a mapping that was to be read only is writable.
  package var whyWritable: String {
    switch family {
    case .msm: "This driver takes prot as a cache policy: every word it writes says read and write."
    case .vtd: "The entry's write bit is set: somebody changed it after the mapping was made."
    }
  }

  package var whyPending: String {
    switch family {
    case .msm: "Until software clears FSR, its context holds requests back or reports no other."
    case .vtd: "Until software clears its record, a second fault like it overflows and is lost."
    }
  }

  /// The register that turns a context's translation on, by its offset.
  func controlRegister(ofContext bank: Int) -> UInt32? {
    switch family {
    case .msm: MSMRegisters.offset(MSMRegisters.sctlr, bank: bank)
    case .vtd: VTDRegisters.gsts
    }
  }
}
