/// What a mapping is asked to allow: the kernel's `prot` number.
///
/// Linux: `IOMMU_READ`, `IOMMU_WRITE`, `IOMMU_CACHE`. A driver may read the bits otherwise: MSM's
/// takes bits 1:0 as a cache policy and bit 2 as "shared".
public struct Protection: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  // Computed, so that another module has the number and not a call for where it lies.
  @inlinable public static var read: Protection { Protection(rawValue: 1) }
  @inlinable public static var write: Protection { Protection(rawValue: 2) }
  @inlinable public static var cache: Protection { Protection(rawValue: 4) }
}
