internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// The way through a VT-d unit: source-id, root entry, context entry, second-stage tables, memory.
extension RouteDescription {
  init(vtd facts: Facts) {
    let machine = facts.machine
    let source = SourceID(UInt16(truncatingIfNeeded: facts.request.stream))
    let (bus, function) = (source.description.prefix(2), source.description.dropFirst(3))
    var isOn = false
    var (root, context): (RoutingEntry?, RoutingEntry?)
    for step in facts.trace.steps {
      switch step {
      case .control(_, _, let on): isOn = on
      case .routing(let entry) where entry.kind == .root: root = entry
      case .routing(let entry): context = entry
      case .route, .probe, .read, .check: break
      }
    }
    let known = machine.contextEntry(bank: facts.device.bank, of: facts.request.iommu)
    let entry = context.map { ContextEntry(low: $0.low, high: $0.high) } ?? known
    let (bypass, stop) = Self.end(of: facts, isOn: isOn, hasRoot: root.map { $0.low & 1 != 0 })
    let reach = stop?.hop ?? bypass?.hop ?? 4
    let isCached = context?.isCached ?? false
    let wire = Prose("bus ", .dim) + Prose(bus.description, .iova)
    let unit = facts.request.iommu
    let status = Prose.Target.register(iommu: unit, offset: VTDRegisters.gsts)
    let rootPlace = machine.rootEntryAddress(bank: facts.device.bank, of: unit)
      .map { Prose.Target.word($0.value) }
    let place = machine.contextEntryAddress(bank: facts.device.bank, of: unit)
      .map { Prose.Target.word($0.value) }
    let control: Prose =
      Prose("TES", .text, to: status) + " " + (isOn ? Prose("= 1", .live) : Prose("= 0", .dim))
    self.init(
      hops: [
        Hop(
          title: Prose("device", .strong), width: 12, first: Prose(facts.device.name, .text),
          second: wire, name: Prose(facts.device.name, .strong),
          detail: wire, isOnTheWay: true),
        Hop(
          title: Prose("IOMMU ", .strong)
            + Prose(machine.board.iommus[facts.request.iommu].name, .text), width: 16,
          first: control,
          second: Self.rootWords(root, bus: bus, isOn: isOn, isCached: isCached)
            .leading(to: rootPlace),
          name: Prose("root \(bus)", .text, to: rootPlace),
          detail: isOn ? Prose("TES 1", .live) : Prose("TES 0", .dim), isOnTheWay: true),
        Hop(
          title: Prose("context ", .strong, to: place)
            + Prose(function.description, .text), width: 16,
          first: Self.tagWords(entry, isReached: reach >= 2).leading(to: place),
          second: Self.levelWords(entry, isCached: isCached, memory: known, facts),
          name: Prose("context", .text, to: place),
          detail: isCached && entry != known
            ? Prose("≠ memory", .stale) : reach >= 2 ? Self.shortWords(entry) : "",
          isOnTheWay: reach >= 2),
        facts.domainHop(
          table: entry.flatMap { $0.isPresent ? $0.table : nil }, isOnTheWay: reach >= 3),
        facts.memoryHop(isOnTheWay: facts.reachesMemory || bypass != nil),
      ], bypass: bypass, stop: stop)
  }

  private static func end(
    of facts: Facts, isOn: Bool, hasRoot: Bool?
  ) -> (bypass: (hop: Int, why: String)?, stop: (hop: Int, words: String, short: String)?) {
    switch facts.outcome {
    case .bypassed:
      return (isOn ? (2, "TT is 2: passes through") : (1, "TES is 0: passes untranslated"), nil)
    case .fault(let fault):
      let hop =
        switch VTDFaultReason(rawValue: fault.reason) {
        case .rootEntryMissing, .rootEntryReserved, .rootTableUnreachable,
          .contextTableUnreachable:
          1
        case .contextEntryMissing, .contextEntryInvalid, .contextEntryReserved, .translationType:
          // Levels that the tables do not have are found out where they are walked.
          fault.level == 0 ? 2 : 3
        default: 3
        }
      let words = hop == 3 ? facts.words(for: fault) : fault.title
      return (nil, (hop, words, hop == 3 ? "fault" : fault.title))
    case .stalled: return (nil, (3, "", "stalled"))
    case .translated: return (nil, nil)
    }
  }

  private static func rootWords(
    _ root: RoutingEntry?, bus: Substring, isOn: Bool, isCached: Bool
  ) -> Prose {
    guard let root else {
      return Prose(isCached ? "not read" : "root \(bus)", .dim)
    }
    return root.low & 1 == 0
      ? Prose("root \(bus) none", .fault)
      : Prose("root ", .dim) + Prose(bus.description, .iova)
  }

  private static func tagWords(_ entry: ContextEntry?, isReached: Bool) -> Prose {
    guard let entry, entry.isPresent else {
      return Prose("not present", isReached ? .fault : .dim)
    }
    return Prose("domain-id ", .dim) + Prose("\(entry.domain)", .text)
  }

  private static func levelWords(
    _ entry: ContextEntry?, isCached: Bool, memory: ContextEntry?, _ facts: Facts
  ) -> Prose {
    if isCached, entry != memory { return Prose("≠ memory", .stale) }
    if facts.isTableChanged {
      return Prose(entry?.isPresent == true ? "present ◀" : "cleared ◀", .changed)
    }
    guard let entry, entry.isPresent else { return "" }
    if isCached { return Prose("as cached", .dim) }
    return entry.translationType == 2
      ? Prose("TT = 2", .text) : Prose("\(entry.levels) levels", .dim)
  }

  private static func shortWords(_ entry: ContextEntry?) -> Prose {
    guard let entry, entry.isPresent else { return "" }
    return Prose("id ", .dim) + Prose("\(entry.domain)", .text)
  }
}

extension RoutingLine {
  static func vtd(_ device: Int, _ machine: Machine) -> [Self] {
    let found = machine.system.devices[device]
    guard let bank = found.bank, let stream = found.streams.first else { return [] }
    let source = SourceID(UInt16(truncatingIfNeeded: stream))
    let name = source.description
    let memory = machine.board.memory
    var lines: [Self] = []
    if let address = machine.rootEntryAddress(bank: bank, of: found.iommu) {
      let word = memory.doubleWord(at: address)
      lines.append(
        Self(
          who: "bus \(name.prefix(2))", place: "root entry", word: word.hex8,
          goesTo: word & 1 == 0
            ? Prose("not present", .fault)
            : Prose("context table ", .dim) + Prose((word & ~0xfff).hex8, .physical)))
    }
    if let entry = machine.contextEntry(bank: bank, of: found.iommu) {
      lines.append(
        Self(
          who: String(name.dropFirst(3)), place: "context", word: entry.low.hex8,
          goesTo: goesTo(entry)))
    }
    let kept = machine.board.iommus[found.iommu].contextCache[source.value]
    lines.append(
      Self(
        who: name, place: "cache", word: kept?.low.hex8 ?? "",
        goesTo: kept.map { goesTo($0) } ?? Prose("nothing is remembered", .dim)))
    return lines
  }

  private static func goesTo(_ entry: ContextEntry) -> Prose {
    entry.isPresent
      ? Prose("domain-id ", .dim) + Prose("\(entry.domain)", .text) + Prose(", table ", .dim)
        + Prose(entry.table.value.hex8, .physical)
      : Prose("not present", .fault)
  }
}
