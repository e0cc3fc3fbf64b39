internal import IOMMUAPI
internal import IOMMUClients
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

    init(_ clients: Clients) {
      reports = clients.reports.count
      staleReaches = clients.staleReaches
      foreign = clients.foreignPages
    }
  }

  private var reports: [String] = []
  private var staleReaches = 0
  private let total: Int
  private var foreign: UInt64 = 0
  private var segments: [Buffer.Segment] = []

  init(since mark: Mark, in machine: Machine, _ operation: Operation, _ outcome: Outcome) {
    let clients = machine.clients
    reports = clients.reports.dropFirst(mark.reports).map { $0.line(in: machine) }
    total = clients.staleReaches
    staleReaches = total - mark.staleReaches
    foreign = clients.foreignPages &- mark.foreign
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
    if !reports.isEmpty { json.add("dmaDebug", reports) }
  }

  /// The same for people.
  var lines: [String] {
    var lines = segments.map { "segment \($0.iova.value.hex8) \($0.size.sizeText)" }
    if staleReaches > 0 {
      lines.append("stale: the driver had given that buffer up (\(total) so far)")
    }
    if foreign > 0 { lines.append("wrong: \(foreign) pages unpinned that were not the guest's") }
    return lines + reports
  }

  /// What drivers have not unmapped when all is over.
  static func leaks(in machine: Machine) -> [String] {
    let pending = machine.clients.pending
    guard !pending.isEmpty else { return [] }
    let names = pending.map { "\($0.name) of \(machine.system.name(of: $0.device))" }
    let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    return ["DMA-API: still mapped at the end: \(shown)"]
  }
}

extension Clients {
  /// How often any device has reached a buffer that its driver had given up.
  var staleReaches: Int { spaces.reduce(0) { $0 + $1.staleReaches } }

  /// How many pages were unpinned that the guest had not pinned.
  fileprivate var foreignPages: UInt64 { machines.reduce(0) { $0 &+ $1.unpinnedForeign } }
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
