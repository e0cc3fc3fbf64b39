internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// What a `dump` shows, as lines for people and as keys of a JSON object.
package struct DumpReport {
  private let dump: Operation.Dump
  private let machine: Machine
  private let registers: RegisterMap
  private let faults: FaultLog

  package init(
    _ dump: Operation.Dump, machine: Machine, registers: RegisterMap, faults: FaultLog
  ) {
    (self.dump, self.machine) = (dump, machine)
    (self.registers, self.faults) = (registers, faults)
  }

  // MARK: Lines

  /// Hands out line after line; of a domain's tables there may be millions.
  package func writeLines(_ write: (String) -> Void) {
    func indented(_ line: String) { write("      " + line) }
    switch dump {
    case .object(let name):
      if let domain = machine.system.domain(named: name) {
        writeTables(DomainTables(of: domain, in: machine), indented)
      } else if let iommu = try? machine.iommu(name) {
        registerLines(iommu).forEach(indented)
        if isVTD(iommu) { contextLines(iommu).forEach(indented) }
      }
    case .tlb(let name): (try? machine.iommu(name)).map(tlbLines)?.forEach(indented)
    case .faults: faultLines.forEach(indented)
    }
  }

  private func isVTD(_ iommu: Int) -> Bool { machine.board.iommus[iommu].family == .vtd }

  private func writeTables(_ tables: DomainTables, _ write: (String) -> Void) {
    for table in tables.tables {
      let place = table.path.last.map { " under entry \(UInt64($0).hex)" } ?? ""
      write("level \(table.level) at \(table.base.value.hex8)\(place)")
      for (index, word) in table.words {
        write("  \(UInt64(index).hex(digits: 3))  \(hex(word))")
      }
    }
    for page in tables.leaked { write("leaked: \(page.value.hex8)") }
  }

  private func registerLines(_ iommu: Int) -> [String] {
    let banks = machine.board.iommus[iommu].bankPages
    return registersInUse(of: iommu, on: machine.board).map { offset, word in
      let place = Int(offset >> 12) < banks ? "bank \(offset >> 12)  " : "        "
      return "\(UInt64(offset).hex(digits: 5))  \(word.hex8)  \(place)"
        + registers.name(at: offset, banks: banks)
    }
  }

  private func tlbLines(_ iommu: Int) -> [String] {
    let tlb = machine.board.iommus[iommu].tlb
    let lines = tlb.usedSlots.compactMap { slot in
      tlb[slot].map { entry in
        "entry \(slot)  \(entry.iova.hex8) → \(entry.physical.hex8)  \(entry.size.bytes.sizeText)"
          + "  VMID \(entry.vmid)  " + (entry.isGlobal ? "global" : "ASID \(entry.asid)")
          + (entry.flags.contains(.nonSecure) ? "" : "  secure")
          + "  \(entry.rights.words)  hits \(machine.board.tlbHits(at: slot, of: iommu))"
      }
    }
    return lines + ["\(lines.count) of \(tlb.geometry.sets * tlb.geometry.ways) entries in use"]
  }

  private var faultLines: [String] {
    let past = faults.entries.map { entry in
      "line \(entry.line)  \(place(entry.fault))  \(entry.fault.words)  "
        + "\(FamilyWords(machine.platform.family).faultStatus) \(entry.fault.status.hex8)"
    }
    let pending = PendingFault.all(on: machine.board).map { pending in
      "pending  \(pending.place)"
        + pending.registers.map { "  \($0.name) \($0.word.hex8)" }.joined()
    }
    return past + (pending.isEmpty ? ["none is pending"] : pending)
  }

  private func place(_ fault: Fault) -> String {
    fault.place(in: machine)
  }

  /// An entry with all its digits.
  private func hex(_ word: UInt64) -> String {
    word.hex(digits: Int(machine.platform.format.entryBytes) * 2)
  }

  // MARK: Root and context tables

  /// The context tables of a unit that has them, by bus.
  private func contextTables(
    of iommu: Int
  ) -> [(bus: Int, root: UInt64, entries: [(devfn: Int, entry: ContextEntry)])] {
    let memory = machine.board.memory
    let roots = PhysicalAddress(
      machine.board.doubleRegister(VTDRegisters.rtaddr, of: iommu) & ~0xfff)
    return (0..<256).compactMap { bus in
      let root = memory.doubleWord(at: roots + UInt64(bus * 16))
      guard root & 1 != 0 else { return nil }
      let entries = (0..<256).compactMap { devfn -> (devfn: Int, entry: ContextEntry)? in
        let place = PhysicalAddress(root & ~0xfff) + UInt64(devfn * 16)
        let entry = ContextEntry(
          low: memory.doubleWord(at: place), high: memory.doubleWord(at: place + 8))
        return entry.low | entry.high == 0 ? nil : (devfn, entry)
      }
      return (bus, root, entries)
    }
  }

  private func source(_ bus: Int, _ devfn: Int) -> String {
    SourceID(UInt16(bus << 8 | devfn)).description
  }

  private func contextLines(_ iommu: Int) -> [String] {
    contextTables(of: iommu).flatMap { bus, root, entries in
      ["root entry \(UInt64(bus).hex(digits: 2))  \(root.hex(digits: 16))"]
        + entries.map {
          "  \(source(bus, $0.devfn))  \($0.entry.high.hex(digits: 16)):"
            + "\($0.entry.low.hex(digits: 16).dropFirst(2))  domain-id \($0.entry.domain)  "
            + "\($0.entry.levels) levels at \($0.entry.table.value.hex8)"
        }
    }
  }

  private func contextObjects(_ iommu: Int) -> [JSONText] {
    contextTables(of: iommu).flatMap { bus, _, entries in
      entries.map {
        var object = JSONText()
        object.add("source", source(bus, $0.devfn))
        object.add("high", $0.entry.high.hex(digits: 16))
        object.add("low", $0.entry.low.hex(digits: 16))
        return object
      }
    }
  }

  // MARK: JSON

  /// Adds what it shows to an object that is being written; a domain's tables one by one.
  func writeJSON(after json: JSONText, _ write: (String) -> Void) {
    var json = json
    switch dump {
    case .object(let name):
      if let domain = machine.system.domain(named: name) {
        json.add("domain", name)
        writeTables(DomainTables(of: domain, in: machine), after: json, write)
        return
      }
      if let iommu = try? machine.iommu(name) { add(iommu, named: name, to: &json) }
    case .tlb(let name):
      json.add("iommu", name)
      json.add("entries", (try? machine.iommu(name)).map(tlbObjects) ?? [])
    case .faults:
      json.add("faults", faults.entries.map(object))
      json.add("pending", PendingFault.all(on: machine.board).map(object))
    }
    write(json.text)
  }

  private func add(_ iommu: Int, named name: String, to json: inout JSONText) {
    json.add("iommu", name)
    var words = JSONText()
    for (offset, word) in registersInUse(of: iommu, on: machine.board) {
      words.add(UInt64(offset).hex(digits: 5), word.hex8)
    }
    json.add("registers", words)
    guard isVTD(iommu) else { return }
    var roots = JSONText()
    for (bus, root, _) in contextTables(of: iommu) {
      roots.add(UInt64(bus).hex, root.hex(digits: 16))
    }
    json.add("root", roots)
    json.add("contexts", contextObjects(iommu))
  }

  private func writeTables(
    _ tables: DomainTables, after json: JSONText, _ write: (String) -> Void
  ) {
    write(json.text + ",\"tables\":[")
    for (place, table) in tables.tables.enumerated() {
      var object = JSONText()
      object.add("level", table.level)
      object.add("base", table.base.value.hex8)
      if let parent = table.path.last { object.add("index", UInt64(parent).hex) }
      if table.path.count > 1 { object.add("path", table.path.map { UInt64($0).hex }) }
      var entries = JSONText()
      for (index, word) in table.words { entries.add(UInt64(index).hex, hex(word)) }
      object.add("entries", entries)
      write((place > 0 ? "," : "") + object.closed)
    }
    var leaked = JSONText()
    leaked.add("leaked", tables.leaked.map(\.value.hex8))
    write("]," + leaked.text.dropFirst())
  }

  private func tlbObjects(_ iommu: Int) -> [JSONText] {
    let tlb = machine.board.iommus[iommu].tlb
    return tlb.usedSlots.compactMap { slot in
      guard let entry = tlb[slot] else { return nil }
      var object = JSONText()
      object.add("slot", slot)
      object.add("iova", entry.iova.hex8)
      object.add("physical", entry.physical.hex8)
      object.add("size", entry.size.bytes.hex)
      object.add("vmid", Int(entry.vmid))
      object.add("asid", Int(entry.asid))
      object.add("global", entry.isGlobal)
      object.add("nonSecure", entry.flags.contains(.nonSecure))
      object.add("rights", entry.rights.words)
      object.add("hits", Int(machine.board.tlbHits(at: slot, of: iommu)))
      return object
    }
  }

  private func object(_ entry: FaultLog.Entry) -> JSONText {
    var object = JSONText()
    object.add("line", entry.line)
    object.add("fault", entry.fault.json(in: machine))
    return object
  }

  private func object(_ pending: PendingFault) -> JSONText {
    var object = JSONText()
    object.add("iommu", machine.board.iommus[pending.iommu].name)
    object.add("place", pending.place)
    for register in pending.registers { object.add(register.name.lowercased(), register.word.hex8) }
    return object
  }
}
