package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A run of pages of memory that are used alike.
package struct MemoryRun: Hashable, Sendable {
  package enum Use: Hashable, Sendable {
    /// A table that translates: of the first level, or below it.
    case firstTable, lowerTable
    /// A table that leads requests to their tables.
    case routing
    /// A domain took it for a table and nothing leads there any more.
    case leaked
    /// It was a table and went back; its words are still there.
    case free
    /// Something that devices use: mapped memory.
    case buffer
    /// Words were written here, and nothing says what they are.
    case written
  }

  package let start: PhysicalAddress
  /// Bytes.
  package fileprivate(set) var length: UInt64
  package let use: Use
  /// Whose it is: of a table the domain that took it, of a buffer the first one that maps it.
  package let domain: DomainID?
  /// How many runs of mappings lead into it; 0 for what is not a buffer.
  package fileprivate(set) var mappings = 0

  package var end: UInt64 { start.value &+ length }

  package func contains(_ address: PhysicalAddress) -> Bool {
    start <= address && address.value - start.value < length
  }
}

/// All memory that is known to be used for something, lowest address first.
package struct MemoryRuns: Sendable {
  /// So many runs are told apart; the rest is left out.
  package static let most = 1 << 16

  package let runs: [MemoryRun]

  /// Joins what the allocator knows, what each live domain maps, and the words that were written.
  package init(
    of machine: Machine, mappings: [DomainID: Mappings], leaked: [DomainID: [PhysicalAddress]]
  ) {
    var runs = Self.poolRuns(of: machine, leaked: Set(leaked.values.joined().map(\.page)))
    let buffers = Self.buffers(mappings)
    let known = runs + buffers
    let isKnown = Self.membership(known)
    for page in machine.board.memory.populatedPages where !isKnown(page) {
      Self.add(
        MemoryRun(start: PhysicalAddress(page << 12), length: 4096, use: .written, domain: nil),
        to: &runs)
    }
    self.runs = Array((runs + buffers).sorted { $0.start < $1.start }.prefix(Self.most))
  }

  /// The run that holds an address, or else the last one before it; nil before all of them.
  package func index(of address: PhysicalAddress) -> Int? {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  private static func poolRuns(of machine: Machine, leaked: Set<UInt64>) -> [MemoryRun] {
    var owners: [UInt32: DomainID] = [:]
    for domain in machine.liveDomains { owners[domain.owner] = domain }
    var runs: [MemoryRun] = []
    for (page, use, owner) in machine.board.memory.pool.pages {
      let kind: MemoryRun.Use =
        switch use {
        case .firstLevelTable: .firstTable
        case .lowerLevelTable: leaked.contains(page) ? .leaked : .lowerTable
        case .rootTable, .contextTable: .routing
        case .freed: .free
        case .coherentBuffer: .buffer
        case .buffer: .written
        }
      add(
        MemoryRun(
          start: PhysicalAddress(page << 12), length: 4096, use: kind, domain: owners[owner]),
        to: &runs)
    }
    return runs
  }

  /// Adds a page, to the last run where it goes on with it.
  private static func add(_ page: MemoryRun, to runs: inout [MemoryRun]) {
    if let last = runs.last, last.end == page.start.value, last.use == page.use,
      last.domain == page.domain
    {
      runs[runs.count - 1].length &+= page.length
    } else {
      runs.append(page)
    }
  }

  /// Mapped memory: what several mappings share or continue is one run.
  private static func buffers(_ mappings: [DomainID: Mappings]) -> [MemoryRun] {
    var pieces: [MemoryRun] = []
    for (domain, mapped) in mappings.sorted(by: { $0.key < $1.key }) {
      for range in mapped.ranges.prefix(Self.most) {
        pieces.append(
          MemoryRun(
            start: range.physical, length: range.length, use: .buffer, domain: domain, mappings: 1))
      }
    }
    pieces.sort { $0.start < $1.start }
    var runs: [MemoryRun] = []
    for piece in pieces {
      if let last = runs.last, last.end >= piece.start.value, last.domain == piece.domain {
        runs[runs.count - 1].length = max(last.length, piece.end &- last.start.value)
        runs[runs.count - 1].mappings += 1
      } else {
        runs.append(piece)
      }
    }
    return runs
  }

  /// Tells whether a page lies in one of the runs.
  private static func membership(_ runs: [MemoryRun]) -> (UInt64) -> Bool {
    let sorted = runs.sorted { $0.start < $1.start }
    // The farthest end so far: runs of several domains may overlap.
    var farthest: [UInt64] = []
    for run in sorted { farthest.append(max(farthest.last ?? 0, run.end)) }
    return { page in
      let address = page << 12
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle].start.value <= address { low = middle + 1 } else { high = middle }
      }
      return low > 0 && farthest[low - 1] > address
    }
  }
}

/// A mapping that leads to a page of memory.
package struct Pointing: Hashable, Sendable {
  package let domain: DomainID
  package let range: MappedRange
}

extension Machine {
  /// The mappings that lead to a page, of all domains; so many at most.
  ///
  /// Folded runs are asked first: only a domain mapped in too many pieces is walked again.
  package func mappings(
    toPage page: UInt64, folded: [DomainID: Mappings], atMost most: Int = 64
  ) -> [Pointing] {
    var found: [Pointing] = []
    for domain in liveDomains where found.count < most {
      func note(_ range: MappedRange) {
        if range.reaches(page: page), found.count < most {
          found.append(Pointing(domain: domain, range: range))
        }
      }
      if let known = folded[domain], !known.isCut {
        known.ranges.forEach(note)
      } else if let table = system.domains[domain.index].table {
        MappedRange.forEach(from: table, in: self, note)
      }
    }
    return found
  }
}
