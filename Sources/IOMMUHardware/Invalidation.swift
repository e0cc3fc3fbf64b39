/// Which TLB entries software asks an IOMMU to drop.
///
/// One case for each TLB operation that the hardware has a register for.
package enum Invalidation: Hashable, Sendable {
  /// MSM: GLOBAL_TLBIALL.
  case all
  /// MSM: TLBIVMID.
  case vmid(UInt32)
  /// MSM: CTX_TLBIALL.
  case bank(Int)
  /// MSM: TLBIASID.
  case asid(UInt32, bank: Int)
  /// One page; MSM: TLBIVA, and TLBIVAA for every ASID.
  case address(IOVA, asid: UInt32?, bank: Int)
  /// VT-d: every context entry that is remembered.
  case contexts
  /// VT-d: the entries of one domain-id, or of one of its pages.
  case domain(UInt16, page: IOVA?)
}
