package import IOMMUAPI
package import IOMMUValues

/// A device's default domain, and the addresses that its buffers get there.
///
/// Linux: the domain of type DMA with its `struct iommu_dma_cookie`.
package struct DMASpace: Hashable, Sendable {
  /// Addresses that were unmapped and wait until the TLBs have forgotten them.
  package struct Waiting: Hashable, Sendable {
    package let frame: UInt64
    package let pages: UInt64
    /// When it was unmapped, in microseconds.
    package let since: UInt64
    /// Page tables that only lead here, and that a walk may still be reading.
    package internal(set) var tables: [PhysicalAddress] = []
  }

  package let device: DeviceID
  package let domain: DomainID
  /// The highest address that the domain can map.
  package let last: UInt64
  package internal(set) var addresses: IOVASpace
  /// The oldest first.
  package internal(set) var queue: [Waiting] = []
  /// When the queue is flushed, in microseconds; 0 while nothing waits.
  package internal(set) var timer: UInt64 = 0
  /// How often the device has reached a buffer that its driver had given up.
  package internal(set) var staleReaches = 0

  /// A ring of 256 that is never quite full (`IOVA_FQ_SIZE`).
  package static let mostWaiting = 255
  /// 10 ms (`IOVA_FQ_TIMEOUT`).
  package static let patience: UInt64 = 10_000

  init(device: DeviceID, domain: DomainID, last: UInt64, addresses: IOVASpace) {
    (self.device, self.domain, self.last, self.addresses) = (device, domain, last, addresses)
  }
}

/// A driver's buffer, as dma-debug keeps it: `struct dma_debug_entry`.
package struct Buffer: Hashable, Sendable {
  /// A run of addresses that the device is told of.
  package struct Segment: Hashable, Sendable {
    package let iova: IOVA
    package let size: UInt64
  }

  package let name: String
  package let device: DeviceID
  package let iova: IOVA
  package let size: UInt64
  package let direction: DMADirection
  package let kind: BufferKind
  /// The buffer that had this name before.
  let before: Int?
  /// The pages that were taken for it.
  package internal(set) var pages: [PhysicalAddress] = []
  /// Of a scattered buffer: what the device gets.
  package internal(set) var segments: [Segment] = []
  /// When it was unmapped, in microseconds; nil while it is mapped.
  package internal(set) var unmappedAt: UInt64?

  package var isMapped: Bool { unmappedAt == nil }

  init(
    name: String, device: DeviceID, iova: IOVA, size: UInt64, direction: DMADirection,
    kind: BufferKind, before: Int?
  ) {
    (self.name, self.device, self.iova, self.size) = (name, device, iova, size)
    (self.direction, self.kind, self.before) = (direction, kind, before)
  }

  package func contains(_ address: IOVA) -> Bool { address.value &- iova.value < size }
}

/// A complaint of dma-debug.
package struct DMAReport: Hashable, Sendable {
  package let mistake: DMAMistake
  package let device: DeviceID
  package let iova: IOVA
  /// What was mapped, and what the driver said now: sizes, directions or kinds, by the mistake.
  package let mapped: UInt64
  package let given: UInt64
}
