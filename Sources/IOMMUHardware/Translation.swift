/// A device's request: the walk's outcome applied, or a fault raised.
extension Board {
  /// What a device got for its request.
  @usableFromInline package enum Answer: Hashable, Sendable {
    case reached(PhysicalAddress, isBypass: Bool)
    case stalled
    case fault(Fault)
  }

  /// Lets a request through: counts a hit or fills the TLB, or records a fault in registers.
  ///
  /// While nothing is recorded, what hit a moment ago hits again by a ``Shortcuts/Shortcut``.
  @inlinable @inline(__always)
  package mutating func translate(_ request: Request) -> Answer {
    if !journal.isOn, let shortcut = shortcuts.find(request) {
      hits[shortcut.counter] &+= 1
      return .reached(
        PhysicalAddress(shortcut.physical | request.iova.value & 0xfff), isBypass: false)
    }
    return translateByWalk(request)
  }

  @usableFromInline @inline(never)
  mutating func translateByWalk(_ request: Request) -> Answer {
    rememberRoute(of: request)
    guard !journal.isOn else { return translateRecorded(request) }
    var nobody = NoWatcher()
    let outcome = walk(request, watcher: &nobody)
    if case .translated(_, let entry, let slot?) = outcome, entry.size == Shortcuts.size,
      iommus[request.iommu].tlb.holdsOnly(Shortcuts.size)
    {
      shortcuts.note(
        request, physical: entry.physical, counter: counter(slot, of: request.iommu))
    }
    return apply(outcome, of: request)
  }

  private mutating func translateRecorded(_ request: Request) -> Answer {
    var recorder = WalkRecorder(of: request)
    swap(&journal, &recorder.journal)
    let outcome = walk(request, watcher: &recorder)
    swap(&journal, &recorder.journal)
    // What a hit does to its entry comes before the question whether it may be used so.
    let isHit = if case .translated(_, _, _?) = outcome { true } else { false }
    if !isHit { note(recorder.isAllowed) }
    let answer = apply(outcome, of: request)
    if isHit { note(recorder.isAllowed) }
    return answer
  }

  private mutating func note(_ isAllowed: Bool?) {
    if let isAllowed { journal.append(.check("may it be used so?", answer: isAllowed ? 1 : 0)) }
  }

  @inline(__always)
  private mutating func apply(_ outcome: WalkOutcome, of request: Request) -> Answer {
    switch outcome {
    case .bypassed(let address): return .reached(address, isBypass: true)
    case .translated(let address, let entry, let slot):
      if let slot {
        countTLBHit(slot, of: request.iommu)
      } else {
        fillTLB(of: request.iommu, with: entry)
      }
      return .reached(address, isBypass: false)
    case .stalled(let bank):
      journal.append(.stalled(iommu: UInt8(request.iommu), bank: UInt8(bank)))
      return .stalled
    case .fault(let fault): return .fault(raise(fault))
    }
  }
}

/// Writes a walk into the journal, but for the question that comes last.
private struct WalkRecorder: WalkWatcher {
  var journal = Journal()
  /// The answer to the question whether the page may be used so, when it was asked.
  private(set) var isAllowed: Bool?
  private let iommu: UInt8
  private let iova: IOVA
  private var bank = 0

  init(of request: Request) { (iommu, iova) = (UInt8(request.iommu), request.iova) }

  mutating func route(offset: UInt32, value: UInt32, bank: Int) {
    self.bank = bank
    journal.append(.registerRead(iommu: iommu, offset: offset, value: value))
  }

  mutating func control(offset: UInt32, value: UInt32, isOn: Bool) {
    journal.append(.registerRead(iommu: iommu, offset: offset, value: value))
  }

  mutating func routing(_ entry: RoutingEntry) { journal.note(entry) }

  /// A hit is an event of its own, with the counter that it moves.
  mutating func probe(slot: Int?, vmid: UInt16, asid: UInt8) {
    if slot == nil {
      journal.append(
        .tlbMiss(iommu: iommu, bank: UInt8(truncatingIfNeeded: bank), iova: iova))
    }
  }

  mutating func read(_ word: UInt64, at address: PhysicalAddress, level: Int) {
    journal.append(.memoryRead(address, value: word, level: UInt8(level)))
  }

  mutating func check(_ rights: Rights, isAllowed: Bool) { self.isAllowed = isAllowed }
}

extension Journal {
  /// An entry of a routing table that is read from memory is two words.
  mutating func note(_ entry: RoutingEntry) {
    guard !entry.isCached else { return }
    append(.routingRead(entry.address, value: entry.low))
    append(.routingRead(entry.address + 8, value: entry.high))
  }
}
