import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport

/// What must hold after every operation on the traditional platform.
extension OracleVTDRun {
  mutating func check(_ recording: Recording) {
    excuse(recording)
    checkWords(recording)
    checkHazards(recording)
    checkPages()
    checkDomains()
    checkTables(recording)
    checkContexts()
    checkIOTLB()
    checkRegisters(recording)
  }

  // MARK: Memory

  private func address(of change: Change) -> UInt64? {
    switch change {
    case .memoryWrite(let address, _, _), .dmaWrite(let address, _, _): address.value
    case .memoryWrite64(let address, _, _): address.value
    default: nil
    }
  }

  /// Every word that either machine stored is the same in both.
  private mutating func checkWords(_ recording: Recording) {
    var addresses = plain.memory.touched
    for event in recording.events {
      if let address = address(of: event.change) { addresses.insert(address & ~7) }
    }
    for address in addresses {
      let word = machine.board.doubleWord(at: PhysicalAddress(address))
      if word != plain.memory[address] {
        complain("the word at \(address.hex) is \(word.hex), not \(plain.memory[address].hex)")
      }
    }
  }

  /// Every word of the whole memory is the same in both.
  mutating func checkAllWords() {
    var found: [UInt64: UInt64] = [:]
    let memory = machine.board.memory
    for page in memory.populatedPages {
      let words = memory.contents(ofPage: page) ?? []
      for index in stride(from: 0, to: words.count, by: 2) {
        let word = UInt64(words[index + 1]) << 32 | UInt64(words[index])
        if word != 0 { found[page << 12 + UInt64(index * 4)] = word }
      }
    }
    if found != plain.memory.words { complain("the two memories differ") }
    for (index, domain) in plain.domains.enumerated() where domain.isLive {
      checkTables(of: index)
    }
  }

  private mutating func checkHazards(_ recording: Recording) {
    let overMapped = recording.events.count {
      if case .hazard(.mappedTwice, _, _) = $0.change { true } else { false }
    }
    if overMapped != plain.overMapped {
      complain("\(overMapped) entries were mapped twice, not \(plain.overMapped)")
    }
  }

  // MARK: Pages and domains

  private mutating func checkPages() {
    let pool = machine.board.memory.pool
    if pool.pagesInUse != plain.pages.inUse.count {
      complain("\(pool.pagesInUse) pages in use, not \(plain.pages.inUse.count)")
    }
    for (page, use, owner) in pool.pages {
      let expected = plain.pages.inUse[page << 12]
      let isEqual =
        switch use {
        case .rootTable: expected?.use == .root
        case .contextTable: expected?.use == .context
        case .firstLevelTable: expected?.use == .firstTable
        case .lowerLevelTable: expected?.use == .lowerTable
        case .freed, .buffer: expected == nil
        case .coherentBuffer: false
        }
      let ownerOfExpected = expected?.domain.map { UInt32($0) + 1 } ?? 0
      if !isEqual || owner != ownerOfExpected {
        complain("page \((page << 12).hex) is \(use) of \(owner) in the model")
      }
    }
  }

  private mutating func checkDomains() {
    for (index, domain) in plain.domains.enumerated() {
      let found = machine.system.domains[index]
      let attached = found.attached.map { machine.system.name(of: $0) }
      if attached != domain.attached || found.tag.map(UInt64.init) != domain.id
        || found.table?.value != domain.table || found.isAllocated != domain.isLive
      {
        complain("\(domain.name) is \(found) in the model, not \(domain)")
      }
    }
  }

  /// The tables of domains that took or gave pages, a sample of them: finding them takes long.
  private mutating func checkTables(_ recording: Recording) {
    guard recordings.count % 16 == 0 else { return }
    var changed: Set<Int> = []
    for event in recording.events {
      switch event.change {
      case .pageAlloc(_, _, _, _, let owner), .pageFree(_, _, _, let owner):
        changed.insert(Int(owner) - 1)
      default: break
      }
    }
    for domain in changed.sorted() where domain >= 0 && plain.domains[domain].isLive {
      checkTables(of: domain)
    }
  }

  /// Pages in use are those reachable and those leaked.
  private mutating func checkTables(of domain: Int) {
    let reached = plain.reached(by: domain)
    let owned = plain.pages.inUse.filter { $0.value.domain == domain }.keys
    let leaked = Set(owned.filter { !reached.contains($0) })
    if !leaked.isEmpty { note("leaked") }
    let found = DomainTables(of: DomainID(domain), in: machine)
    if Set(found.tables.map(\.base.value)) != reached {
      complain("domain \(domain) reaches other tables in the model")
    }
    if Set(found.leaked.map(\.value)) != leaked {
      complain("domain \(domain) has leaked \(found.leaked) in the model, not \(leaked)")
    }
    if found.tables.first?.base.value != plain.domains[domain].table {
      complain("domain \(domain) has its first table elsewhere")
    }
  }

  // MARK: Registers

  private mutating func checkRegisters(_ recording: Recording) {
    let expected = plain.writes.map { RegisterWrite(iommu: 0, offset: $0.offset, word: $0.word) }
    let found = recording.registerWrites
    if found != expected { complain("it writes \(found), not \(expected)") }
    for (offset, word) in plain.registers.sorted(by: { $0.key < $1.key }) {
      let found = machine.board.register(offset, of: 0)
      if found != word {
        complain("register \(UInt64(offset).hex) is \(UInt64(found).hex), not \(UInt64(word).hex)")
      }
    }
  }

  // MARK: Caches

  /// Marks what something recorded since its fill may have made stale: a word that it was read
  /// from was written or cleared.
  ///
  /// Nothing that a driver does comes in an operation that fills, so only DMA follows a fill.
  private mutating func excuse(_ recording: Recording) {
    var written: Set<UInt64> = []
    var cleared: Set<UInt64> = []
    for event in recording.events {
      if let address = address(of: event.change) { written.insert(address & ~7) }
      if case .pageClear(let base, _) = event.change { cleared.insert(base.value) }
      if case .tlbEvict(let entry, _, _, _) = event.change { evict(entry) }
    }
    if written.isEmpty, cleared.isEmpty { return }
    func isMeant(_ read: [UInt64]) -> Bool {
      read.contains { written.contains($0) || cleared.contains($0 & ~0xfff) }
    }
    for index in plain.remembered.indices where isMeant(plain.remembered[index].read) {
      plain.remembered[index].isExcused = true
    }
    for (source, context) in plain.contexts where isMeant(context.read) {
      plain.contexts[source]?.isExcused = true
    }
  }

  /// An entry may leave for another only from a full set.
  private mutating func evict(_ entry: TLBEntry) {
    func set(_ entry: PlainVTDEntry) -> UInt64 { entry.page.base / entry.page.bytes % 16 }
    let older = plain.remembered.indices.filter { !plain.remembered[$0].isFresh }
    guard let leaving = older.first(where: { Saying64(plain.remembered[$0]) == Saying64(entry) })
    else { return complain("the model evicts \(entry), which was not there") }
    let full = set(plain.remembered[leaving])
    if older.count(where: { set(plain.remembered[$0]) == full }) != 4 {
      complain("the model evicts \(entry) from a set with room")
    }
    plain.remembered.remove(at: leaving)
  }

  private mutating func checkContexts() {
    let found = machine.board.iommus[0].contextCache.all
    if found.count != plain.contexts.count
      || found.contains(where: {
        let context = plain.contexts[UInt64($0.source)]
        return context?.low != $0.entry.low || context?.high != $0.entry.high
      })
    {
      complain("the context cache holds \(found), not \(plain.contexts)")
    }
    for (source, context) in plain.contexts where !context.isExcused {
      guard case .context(let now) = plain.routed(source), now.low == context.low,
        now.high == context.high
      else {
        complain("the context of \(source.hex) is remembered, and memory says something else")
        continue
      }
    }
  }

  private mutating func checkIOTLB() {
    let tlb = machine.board.iommus[0].tlb
    let found = tlb.usedSlots.compactMap { tlb[$0] }.map { Saying64($0) }
    let expected = plain.remembered.map { Saying64($0) }
    if Set(found) != Set(expected) || found.count != expected.count {
      complain(
        "the IOTLB holds \(found.count) entries, not \(expected.count); too many: "
          + "\(Set(found).subtracting(expected)), missing: \(Set(expected).subtracting(found))")
    }
    for entry in plain.remembered {
      let access: PlainAccess = entry.page.canRead ? .read : .write
      guard plain.walk(entry.table, entry.iova, access).page != entry.page else { continue }
      note("stale entry")
      if !entry.isExcused { complain("\(entry) is remembered, a walk gives something else") }
    }
  }
}

/// What an IOTLB entry says, in a form that both machines can be brought to.
private struct Saying64: Hashable {
  let id: UInt64
  let iova: UInt64
  let bytes: UInt64
  let physical: UInt64
  let canRead: Bool
  let canWrite: Bool
  let isSnooped: Bool

  init(_ entry: PlainVTDEntry) {
    let page = entry.page
    (id, iova, bytes, physical) = (entry.id, page.base, page.bytes, page.physical)
    (canRead, canWrite, isSnooped) = (page.canRead, page.canWrite, page.isSnooped)
  }

  init(_ entry: TLBEntry) {
    (id, iova, bytes) = (UInt64(entry.vmid), entry.iova, 1 << UInt64(entry.sizeBits))
    physical = entry.physical
    canRead = entry.rights.contains([.privilegedRead, .userRead, .execute])
    canWrite = entry.rights.contains([.privilegedWrite, .userWrite])
    isSnooped = entry.attributes == 8
  }
}
