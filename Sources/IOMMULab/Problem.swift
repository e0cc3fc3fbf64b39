package import IOMMUHardware

/// Something that is wrong with a machine as it stands, and why that is bad.
package struct Problem: Hashable, Sendable {
  package enum Kind: Hashable, Sendable, CaseIterable {
    /// A context walks memory that was given back.
    case freedTable
    /// The TLB remembers what the tables no longer say.
    case staleEntry
    /// The cache of context entries remembers what memory no longer says.
    case staleContext
    /// An attached device passes untranslated.
    case bypass
    /// Devices are allowed more than was asked for.
    case writable
    /// Pages were taken for tables that nothing leads to.
    case leakedTable
    /// Memory, or what the kernel knows of it, was damaged; nothing puts it right.
    case damage
    /// A driver gave a buffer up, and its device still reaches it by the tables.
    case givenUp
    /// dma-debug complained about a driver.
    case dmaDebug
    /// A fault waits in registers for software to clear it.
    case pendingFault
    /// Devices that nothing is attached for pass untranslated: as it is after boot.
    case unattached
    /// Buffers are mapped where the session ends: if that is all, their drivers forgot them.
    case stillMapped
  }

  package let kind: Kind
  /// What it is about, with names and addresses that lead there.
  package let subject: Prose
  /// One sentence: why it matters.
  package let why: Prose
  /// By what the event that caused it is known.
  package let traces: [EventTrace]

  package init(_ kind: Kind, _ subject: Prose, why: Prose, traces: [EventTrace] = []) {
    (self.kind, self.subject, self.why, self.traces) = (kind, subject, why, traces)
  }

  /// It is the ordinary state of a machine, told but not counted.
  package var isOrdinary: Bool { kind == .unattached || kind == .stillMapped }
}

/// By what an event of the past is found: the latest that fits is the cause.
package enum EventTrace: Hashable, Sendable {
  /// A word of memory was written.
  case word(PhysicalAddress)
  /// A page went back to the allocator.
  case freed(page: UInt64)
  /// A register was written, or set by the hardware.
  case register(iommu: Int, offset: UInt32)
  /// A driver lost the way to a table.
  case leaked(page: UInt64)
  /// An entry of a TLB came to be.
  case filled(iommu: Int, slot: Int)
  /// A whole operation of the timeline.
  case operation(Int)
  /// A point of the timeline that is known already.
  case moment(Cause)
  /// A driver gave a buffer up.
  case givenUp(buffer: UInt32)
}

/// Where in the timeline something happened.
package struct Cause: Hashable, Sendable {
  package let entry: Int
  /// How many events of the operation had happened with it; nil is all of them.
  package let events: Int?

  package init(entry: Int, events: Int? = nil) { (self.entry, self.events) = (entry, events) }

  /// Where a link to it leads.
  package var target: Prose.Target { .moment(entry: entry, events: events ?? .max) }
}

extension Timeline {
  /// The latest event that fits each trace, looking back over so many events at most.
  package func causes(
    of traces: Set<EventTrace>, lookingBack limit: Int = 50_000
  ) -> [EventTrace: Cause] {
    var found: [EventTrace: Cause] = [:]
    for case .operation(let entry) in traces { found[.operation(entry)] = Cause(entry: entry) }
    for case .moment(let cause) in traces { found[.moment(cause)] = cause }
    var left = limit
    var entry = position.entry
    while entry >= 0, found.count < traces.count, left > 0 {
      let events = recording(of: entry)?.events ?? []
      let happened = entry == position.entry ? min(position.events, events.count) : events.count
      var index = happened - 1
      while index >= 0, left > 0 {
        Self.forEachTrace(of: events[index].change) { trace in
          guard traces.contains(trace), found[trace] == nil else { return }
          found[trace] = Cause(entry: entry, events: index + 1)
        }
        index -= 1
        left -= 1
      }
      left -= 1
      entry -= 1
    }
    return found
  }

  /// What an event could be the cause of.
  private static func forEachTrace(of change: Change, _ body: (EventTrace) -> Void) {
    switch change {
    case .memoryWrite(let address, _, _), .dmaWrite(let address, _, _),
      .memoryWrite64(let address, _, _), .dmaWrite64(let address, _, _):
      body(.word(address))
    case .pageFree(let base, let count, _, _):
      for page in 0..<UInt64(count) { body(.freed(page: base.page &+ page)) }
    case .registerWrite(let iommu, let offset, _, _, _), .registerSet(let iommu, let offset, _, _):
      body(.register(iommu: Int(iommu), offset: offset))
    case .tlbFill(_, let iommu, let slot): body(.filled(iommu: Int(iommu), slot: Int(slot)))
    case .hazard(.leakedTable, let address, _): body(.leaked(page: address.page))
    case .client(.bufferUnmapped(let buffer)): body(.givenUp(buffer: buffer))
    default: break
    }
  }

  /// The latest of several causes.
  package static func latest(
    _ traces: [EventTrace], in found: [EventTrace: Cause]
  ) -> Cause? {
    traces.compactMap { found[$0] }.max {
      ($0.entry, $0.events ?? .max) < ($1.entry, $1.events ?? .max)
    }
  }
}
