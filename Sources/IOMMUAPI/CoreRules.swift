public import IOMMUHardware

/// Which year's generic core it is: what changed in `drivers/iommu/iommu.c` over the years.
///
/// The platform names it. How map chooses sizes and what unmap passes down differ; nothing else.
@usableFromInline package enum CoreRules: String, Hashable, Sendable, CaseIterable {
  /// Map hands the driver one page at a time, unmap the whole rest.
  case linux3_6 = "3.6"
  /// Both hand the driver runs of pages of one size, and unmap gathers what is to be flushed.
  case linux6_1 = "6.1"
}

extension CoreRules {
  /// How many bytes map hands the driver next.
  @inlinable
  package func piece(
    of sizes: PageSizes, iova: UInt64, physical: UInt64, within bytes: UInt64
  ) -> UInt64 {
    switch self {
    case .linux3_6: sizes.largest(at: iova | physical, within: bytes)
    case .linux6_1: sizes.run(iova: iova, physical: physical, within: bytes).bytes
    }
  }

  /// How many bytes unmap hands the driver next.
  @inlinable
  package func unmapPiece(of sizes: PageSizes, iova: UInt64, within bytes: UInt64) -> UInt64 {
    switch self {
    case .linux3_6: bytes
    case .linux6_1: sizes.run(iova: iova, physical: iova, within: bytes).bytes
    }
  }
}

extension PageSizes {
  /// The size of the next pages, and how many bytes of such pages come in a row.
  ///
  /// Linux 6.1: `iommu_pgsize`. A run ends where the next larger size could take over.
  @inlinable
  package func run(iova: UInt64, physical: UInt64, within bytes: UInt64) -> (
    size: UInt64, bytes: UInt64
  ) {
    let size = largest(at: iova | physical, within: bytes)
    let larger = bitmap & ~(size | (size &- 1))
    guard larger != 0 else { return (size, bytes & ~(size &- 1)) }
    let next = larger & (~larger &+ 1)
    guard (iova ^ physical) & (next &- 1) == 0 else { return (size, bytes & ~(size &- 1)) }
    let offset = next &- ((iova | physical) & (next &- 1))
    let (both, isTooMuch) = offset.addingReportingOverflow(next)
    let limit = !isTooMuch && both <= bytes ? offset : bytes
    return (size, limit & ~(size &- 1))
  }
}

/// What an unmap is to flush when it is over, and the tables to free after that.
///
/// Linux: `struct iommu_iotlb_gather`.
@usableFromInline package struct UnmapGather: Hashable, Sendable {
  /// First and last byte; nil while there is nothing.
  package var start: UInt64?
  package var last: UInt64 = 0
  /// The granularity, in bytes.
  package var pageSize: UInt64 = 0
  package private(set) var freed: [PhysicalAddress] = []
  private var known: Set<PhysicalAddress> = []

  @usableFromInline package init() {}

  /// Takes a table to be freed; false when it is here already, as damaged tables may have it.
  package mutating func free(_ table: PhysicalAddress) -> Bool {
    guard known.insert(table).inserted else { return false }
    freed.append(table)
    return true
  }

  /// Pages of another size, or not adjoining, cannot be gathered together with what is there.
  package func accepts(_ iova: UInt64, size: UInt64) -> Bool {
    guard let start else { return true }
    let end = iova &+ size &- 1
    return pageSize == size && !(end &+ 1 < start || iova > last &+ 1)
  }

  package mutating func add(_ iova: UInt64, size: UInt64) {
    start = min(start ?? iova, iova)
    last = max(last, iova &+ size &- 1)
    pageSize = size
  }
}
