/// What a mapping is asked to allow: the kernel's `prot` number.
///
/// Linux: `IOMMU_READ`, `IOMMU_WRITE`, `IOMMU_CACHE`. A driver may read the bits otherwise: MSM's
/// takes bits 1:0 as a cache policy and bit 2 as "shared".
public struct Protection: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let read = Protection(rawValue: 1)
  public static let write = Protection(rawValue: 2)
  public static let cache = Protection(rawValue: 4)
}
