internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// The thing that is looked at.
package enum Selection: Hashable, Sendable {
  case iommu(Int)
  case bank(iommu: Int, bank: Int)
  /// By name, so that it stays what it is while time moves.
  case domain(String)
}

/// What a selection leads to on the machine as it is now: what the views show of it.
struct Subject {
  let selection: Selection
  let machine: Machine
  /// The IOMMU and bank looked at; for a domain, those of the device attached last.
  let iommu: Int?
  let bank: Int?
  let device: DeviceID?
  let domain: DomainID?
  /// The first-level table to show: the one the bank walks, or the domain's own.
  let table: PhysicalAddress?

  init(_ selection: Selection, in machine: Machine) {
    self.selection = selection
    self.machine = machine
    switch selection {
    case .iommu(let iommu):
      let banks = 0..<machine.board.iommus[iommu].bankCount
      let live = banks.first {
        BankStatus(bank: $0, of: iommu, in: machine).state == .live
      }
      (self.iommu, bank) = (iommu, live ?? 0)
    case .bank(let iommu, let bank): (self.iommu, self.bank) = (iommu, bank)
    case .domain(let name):
      let attached = machine.system.domain(named: name).flatMap {
        machine.system.domains[$0.index].attached.first
      }
      iommu = attached.map { machine.system.devices[$0.index].iommu }
      bank = attached.flatMap { machine.system.devices[$0.index].bank }
    }
    var walked: PhysicalAddress?
    if let iommu, let bank {
      device = machine.device(bank: bank, of: iommu)
      walked = BankStatus(bank: bank, of: iommu, in: machine).table
    } else {
      device = nil
    }
    if case .domain(let name) = selection {
      let found = machine.system.domain(named: name)
      domain = found
      table = found.flatMap { machine.system.domains[$0.index].table }
    } else {
      domain = walked.flatMap { machine.domain(withTable: $0) }
      table = walked
    }
  }

  /// The bank's registers taken together.
  var status: BankStatus? {
    guard let iommu, let bank else { return nil }
    return BankStatus(bank: bank, of: iommu, in: machine)
  }

  /// The table that the bank walks went back to the page allocator.
  var isTableFreed: Bool {
    domain == nil && table.map { machine.board.memory.use(ofPage: $0.page) == .freed } ?? false
  }

  /// What a leaf's memory class means, by the registers of the bank that is looked at.
  func memoryType(of leaf: Leaf) -> MemoryType? {
    guard let iommu, let bank else { return nil }
    return machine.board.memoryType(of: leaf, bank: bank, iommu: iommu)
  }

  var domainName: String? { domain.map { machine.system.name(of: $0) } }

  var deviceName: String? { device.map { machine.system.name(of: $0) } }

  var iommuName: String? { iommu.map { machine.board.iommus[$0].name } }

  /// Where it is, as a path.
  func breadcrumb(_ glyphs: Glyphs) -> Prose {
    let separator = Prose(" \(glyphs.partOf) ", .dim)
    switch selection {
    case .iommu(let iommu): return Prose(machine.board.iommus[iommu].name, .strong)
    case .bank(let iommu, let bank):
      let unit = machine.board.iommus[iommu].name
      var path = Prose(unit, .strong, to: .named(unit))
      for part in [machine.words.pathPart(bank), deviceName].compactMap(\.self) {
        path += separator + Prose(part, .strong)
      }
      if let domainName { path += separator + Prose(domainName, .domain) }
      return path
    case .domain(let name):
      return Prose("domain ", .strong) + Prose(name, .domain)
        + (domain == nil ? Prose("  not allocated at this point", .dim) : "")
    }
  }
}
