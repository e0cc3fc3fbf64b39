internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// What differs between two states of one machine, kind by kind: the silicon and the kernel's records.
package struct MachineDifference: Sendable {
  package struct Section: Sendable {
    package let title: String
    /// How many things differ; not all of them have a line.
    package fileprivate(set) var count = 0
    package fileprivate(set) var lines: [Prose] = []

    fileprivate init(_ title: String) { self.title = title }

    fileprivate mutating func add(_ line: @autoclosure () -> Prose) {
      count += 1
      if count <= MachineDifference.mostLines { lines.append(line()) }
    }
  }

  /// The most lines of one kind.
  package static let mostLines = 100

  /// Those kinds of which something differs.
  package let sections: [Section]

  package init(from old: Machine, to new: Machine, registers: RegisterMap) {
    let compare = Comparison(old: old, new: new, registers: registers)
    let memory = compare.memory()
    sections =
      [
        compare.domains(), compare.devices(), compare.registerWords(), compare.mappings(),
        memory.tables, compare.tlbs(), compare.contexts(), memory.other,
      ].filter { $0.count > 0 }
  }

  package var count: Int { sections.reduce(0) { $0 + $1.count } }
}

private struct Comparison {
  let old: Machine
  let new: Machine
  let registers: RegisterMap

  private static let added = Prose("+ ", .live)
  private static let gone = Prose("- ", .old)
  private static let changed = Prose("≠ ", .changed)

  // MARK: The kernel's records

  func domains() -> MachineDifference.Section {
    var section = MachineDifference.Section("Domains")
    let (before, after) = (old.system.domains, new.system.domains)
    for index in 0..<max(before.count, after.count) {
      let was = index < before.count && before[index].isAllocated
      let isNow = index < after.count && after[index].isAllocated
      guard was != isNow else { continue }
      let machine = isNow ? new : old
      let name = machine.system.name(of: DomainID(index))
      var line = (isNow ? Self.added : Self.gone) + Prose(name, .domain)
      line += isNow ? " was allocated" : " was freed"
      if let table = machine.system.domains[index].table {
        line += ", first table \(physical: table)"
      }
      section.add(line)
    }
    return section
  }

  func devices() -> MachineDifference.Section {
    var section = MachineDifference.Section("Devices")
    func name(_ domain: DomainID?, in machine: Machine) -> Prose {
      domain.map { Prose(machine.system.name(of: $0), .domain) } ?? Prose("no domain", .dim)
    }
    for (before, after) in zip(old.system.devices, new.system.devices) {
      let device = Prose(after.name, .strong, to: .named(after.name))
      if before.isBound != after.isBound {
        section.add(
          after.isBound
            ? Self.added + device + " was probed" : Self.gone + device + " is not probed yet")
      }
      if before.attachedTo != after.attachedTo {
        section.add(
          Self.changed + device + "  " + name(before.attachedTo, in: old) + " → "
            + name(after.attachedTo, in: new))
      }
    }
    return section
  }

  // MARK: Hardware

  func registerWords() -> MachineDifference.Section {
    var section = MachineDifference.Section("Registers")
    for (iommu, (before, after)) in zip(old.board.iommus, new.board.iommus).enumerated()
    where before.registers != after.registers {
      for offset in stride(from: 0, to: after.windowBytes, by: 4) {
        guard let index = after.registerIndex(at: offset),
          before.registers[index] != after.registers[index]
        else { continue }
        section.add(
          Self.changed + Prose(after.name + "  ", .dim)
            + Prose(
              registers.name(at: offset, banks: after.bankPages), .strong,
              to: .register(iommu: iommu, offset: offset))
            + Prose(after.bank(ofRegister: offset).map { " of bank \($0)" } ?? "", .dim)
            + values(UInt64(before.registers[index]), UInt64(after.registers[index])))
      }
    }
    return section
  }

  private func values(_ before: UInt64, _ after: UInt64) -> Prose {
    "  " + Prose(before.hex8, .old) + " → " + Prose(after.hex8, .changed)
  }

  func tlbs() -> MachineDifference.Section {
    var section = MachineDifference.Section("TLB")
    for (before, after) in zip(old.board.iommus, new.board.iommus) where before.tlb != after.tlb {
      let (had, has) = (entries(of: before), entries(of: after))
      let (all, now) = (Set(had), Set(has))
      for entry in had where !now.contains(entry) {
        section.add(Self.gone + line(entry, after) + " is forgotten")
      }
      for entry in has where !all.contains(entry) { section.add(Self.added + line(entry, after)) }
    }
    return section
  }

  private func entries(of unit: IOMMU) -> [TLBEntry] {
    unit.tlb.usedSlots.compactMap { unit.tlb[$0] }
  }

  private func line(_ entry: TLBEntry, _ unit: IOMMU) -> Prose {
    Prose(unit.name + "  ", .dim) + "\(iova: IOVA(entry.iova)) → "
      + Prose(entry.physical.hex8, .physical)
      + Prose("  \(entry.size.bytes.sizeText)  \(new.words.tag(of: entry))", .dim)
  }

  func contexts() -> MachineDifference.Section {
    var section = MachineDifference.Section("Context entries remembered")
    for (before, after) in zip(old.board.iommus, new.board.iommus)
    where before.contextCache != after.contextCache {
      func name(_ source: UInt16) -> Prose {
        Prose(new.words.text(ofStream: UInt32(source)), .strong)
      }
      for (source, entry) in before.contextCache.all where after.contextCache[source] != entry {
        section.add(Self.gone + name(source) + ", table \(physical: entry.table), is forgotten")
      }
      for (source, entry) in after.contextCache.all where before.contextCache[source] != entry {
        section.add(Self.added + name(source) + ", table \(physical: entry.table)")
      }
    }
    return section
  }

  // MARK: Memory

  func mappings() -> MachineDifference.Section {
    var section = MachineDifference.Section("Mappings")
    for index in new.system.domains.indices {
      let domain = DomainID(index)
      let before = index < old.system.domains.count ? ranges(of: index, in: old) : []
      let after = ranges(of: index, in: new)
      guard before != after else { continue }
      let (had, has) = (Set(before), Set(after))
      let starts = Dictionary(grouping: before, by: \.iova).compactMapValues(\.first)
      let name = Prose(new.system.name(of: domain), .domain)
      func line(_ range: MappedRange) -> Prose {
        name + "  \(iova: range.iova) → \(physical: range.physical)  "
          + Prose(range.length.prose, .text)
      }
      let grown = after.filter {
        guard !had.contains($0), let was = starts[$0.iova] else { return false }
        return was.physical == $0.physical && was.pageSize == $0.pageSize
      }
      let grownStarts = Set(grown.map(\.iova))
      for range in before where !has.contains(range) && !grownStarts.contains(range.iova) {
        section.add(Self.gone + line(range))
      }
      for range in after where !had.contains(range) {
        if grownStarts.contains(range.iova), let was = starts[range.iova] {
          section.add(Self.changed + line(range) + Prose("  was \(was.length.prose)", .old))
        } else {
          section.add(Self.added + line(range))
        }
      }
    }
    return section
  }

  private func ranges(of domain: Int, in machine: Machine) -> [MappedRange] {
    let found = machine.system.domains[domain]
    guard found.isAllocated, let table = found.table else { return [] }
    return MappedRange.all(from: table, in: machine)
  }

  func memory() -> (tables: MachineDifference.Section, other: MachineDifference.Section) {
    var tables = MachineDifference.Section("Table words")
    var other = MachineDifference.Section("Other memory")
    let bytes = new.platform.format.entryBytes
    var page: UInt64?
    var (isTable, isGone) = (false, false)
    new.board.memory.forEachDifference(from: old.board.memory, bytes: Int(bytes)) {
      address, before, after in
      if address.page != page {
        page = address.page
        let use = new.board.memory.use(ofPage: address.page)
        isGone = use == .buffer || use == .freed
        isTable = use != .buffer || old.board.memory.use(ofPage: address.page) != .buffer
      }
      func line() -> Prose {
        let name = (isGone ? old : new).wordName(at: address)
        return Self.changed + Prose(address.value.hex8, .physical)
          + Prose(name.map { "  \($0)" } ?? "", .dim) + values(before, after)
      }
      if isTable { tables.add(line()) } else { other.add(line()) }
    }
    return (tables, other)
  }
}
