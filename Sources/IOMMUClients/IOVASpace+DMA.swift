package import IOMMUValues

/// Addresses for buffers of the DMA API.
extension IOVASpace {
  /// What an address must be like (`iommu_dma_alloc_iova`).
  package struct Wish: Hashable, Sendable {
    /// A multiple of the granule.
    package let bytes: UInt64
    /// The highest address that the device can put on the bus, and that the bus carries; 0 is any.
    package let mask: UInt64
    package let busLimit: UInt64
    /// The highest address that the domain can map; 0 is any.
    package let apertureEnd: UInt64
    /// It is for a PCI device, and nobody booted with `iommu.forcedac=1`.
    package let triesLowFirst: Bool

    package init(
      bytes: UInt64, mask: UInt64, busLimit: UInt64 = 0, apertureEnd: UInt64, triesLowFirst: Bool
    ) {
      (self.bytes, self.mask, self.busLimit) = (bytes, mask, busLimit)
      (self.apertureEnd, self.triesLowFirst) = (apertureEnd, triesLowFirst)
    }

    fileprivate var limit: UInt64 {
      min(mask, busLimit == 0 ? .max : busLimit, apertureEnd == 0 ? .max : apertureEnd)
    }
  }

  /// Finds an address; nil when none is free.
  package mutating func allocate(_ wish: Wish, _ recorder: inout some Recorder) -> IOVA? {
    recorder.enter("iommu_dma_alloc_iova", .none)
    let shift = UInt64(granuleBits)
    let (count, limit) = (wish.bytes >> shift, wish.limit)
    var found: UInt64?
    // Old PCI bridges make an address beyond 32 bits cost a second cycle.
    let triesLow = limit > 0xffff_ffff && wish.triesLowFirst
    if recorder.ask("is 32 bits to be tried first?", triesLow) {
      found = allocateFast(count, through: 0xffff_ffff >> shift, emptiesCaches: false, &recorder)
    }
    if found == nil {
      found = allocateFast(count, through: limit >> shift, emptiesCaches: true, &recorder)
    }
    let address = found.map { IOVA($0 << shift) }
    recorder.leave(Int64(bitPattern: address?.value ?? 0))
    return address
  }

  /// Frees a buffer's addresses (`iommu_dma_free_iova`, when nothing waits for a flush).
  package mutating func free(_ iova: IOVA, bytes: UInt64, _ recorder: inout some Recorder) {
    recorder.enter("iommu_dma_free_iova", .none)
    freeFast(iova.value >> UInt64(granuleBits), bytes >> UInt64(granuleBits), &recorder)
    recorder.leave(0)
  }
}
