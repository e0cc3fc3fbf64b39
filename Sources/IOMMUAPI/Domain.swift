public import IOMMUHardware

/// Which domain: an index, in the order of allocation.
///
/// Freed domains keep theirs.
public struct DomainID: Hashable, Comparable, Sendable {
  public let index: Int

  @inlinable public init(_ index: Int) { self.index = index }

  @inlinable public static func < (left: DomainID, right: DomainID) -> Bool {
    left.index < right.index
  }
}

/// A set of mappings: one page table, and the devices that see memory through it.
///
/// Linux: `struct iommu_domain` and the driver's `priv`. A domain names no IOMMU. One domain may be
/// attached to many devices behind many IOMMUs; which ones is the devices' knowledge.
@usableFromInline package struct Domain: Hashable, Sendable {
  /// Index of its name in the kernel's names.
  package let name: Int
  /// Not freed yet.
  package internal(set) var isAllocated = true
  /// Where its first-level table lies; nil before the driver took one and after it was freed.
  @usableFromInline package internal(set) var table: PhysicalAddress?
  /// The device it was allocated for, where the design of the day asks for one.
  package internal(set) var cookie: DeviceID?
  /// The id that tags its TLB entries, where the hardware has domains too (VT-d).
  package internal(set) var tag: UInt16?
  /// The attached devices, in the order of the driver's list: the last attached comes first.
  @usableFromInline package internal(set) var attached: [DeviceID] = []
}

extension DomainID {
  /// Who owns a page table's pages: the domain's number and one, for 0 is nobody.
  package var owner: UInt32 { UInt32(index + 1) }
}
