internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// The way of a request from a device to memory, hop by hop, in the words of its architecture.
///
/// Each family describes its own way in one file; whoever draws it needs to know none of them.
package struct RouteDescription: Sendable {
  /// A station, as a box of two lines or as a name with a detail below it.
  package struct Hop: Sendable {
    package let title: Prose
    /// The columns that its box takes at least.
    package let width: Int
    package let first: Prose
    package let second: Prose
    package let name: Prose
    package let detail: Prose
    /// The request passes here.
    package let isOnTheWay: Bool
  }

  /// Device, routing, context, domain, memory.
  package let hops: [Hop]
  /// The request leaves this hop untranslated, and why.
  package let bypass: (hop: Int, why: String)?
  /// The request comes no further than this hop, and why: in words, and shorter.
  package let stop: (hop: Int, words: String, short: String)?

  /// What is known of a request.
  package struct Facts: Sendable {
    package let machine: Machine
    package let request: Request
    package let outcome: WalkOutcome
    package let trace: WalkTrace
    package let device: DeviceFacts
    /// The current step wrote where the context's table is.
    package let isTableChanged: Bool

    package init(
      machine: Machine, request: Request, outcome: WalkOutcome, trace: WalkTrace,
      device: DeviceFacts, isTableChanged: Bool
    ) {
      (self.machine, self.request, self.outcome) = (machine, request, outcome)
      (self.trace, self.device, self.isTableChanged) = (trace, device, isTableChanged)
    }
  }

  /// Who asks: its name, and the context that stands for it.
  package struct DeviceFacts: Sendable {
    package let name: String
    package let bank: Int

    package init(name: String, bank: Int) { (self.name, self.bank) = (name, bank) }
  }

  package init(_ facts: Facts) {
    switch facts.machine.board.iommus[facts.request.iommu].family {
    case .msm: self.init(msm: facts)
    case .vtd: self.init(vtd: facts)
    }
  }

  init(
    hops: [Hop], bypass: (hop: Int, why: String)?, stop: (hop: Int, words: String, short: String)?
  ) {
    (self.hops, self.bypass, self.stop) = (hops, bypass, stop)
  }

  /// The request passes from this hop to the next.
  package func isLive(after hop: Int) -> Bool {
    if let bypass { return hop < bypass.hop }
    if let stop { return hop < stop.hop }
    return hop + 1 < hops.count && hops[hop + 1].isOnTheWay
  }
}

/// A line on where a stream goes, for a table of them.
package struct RoutingLine: Sendable {
  package let who: String
  package let place: String
  package let word: String
  package let goesTo: Prose

  /// How the streams of a device find its context, each entry that is looked at on the way.
  package static func all(of device: Int, in machine: Machine, registers: RegisterMap) -> [Self] {
    switch machine.platform.family {
    case .msm: msm(device, machine, registers)
    case .vtd: vtd(device, machine)
    }
  }
}

extension RouteDescription.Facts {
  var reachesMemory: Bool { if case .translated = outcome { true } else { false } }

  /// The table of a walk: whose it is, and how full.
  func domainHop(
    table: PhysicalAddress?, isOnTheWay: Bool
  ) -> RouteDescription.Hop {
    let domain = table.flatMap { machine.domain(withTable: $0) }
    let name = domain.map { machine.system.name(of: $0) }
    let isFreed =
      domain == nil && table.map { machine.board.memory.use(ofPage: $0.page) == .freed } ?? false
    let format = machine.platform.format
    var entries = Prose()
    if let table {
      let count = format.entryCount(level: format.firstLevel)
      let used = format.usedEntries(
        of: table, level: format.firstLevel, in: machine.board.memory)
      entries = Prose("\(used.count) of \(count)", .dim)
    }
    if let last = lastRead {
      entries = Prose(entryName(last), .text, to: .word(last.address.value))
    }
    return RouteDescription.Hop(
      title: name.map { Prose("domain ", .strong) + Prose($0, .domain) }
        ?? (isFreed ? Prose("freed memory!", .fault) : Prose("no domain", .dim)),
      width: 14,
      first: table.map { Prose($0.value.hex8, .physical) } ?? Prose("no table", .dim),
      second: entries,
      name: name.map { Prose($0, .domain) }
        ?? (isFreed ? Prose("freed!", .fault) : Prose("none", .dim)),
      detail: "", isOnTheWay: isOnTheWay)
  }

  /// The entry that the walk read last, if it read any.
  private var lastRead: (level: Int, address: PhysicalAddress, word: UInt64)? {
    for step in trace.steps.reversed() {
      if case .read(let word, let address, let level) = step { return (level, address, word) }
    }
    return nil
  }

  private func entryName(
    _ read: (level: Int, address: PhysicalAddress, word: UInt64)
  ) -> String {
    let index = machine.platform.format.index(of: request.iova, level: read.level)
    return "L\(read.level)[\(UInt64(index).hex)]"
  }

  /// Why the request stops, with the entry that stops it.
  func words(for fault: Fault) -> String {
    guard let last = lastRead, fault.level > 0 else { return fault.title }
    return "\(fault.title): \(entryName(last)) is \(last.word.hex)"
  }

  func memoryHop(isOnTheWay: Bool) -> RouteDescription.Hop {
    RouteDescription.Hop(
      title: Prose("memory", .strong), width: 8, first: Prose("DRAM", .text), second: "",
      name: Prose("DRAM", .text), detail: "", isOnTheWay: isOnTheWay)
  }
}
