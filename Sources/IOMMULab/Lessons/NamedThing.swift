internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// A thing on the screen, as a lesson names it.
package enum NamedThing: Hashable, Sendable {
  /// The entry of a level that a domain's tables have for an address.
  case entry(domain: String, iova: UInt64, level: Int)
  case word(UInt64)
  case register(iommu: String, offset: UInt64)
  case context(iommu: String, bank: UInt64)
  case iommu(String)
  case domain(String)
  /// What the TLB of an IOMMU remembers for an address.
  case tlbEntry(iommu: String, iova: UInt64)
}

/// A thing on the screen, as the machine has it.
package enum PointedThing: Hashable, Sendable {
  case word(UInt64)
  case register(iommu: Int, offset: UInt64)
  case context(iommu: Int, bank: Int)
  case iommu(Int)
  case domain(String)
  case tlbSlot(iommu: Int, slot: Int)

  /// Two things of one kind are taken one for the other; of two kinds one is in the way of nobody.
  package func isLike(_ other: PointedThing) -> Bool {
    switch (self, other) {
    case (.word, .word), (.register, .register), (.context, .context), (.iommu, .iommu),
      (.domain, .domain), (.tlbSlot, .tlbSlot):
      true
    default: false
    }
  }
}

extension NamedThing {
  /// What is pointed at, in a word.
  package var kind: String {
    switch self {
    case .entry: "entry"
    case .word: "word"
    case .register: "register"
    case .context: "context"
    case .iommu: "IOMMU"
    case .domain: "domain"
    case .tlbEntry: "TLB entry"
    }
  }

  /// Reads the words of a line behind `right` or `wrong`.
  init(_ reader: inout WordReader) throws(ParseError) {
    let start = reader
    switch try reader.word("a thing") {
    case "entry":
      self = .entry(
        domain: try reader.word("DOMAIN"), iova: try reader.number("IOVA"),
        level: Int(clamping: try reader.number("LEVEL")))
    case "word": self = .word(try reader.number("ADDRESS"))
    case "register":
      self = .register(iommu: try reader.word("IOMMU"), offset: try reader.number("OFFSET"))
    case "context":
      let (iommu, bank) = try reader.bank("IOMMU/N")
      guard let bank else { throw start.error("a context is like mdp0/1") }
      self = .context(iommu: iommu, bank: bank)
    case "iommu": self = .iommu(try reader.word("NAME"))
    case "domain": self = .domain(try reader.word("NAME"))
    case "tlb": self = .tlbEntry(iommu: try reader.word("IOMMU"), iova: try reader.number("IOVA"))
    case let other:
      throw start.error(
        "\"\(other.shown)\" is nothing to point at; there are: "
          + "entry word register context iommu domain tlb")
    }
    try reader.finish()
  }

  /// Finds the thing on a machine; nil when it is not there.
  package func thing(on machine: Machine) -> PointedThing? {
    switch self {
    case .entry(let name, let iova, let level):
      machine.addressOfEntry(of: name, iova, level: level).map { .word($0) }
    case .word(let address): .word(address)
    case .register(let name, let offset):
      machine.index(ofIOMMU: name).map { .register(iommu: $0, offset: offset) }
    case .context(let name, let bank):
      machine.index(ofIOMMU: name).flatMap { iommu in
        bank < UInt64(machine.board.iommus[iommu].bankCount)
          ? .context(iommu: iommu, bank: Int(bank)) : nil
      }
    case .iommu(let name): machine.index(ofIOMMU: name).map { .iommu($0) }
    case .domain(let name): machine.system.domain(named: name).map { _ in .domain(name) }
    case .tlbEntry(let name, let iova):
      machine.index(ofIOMMU: name).flatMap { iommu in
        let tlb = machine.board.iommus[iommu].tlb
        return tlb.usedSlots.first { slot in
          tlb[slot].map { $0.iova == iova & ~$0.size.offsetMask } ?? false
        }.map { .tlbSlot(iommu: iommu, slot: $0) }
      }
    }
  }
}

extension NamedThing {
  /// Whether a thing that was pointed at is this one.
  ///
  /// A TLB may remember an address more than once, and the halves of a wide entry are one entry.
  package func isThing(_ pointed: PointedThing, on machine: Machine) -> Bool {
    switch (self, pointed) {
    case (.tlbEntry(let name, let iova), .tlbSlot(let iommu, let slot)):
      guard iommu == machine.index(ofIOMMU: name), let entry = machine.board.iommus[iommu].tlb[slot]
      else { return false }
      return entry.iova == iova & ~entry.size.offsetMask
    case (.entry, .word(let address)):
      return thing(on: machine) == .word(address & ~(machine.platform.format.entryBytes - 1))
    default: return thing(on: machine) == pointed
    }
  }
}

extension Machine {
  func index(ofIOMMU name: String) -> Int? { board.iommus.firstIndex { $0.name == name } }

  /// Where the entry lies that a domain's tables have for an address on a level; nil where the walk
  /// does not come so far.
  func addressOfEntry(of domain: String, _ iova: UInt64, level: Int) -> UInt64? {
    let format = platform.format
    guard let id = system.domain(named: domain), format.levels.contains(level),
      var table = system.domains[id.index].table
    else { return nil }
    for current in format.levels {
      let index = format.index(of: IOVA(iova), level: current)
      if current == level { return table.value &+ UInt64(index) &* format.entryBytes }
      let word = format.entry(index, of: table, in: board.memory)
      guard case .table(let next) = format.decode(word, level: current) else { return nil }
      table = next
    }
    return nil
  }

  /// The page that a domain's tables have for an address.
  func leaf(of domain: String, _ iova: UInt64) -> Leaf? {
    let format = platform.format
    for level in format.levels {
      guard let place = addressOfEntry(of: domain, iova, level: level) else { return nil }
      let address = PhysicalAddress(place)
      let word =
        format.entryBytes == 8
        ? board.memory.doubleWord(at: address) : UInt64(board.memory.word(at: address))
      if case .leaf(let leaf) = format.decode(word, level: level) { return leaf }
    }
    return nil
  }
}
