package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// What is wrong with the machine as it stands: read from the hardware and the kernel's records.
extension Problem {
  /// So many of one kind are told; more of the same teach nothing.
  package static let mostOfAKind = 64

  /// The problems of a machine, the worst kinds first.
  ///
  /// `leaked` has, for each live domain, the pages it took for tables and can no longer reach;
  /// `readOnly` what was asked to be mapped without write, `mistakes` what went wrong up to here;
  /// `isEnd` says that nothing follows.
  package static func all(
    in machine: Machine, leaked: [DomainID: [PhysicalAddress]], readOnly: [ReadOnlyMap],
    mistakes: [Mistake] = [], isEnd: Bool = false
  ) -> [Problem] {
    let units = machine.board.iommus.indices
    let contexts = units.flatMap { iommu in
      (0..<machine.board.iommus[iommu].bankCount).map { (iommu, $0) }
    }
    var all = contexts.compactMap { freedTable(bank: $0.1, of: $0.0, in: machine) }
    all += units.flatMap { staleEntries(of: $0, in: machine) }
    all += contexts.compactMap { staleContext(bank: $0.1, of: $0.0, in: machine) }
    all += bypasses(in: machine)
    all += writable(readOnly, in: machine)
    all += leaks(leaked, in: machine)
    all += damages(mistakes, in: machine)
    all += givenUp(in: machine)
    all += complaints(mistakes, in: machine)
    all += pending(in: machine)
    all += unattached(in: machine)
    if isEnd { all += stillMapped(in: machine) }
    return all
  }

  // MARK: Tables

  private static func freedTable(bank: Int, of iommu: Int, in machine: Machine) -> Problem? {
    let status = BankStatus(bank: bank, of: iommu, in: machine)
    guard status.state != .off, let table = status.table, machine.domain(withTable: table) == nil
    else { return nil }
    let use = machine.board.memory.use(ofPage: table.page)
    // A table that somebody made by hand was never the allocator's.
    guard use != .buffer else { return nil }
    var subject = place(bank: bank, of: iommu, in: machine)
    subject += " walks " + Prose(table.value.hex8, .physical, to: .word(table.value))
    subject += use == .freed ? ", which was freed" : ", which is another table's by now"
    var traces = [EventTrace.freed(page: table.page)]
    switch machine.tablePlace(bank: bank, of: iommu) {
    case .register(let iommu, let offset): traces.append(.register(iommu: iommu, offset: offset))
    case .memory(let address): traces.append(.word(address))
    case nil: break
    }
    return Problem(
      .freedTable, subject,
      why: "Whoever gets that page next decides where its requests go.", traces: traces)
  }

  private static func leaks(
    _ leaked: [DomainID: [PhysicalAddress]], in machine: Machine
  ) -> [Problem] {
    leaked.sorted { $0.key < $1.key }.compactMap { domain, pages in
      guard let first = pages.first else { return nil }
      var subject = Prose(machine.system.name(of: domain), .domain) + " lost "
      subject += pages.count == 1 ? "a table at " : "\(pages.count) tables, the first at "
      subject += Prose(first.value.hex8, .physical, to: .word(first.value))
      return Problem(
        .leakedTable, subject,
        why: "No entry leads to it: it is never walked, and never freed before a reboot.",
        traces: [.leaked(page: first.page)])
    }
  }

  // MARK: What is remembered

  private static func staleEntries(of iommu: Int, in machine: Machine) -> [Problem] {
    let unit = machine.board.iommus[iommu]
    guard !unit.tlb.isEmpty else { return [] }
    var problems: [Problem] = []
    for slot in unit.tlb.usedSlots where problems.count < mostOfAKind {
      guard let entry = unit.tlb[slot],
        case .stale(let now) = machine.truth(of: entry, in: iommu)
      else { continue }
      var subject = Prose(unit.name, .strong, to: .named(unit.name)) + " remembers "
      subject += Prose(entry.iova.hex8, .iova) + " → " + Prose(entry.physical.hex8, .physical)
      let isOnlyRights = now?.physical.value == entry.physical
      subject +=
        now.map {
          isOnlyRights
            ? Prose(" \(entry.rights.letters); tables say \($0.rights.letters)")
            : "; tables say \(physical: $0.physical)"
        } ?? "; tables say nothing"
      let rest = entry.size.bytes.sizeText
      problems.append(
        Problem(
          .staleEntry, subject,
          why: now == nil
            ? machine.lazyWindow(of: entry, in: iommu)
              ?? Prose("Until it is invalidated, devices still reach \(rest) that were unmapped.")
            : isOnlyRights
              ? Prose("Until it is invalidated, devices have the old rights to \(rest).")
              : Prose("Until it is invalidated, devices reach the old \(rest), not the new."),
          traces: entryTraces(for: entry, of: iommu, in: machine)))
    }
    return problems
  }

  /// The words that a walk for the entry's address reads now: one of them was changed.
  private static func entryTraces(
    for entry: TLBEntry, of iommu: Int, in machine: Machine
  ) -> [EventTrace] {
    let unit = machine.board.iommus[iommu]
    let format = machine.platform.format
    var traces: [EventTrace] = []
    for bank in 0..<unit.bankCount {
      let status = BankStatus(bank: bank, of: iommu, in: machine)
      guard status.state == .live, var table = status.table, unit.tag(of: entry, is: status.tag)
      else { continue }
      for level in format.levels {
        let index = format.index(of: IOVA(entry.iova), level: level)
        traces.append(.word(table + UInt64(index) * format.entryBytes))
        let word = format.entry(index, of: table, in: machine.board.memory)
        guard case .table(let next) = format.decode(word, level: level) else { break }
        table = next
      }
      switch machine.tablePlace(bank: bank, of: iommu) {
      case .register(let iommu, let offset):
        traces.append(.register(iommu: iommu, offset: offset))
      case .memory(let address): traces.append(.word(address))
      case nil: break
      }
    }
    return traces
  }

  private static func staleContext(bank: Int, of iommu: Int, in machine: Machine) -> Problem? {
    let unit = machine.board.iommus[iommu]
    guard let device = machine.device(bank: bank, of: iommu),
      let stream = machine.system.devices[device.index].streams.first,
      let known = unit.contextCache[UInt16(truncatingIfNeeded: stream)]
    else { return nil }
    let now = machine.contextEntry(bank: bank, of: iommu)
    guard known != now else { return nil }
    var subject = Prose(unit.name, .strong, to: .named(unit.name)) + " remembers a context of "
    let name = machine.system.name(of: device)
    subject += Prose(name, .strong, to: .named(name)) + " that memory no longer has"
    let traces = machine.contextEntryAddress(bank: bank, of: iommu).map {
      [EventTrace.word($0), .word($0 + 8)]
    }
    return Problem(
      .staleContext, subject,
      why: "Until the cache is invalidated, its requests go by the old entry.",
      traces: traces ?? [])
  }

  // MARK: What passes

  private static func bypasses(in machine: Machine) -> [Problem] {
    let devices = machine.liveDomains.flatMap { domain in
      machine.system.domains[domain.index].attached.map { (domain, $0) }
    }
    return devices.prefix(mostOfAKind).compactMap { domain, device in
      guard passesUntranslated(device, in: machine) else { return nil }
      let name = machine.system.name(of: device)
      let found = machine.system.devices[device.index]
      var subject = Prose(name, .strong, to: .named(name)) + " is attached to "
      subject += Prose(machine.system.name(of: domain), .domain) + ", yet passes untranslated"
      let place = found.bank.flatMap { bank in
        machine.words.controlRegister(ofContext: bank)
      }
      return Problem(
        .bypass, subject, why: "The kernel believes it confined; it reaches all of memory.",
        traces: place.map { [.register(iommu: found.iommu, offset: $0)] } ?? [])
    }
  }

  private static func unattached(in machine: Machine) -> [Problem] {
    let attached = Set(
      machine.liveDomains.flatMap { machine.system.domains[$0.index].attached })
    let free = machine.system.devices.indices.map(DeviceID.init).filter {
      machine.system.devices[$0.index].bank != nil && !attached.contains($0)
        && passesUntranslated($0, in: machine)
    }
    guard !free.isEmpty else { return [] }
    let names = free.prefix(3).map { machine.system.name(of: $0) }
    var subject = Prose("\(free.count) device\(free.count == 1 ? "" : "s")", .strong)
    subject += free.count == 1 ? " passes untranslated: " : " pass untranslated: "
    for (index, name) in names.enumerated() {
      subject += Prose(index == 0 ? "" : ", ") + Prose(name, .text, to: .named(name))
    }
    if free.count > names.count { subject += " and more" }
    return [
      Problem(
        .unattached, subject,
        why: "Nothing is attached for them, so they reach all of memory: so it is after boot.")
    ]
  }

  private static func passesUntranslated(_ device: DeviceID, in machine: Machine) -> Bool {
    if case .bypassed = machine.board.walk(machine.request(by: device, at: IOVA(0), .read)) {
      return true
    }
    return false
  }

  // MARK: What is allowed

  /// Mappings asked for without write that are still there and let devices write.
  private static func writable(_ asked: [ReadOnlyMap], in machine: Machine) -> [Problem] {
    let format = machine.platform.format
    var problems: [Problem] = []
    var seen: Set<[UInt64]> = []
    for map in asked.reversed() where problems.count < mostOfAKind {
      guard let domain = machine.system.domain(named: map.domain),
        let table = machine.system.domains[domain.index].table,
        seen.insert([UInt64(domain.index), map.iova]).inserted,
        let leaf = format.leaf(for: IOVA(map.iova), from: table, in: machine.board.memory),
        leaf.rights.contains(.userWrite),
        leaf.physical.value | map.iova & leaf.size.offsetMask == map.physical
      else { continue }
      var subject = Prose(map.domain, .domain) + " lets devices write "
      subject += Prose(map.iova.hex8, .iova) + Prose(" (\(map.size.sizeText))")
      subject += ", mapped to be read only"
      problems.append(
        Problem(
          .writable, subject, why: Prose(machine.words.whyWritable),
          traces: [.operation(map.entry)]))
    }
    return problems.reversed()
  }

  // MARK: Faults

  private static func pending(in machine: Machine) -> [Problem] {
    PendingFault.all(on: machine.board).prefix(mostOfAKind).map { fault in
      let unit = machine.board.iommus[fault.iommu].name
      let subject = Prose(fault.place, .strong, to: .named(unit)) + " has a fault pending"
      return Problem(
        .pendingFault, subject, why: Prose(machine.words.whyPending),
        traces: fault.offset.map { [.register(iommu: fault.iommu, offset: $0)] } ?? [])
    }
  }

  // MARK: Names

  /// A context by who uses it, or by its number.
  private static func place(bank: Int, of iommu: Int, in machine: Machine) -> Prose {
    let unit = machine.board.iommus[iommu].name
    if let device = machine.device(bank: bank, of: iommu) {
      let name = machine.system.name(of: device)
      return Prose(name, .strong, to: .named(name)) + Prose(" (\(unit))", .dim)
    }
    return Prose(unit, .strong, to: .named(unit)) + " " + Prose(machine.words.context(bank))
  }
}

extension FormatID {
  /// The leaf that tables hold for an address, if they lead to one.
  package func leaf(
    for iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> Leaf? {
    var table = base
    for level in levels {
      switch decode(entry(index(of: iova, level: level), of: table, in: memory), level: level) {
      case .table(let next): table = next
      case .leaf(let leaf): return leaf
      case .invalid, .reserved: return nil
      }
    }
    return nil
  }
}
