/// What a call is about, as far as one glance should tell.
@usableFromInline package enum Subject: Hashable, Sendable {
  case none
  case domain(UInt16)
  case device(UInt16)
  case bank(iommu: UInt8, bank: UInt8)
  case iommu(UInt8)
  /// A device's own access, and where it goes.
  case access(IOVA, device: UInt16)
}
