/// An address as a device sees it: what an IOMMU translates.
///
/// Linux calls it IOVA, Arm a virtual address, VT-d a DMA address. It never mixes with a
/// ``PhysicalAddress``: confusing the two is the commonest mistake with IOMMUs.
public struct IOVA: Hashable, Comparable, Sendable {
  public let value: UInt64

  @inlinable public init(_ value: UInt64) { self.value = value }

  @inlinable public static func < (left: IOVA, right: IOVA) -> Bool { left.value < right.value }

  /// The address `bytes` further on; wraps as C arithmetic does.
  @inlinable public static func + (address: IOVA, bytes: UInt64) -> IOVA {
    IOVA(address.value &+ bytes)
  }
}

/// An address of memory: what comes out of an IOMMU, and where page tables lie.
public struct PhysicalAddress: Hashable, Comparable, Sendable {
  public let value: UInt64

  @inlinable public init(_ value: UInt64) { self.value = value }

  @inlinable public static func < (left: PhysicalAddress, right: PhysicalAddress) -> Bool {
    left.value < right.value
  }

  /// The address `bytes` further on; wraps as C arithmetic does.
  @inlinable public static func + (address: PhysicalAddress, bytes: UInt64) -> PhysicalAddress {
    PhysicalAddress(address.value &+ bytes)
  }

  /// The number of the 4 KiB page that holds the address.
  @inlinable package var page: UInt64 { value >> 12 }
}

/// A size of page that a table format can map at once, as its log2 in bytes.
public struct PageSize: Hashable, Comparable, Sendable {
  public let bits: UInt8

  @inlinable public init(bits: UInt8) { self.bits = bits }

  @inlinable @inline(__always)
  public var bytes: UInt64 { 1 << UInt64(bits) }

  /// Masks the bits of an address that stay the same inside a page of this size.
  @inlinable @inline(__always)
  package var offsetMask: UInt64 { bytes &- 1 }

  @inlinable public static func < (left: PageSize, right: PageSize) -> Bool {
    left.bits < right.bits
  }

  @inlinable public static var size4K: PageSize { PageSize(bits: 12) }
  @inlinable public static var size64K: PageSize { PageSize(bits: 16) }
  @inlinable public static var size1M: PageSize { PageSize(bits: 20) }
  @inlinable public static var size16M: PageSize { PageSize(bits: 24) }
}

/// The page sizes of a format: Linux's `pgsize_bitmap`, bit n standing for 2^n bytes.
public struct PageSizes: Hashable, Sendable {
  public let bitmap: UInt64

  @inlinable public init(bitmap: UInt64) { self.bitmap = bitmap }

  @inlinable public init(_ sizes: [PageSize]) {
    bitmap = sizes.reduce(0) { $0 | $1.bytes }
  }

  /// The smallest size in bytes: every address and length must be a multiple of it.
  @inlinable public var smallestBytes: UInt64 { bitmap & (~bitmap &+ 1) }

  @inlinable public func contains(_ size: PageSize) -> Bool { bitmap & size.bytes != 0 }

  /// One of the sizes is that many bytes.
  @inlinable public func contains(bytes: UInt64) -> Bool {
    bitmap & bytes != 0 && bytes & (bytes &- 1) == 0
  }
}

/// What a device wants of an address.
public enum Access: UInt8, Hashable, Sendable, CaseIterable {
  case read, write, execute
}
