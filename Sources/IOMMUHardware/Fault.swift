/// Why an IOMMU stopped a request.
@usableFromInline package enum FaultKind: UInt8, Hashable, Sendable {
  /// No valid descriptor on the way.
  case translation
  /// The descriptor's access flag is 0 and the bank checks it (SCTLR.AFE).
  case accessFlag
  case permission
  /// The TLB missed and the bank does not walk (ACTLR.TLBMCFG).
  case tlbMiss
  /// A table lies where no memory answers.
  case externalAbort
  /// The stream is routed to a context bank that does not exist.
  case configuration
}

/// A request that an IOMMU stopped.
///
/// It is data, not an error: the simulation went well.
@usableFromInline package struct Fault: Hashable, Sendable {
  package let iova: IOVA
  package let kind: FaultKind
  /// The level of the table where the walk ended; 0 when no table was read.
  package let level: UInt8
  package let iommu: UInt8
  /// The context bank the request was routed to.
  package let bank: UInt8
  package let access: Access
  package let isPrivileged: Bool
  package let stream: UInt16
  /// What the fault left in the status register (MSM: FSR), before any handler clears it.
  package var status: UInt32 = 0
  /// VT-d's reason code; 0 elsewhere.
  package var reason: UInt8 = 0
  /// It leaves a trace in registers (VT-d: the context entry's FPD is 0).
  package var isRecorded = true
}
