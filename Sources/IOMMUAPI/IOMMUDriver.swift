public import IOMMUHardware

/// What an IOMMU driver must be able to do: Linux's `struct iommu_ops`.
///
/// The generic calls in this target know that there is a driver, never which. A driver programs the
/// board that it is handed; whatever it remembers lies in the system's records.
@usableFromInline package protocol IOMMUDriver: Sendable {
  /// `pgsize_bitmap`.
  var pageSizes: PageSizes { get }

  /// The addresses that a domain can map: `domain->geometry`.
  var aperture: ClosedRange<UInt64> { get }

  /// Gives a device its IOMMU data: for an IOMMU resets it, for a device behind one routes it.
  func probe(_ device: DeviceID, in system: inout System) throws(KernelError)
  /// `domain_init`.
  func initialize(_ domain: DomainID, in system: inout System) throws(KernelError)
  /// `domain_destroy`.
  func destroy(_ domain: DomainID, in system: inout System)
  /// `attach_dev`.
  func attach(_ device: DeviceID, to domain: DomainID, in system: inout System) throws(KernelError)
  /// `detach_dev`.
  func detach(_ device: DeviceID, from domain: DomainID, in system: inout System)
  /// `map`, `map_pages`: one page of one of ``pageSizes``, or a run of them.
  func map(
    _ iova: IOVA, to physical: PhysicalAddress, size: UInt64, _ protection: Protection,
    for domain: DomainID, in system: inout System
  ) throws(KernelError)
  /// Maps one page of the smallest size, if all there is to do for it is to store one entry.
  ///
  /// What ``map(_:to:size:_:for:in:)`` then comes to, but for the journal: the caller has it recorded.
  /// Nil says that nothing was changed.
  func mapOnePage(
    _ iova: IOVA, to physical: PhysicalAddress, _ protection: Protection, for domain: DomainID,
    in system: inout System
  ) -> StoredEntry?
  /// `unmap`, `unmap_pages`: answers how many bytes were unmapped.
  func unmap(
    _ iova: IOVA, size: UInt64, for domain: DomainID, gather: inout UnmapGather,
    in system: inout System
  ) -> UInt64
  /// Unmaps one page of the smallest size while nothing is recorded, if nothing has to be gathered for
  /// it; answers whether it did.
  ///
  /// What ``unmap(_:size:for:gather:in:)`` and ``synchronize(_:for:in:)`` then come to, and all of the
  /// page's bytes were unmapped. Where it answers false it has changed nothing.
  func unmapQuietly(_ iova: IOVA, for domain: DomainID, in system: inout System) -> Bool
  /// `iotlb_sync`: flushes what an unmap gathered.
  func synchronize(_ gather: inout UnmapGather, for domain: DomainID, in system: inout System)
  /// `flush_iotlb_all`: drops whatever TLBs know of a domain.
  func flushAll(_ domain: DomainID, in system: inout System)
  /// `domain_has_cap`, asked for cache coherency: can its mappings look into the CPU's caches?
  func isCoherent(_ domain: DomainID, in system: System) -> Bool
  /// `iova_to_phys`: 0 where nothing is mapped.
  func physicalAddress(
    of iova: IOVA, for domain: DomainID, in system: inout System
  ) -> PhysicalAddress
  /// The interrupt handler of one IOMMU.
  func handleInterrupt(of iommu: Int, in system: inout System)
}
