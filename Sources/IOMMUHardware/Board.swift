/// The silicon: memory and IOMMUs.
///
/// Everything that changes it goes through the primitives here.
///
/// Each primitive makes one kind of change and writes an event; ``undo(_:images:)`` and
/// ``redo(_:)`` are the only other mutators. The board sees registers and words, never a domain.
@usableFromInline package struct Board: Sendable {
  @usableFromInline package internal(set) var memory: PhysicalMemory
  package private(set) var iommus: [IOMMU]
  @usableFromInline package var journal = Journal()
  /// How often each TLB entry has answered: all slots of the first IOMMU, of the second, and so on.
  ///
  /// Side by side, because before counting Swift asks at each level of nesting whether it is shared.
  @usableFromInline var hits: [UInt16]
  /// Where in `hits` each IOMMU's slots begin.
  private let firstHit: [Int]
  @usableFromInline var shortcuts = Shortcuts()

  package init(iommus: [IOMMU], holes: [Range<UInt64>] = []) {
    self.iommus = iommus
    memory = PhysicalMemory(holes: holes)
    var count = 0
    firstHit = iommus.map { iommu in
      defer { count += iommu.tlb.geometry.sets * iommu.tlb.geometry.ways }
      return count
    }
    hits = Array(repeating: 0, count: count)
  }

  // MARK: Memory

  /// A word of memory as the CPU reads it; leaves no trace.
  @inlinable @inline(__always)
  package func word(at address: PhysicalAddress) -> UInt32 { memory.word(at: address) }

  /// Software reads a word.
  package mutating func readWord(at address: PhysicalAddress) -> UInt32 {
    let word = memory.word(at: address)
    journal.append(.memoryRead(address, value: UInt64(word), level: 0))
    return word
  }

  /// Software reads 64 bits.
  package mutating func readDoubleWord(at address: PhysicalAddress) -> UInt64 {
    let word = memory.doubleWord(at: address)
    journal.append(.memoryRead(address, value: word, level: 0))
    return word
  }

  /// Software stores a word.
  @inlinable @inline(__always)
  package mutating func writeWord(_ word: UInt32, at address: PhysicalAddress) {
    let old = memory.store(word, at: address)
    if journal.isOn { noteWrite(old, word, at: address) }
  }

  /// Software stores a word, and answers what was there; the caller has it recorded.
  @inlinable @inline(__always)
  package mutating func exchangeWord(_ word: UInt32, at address: PhysicalAddress) -> UInt32 {
    memory.store(word, at: address)
  }

  /// Software stores 64 bits where all are 0, and answers whether it did; the caller has it recorded.
  @inlinable @inline(__always)
  package mutating func storeWhereEmpty(
    doubleWord word: UInt64, at address: PhysicalAddress
  ) -> Bool {
    memory.storeWhereEmpty(doubleWord: word, at: address)
  }

  @usableFromInline @inline(never)
  mutating func noteWrite(_ old: UInt32, _ new: UInt32, at address: PhysicalAddress) {
    journal.append(.memoryWrite(address, old: old, new: new))
  }

  /// 64 bits of memory as the CPU reads them; leaves no trace.
  @inlinable @inline(__always)
  package func doubleWord(at address: PhysicalAddress) -> UInt64 { memory.doubleWord(at: address) }

  /// Software stores 64 bits.
  @inlinable @inline(__always)
  package mutating func writeDoubleWord(_ word: UInt64, at address: PhysicalAddress) {
    let old = memory.store(doubleWord: word, at: address)
    if journal.isOn { noteWrite(old, word, at: address) }
  }

  @usableFromInline @inline(never)
  mutating func noteWrite(_ old: UInt64, _ new: UInt64, at address: PhysicalAddress) {
    journal.append(.memoryWrite64(address, old: old, new: new))
  }

  /// A device stores a word by DMA.
  package mutating func writeByDevice(_ word: UInt32, at address: PhysicalAddress) {
    let old = memory.store(word, at: address)
    journal.append(.dmaWrite(address, old: old, new: word))
  }

  /// A device stores 64 bits by DMA.
  package mutating func writeByDevice(doubleWord word: UInt64, at address: PhysicalAddress) {
    let old = memory.store(doubleWord: word, at: address)
    journal.append(.dmaWrite64(address, old: old, new: word))
  }

  /// A device fetches a word by DMA.
  package mutating func readByDevice(at address: PhysicalAddress) {
    guard journal.isOn else { return }
    journal.append(.dmaRead(address, value: memory.word(at: address)))
  }

  /// Takes the lowest free run of `count` pages (a power of two, at most 8) and clears it.
  ///
  /// Nil when there is none, or when the limit on pages forbids it.
  package mutating func allocatePages(
    _ count: Int, for use: PageUse, owner: UInt32
  ) -> PhysicalAddress? {
    guard let base = memory.pool.lowestFreeRun(of: count) else { return nil }
    let pages = base.page..<base.page + UInt64(count)
    let before = pages.reversed().reduce(UInt32(0)) {
      $0 << 4 | UInt32(memory.use(ofPage: $1).rawValue)
    }
    memory.setUse(ofPages: pages, to: use, owner: owner)
    journal.append(
      .pageAlloc(base, count: UInt8(count), use: use, before: before, owner: owner))
    for page in pages {
      let old = memory.contents(ofPage: page)
      if old != nil { memory.setContents(ofPage: page, to: nil) }
      let image = journal.keepImage(old)
      journal.append(.pageClear(PhysicalAddress(page << 12), image: image))
    }
    return base
  }

  /// Gives pages back.
  ///
  /// Their words stay until somebody takes the pages again.
  ///
  /// Giving back what was not handed out changes nothing here; the real allocator would be damaged.
  package mutating func freePages(_ base: PhysicalAddress, _ count: Int) {
    let pages = base.page..<base.page + UInt64(count)
    let use = memory.use(ofPage: base.page)
    let owner = memory.pool.owner(ofPage: base.page)
    let isUniform = pages.allSatisfy {
      memory.use(ofPage: $0) == use && memory.pool.owner(ofPage: $0) == owner
    }
    // A damaged table may have had a part of them given back before.
    guard isUniform else {
      for page in pages { freePages(PhysicalAddress(page << 12), 1) }
      return
    }
    guard use.isInUse else {
      journal.warn(.freedForeignPage, at: base, word: 0)
      return
    }
    memory.setUse(ofPages: pages, to: .freed)
    journal.append(.pageFree(base, count: UInt8(count), use: use, owner: owner))
  }

  /// Limits the pages that may be in use at once; nil lifts the limit.
  package mutating func limitPages(to limit: Int?) {
    let old = memory.pool.limit
    setPageLimit(limit)
    journal.append(.pageLimit(old: Int64(old ?? -1), new: Int64(limit ?? -1)))
  }

  private mutating func setPageLimit(_ limit: Int?) {
    var pool = memory.pool
    pool.limit = limit
    memory.setPool(pool)
  }

  /// The pages written since the last call: what a checkpoint must keep.
  package mutating func takeDirtyPages() -> [UInt64] { memory.takeDirtyPages() }

  /// Leaves memory with its page uses but without words.
  package mutating func forgetWords() { memory = memory.withoutWords }

  /// Takes the words of another board's memory, some pages replaced; page uses stay.
  package mutating func takeWords(
    of other: Board, replaced pages: [(key: UInt64, value: [UInt32]?)]
  ) {
    let pool = memory.pool
    memory = other.memory
    memory.setPool(pool)
    for (page, words) in pages { memory.setContents(ofPage: page, to: words) }
    _ = memory.takeDirtyPages()
  }

  // MARK: Registers

  /// The word a register holds; leaves no trace.
  ///
  /// 0 where there is no register.
  package func register(_ offset: UInt32, of iommu: Int) -> UInt32 {
    guard let index = iommus[iommu].registerIndex(at: offset) else { return 0 }
    return iommus[iommu].registers[index]
  }

  /// Software reads a register.
  package mutating func readRegister(_ offset: UInt32, of iommu: Int) -> UInt32 {
    let value = register(offset, of: iommu)
    journal.append(.registerRead(iommu: UInt8(iommu), offset: offset, value: value))
    return value
  }

  /// Software writes a register; what the hardware does in answer follows as events of its own.
  package mutating func writeRegister(_ offset: UInt32, of iommu: Int, _ word: UInt32) {
    let old = register(offset, of: iommu)
    let kept = kept(word, over: old, at: offset, of: iommu)
    let isStored = storeRegister(offset, of: iommu, kept)
    journal.append(
      .registerWrite(
        iommu: UInt8(iommu), offset: offset, old: old, new: word, kept: isStored ? kept : 0))
    react(toWriteOf: word, at: offset, of: iommu)
  }

  /// Software writes a register of 64 bits, low word first.
  package mutating func writeDoubleRegister(_ offset: UInt32, of iommu: Int, _ word: UInt64) {
    writeRegister(offset, of: iommu, UInt32(truncatingIfNeeded: word))
    writeRegister(offset + 4, of: iommu, UInt32(truncatingIfNeeded: word >> 32))
  }

  /// The hardware changes a register of its own.
  mutating func setRegister(_ offset: UInt32, of iommu: Int, _ word: UInt32) {
    let old = register(offset, of: iommu)
    storeRegister(offset, of: iommu, word)
    journal.append(.registerSet(iommu: UInt8(iommu), offset: offset, old: old, new: word))
  }

  @discardableResult
  private mutating func storeRegister(
    _ offset: UInt32, of iommu: Int, _ word: UInt32
  ) -> Bool {
    guard let index = iommus[iommu].registerIndex(at: offset) else { return false }
    iommus[iommu].registers[index] = word
    shortcuts.forgetAll()
    return true
  }

  // MARK: TLB

  /// How often the entry in a slot of an IOMMU's TLB has answered.
  package func tlbHits(at slot: Int, of iommu: Int) -> UInt16 { hits[firstHit[iommu] + slot] }

  /// Where `hits` counts for a slot.
  func counter(_ slot: Int, of iommu: Int) -> Int { firstHit[iommu] + slot }

  private mutating func fill(
    _ slot: Int, of iommu: Int, with entry: TLBEntry, hits count: UInt16 = 0
  ) {
    iommus[iommu].tlb.fill(slot, with: entry)
    hits[counter(slot, of: iommu)] = count
    shortcuts.forget(entry)
  }

  private mutating func drop(_ slot: Int, of iommu: Int) {
    guard let entry = iommus[iommu].tlb[slot] else { return }
    iommus[iommu].tlb.drop(slot)
    hits[counter(slot, of: iommu)] = 0
    shortcuts.forget(entry)
  }

  mutating func fillTLB(of iommu: Int, with entry: TLBEntry) {
    let slot = iommus[iommu].tlb.slotForFill(iova: entry.iova, size: entry.size)
    if let leaving = iommus[iommu].tlb[slot] {
      let hits = tlbHits(at: slot, of: iommu)
      evict(slot, of: iommu)
      journal.append(
        .tlbEvict(entry: leaving, iommu: UInt8(iommu), slot: UInt16(slot), hits: hits))
    }
    fill(slot, of: iommu, with: entry)
    journal.append(.tlbFill(entry: entry, iommu: UInt8(iommu), slot: UInt16(slot)))
  }

  private mutating func evict(_ slot: Int, of iommu: Int) {
    drop(slot, of: iommu)
    iommus[iommu].tlb.moveVictim(ofSlot: slot, forward: true)
  }

  mutating func countTLBHit(_ slot: Int, of iommu: Int) {
    hits[counter(slot, of: iommu)] &+= 1
    if journal.isOn { journal.append(.tlbHit(iommu: UInt8(iommu), slot: UInt16(slot))) }
  }

  /// Drops the entries that `isMeant` picks, in the order of their slots.
  mutating func dropTLB(of iommu: Int, where isMeant: (TLBEntry) -> Bool) {
    guard !iommus[iommu].tlb.isEmpty else { return }
    for slot in iommus[iommu].tlb.usedSlots {
      guard let entry = iommus[iommu].tlb[slot], isMeant(entry) else { continue }
      let hits = tlbHits(at: slot, of: iommu)
      drop(slot, of: iommu)
      journal.append(.tlbDrop(entry: entry, iommu: UInt8(iommu), slot: UInt16(slot), hits: hits))
    }
  }

  // MARK: Context cache

  mutating func fillContext(of iommu: Int, source: UInt16, with entry: ContextEntry) {
    iommus[iommu].contextCache[source] = entry
    shortcuts.forgetAll()
    journal.append(.contextFill(iommu: UInt8(iommu), source: source, entry: entry))
  }

  /// Drops the context entries that `isMeant` picks, in the order of their source-ids.
  mutating func dropContexts(of iommu: Int, where isMeant: (UInt16, ContextEntry) -> Bool) {
    for (source, entry) in iommus[iommu].contextCache.all where isMeant(source, entry) {
      iommus[iommu].contextCache[source] = nil
      shortcuts.forgetAll()
      journal.append(.contextDrop(iommu: UInt8(iommu), source: source, entry: entry))
    }
  }

  // MARK: Undo and redo

  /// Takes one change back; a change that is none of the board's does nothing.
  ///
  /// - Precondition: It is the change made last.
  package mutating func undo(_ change: Change, images: [[UInt32]]) {
    switch change {
    case .registerWrite(let iommu, let offset, let old, _, _),
      .registerSet(let iommu, let offset, let old, _):
      storeRegister(offset, of: Int(iommu), old)
    case .memoryWrite(let address, let old, _), .dmaWrite(let address, let old, _):
      _ = memory.store(old, at: address)
    case .memoryWrite64(let address, let old, _), .dmaWrite64(let address, let old, _):
      _ = memory.store(doubleWord: old, at: address)
    case .contextFill(let iommu, let source, _):
      iommus[Int(iommu)].contextCache[source] = nil
      shortcuts.forgetAll()
    case .contextDrop(let iommu, let source, let entry):
      iommus[Int(iommu)].contextCache[source] = entry
      shortcuts.forgetAll()
    case .pageAlloc(let base, let count, _, let before, _):
      for index in 0..<UInt64(count) {
        let use = PageUse(rawValue: UInt8(before >> UInt32(4 * index) & 15)) ?? .buffer
        memory.setUse(ofPages: base.page + index..<base.page + index + 1, to: use)
      }
    case .pageFree(let base, let count, let use, let owner):
      memory.setUse(ofPages: base.page..<base.page + UInt64(count), to: use, owner: owner)
    case .pageClear(let base, let image):
      if image >= 0 { memory.setContents(ofPage: base.page, to: images[Int(image)]) }
    case .pageLimit(let old, _): setPageLimit(old < 0 ? nil : Int(old))
    case .tlbHit(let iommu, let slot): hits[counter(Int(slot), of: Int(iommu))] &-= 1
    case .tlbFill(_, let iommu, let slot): drop(Int(slot), of: Int(iommu))
    case .tlbDrop(let entry, let iommu, let slot, let hits):
      fill(Int(slot), of: Int(iommu), with: entry, hits: hits)
    case .tlbEvict(let entry, let iommu, let slot, let hits):
      iommus[Int(iommu)].tlb.moveVictim(ofSlot: Int(slot), forward: false)
      fill(Int(slot), of: Int(iommu), with: entry, hits: hits)
    case .call, .return, .check, .message, .hazard, .registerRead, .memoryRead, .routingRead,
      .dmaRead, .tlbMiss,
      .fault, .stalled, .interrupt, .interruptsHeld, .domainAlloc, .domainFree, .domainTable,
      .domainTag, .link,
      .unlink, .bind, .design, .domainCookie, .client:
      break
    }
  }

  /// Makes a change again that was undone; a change that is none of the board's does nothing.
  package mutating func redo(_ change: Change) {
    switch change {
    case .registerWrite(let iommu, let offset, _, _, let word),
      .registerSet(let iommu, let offset, _, let word):
      storeRegister(offset, of: Int(iommu), word)
    case .memoryWrite(let address, _, let word), .dmaWrite(let address, _, let word):
      _ = memory.store(word, at: address)
    case .memoryWrite64(let address, _, let word), .dmaWrite64(let address, _, let word):
      _ = memory.store(doubleWord: word, at: address)
    case .contextFill(let iommu, let source, let entry):
      iommus[Int(iommu)].contextCache[source] = entry
      shortcuts.forgetAll()
    case .contextDrop(let iommu, let source, _):
      iommus[Int(iommu)].contextCache[source] = nil
      shortcuts.forgetAll()
    case .pageAlloc(let base, let count, let use, _, let owner):
      memory.setUse(ofPages: base.page..<base.page + UInt64(count), to: use, owner: owner)
    case .pageFree(let base, let count, _, _):
      memory.setUse(ofPages: base.page..<base.page + UInt64(count), to: .freed)
    case .pageClear(let base, let image):
      if image >= 0 { memory.setContents(ofPage: base.page, to: nil) }
    case .pageLimit(_, let new): setPageLimit(new < 0 ? nil : Int(new))
    case .tlbHit(let iommu, let slot): hits[counter(Int(slot), of: Int(iommu))] &+= 1
    case .tlbFill(let entry, let iommu, let slot):
      fill(Int(slot), of: Int(iommu), with: entry)
    case .tlbDrop(_, let iommu, let slot, _): drop(Int(slot), of: Int(iommu))
    case .tlbEvict(_, let iommu, let slot, _): evict(Int(slot), of: Int(iommu))
    case .call, .return, .check, .message, .hazard, .registerRead, .memoryRead, .routingRead,
      .dmaRead, .tlbMiss,
      .fault, .stalled, .interrupt, .interruptsHeld, .domainAlloc, .domainFree, .domainTable,
      .domainTag, .link,
      .unlink, .bind, .design, .domainCookie, .client:
      break
    }
  }
}

extension Board: Equatable {
  /// Compares the silicon, not what was written down about it.
  @usableFromInline
  package static func == (left: Board, right: Board) -> Bool {
    left.iommus == right.iommus && left.hits == right.hits && left.memory == right.memory
  }
}
