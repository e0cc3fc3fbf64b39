/// Why a VT-d unit stopped a request: the reason codes of its fault records.
///
/// Intel VT-d specification, appendix "Fault Reason Encodings"; legacy mode.
package enum VTDFaultReason: UInt8, Hashable, Sendable {
  case rootEntryMissing = 0x1
  case contextEntryMissing = 0x2
  /// The context entry asks for levels that the unit does not walk, or names no reachable table.
  case contextEntryInvalid = 0x3
  case addressTooWide = 0x4
  case write = 0x5
  case read = 0x6
  case tableUnreachable = 0x7
  case rootTableUnreachable = 0x8
  case contextTableUnreachable = 0x9
  case rootEntryReserved = 0xa
  case contextEntryReserved = 0xb
  case entryReserved = 0xc
  case translationType = 0xd
  case interruptRange = 0xe

  /// A context entry's FPD hides it (specification: "qualified").
  var isQualified: Bool {
    switch self {
    case .contextEntryInvalid, .addressTooWide, .write, .read, .tableUnreachable, .entryReserved,
      .translationType, .interruptRange:
      true
    case .rootEntryMissing, .contextEntryMissing, .rootTableUnreachable, .contextTableUnreachable,
      .rootEntryReserved, .contextEntryReserved:
      false
    }
  }

  /// The kernel's words for it (`drivers/iommu/intel/dmar.c`, `dma_remap_fault_reasons`).
  package var words: String {
    switch self {
    case .rootEntryMissing: "Present bit in root entry is clear"
    case .contextEntryMissing: "Present bit in context entry is clear"
    case .contextEntryInvalid: "Invalid context entry"
    case .addressTooWide: "Access beyond MGAW"
    case .write: "PTE Write access is not set"
    case .read: "PTE Read access is not set"
    case .tableUnreachable: "Next page table ptr is invalid"
    case .rootTableUnreachable: "Root table address invalid"
    case .contextTableUnreachable: "Context table ptr is invalid"
    case .rootEntryReserved: "non-zero reserved fields in RTP"
    case .contextEntryReserved: "non-zero reserved fields in CTP"
    case .entryReserved: "non-zero reserved fields in PTE"
    case .translationType: "PCE for translation request specifies blocking"
    case .interruptRange: "Blocked: the result lies in the interrupt range"
    }
  }
}

/// What the kernel prints of a fault record, packed into the two numbers of a message.
package struct FaultLine: Hashable, Sendable {
  package let source: SourceID
  package let reason: UInt8
  /// Base of the page asked for.
  package let address: UInt64

  package init(source: SourceID, reason: UInt8, address: UInt64) {
    (self.source, self.reason, self.address) = (source, reason, address)
  }

  package init(first: UInt32, second: UInt32) {
    source = SourceID(UInt16(truncatingIfNeeded: first))
    reason = UInt8(truncatingIfNeeded: first >> 16)
    address = (UInt64(first >> 24) << 32 | UInt64(second)) << 12
  }

  /// Source, reason and the upper part of the page's number; addresses have at most 52 bits.
  package var first: UInt32 {
    UInt32(source.value) | UInt32(reason) << 16 | UInt32(truncatingIfNeeded: address >> 44) << 24
  }

  package var second: UInt32 { UInt32(truncatingIfNeeded: address >> 12) }
}
