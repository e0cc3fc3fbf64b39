/// One thing that happened, in the order in which it happened, under the call that caused it.
///
/// Steps, undo, highlights, narration, the log and the tests are all made from events. An event is a
/// small plain value with old and new, without references, so that millions of them cost little: 32
/// bytes, for which the payloads of the largest cases stand in the order that leaves no gaps.
package struct Event: Hashable, Sendable {
  /// What happened.
  package let change: Change
  /// How many calls were open when it happened.
  package let depth: UInt8

  package init(_ change: Change, depth: UInt8) {
    self.change = change
    self.depth = depth
  }
}

/// Everything that can happen to a machine, one case for each kind.
///
/// Only `undo` and `redo` on the part of the machine that a case names change state for it, beside
/// the one primitive that recorded it.
package enum Change: Hashable, Sendable {
  // MARK: The code that runs

  /// A kernel function was entered.
  case call(Label, Subject)
  /// The function entered last came back with this value: bytes, an address, or a negative errno.
  case `return`(Int64)
  /// The code asked a question; 1 is yes, 0 is no, anything else is the value found.
  case check(Label, answer: UInt32)
  /// The kernel printed a line: a format, and the numbers for it.
  case message(Label, UInt32, UInt32)
  /// Something went wrong that the real code does not notice.
  case hazard(Hazard, at: PhysicalAddress, word: UInt32)

  // MARK: Registers

  /// Software wrote `new`; the register then held `kept`.
  case registerWrite(iommu: UInt8, offset: UInt32, old: UInt32, new: UInt32, kept: UInt32)
  case registerRead(iommu: UInt8, offset: UInt32, value: UInt32)
  /// The hardware itself changed a register: PAR, FSR, FAR and the like.
  case registerSet(iommu: UInt8, offset: UInt32, old: UInt32, new: UInt32)

  // MARK: Memory

  /// Software stored a word.
  case memoryWrite(PhysicalAddress, old: UInt32, new: UInt32)
  /// Software stored a word of 64 bits.
  case memoryWrite64(PhysicalAddress, old: UInt64, new: UInt64)
  /// A device stored a word by DMA.
  case dmaWrite(PhysicalAddress, old: UInt32, new: UInt32)
  /// A device stored a word of 64 bits by DMA.
  case dmaWrite64(PhysicalAddress, old: UInt64, new: UInt64)
  /// A device fetched a word by DMA.
  case dmaRead(PhysicalAddress, value: UInt32)
  /// The table walker read a word of a table of `level` (1 is the first); 0 is a read by software.
  case memoryRead(PhysicalAddress, value: UInt64, level: UInt8)
  /// The walker read one half of a root or context entry.
  case routingRead(PhysicalAddress, value: UInt64)
  /// Pages were taken from the pool; `before` holds their former uses, four bits each.
  case pageAlloc(PhysicalAddress, count: UInt8, use: PageUse, before: UInt32, owner: UInt32)
  /// Pages went back to the pool; `use` is what they were.
  case pageFree(PhysicalAddress, count: UInt8, use: PageUse, owner: UInt32)
  /// A fresh page was cleared; its old words, if any, are in the recording's `images`.
  case pageClear(PhysicalAddress, image: Int32)

  // MARK: Translation

  case tlbHit(iommu: UInt8, slot: UInt16)
  case tlbMiss(iommu: UInt8, bank: UInt8, iova: IOVA)
  case tlbFill(entry: TLBEntry, iommu: UInt8, slot: UInt16)
  /// An entry was invalidated.
  case tlbDrop(entry: TLBEntry, iommu: UInt8, slot: UInt16, hits: UInt16)
  /// An entry left a full set to make room for a new one.
  case tlbEvict(entry: TLBEntry, iommu: UInt8, slot: UInt16, hits: UInt16)
  /// A context entry was remembered, or forgotten.
  case contextFill(iommu: UInt8, source: UInt16, entry: ContextEntry)
  case contextDrop(iommu: UInt8, source: UInt16, entry: ContextEntry)
  case fault(Fault)
  /// A request was held back because its context bank is stalled.
  case stalled(iommu: UInt8, bank: UInt8)
  /// The interrupt line of an IOMMU went up.
  case interrupt(iommu: UInt8)

  // MARK: The kernel's own records

  /// A domain came to be; `name` is an index into the machine's names.
  case domainAlloc(domain: UInt32, name: UInt32)
  case domainFree(domain: UInt32)
  /// The driver noted where a domain's first table lies; 0 is nowhere.
  case domainTable(domain: UInt32, old: PhysicalAddress, new: PhysicalAddress)
  /// A domain got the id that tags its TLB entries, or lost it; 0 is none.
  case domainTag(domain: UInt32, old: UInt16, new: UInt16)
  /// A device was entered into a domain's list of attached devices at `position`.
  case link(domain: UInt32, device: UInt16, position: UInt16)
  case unlink(domain: UInt32, device: UInt16, position: UInt16)
  /// A device received its driver data: from now on it knows its IOMMU.
  case bind(device: UInt16)
  /// A limit of the page pool was set; -1 is none.
  case pageLimit(old: Int64, new: Int64)
  /// From now on faults stay pending, or are handled by themselves again.
  case interruptsHeld(old: Bool, new: Bool)
  /// Another of the three designs decides how a domain learns its IOMMU.
  case design(old: Design, new: Design)
  /// A domain was told at its allocation which device it is for.
  case domainCookie(domain: UInt32, device: UInt16)

  // MARK: The clients' records

  case client(ClientChange)

  /// Entering and leaving functions change nothing, so they are not steps of their own.
  package var isStep: Bool {
    switch self {
    case .call, .return: false
    default: true
    }
  }
}

/// What the drivers of the day do not notice, and the model does.
@usableFromInline package enum Hazard: UInt8, Hashable, Sendable {
  /// A section's word was taken for a table pointer, and a word of mapped memory was overwritten.
  case overwroteMappedMemory
  /// A word beyond the end of a table was written.
  case wroteBeyondTable
  /// A table pointer was overwritten or cleared: its page can no longer be reached.
  case leakedTable
  /// A context still walks tables that were freed.
  case freedWhileAttached
  /// An unmap answered success without changing a word.
  case unmappedNothing
  /// Only a part of a group of 16 equal words was cleared.
  case tornGroup
  /// A leaf was to be stored where there was one already; the old one stays.
  case mappedTwice
  /// An unmap took away more than it was asked for: what it met was larger.
  case unmappedMore
  /// A map failed after some of it was done, and nothing takes that back.
  case leftHalfMapped
  /// A page was given back that the allocator had not handed out.
  case freedForeignPage
}
