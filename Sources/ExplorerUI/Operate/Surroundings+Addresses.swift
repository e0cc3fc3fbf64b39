internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// Addresses that would fit into a field.
extension Surroundings {
  // MARK: To map

  func freeAddresses(_ contents: FormContents) -> [Suggestion] {
    let size = contents.size ?? usualSize
    let alignment = alignment(for: size)
    let domain = contents.domain(in: self) ?? ""
    let ranges = ranges(of: domain)
    let gaps = addresses(of: domain)
    let start = ranges.first.map(\.iova.value) ?? 0x1000_0000
    var found: [Suggestion] = []
    func add(_ place: UInt64?, _ note: Prose) {
      guard let place, !found.contains(where: { $0.text == place.hex8 }) else { return }
      found.append(Suggestion(place.hex8, note))
    }
    add(
      gaps.first(size, aligned: alignment, from: start),
      ranges.isEmpty ? "nothing is mapped yet" : "next to what \(domain: domain) has")
    for larger in pageSizes where larger > alignment && larger <= 1 << 30 {
      let after = gaps.first(size, aligned: larger, from: start)
      add(after, "\(larger.sizeText) aligned, room for larger pages")
    }
    add(gaps.first(size, aligned: alignment, from: 0), "the lowest that is free")
    for range in ranges.prefix(2) {
      add(range.iova.value, taken(by: range))
    }
    return found
  }

  /// A range is in the way of what is to be mapped.
  func taken(by range: MappedRange) -> Prose {
    Prose("taken: ", .half) + "maps \(physical: range.physical), "
      + Prose(machine.words.mappedTwice)
  }

  func freeMemory(_ contents: FormContents) -> [Suggestion] {
    let size = contents.size ?? usualSize
    let alignment = alignment(for: size)
    let domain = contents.domain(in: self) ?? ""
    let memory = memory
    var found: [Suggestion] = []
    func add(_ place: UInt64?, _ note: Prose) {
      guard let place, !found.contains(where: { $0.text == place.hex8 }) else { return }
      found.append(Suggestion(place.hex8, note))
    }
    let own = ranges(of: domain)
    if let last = own.last {
      add(
        memory.first(size, aligned: alignment, from: last.physical.value),
        "free, next to what \(domain: domain) maps")
    }
    add(memory.first(size, aligned: alignment, from: 0x6000_0000), "free")
    if let largest = pageSizes.last(where: { $0 <= 1 << 30 }), largest > alignment {
      add(
        memory.first(size, aligned: largest, from: 0x6000_0000),
        "free, \(largest.sizeText) aligned")
    }
    for other in domains where other != domain {
      guard let range = ranges(of: other).first else { continue }
      add(range.physical.value, "shared with \(domain: other)")
      if found.count > 6 { break }
    }
    return found
  }

  // MARK: Mapped ones

  func mappedAddresses(_ contents: FormContents) -> [Suggestion] {
    guard let domain = contents.domain(in: self) else {
      return [Suggestion(UInt64(0x1000_0000).hex8, "attached to nothing")]
    }
    var found = ranges(of: domain).prefix(12).map {
      Suggestion(
        $0.iova.value.hex8, "\($0.length.sizeText) → \(physical: $0.physical)")
    }
    let start = ranges(of: domain).first.map(\.iova.value) ?? 0x1000_0000
    if let free = addresses(of: domain).first(
      smallestPage, aligned: smallestPage, from: start)
    {
      found.append(Suggestion(free.hex8, Prose("nothing is mapped there", .half)))
    }
    return found
  }

  // MARK: Bare words

  /// Where words are that matter: the tables.
  func words(_ contents: FormContents) -> [Suggestion] {
    var found: [Suggestion] = []
    for domain in machine.liveDomains.prefix(16) {
      guard let table = machine.system.domains[domain.index].table else { continue }
      let name = machine.system.name(of: domain)
      found.append(Suggestion(table.value.hex8, "the first table of \(domain: name)"))
    }
    for page in machine.board.memory.pool.pages.prefix(400)
    where page.use.isInUse && page.use != .firstLevelTable {
      let address = PhysicalAddress(page.page << 12)
      let owner = machine.tableOwner(of: address).map { machine.system.name(of: $0) }
      found.append(
        Suggestion(address.value.hex8, owner.map { "a table of \(domain: $0)" } ?? "a table"))
      if found.count > 40 { break }
    }
    return found + [Suggestion(UInt64(0x1_0000).hex8, "bare memory")]
  }

  func offsets(_ contents: FormContents) -> [Suggestion] {
    guard let name = contents.iommu, let iommu = iommu(named: name) else { return [] }
    let unit = machine.board.iommus[iommu]
    let banks = (0..<unit.bankPages).map { Optional($0) }
    var known: Set<UInt32> = []
    return (banks + [nil]).flatMap { bank in
      registers.offsets(of: unit, bank: bank) { machine.board.register($0, of: iommu) != 0 }
        .compactMap { offset -> Suggestion? in
          guard known.insert(offset).inserted else { return nil }
          let name = registers.name(at: offset, banks: unit.bankPages)
          let place = bank.map { " of context \($0)" } ?? ""
          let isStored = unit.registerIndex(at: offset) != nil
          let now = isStored ? "  \(machine.board.register(offset, of: iommu).hex8)" : "  a command"
          return Suggestion(
            UInt64(offset).hex(digits: 5), Prose(name, .strong) + Prose(place + now, .dim),
            name: name)
        }
    }
  }
}
