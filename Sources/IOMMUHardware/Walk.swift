/// One DMA request as it arrives at an IOMMU: who asks, for which address, to do what.
@usableFromInline package struct Request: Hashable, Sendable {
  /// Index of the IOMMU the device is wired to.
  @usableFromInline package let iommu: Int
  /// The stream ID it carries: an MSM MID, a VT-d source-id.
  @usableFromInline package let stream: UInt32
  @usableFromInline package let iova: IOVA
  @usableFromInline package let access: Access
  @usableFromInline package let isPrivileged: Bool

  @inlinable
  package init(
    iommu: Int, stream: UInt32, iova: IOVA, access: Access, isPrivileged: Bool = false
  ) {
    (self.iommu, self.stream, self.iova) = (iommu, stream, iova)
    (self.access, self.isPrivileged) = (access, isPrivileged)
  }
}

/// Somebody who watches a walk: nobody in the fast path, a trace in a view or in the journal.
package protocol WalkWatcher {
  /// A stream was looked up in the register at `offset`.
  mutating func route(offset: UInt32, value: UInt32, bank: Int)
  /// The bank's control register was read.
  mutating func control(offset: UInt32, value: UInt32, isOn: Bool)
  /// An entry of a routing table was looked up, in memory or in the context cache.
  mutating func routing(_ entry: RoutingEntry)
  /// The TLB was asked; nil is a miss.
  mutating func probe(slot: Int?, vmid: UInt16, asid: UInt8)
  /// The walker read a word of a table.
  mutating func read(_ word: UInt64, at address: PhysicalAddress, level: Int)
  /// A valid page was found and its rights compared with the request.
  mutating func check(_ rights: Rights, isAllowed: Bool)
}

/// Watches nothing.
struct NoWatcher: WalkWatcher {
  mutating func route(offset: UInt32, value: UInt32, bank: Int) {}
  mutating func control(offset: UInt32, value: UInt32, isOn: Bool) {}
  mutating func routing(_ entry: RoutingEntry) {}
  mutating func probe(slot: Int?, vmid: UInt16, asid: UInt8) {}
  mutating func read(_ word: UInt64, at address: PhysicalAddress, level: Int) {}
  mutating func check(_ rights: Rights, isAllowed: Bool) {}
}

/// Everything a walk looked at, in order.
package struct WalkTrace: WalkWatcher, Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    case route(offset: UInt32, value: UInt32, bank: Int)
    case control(offset: UInt32, value: UInt32, isOn: Bool)
    case routing(RoutingEntry)
    case probe(slot: Int?, vmid: UInt16, asid: UInt8)
    case read(UInt64, at: PhysicalAddress, level: Int)
    case check(Rights, isAllowed: Bool)
  }

  package private(set) var steps: [Step] = []

  package init() {}

  package mutating func route(offset: UInt32, value: UInt32, bank: Int) {
    steps.append(.route(offset: offset, value: value, bank: bank))
  }
  package mutating func control(offset: UInt32, value: UInt32, isOn: Bool) {
    steps.append(.control(offset: offset, value: value, isOn: isOn))
  }
  package mutating func routing(_ entry: RoutingEntry) { steps.append(.routing(entry)) }
  package mutating func probe(slot: Int?, vmid: UInt16, asid: UInt8) {
    steps.append(.probe(slot: slot, vmid: vmid, asid: asid))
  }
  package mutating func read(_ word: UInt64, at address: PhysicalAddress, level: Int) {
    steps.append(.read(word, at: address, level: level))
  }
  package mutating func check(_ rights: Rights, isAllowed: Bool) {
    steps.append(.check(rights, isAllowed: isAllowed))
  }
}

/// What a request comes to.
package enum WalkOutcome: Hashable, Sendable {
  /// It reaches this address; `entry` is what the TLB holds or would hold of it.
  case translated(PhysicalAddress, entry: TLBEntry, slot: Int?)
  /// Its context does not translate: it reaches memory at its own address, unprotected.
  case bypassed(PhysicalAddress)
  /// Its context is stalled by an earlier fault: it waits.
  case stalled(bank: Int)
  case fault(Fault)

  /// Where in memory the request ends, if anywhere.
  package var physical: PhysicalAddress? {
    switch self {
    case .translated(let address, _, _), .bypassed(let address): address
    case .stalled, .fault: nil
    }
  }
}

/// The one walk: from a request to an address, by registers, TLB and table words alone.
///
/// It is pure. A device's access applies the outcome through events (`Translation.swift`); the walk
/// view and the verb `walk` only look.
extension Board {
  /// Where in memory a request would end, if anywhere.
  package func destination(of request: Request) -> PhysicalAddress? {
    var nobody = NoWatcher()
    return walk(request, watcher: &nobody).physical
  }

  /// What would happen, without watching how.
  package func walk(_ request: Request) -> WalkOutcome {
    var nobody = NoWatcher()
    return walk(request, watcher: &nobody)
  }
}
