/// Where a requester's tables are: an entry of a context table, 128 bits in memory.
///
/// Intel VT-d specification, chapter "Context Entry"; legacy mode.
package struct ContextEntry: Hashable, Sendable {
  package let low: UInt64
  package let high: UInt64

  package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

  /// P: the entry says something.
  package var isPresent: Bool { low & 1 != 0 }
  /// FPD: faults of this requester are not recorded.
  package var hidesFaults: Bool { low & 2 != 0 }
  /// TT: 0 walks tables, 1 allows device TLBs too, 2 passes through.
  package var translationType: UInt64 { low >> 2 & 3 }
  /// Where the walker starts.
  package var table: PhysicalAddress { PhysicalAddress(low & ~0xfff) }
  /// AW: how many levels the tables have.
  package var levels: Int { Int(high & 7) + 2 }
  /// DID: the tag on TLB entries.
  package var domain: UInt16 { UInt16(truncatingIfNeeded: high >> 8) }

  /// The bits that must be 0, given how wide memory is.
  func reserved(addressBits: UInt64) -> Bool {
    low & (0xff0 | ~((1 << addressBits) - 1)) != 0 || high & ~0xff_ff7f != 0
  }
}

/// The context entries that a unit remembers, by source-id: changing one in memory is not enough.
package struct ContextCache: Hashable, Sendable {
  private var entries: [UInt16: ContextEntry] = [:]

  package subscript(source: UInt16) -> ContextEntry? {
    get { entries[source] }
    set { entries[source] = newValue }
  }

  /// What is remembered, in the order of source-ids.
  package var all: [(source: UInt16, entry: ContextEntry)] {
    entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// A step on the way from a requester to its tables, for whoever watches a walk.
package struct RoutingEntry: Hashable, Sendable {
  package enum Kind: Hashable, Sendable { case root, context }

  package let kind: Kind
  package let address: PhysicalAddress
  package let low: UInt64
  package let high: UInt64
  /// It came from the context cache, not from memory.
  package let isCached: Bool
}
