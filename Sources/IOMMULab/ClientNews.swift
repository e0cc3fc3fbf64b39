internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
package import IOMMUModel
internal import IOMMUValues

/// What an operation came to for the clients, beside its answer: complaints of dma-debug, buffers that
/// were reached too late, segments of a scattered buffer.
struct ClientNews {
  /// How much there was before.
  struct Mark {
    fileprivate let reports: Int
    fileprivate let staleReaches: Int
    fileprivate let foreign: UInt64
    fileprivate let leakedPins: UInt64

    init(_ clients: Clients) {
      reports = clients.reports.count
      staleReaches = clients.staleReaches
      foreign = clients.foreignPages
      leakedPins = clients.leakedPins
    }
  }

  private var reports: [String] = []
  private var staleReaches = 0
  private let total: Int
  private var foreign: UInt64 = 0
  private var leakedPins: UInt64 = 0
  private var segments: [Buffer.Segment] = []
  private var hazards: [HazardCount]
  private let isOfClient: Bool

  init(
    since mark: Mark, in machine: Machine, _ operation: Operation, _ outcome: Outcome,
    _ hazards: [HazardCount]
  ) {
    // KVM asks for one page and wants to be told that more went.
    self.hazards = hazards.filter { $0.hazard != .unmappedMore || !operation.isOfGuest }
    isOfClient = if case .client = operation { true } else { false }
    let clients = machine.clients
    reports = clients.reports.dropFirst(mark.reports).map { $0.line(in: machine) }
    total = clients.staleReaches
    staleReaches = total - mark.staleReaches
    foreign = clients.foreignPages &- mark.foreign
    leakedPins = clients.leakedPins &- mark.leakedPins
    if outcome.isOK, case .client(.dmaMapScattered) = operation {
      segments = clients.buffers.last?.segments ?? []
    }
  }

  func add(to json: inout JSONText) {
    if !segments.isEmpty {
      json.add(
        "segments",
        segments.map { segment in
          var json = JSONText()
          json.add("iova", segment.iova.value.hex8)
          json.add("size", segment.size.hex)
          return json
        })
    }
    if staleReaches > 0 {
      json.add("stale", true)
      json.add("staleReaches", total)
    }
    if foreign > 0 { json.add("foreignPagesUnpinned", Int(clamping: foreign)) }
    if leakedPins > 0 { json.add("pagesPinnedForEver", Int(clamping: leakedPins)) }
    // What the older verbs print is fixed; `--events` shows theirs.
    if isOfClient, !hazards.isEmpty {
      json.add(
        "hazards",
        hazards.map { hazard in
          var json = JSONText()
          json.add("hazard", hazard.hazard.name)
          json.add("address", hazard.first.value.hex8)
          json.add("count", hazard.count)
          return json
        })
    }
    if !reports.isEmpty { json.add("dmaDebug", reports) }
  }

  /// The same for people.
  var lines: [String] {
    var lines = segments.map { "segment \($0.iova.value.hex8) \($0.size.sizeText)" }
    if staleReaches > 0 {
      lines.append("stale: the driver had given that buffer up (\(total) so far)")
    }
    for hazard in hazards {
      let times = hazard.count > 1 ? " (\(hazard.count) times)" : ""
      lines.append("hazard: \(hazard.hazard.words)\(times)")
    }
    if foreign > 0 { lines.append("wrong: \(Self.pages(foreign)) unpinned, not the guest's own") }
    if leakedPins > 0 { lines.append("wrong: \(Self.pages(leakedPins)) of it pinned for ever") }
    return lines + reports
  }

  private static func pages(_ count: UInt64) -> String { count == 1 ? "1 page" : "\(count) pages" }

  /// What drivers have not unmapped when all is over.
  static func leaks(in machine: Machine) -> [String] {
    let names = stillMapped(in: machine)
    guard !names.isEmpty else { return [] }
    let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    return ["DMA-API: still mapped at the end: \(shown)"]
  }

  /// The buffers that are mapped, with their devices.
  static func stillMapped(in machine: Machine) -> [String] {
    machine.clients.pending.map { "\($0.name) of \(machine.system.name(of: $0.device))" }
  }
}

extension Clients {
  /// How often any device has reached a buffer that its driver had given up.
  var staleReaches: Int { spaces.reduce(0) { $0 + $1.staleReaches } }

  /// How many pages were unpinned that the guest had not pinned.
  fileprivate var foreignPages: UInt64 { machines.reduce(0) { $0 &+ $1.unpinnedForeign } }
}

extension Clients {
  /// How many pages of guests that are gone stay pinned.
  fileprivate var leakedPins: UInt64 {
    machines.reduce(0) { $0 &+ ($1.isAlive ? 0 : $1.pins.total) }
  }
}

extension Operation {
  /// KVM does it.
  fileprivate var isOfGuest: Bool {
    switch self {
    case .client(.assign), .client(.deassign), .client(.memslot), .client(.vmFree): true
    default: false
    }
  }

  /// It asks for a number, so that 0 is an answer like any other.
  fileprivate var asksForNumber: Bool {
    switch self {
    case .readWord, .register(_, _, nil), .iovaToPhys: true
    default: false
    }
  }
}

extension Outcome {
  /// The answer to an operation in one line.
  package func words(for operation: Operation, in machine: Machine) -> String {
    if case .done(0) = self, operation.asksForNumber { return UInt64(0).hex8 }
    return words(in: machine)
  }
}

extension DMAReport {
  func line(in machine: Machine) -> String {
    "DMA-API: \(machine.system.name(of: device)): "
      + mistake.text(at: iova, mapped: mapped, given: given)
  }
}

extension Machine {
  /// The guests that there are.
  package var guestNames: [String] { clients.machines.filter(\.isAlive).map(\.name) }

  /// The buffers that drivers have mapped, the newest first, each name once.
  package var bufferNames: [String] {
    var names: [String] = []
    for buffer in clients.buffers.suffix(64).reversed() where !names.contains(buffer.name) {
      names.append(buffer.name)
    }
    return names
  }
}
