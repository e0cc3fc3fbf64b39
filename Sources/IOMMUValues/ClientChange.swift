/// What can happen to the records of the clients: the DMA API, KVM, and the clock they live by.
///
/// An address space of the DMA API has a number, in the order in which they came to be; so has a
/// buffer, and so has a virtual machine. Page frames are counted in the space's granule. The payloads
/// stand in the order that leaves no gaps: all of it must fit into an event of 32 bytes.
package enum ClientChange: Hashable, Sendable {
  // MARK: Time

  /// Simulated time went on, in microseconds.
  case clock(old: UInt64, new: UInt64)
  /// The DMA API frees at once, or waits for one flush of all.
  case mode(wasLazy: Bool, isLazy: Bool)

  // MARK: Address spaces of the DMA API

  /// A device got its default domain, with an address space to hand out.
  case space(device: UInt16, domain: UInt32, first: UInt64, last: UInt64, granuleBits: UInt8)
  case iovaInsert(space: UInt16, low: UInt64, high: UInt64)
  case iovaRemove(space: UInt16, low: UInt64, high: UInt64)
  /// A reserved range grew downwards over what had been free.
  case iovaGrow(high: UInt64, old: UInt64, new: UInt64, space: UInt16)
  case iovaHint(space: UInt16, IOVAHint, old: UInt64, new: UInt64)
  case iovaCache(
    space: UInt16, CacheMove, order: UInt8, magazine: UInt8, index: UInt8, frame: UInt64)

  // MARK: The flush queue

  /// Unmapped addresses wait from now on.
  case queued(space: UInt16, frame: UInt64, pages: UInt64)
  /// The oldest of them, which had waited since then, are free again.
  case unqueued(frame: UInt64, pages: UInt64, since: UInt64, space: UInt16)
  /// A page table waits with what was queued last.
  case queuedTable(space: UInt16, PhysicalAddress)
  /// The first page table of the oldest entry is given back.
  case unqueuedTable(space: UInt16, PhysicalAddress)
  /// When the queue is to be flushed; 0 is never.
  case timer(space: UInt16, old: UInt64, new: UInt64)
  /// A device reached a buffer that its driver had given up.
  case staleReach(space: UInt16, buffer: UInt32, IOVA)

  // MARK: Buffers, as dma-debug knows them

  case bufferMapped(
    name: UInt32, device: UInt16, iova: IOVA, size: UInt64, DMADirection, BufferKind)
  /// A page of memory was taken for the newest buffer.
  case bufferPage(PhysicalAddress)
  /// A piece of the newest buffer as the device is to see it.
  case bufferSegment(IOVA, size: UInt64)
  case bufferUnmapped(buffer: UInt32)
  /// dma-debug complains: what was mapped, and what was given.
  case dmaDebug(at: IOVA, mapped: UInt64, given: UInt64, device: UInt16, DMAMistake)

  // MARK: KVM

  /// A virtual machine came to be; `given` is the domain that platform code made for it, by its number
  /// and one, or 0.
  case vm(name: UInt32, given: UInt32)
  case vmFree(vm: UInt16)
  /// The domain of a virtual machine, by its number and one; 0 is none.
  case vmDomain(vm: UInt16, old: UInt32, new: UInt32)
  case slot(guest: UInt64, host: UInt64, size: UInt64, vm: UInt16, isHuge: Bool)
  /// The slot that was added last could not be mapped and goes.
  case slotDropped(guest: UInt64, host: UInt64, size: UInt64, vm: UInt16, isHuge: Bool)
  case assigned(vm: UInt16, device: UInt16)
  case deassigned(vm: UInt16, device: UInt16, position: UInt16)
  case coherent(vm: UInt16, old: Bool, new: Bool)
  /// Pages of memory that the host may not swap out from now on, and that it may again.
  case pinned(vm: UInt16, frame: UInt64, pages: UInt64)
  case unpinned(vm: UInt16, frame: UInt64, pages: UInt64)
  /// Pages were unpinned that this guest had not pinned: somebody else's, or nobody's.
  case unpinnedForeign(vm: UInt16, frame: UInt64, pages: UInt64)
  /// The guest is gone, and so many pages of it stay pinned for ever.
  case pinsLeaked(vm: UInt16, pages: UInt64)

  /// It stands for something that went wrong.
  package var isMistake: Bool {
    switch self {
    case .staleReach, .dmaDebug, .unpinnedForeign, .pinsLeaked: true
    default: false
    }
  }
}

/// What the allocator of addresses remembers beside the ranges in use.
package enum IOVAHint: UInt8, Hashable, Sendable {
  /// Where the last search below 4 GiB stopped, and where the last one above it.
  case below4G, above4G
  /// The smallest size that was not to be had below 4 GiB.
  case smallestFailed
}

/// How the caches of freed addresses change.
package enum CacheMove: UInt8, Hashable, Sendable {
  /// A page frame is put on top of a magazine.
  case push
  /// A page frame leaves, and the topmost takes its place.
  case pop
  /// The loaded magazine and the previous one change places.
  case swap
  /// The loaded magazine goes to the depot; the depot's last comes back.
  case store, fetch
  /// An empty magazine of the depot is thrown away.
  case drop
}

/// Which way the data of a DMA go.
package enum DMADirection: UInt8, Hashable, Sendable, CaseIterable {
  case toDevice, fromDevice, bidirectional
}

/// How a buffer came to be mapped.
package enum BufferKind: UInt8, Hashable, Sendable {
  case single, scattered, coherent
}

/// The mistakes of drivers that dma-debug finds (`kernel/dma/debug.c`).
package enum DMAMistake: UInt8, Hashable, Sendable, CaseIterable {
  case notAllocated, differentSize, differentDirection, wrongFunction
  /// The driver left the device, and buffers of it are still mapped.
  case pending
}

/// How a domain learns which IOMMU it is for: the three proposals of July 2010.
package enum Design: UInt8, Hashable, Sendable, CaseIterable {
  /// `iommu_domain_alloc(void *)`, passed through to the driver.
  case a
  /// `msm_iommu_domain_alloc(context_id)` beside the generic call.
  case b
  /// Neither: the device carries its IOMMU data.
  case c

  package var name: String { "\(self)" }
}
