/// Which device of the machine: an index, in the order of the platform's description.
public struct DeviceID: Hashable, Comparable, Sendable {
  public let index: Int

  public init(_ index: Int) { self.index = index }

  public static func < (left: DeviceID, right: DeviceID) -> Bool { left.index < right.index }
}

/// A `struct device` as far as IOMMUs matter: what the bus knows of it, and what probing gave it.
///
/// This is where the mail's answer lives. Nobody tells a domain which IOMMU it belongs to; the
/// device carries that, from the moment it is probed, and attaching says all there is to say.
package struct Device: Hashable, Sendable {
  package let name: String
  /// Index of the IOMMU that the device is, or is wired to.
  package let iommu: Int
  /// Physical base of an IOMMU's register window; 0 for any other device.
  package let base: UInt32
  /// The context bank a context device stands for; nil for an IOMMU itself.
  package let bank: Int?
  /// The IOMMU's own device, for anything behind one.
  package let parent: DeviceID?
  /// The stream IDs its requests carry (MSM: MIDs).
  package let streams: [UInt32]
  /// What the DMA API must know of it.
  package let dma: DMATraits

  /// Probed: it has its IOMMU data (`dev->archdata`, driver data).
  package internal(set) var isBound = false
  /// The domain whose list it is on.
  package internal(set) var attachedTo: DomainID?

  package init(
    name: String, iommu: Int, base: UInt32 = 0, bank: Int? = nil, parent: DeviceID? = nil,
    streams: [UInt32] = [], dma: DMATraits = DMATraits()
  ) {
    (self.name, self.iommu, self.base, self.bank) = (name, iommu, base, bank)
    (self.parent, self.streams, self.dma) = (parent, streams, dma)
  }
}

/// What a bus and a driver say about a device's DMA (`struct device`: `dma_mask`, `dma_coherent`).
package struct DMATraits: Hashable, Sendable {
  package let isPCI: Bool
  /// Its DMA looks into the CPU's caches.
  package let isCoherent: Bool
  /// The highest address it can put on the bus.
  package let mask: UInt64

  package init(isPCI: Bool = false, isCoherent: Bool = false, mask: UInt64 = 0xffff_ffff) {
    (self.isPCI, self.isCoherent, self.mask) = (isPCI, isCoherent, mask)
  }
}
