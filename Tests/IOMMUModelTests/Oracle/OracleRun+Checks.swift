import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport

/// The pages of one domain's tables, as the plain machine finds them.
struct OracleTables {
  /// Those that its first level leads to.
  let reached: Set<UInt32>
  /// Those that it took and does not reach.
  let leaked: Set<UInt32>
}

/// What must hold after every operation.
extension OracleRun {
  mutating func check(_ recording: Recording) {
    excuse(recording)
    checkWords(recording)
    checkPages(recording)
    checkTLBs()
    checkRegisters()
    checkRegisterWrites(recording)
  }

  // MARK: Memory

  /// Every word that either machine stored is the same in both.
  private mutating func checkWords(_ recording: Recording) {
    var addresses = plain.memory.touched
    for event in recording.events {
      switch event.change {
      case .memoryWrite(let address, _, _), .dmaWrite(let address, _, _):
        guard let address = UInt32(exactly: address.value) else {
          complain("the model stores at \(address.value.hex), beyond 32 bits")
          continue
        }
        addresses.insert(address)
      default: break
      }
    }
    for address in addresses {
      let word = machine.board.word(at: PhysicalAddress(UInt64(address)))
      if word != plain.memory[address] {
        complain(
          "the word at \(UInt64(address).hex) is \(UInt64(word).hex) in the model, "
            + "\(UInt64(plain.memory[address]).hex) in the plain machine")
      }
    }
  }

  /// Every word of the whole memory is the same in both.
  mutating func checkAllWords() {
    var count = 0
    let memory = machine.board.memory
    for page in memory.populatedPages {
      for (index, word) in (memory.contents(ofPage: page) ?? []).enumerated() where word != 0 {
        count += 1
        let address = UInt32(truncatingIfNeeded: page << 12) + UInt32(index * 4)
        if page >> 20 != 0 || plain.memory[address] != word {
          complain("the model has \(UInt64(word).hex) at \((page << 12 | UInt64(index * 4)).hex)")
        }
      }
    }
    if count != plain.memory.words.count {
      complain("\(count) words in the model, \(plain.memory.words.count) in the plain machine")
    }
  }

  // MARK: Pages

  /// Pages in use are those reachable and those leaked, of domains that live and that were freed.
  private mutating func checkPages(_ recording: Recording) {
    for domain in changedDomains(recording) { checkTables(of: domain) }
    let pool = machine.board.memory.pool
    if pool.pagesInUse != plain.pages.inUse.count {
      complain("\(pool.pagesInUse) pages in use, not \(plain.pages.inUse.count)")
    }
    for (page, use, owner) in pool.pages {
      let expected = plain.pages.inUse[UInt32(truncatingIfNeeded: page << 12)]
      let isEqual =
        switch use {
        case .firstLevelTable: expected?.use == .firstLevel && owner == domainOwner(expected)
        case .lowerLevelTable: expected?.use == .secondLevel && owner == domainOwner(expected)
        case .freed, .buffer: expected == nil
        case .rootTable, .contextTable, .coherentBuffer: false
        }
      if !isEqual { complain("page \((page << 12).hex) is \(use) of \(owner) in the model") }
    }
    var accounted: Set<UInt32> = []
    for (index, domain) in plain.domains.enumerated() where domain.isLive {
      guard let table = domain.table, let tables = tables[index] else { continue }
      accounted.formUnion((0..<4).map { table + $0 * 0x1000 })
      accounted.formUnion(tables.reached)
      accounted.formUnion(tables.leaked)
    }
    for (page, use) in plain.pages.inUse where !plain.domains[use.domain].isLive {
      accounted.insert(page)
    }
    let inUse = plain.pages.inUse.keys.count { accounted.contains($0) }
    if inUse != pool.pagesInUse {
      complain("\(pool.pagesInUse) pages in use, but \(inUse) reachable or leaked")
    }
  }

  private func domainOwner(_ use: (use: PlainPages.Use, domain: Int)?) -> UInt32? {
    use.map { UInt32($0.domain) + 1 }
  }

  /// The live domains whose first level was written to, or whose pages came or went.
  private mutating func changedDomains(_ recording: Recording) -> [Int] {
    var changed: Set<Int> = []
    let live = plain.domains.indices.filter { plain.domains[$0].isLive }
    func write(_ address: UInt64, _ bytes: UInt64) {
      for index in live {
        guard let table = plain.domains[index].table.map(UInt64.init) else { continue }
        if address < table + 0x4000, address + bytes > table { changed.insert(index) }
      }
    }
    for event in recording.events {
      switch event.change {
      case .memoryWrite(let address, _, _), .dmaWrite(let address, _, _): write(address.value, 4)
      case .pageClear(let base, _): write(base.value, 0x1000)
      case .pageAlloc(_, _, _, _, let owner), .pageFree(_, _, _, let owner):
        changed.insert(Int(owner) - 1)
      default: break
      }
    }
    for index in tables.keys where !live.contains(index) { tables[index] = nil }
    return changed.intersection(live).sorted()
  }

  /// A domain's tables and leaks, by `DomainTables` and by the plain machine's own count.
  private mutating func checkTables(of domain: Int) {
    let reached = plain.reached(by: domain)
    let table = plain.domains[domain].table ?? 0
    // A page of the first level that was given back and taken as a second level is not lost.
    let leaked = Set(
      plain.pages.inUse.filter {
        $0.value.domain == domain && $0.value.use == .secondLevel && !reached.contains($0.key)
          && !(table..<table + 0x4000).contains($0.key)
      }.keys)
    tables[domain] = OracleTables(reached: reached, leaked: leaked)
    let found = DomainTables(of: DomainID(domain), in: machine)
    let below = found.tables.filter { $0.level == 2 }.map {
      UInt32(truncatingIfNeeded: $0.base.value & ~0xfff)
    }
    if Set(below) != reached { complain("domain \(domain) reaches other tables in the model") }
    if Set(found.leaked.map { UInt32(truncatingIfNeeded: $0.value) }) != leaked {
      complain("domain \(domain) has leaked \(found.leaked) in the model, not \(leaked)")
    }
    if found.tables.first?.base.value != plain.domains[domain].table.map(UInt64.init) {
      complain("domain \(domain) has its first level elsewhere")
    }
  }

  // MARK: Registers

  /// Software wrote the same words to the same registers in the same order.
  private mutating func checkRegisterWrites(_ recording: Recording) {
    let expected = plain.writes.map {
      RegisterWrite(iommu: units[$0.unit] ?? -1, offset: $0.offset, word: $0.word)
    }
    let found = recording.registerWrites
    guard found != expected else { return }
    let index = zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    complain(
      "\(found.count) register writes, not \(expected.count); they part at \(index ?? -1): "
        + "\(index.map { "\(found[$0]), not \(expected[$0])" } ?? "one is longer")")
  }

  /// The registers of each context bank are as attach, detach and faults leave them.
  private mutating func checkRegisters() {
    for context in PlainWiring.contexts {
      guard let unit = units[context.bank.unit], let bank = plain.banks[context.bank] else {
        complain("\(context.name) is on no IOMMU")
        continue
      }
      let isOn = bank.table != nil
      let expected: [(UInt32, UInt32)] = [
        (0x000, isOn ? 3 : 0), (0x004, isOn ? 0x3_7072 : 0), (0x008, UInt32(context.bank.number)),
        (0x010, (bank.table ?? 0) | (isOn ? 0x6a : 0)), (0x014, isOn ? 0x6a : 0), (0x018, 0),
        (0x020, bank.fsr), (0x028, bank.far), (0x02c, bank.fsynr0), (0x030, bank.fsynr1),
        (0x034, isOn ? 0xff0a_81a8 : 0), (0x038, isOn ? 0x40e0_40e0 : 0), (0x04c, isOn ? 1 : 0),
      ]
      for (register, word) in expected {
        let offset = UInt32(context.bank.number) << 12 | register
        let found = machine.board.register(offset, of: unit)
        if found != word {
          complain(
            "register \(UInt64(register).hex) of \(context.name) is \(UInt64(found).hex), "
              + "not \(UInt64(word).hex)")
        }
      }
    }
  }
}
