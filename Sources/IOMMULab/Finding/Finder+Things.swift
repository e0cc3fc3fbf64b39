internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// What has a name: IOMMUs, contexts, devices, domains, registers.
extension Finder {
  /// What has a name of its own, before it is put into words.
  private enum Thing {
    case domain(DomainID)
    case unit(Int)
    case bank(Int, of: Int, Prose)
  }

  func things(_ query: TextQuery, in machine: Machine) -> FoundGroup {
    var hits: [(thing: Thing, match: TextMatch)] = []
    func look(_ name: String, _ thing: Thing) {
      if let match = TextMatch(query, in: name, .name) { hits.append((thing, match)) }
    }
    for domain in machine.liveDomains { look(machine.system.name(of: domain), .domain(domain)) }
    for (index, unit) in machine.board.iommus.enumerated() {
      look(unit.name, .unit(index))
      for bank in 0..<unit.bankCount {
        let name = contextName(bank, of: index, in: machine)
        look(name.text, .bank(bank, of: index, name))
      }
    }
    let best = Self.best(hits.map(\.match.cost), limit: 8).map { place in
      let (marked, cost) = (hits[place].match.marked, hits[place].match.cost)
      return switch hits[place].thing {
      case .domain(let domain): found(domain, marked, cost, in: machine)
      case .unit(let index): found(unit: index, marked, cost, in: machine)
      case .bank(let bank, let iommu, let name):
        found(bank, of: iommu, name, marked, cost, in: machine)
      }
    }
    return FoundGroup(.things, best, limit: 8, more: hits.count - best.count)
  }

  /// What there is to find before anything was typed: domains, and contexts that are in use.
  func everything(of machine: Machine) -> FoundGroup {
    var found = machine.liveDomains.prefix(50).map { self.found($0, [], 0, in: machine) }
    for (index, unit) in machine.board.iommus.enumerated() {
      for bank in 0..<unit.bankCount {
        guard BankStatus(bank: bank, of: index, in: machine).state != .off else { continue }
        let name = contextName(bank, of: index, in: machine)
        found.append(self.found(bank, of: index, name, [], 1, in: machine))
      }
    }
    return FoundGroup(.things, found, limit: 30)
  }

  private func found(
    _ domain: DomainID, _ marked: [Int], _ cost: Int, in machine: Machine
  ) -> Found {
    let name = machine.system.name(of: domain)
    let attached = machine.system.domains[domain.index].attached
    let first = attached.first.map { machine.system.name(of: $0) }
    let detail =
      switch (first, attached.count) {
      case (nil, _): "attached to nothing"
      case (let first?, 1): "attached to \(first)"
      case (let first?, let count): "attached to \(first) and \(count - 1) more"
      }
    return Found(
      group: .things, kind: "domain", name: Prose(name, .domain), marked: marked,
      detail: Prose(detail, .dim), place: .named(name), cost: cost)
  }

  private func found(
    unit index: Int, _ marked: [Int], _ cost: Int, in machine: Machine
  ) -> Found {
    let unit = machine.board.iommus[index]
    let count = unit.bankCount
    return Found(
      group: .things, kind: "IOMMU", name: Prose(unit.name), marked: marked,
      detail: Prose("\(count) context\(count == 1 ? "" : "s")", .dim), place: .named(unit.name),
      cost: cost)
  }

  private func found(
    _ bank: Int, of iommu: Int, _ name: Prose, _ marked: [Int], _ cost: Int, in machine: Machine
  ) -> Found {
    let device = machine.device(bank: bank, of: iommu)
    let status = BankStatus(bank: bank, of: iommu, in: machine)
    var detail: Prose =
      switch status.state {
      case .live: Prose("● ", .live)
      case .half: Prose("◐ ", .half)
      case .off: Prose("○ ", .dim)
      }
    if let table = status.table, let domain = machine.domain(withTable: table) {
      detail += Prose(machine.system.name(of: domain), .domain) + " "
    }
    let streams = device.map { machine.system.devices[$0.index].streams } ?? []
    if !streams.isEmpty {
      detail += Prose("\(machine.words.stream) \(machine.words.list(streams))", .dim)
    }
    return Found(
      group: .things, kind: device == nil ? "context" : "device", name: name, marked: marked,
      detail: detail, place: .bank(iommu: iommu, bank: bank), cost: cost)
  }

  /// `mdp_rgb1  mdp0/1`: who uses it, and which context it is.
  private func contextName(_ bank: Int, of iommu: Int, in machine: Machine) -> Prose {
    let unit = machine.board.iommus[iommu].name
    guard let device = machine.device(bank: bank, of: iommu) else {
      return Prose("\(unit)/\(bank)")
    }
    return Prose(machine.system.name(of: device)) + Prose("  \(unit)/\(bank)", .dim)
  }

  // MARK: Registers

  /// A register of an IOMMU, or of one of its contexts, by what it is called.
  struct RegisterName: Sendable {
    let iommu: Int
    let offset: UInt32
    let name: String
    /// Whose it is, like `mdp0/1`.
    let owner: String
    /// Both together: what is searched.
    let text: String
  }

  static func names(of registers: RegisterMap, in machine: Machine) -> [RegisterName] {
    var names: [RegisterName] = []
    for (index, unit) in machine.board.iommus.enumerated() {
      let banks: [Int?] = unit.bankPages > 0 ? [nil] + (0..<unit.bankPages).map { $0 } : [nil]
      for bank in banks {
        let owner = unit.name + (bank.map { "/\($0)" } ?? "")
        for offset in registers.offsets(of: unit, bank: bank, isTelling: { _ in true }) {
          let name = registers.name(at: offset, banks: unit.bankPages)
          names.append(
            RegisterName(
              iommu: index, offset: offset, name: name, owner: owner, text: "\(name)  \(owner)"))
        }
      }
    }
    return names
  }

  func registers(_ query: TextQuery, in machine: Machine) -> FoundGroup {
    var hits: [(register: RegisterName, marked: [Int], cost: Int)] = []
    for register in names {
      guard let match = TextMatch(query, in: register.text, .sentence) else { continue }
      hits.append((register, match.marked, match.cost / 64 * 1024 + rank(register, machine)))
    }
    let best = Self.best(hits.map(\.cost), limit: 8).map { place in
      found(hits[place].register, hits[place].marked, hits[place].cost, in: machine)
    }
    return FoundGroup(.registers, best, limit: 8, more: hits.count - best.count)
  }

  /// Of equal matches: those of the context that is looked at, of its IOMMU, short names, and those
  /// that hold something.
  private func rank(_ register: RegisterName, _ machine: Machine) -> Int {
    let isHere = nearBank.map { Int(register.offset >> 12) == $0 } ?? false
    let distance = register.iommu == near ? isHere ? 0 : 256 : 512
    let word = machine.board.register(register.offset, of: register.iommu)
    return distance + min(127, register.name.utf8.count) * 2 + (word == 0 ? 1 : 0)
  }

  private func found(
    _ register: RegisterName, _ marked: [Int], _ cost: Int, in machine: Machine
  ) -> Found {
    let unit = machine.board.iommus[register.iommu]
    let isStored = unit.registerIndex(at: register.offset) != nil
    let word = machine.board.register(register.offset, of: register.iommu)
    return Found(
      group: .registers, kind: "register",
      name: Prose(register.name) + Prose("  \(register.owner)", .dim), marked: marked,
      detail: isStored
        ? Prose(word.hex8, word == 0 ? .faint : .text) : Prose("takes commands only", .dim),
      place: .register(iommu: register.iommu, offset: register.offset), cost: cost)
  }
}
