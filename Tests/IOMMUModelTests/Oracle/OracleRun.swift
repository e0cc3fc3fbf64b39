import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport

/// The mail's platform's model and its plain machine side by side.
struct OracleRun: OracleRunning {
  typealias Operations = OracleOperations

  static let expected = (
    always: [
      "hit", "translation", "leakedTable", "unmappedNothing", "overwroteMappedMemory", "EBUSY",
      "EINVAL",
    ], wild: ["stale entry", "stale hit"]
  )

  var machine: Machine
  var plain = PlainMachine()
  var recordings: [Recording] = []
  var complaints: [String] = []
  /// The tables of live domains, looked at again only when one of their words changed.
  var tables: [Int: OracleTables] = [:]
  var counts: [String: Int] = [:]
  /// The indices of the plain machine's IOMMUs on the model's board.
  let units: [String: Int]

  init() throws {
    let machine = try Machine.msm8x60()
    self.machine = machine
    units = Dictionary(
      uniqueKeysWithValues: try PlainWiring.units.map { ($0, try machine.unit($0)) })
    for context in PlainWiring.contexts { plain.banks[context.bank] = PlainBankState() }
  }

  mutating func prepare() {
    plain.memory.forgetTouched()
    plain.writes = []
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
      let words = [iova, physical, size].compactMap(UInt32.init(exactly:))
      compare(
        outcome,
        words.count < 3
          ? .error
          : plain.map(
            domain, iova: words[0], to: words[1], size: words[2], prot: protection.rawValue))
    case .unmap(let domain, let iova, let size):
      let words = [iova, size].compactMap(UInt32.init(exactly:))
      compare(
        outcome, words.count < 2 ? .error : plain.unmap(domain, iova: words[0], size: words[1]))
    case .iovaToPhys(let domain, let iova):
      compare(
        outcome, UInt32(exactly: iova).map { plain.iovaToPhys(domain, $0) } ?? .error)
    case .probe: compare(outcome, .refused(PlainMachine.ebusy))
    case .read(let written): follow(written, outcome, recording, storing: nil)
    case .write(let written, let value):
      follow(written, outcome, recording, storing: UInt32(truncatingIfNeeded: value))
    case .walk(let written):
      look(written, outcome)
      if !recording.events.isEmpty { complain("looking left events") }
    case .writeWord(let address, let value):
      plain.memory[UInt32(truncatingIfNeeded: address)] = UInt32(truncatingIfNeeded: value)
      compare(outcome, .done(0))
    case .readWord(let address):
      compare(outcome, .done(plain.memory[UInt32(truncatingIfNeeded: address)]))
    case .limitPages(let limit):
      plain.pages.limit = limit.map { Int($0) }
      compare(outcome, .done(0))
    case .dump, .use, .register, .invalidate, .irq, .traffic, .client:
      complain("the plain machine knows no such operation")
    }
  }

  private mutating func compare(_ outcome: Outcome, _ answer: PlainAnswer) {
    let isEqual =
      switch (outcome, answer) {
      case (.done(let value), .done(let expected)): value == UInt64(expected)
      case (.refused(let errno, _), .refused(let expected)): errno.rawValue == expected
      case (.error, .error): true
      default: false
      }
    if !isEqual { complain("the model answers \(outcome), the plain machine \(answer)") }
  }

  // MARK: Requests

  private mutating func follow(
    _ written: Operation.DeviceRequest, _ outcome: Outcome, _ recording: Recording,
    storing word: UInt32?
  ) {
    guard let request = plainRequest(written) else { return compare(outcome, .error) }
    let hits = recording.events.count { if case .tlbHit = $0.change { true } else { false } }
    let walked = plain.walked(request)
    let endings = plain.endings(of: request)
    // Only when several remembered pages cover the address is there a choice.
    var after = plain
    for ending in endings {
      after = plain
      after.apply(ending, of: request, storing: word)
      guard isEqual(outcome, ending, of: request, in: after) else { continue }
      compareHit(ending, request, walked: walked, hits: hits)
      plain = after
      return
    }
    complain("the model answers \(outcome), the plain machine one of \(endings)")
  }

  /// A hit must be an event, and give what a walk gives unless an event explains why not.
  private mutating func compareHit(
    _ ending: PlainEnding, _ request: PlainRequest, walked: PlainEnding, hits: Int
  ) {
    let isFault = if case .fault = ending { true } else { false }
    if hits != (ending.isHit && !isFault ? 1 : 0) {
      complain("\(hits) TLB hits were recorded of \(ending)")
    }
    guard ending.isHit, !isSame(ending, walked) else { return }
    note("stale hit")
    let bank = plain.bank(of: request)
    let isExplained = plain.hits(of: request).contains {
      $0.isExcused || $0.page.isGlobal && $0.bank != bank || isTorn($0, at: request.iova)
    }
    if !isExplained { complain("a hit gives \(ending), a walk \(walked), and no event says why") }
  }

  /// The entry came from another word of its group of 16 than the address's own, and they differ.
  private func isTorn(_ entry: PlainEntry, at iova: UInt32) -> Bool {
    let (own, other) = (entry.read.last ?? 0, wordAddress(entry, at: iova))
    return entry.page.bytes == 0x1_0000 || entry.page.bytes == 0x100_0000
      ? plain.memory[own] != plain.memory[other] : false
  }

  /// Where the word of the entry's group stands that belongs to an address.
  private func wordAddress(_ entry: PlainEntry, at iova: UInt32) -> UInt32 {
    let bytes = entry.page.bytes / 16
    let (first, second) = (entry.iova % entry.page.bytes / bytes, iova % entry.page.bytes / bytes)
    return (entry.read.last ?? 0) &- first * 4 &+ second * 4
  }

  private func isSame(_ left: PlainEnding, _ right: PlainEnding) -> Bool {
    switch (left, right) {
    case (.bypassed, .bypassed): true
    case (.reached(let left, _, _), .reached(let right, _, _)): left == right
    case (.fault(let left, _), .fault(let right, _)): left == right
    default: false
    }
  }

  private mutating func look(_ written: Operation.DeviceRequest, _ outcome: Outcome) {
    guard let request = plainRequest(written) else { return compare(outcome, .error) }
    let endings = plain.endings(of: request)
    if !endings.contains(where: { isEqual(outcome, $0, of: request, in: plain) }) {
      complain("the model would answer \(outcome), the plain machine one of \(endings)")
    }
  }

  /// The request that a person wrote; nil when it names something that is not there.
  private func plainRequest(_ written: Operation.DeviceRequest) -> PlainRequest? {
    guard let context = PlainWiring.context(written.device), written.stream ?? 0 < 512,
      let iova = UInt32(exactly: written.iova)
    else { return nil }
    let access: PlainAccess =
      switch written.access {
      case .read: .read
      case .write: .write
      case .execute: .execute
      }
    return PlainRequest(
      unit: context.bank.unit, stream: written.stream.map(UInt32.init) ?? context.streams[0],
      iova: iova, access: access, isPrivileged: written.isPrivileged)
  }

  private func isEqual(
    _ outcome: Outcome, _ ending: PlainEnding, of request: PlainRequest, in plain: PlainMachine
  ) -> Bool {
    switch (outcome, ending) {
    case (.reached(let address, let isBypass, let word), .bypassed):
      return isBypass && address.value == UInt64(request.iova) && word == plain.memory[request.iova]
    case (.reached(let address, let isBypass, let word), .reached(let expected, _, _)):
      return !isBypass && address.value == UInt64(expected) && word == plain.memory[expected]
    case (.fault(let fault), .fault(let expected, _)):
      return Int(fault.bank) == expected.bank.number
        && Int(fault.iommu) == units[expected.bank.unit]
        && fault.kind == (expected.isPermission ? .permission : .translation)
        && Int(fault.level) == expected.level && fault.iova.value == UInt64(expected.iova)
        && fault.status == expected.fsr && UInt32(fault.stream) == request.stream
        && fault.isPrivileged == request.isPrivileged
    default: return false
    }
  }
}
