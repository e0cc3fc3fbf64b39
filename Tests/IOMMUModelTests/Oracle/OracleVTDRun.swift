import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport

/// The traditional platform's model and its plain machine side by side.
struct OracleVTDRun: OracleRunning {
  typealias Operations = OracleVTDOperations

  static let expected = (
    always: [
      "hit", "mappedTwice", "unmappedMore", "unmappedNothing", "freedWhileAttached", "EFAULT",
      "EINVAL", "ENOMEM", "reason 1", "reason 2", "reason 4", "reason 5", "reason 6",
    ], wild: ["stale entry", "stale hit", "stale context"]
  )

  var machine: Machine
  var plain = PlainVTDMachine()
  var recordings: [Recording] = []
  var complaints: [String] = []
  var counts: [String: Int] = [:]

  init() throws {
    var machine = Machine(unprobed: try Library.platform("traditional"))
    try machine.probeAll()
    _ = machine.takeRecording()
    self.machine = machine
  }

  mutating func prepare() {
    plain.memory.forgetTouched()
    plain.writes = []
    plain.overMapped = 0
    for index in plain.remembered.indices { plain.remembered[index].isFresh = false }
  }

  // MARK: The same operation on the plain machine

  mutating func follow(_ operation: Operation, _ outcome: Outcome, _ recording: Recording) {
    switch operation {
    case .alloc(let name): compare(outcome, plain.alloc(name))
    case .free(let name): compare(outcome, plain.free(name))
    case .attach(let domain, let device): compare(outcome, plain.attach(device, to: domain))
    case .detach(let domain, let device): compare(outcome, plain.detach(device, from: domain))
    case .map(let domain, let iova, let physical, let size, let protection):
      compare(
        outcome,
        plain.map(domain, iova: iova, to: physical, size: size, prot: protection.rawValue))
    case .unmap(let domain, let iova, let size):
      compare(outcome, plain.unmap(domain, iova: iova, size: size))
    case .iovaToPhys(let domain, let iova): compare(outcome, plain.iovaToPhys(domain, iova))
    case .probe: compare(outcome, .refused(PlainVTDMachine.ebusy))
    case .read(let written): follow(written, outcome, recording, storing: nil)
    case .write(let written, let value):
      follow(written, outcome, recording, storing: UInt32(truncatingIfNeeded: value))
    case .walk(let written):
      look(written, outcome)
      if !recording.events.isEmpty { complain("looking left events") }
    case .writeWord(let address, let value):
      plain.memory.storeHalf(address, UInt32(truncatingIfNeeded: value))
      plain.memory.storeHalf(address + 4, UInt32(truncatingIfNeeded: value >> 32))
      compare(outcome, .done(0))
    case .readWord(let address): compare(outcome, .done(plain.memory[address]))
    case .limitPages(let limit):
      plain.pages.limit = limit.map { Int($0) }
      compare(outcome, .done(0))
    case .dump, .use, .register, .invalidate, .irq, .traffic, .client:
      complain("the plain machine knows no such operation")
    }
  }

  private mutating func compare(_ outcome: Outcome, _ answer: PlainAnswer64) {
    let isEqual =
      switch (outcome, answer) {
      case (.done(let value), .done(let expected)): value == expected
      case (.refused(let errno, _), .refused(let expected)): errno.rawValue == expected
      case (.error, .error): true
      default: false
      }
    if !isEqual { complain("the model answers \(outcome), the plain machine \(answer)") }
  }

  // MARK: Requests

  /// The request that a person wrote; nil when it names something that is not there.
  private func plainRequest(_ written: Operation.DeviceRequest) -> PlainVTDRequest? {
    guard let source = PlainVTDMachine.sources[written.device], written.stream ?? 0 < 0x1_0000
    else { return nil }
    let access: PlainAccess =
      switch written.access {
      case .read: .read
      case .write: .write
      case .execute: .execute
      }
    return PlainVTDRequest(source: written.stream ?? source, iova: written.iova, access: access)
  }

  private mutating func follow(
    _ written: Operation.DeviceRequest, _ outcome: Outcome, _ recording: Recording,
    storing word: UInt32?
  ) {
    guard let request = plainRequest(written) else { return compare(outcome, .error) }
    let hits = recording.events.count { if case .tlbHit = $0.change { true } else { false } }
    let before = plain
    let endings = before.endings(of: request)
    for ending in endings {
      plain = before
      plain.apply(ending, of: request, storing: word)
      guard isEqual(outcome, ending, of: request) else { continue }
      let isFault = if case .fault = ending { true } else { false }
      if hits != (ending.isHit && !isFault ? 1 : 0) {
        complain("\(hits) TLB hits were recorded of \(ending)")
      }
      compareRemembered(ending, request, before)
      return
    }
    complain("the model answers \(outcome), the plain machine one of \(endings)")
  }

  /// What caches answer is what a walk gives, unless an event explains why not.
  private mutating func compareRemembered(
    _ ending: PlainVTDEnding, _ request: PlainVTDRequest, _ before: PlainVTDMachine
  ) {
    let walked = before.walked(request)
    guard !isSame(ending, walked) else { return }
    note(ending.isHit ? "stale hit" : "stale context")
    let context = before.contexts[request.source]
    let isExplained =
      context?.isExcused == true
      || ending.isHit
        && before.hits(of: request).contains { $0.isExcused || $0.table != context?.table }
    if !isExplained {
      complain("caches give \(ending), a walk \(walked), and no event says why")
    }
  }

  private func isSame(_ left: PlainVTDEnding, _ right: PlainVTDEnding) -> Bool {
    switch (left, right) {
    case (.bypassed, .bypassed): true
    case (.reached(let left, _), .reached(let right, _)): left == right
    case (.fault(let left, _, let first, _), .fault(let right, _, let second, _)):
      left == right && first == second
    default: false
    }
  }

  private mutating func look(_ written: Operation.DeviceRequest, _ outcome: Outcome) {
    guard let request = plainRequest(written) else { return compare(outcome, .error) }
    let endings = plain.endings(of: request)
    if !endings.contains(where: { isEqual(outcome, $0, of: request) }) {
      complain("the model would answer \(outcome), the plain machine one of \(endings)")
    }
  }

  private func isEqual(
    _ outcome: Outcome, _ ending: PlainVTDEnding, of request: PlainVTDRequest
  ) -> Bool {
    switch (outcome, ending) {
    case (.reached(let address, let isBypass, let word), .bypassed):
      return isBypass && address.value == request.iova && word == plain.memory.half(request.iova)
    case (.reached(let address, let isBypass, let word), .reached(let expected, _)):
      return !isBypass && address.value == expected && word == plain.memory.half(expected)
    case (.fault(let fault), .fault(let reason, let level, let isRecorded, _)):
      // FSTS says that the only record is pending.
      return UInt64(fault.reason) == reason && Int(fault.level) == level && fault.iommu == 0
        && fault.isRecorded == isRecorded && fault.status == (isRecorded ? 2 : 0)
        && fault.iova.value == request.iova && UInt64(fault.stream) == request.source
    default: return false
    }
  }
}
