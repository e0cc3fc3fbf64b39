internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// What a number can mean as an address: of a device, of memory, of a table's word, of a register.
struct AddressSearch {
  let address: UInt64
  let query: TextQuery
  let machine: Machine
  let map: RegisterMap
  let near: Int?

  init(
    _ address: UInt64, _ query: TextQuery, in machine: Machine, registers: RegisterMap, near: Int?
  ) {
    (self.address, self.query, self.machine) = (address, query, machine)
    (map, self.near) = (registers, near)
  }

  private func found(
    _ kind: String, _ name: Prose, _ detail: Prose, _ place: Found.Place, cost: Int
  ) -> Found {
    Found(
      group: .addresses, kind: kind, name: name,
      marked: TextMatch(query, in: name.text, .name)?.marked ?? [], detail: detail, place: place,
      cost: cost)
  }

  // MARK: Mappings

  /// The domains that map it as an address of a device: the first few, and how many there are.
  func mappings(limit: Int) -> (found: [Found], count: Int) {
    let format = machine.platform.format
    var found: [Found] = []
    var count = 0
    guard format.addressBits >= 64 || address >> UInt64(format.addressBits) == 0 else {
      return ([], 0)
    }
    for domain in machine.liveDomains {
      guard let table = machine.system.domains[domain.index].table,
        let leaf = leaf(below: table, format)
      else { continue }
      count += 1
      guard found.count < limit else { continue }
      let name = machine.system.name(of: domain)
      let physical = leaf.physical.value | address & leaf.size.offsetMask
      found.append(
        self.found(
          "IOVA", Prose(address.hex8, .iova) + Prose(" of ", .dim) + Prose(name, .domain),
          Prose("→ ", .dim) + Prose(physical.hex8, .physical)
            + Prose("  \(leaf.size.bytes.sizeText) page", .dim),
          .mapping(domain: name, IOVA(address)), cost: 0))
    }
    return (found, count)
  }

  private func leaf(below root: PhysicalAddress, _ format: FormatID) -> Leaf? {
    var table = root
    for level in format.levels {
      let index = format.index(of: IOVA(address), level: level)
      switch format.decode(
        format.entry(index, of: table, in: machine.board.memory), level: level)
      {
      case .leaf(let leaf): return leaf
      case .table(let next): table = next
      case .invalid, .reserved: return nil
      }
    }
    return nil
  }

  /// A domain maps it as memory.
  func mapped(by domain: DomainID, at iova: IOVA, _ size: PageSize) -> Found {
    let name = machine.system.name(of: domain)
    return found(
      "memory", Prose(address.hex8, .physical) + Prose(" mapped by ", .dim) + Prose(name, .domain),
      Prose("at ", .dim) + Prose(iova.value.hex8, .iova)
        + Prose("  \(size.bytes.sizeText) page", .dim),
      .mapping(domain: name, iova), cost: 1)
  }

  // MARK: Words

  /// The word of a table that lies there.
  var words: [Found] {
    let place = PhysicalAddress(address)
    guard let name = machine.wordName(at: place) else { return [] }
    let bytes = machine.platform.format.entryBytes
    let word =
      bytes == 8
      ? machine.board.memory.doubleWord(at: place) : UInt64(machine.board.memory.word(at: place))
    var title = Prose(address.hex8, .physical) + Prose(" is ", .dim) + Prose(name)
    let detail = Prose("holds ", .dim) + Prose(word.hex(digits: Int(bytes) * 2))
    if let owner = machine.tableOwner(of: place) {
      title += Prose(" of ", .dim) + Prose(machine.system.name(of: owner), .domain)
      return [found("table", title, detail, .tableWord(place), cost: 2)]
    }
    return [found("table", title, detail, context(at: place), cost: 2)]
  }

  /// The context or the IOMMU whose routing entry lies at an address.
  private func context(at place: PhysicalAddress) -> Found.Place {
    let entry = PhysicalAddress(place.value & ~15)
    for (index, unit) in machine.board.iommus.enumerated() {
      for bank in 0..<unit.bankCount
      where machine.contextEntryAddress(bank: bank, of: index) == entry {
        return .bank(iommu: index, bank: bank)
      }
    }
    return .named(machine.board.iommus.first?.name ?? "")
  }

  // MARK: Registers

  /// The register at this offset of the IOMMU looked at, and the one at this address of memory.
  var registers: [Found] {
    var found: [Found] = []
    for (index, unit) in machine.board.iommus.enumerated() {
      let base = UInt64(machine.platform.units[index].base)
      if base > 0, address >= base, address - base < UInt64(unit.windowBytes) {
        found += register(UInt32(truncatingIfNeeded: address - base), of: index, isOffset: false)
      }
    }
    if let near, machine.board.iommus.indices.contains(near),
      address < UInt64(machine.board.iommus[near].windowBytes)
    {
      found += register(UInt32(truncatingIfNeeded: address), of: near, isOffset: true)
    }
    return found
  }

  private func register(_ offset: UInt32, of iommu: Int, isOffset: Bool) -> [Found] {
    let unit = machine.board.iommus[iommu]
    guard let (_, name) = map.register(at: offset & ~3, banks: unit.bankPages) else { return [] }
    let number = isOffset ? UInt64(offset).hex(digits: 5) : address.hex8
    let bank = Int(offset >> 12) < unit.bankPages ? "/\(offset >> 12)" : ""
    return [
      found(
        "register",
        Prose(number) + Prose(" is ", .dim) + Prose(name) + Prose("  \(unit.name)\(bank)", .dim),
        Prose(machine.board.register(offset & ~3, of: iommu).hex8),
        .register(iommu: iommu, offset: offset & ~3), cost: isOffset ? 4 : 3)
    ]
  }
}
