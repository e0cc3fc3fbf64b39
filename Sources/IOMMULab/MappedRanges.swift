package import IOMMUHardware
package import IOMMUModel

/// A run of pages that are mapped one after the other, to memory one after the other, alike.
package struct MappedRange: Hashable, Sendable {
  package let iova: IOVA
  package let physical: PhysicalAddress
  /// Bytes.
  package fileprivate(set) var length: UInt64
  /// What the entry of its first page says; the others differ only in where they lead.
  package let leaf: Leaf

  package var pageSize: PageSize { leaf.size }

  /// The last address of the run.
  package var last: UInt64 { iova.value &+ (length &- 1) }

  /// Whether the run leads to a part of a page of memory.
  package func reaches(page: UInt64) -> Bool {
    physical.page <= page && page <= (physical.value &+ (length &- 1)) >> 12
  }

  /// Whether the run goes on with more bytes of the same kind.
  fileprivate func continues(at iova: UInt64, _ physical: UInt64, _ leaf: Leaf) -> Bool {
    self.iova.value &+ length == iova && self.physical.value &+ length == physical
      && self.leaf.isLike(leaf)
  }

  /// The runs that a first-level table maps, in the order of their addresses.
  ///
  /// A group of 16 equal words counts as the pages that its words are: what is torn shows.
  package static func all(from base: PhysicalAddress, in machine: Machine) -> [MappedRange] {
    var ranges: [MappedRange] = []
    _ = forEach(from: base, in: machine) { ranges.append($0) }
    return ranges
  }

  /// Hands out the runs one after the other; answers how many tables were read for them.
  ///
  /// Damaged tables may lead in circles: so many entries are looked at, and no more.
  @discardableResult
  package static func forEach(
    from base: PhysicalAddress, in machine: Machine, _ body: (MappedRange) -> Void
  ) -> Int {
    walk(from: base, in: machine, body).tables
  }

  /// The same; also which pages the tables lie in, and whether all of them were read.
  fileprivate static func walk(
    from base: PhysicalAddress, in machine: Machine, _ body: (MappedRange) -> Void
  ) -> (tables: Int, pages: [UInt64], isWhole: Bool) {
    var fold = Fold(machine)
    fold.visit(base, machine.platform.format.firstLevel, from: 0, body)
    if let last = fold.open { body(last) }
    return (fold.tables, fold.pages, fold.budget > 0)
  }

  /// A walk through all tables that makes runs of what it meets.
  private struct Fold {
    let memory: PhysicalMemory
    let format: FormatID
    var open: MappedRange?
    var tables = 0
    var pages: [UInt64] = []
    private(set) var budget = 1 << 21

    init(_ machine: Machine) {
      (memory, format) = (machine.board.memory, machine.platform.format)
    }

    mutating func visit(
      _ table: PhysicalAddress, _ level: Int, from start: UInt64, _ body: (MappedRange) -> Void
    ) {
      let bits = UInt64(format.entryBits(level: level))
      let (count, entryBytes) = (format.entryCount(level: level), format.entryBytes)
      let below = format.level(after: level)
      tables += 1
      let bytes = UInt64(count) &* entryBytes
      for page in 0..<max(1, bytes >> 12) { pages.append(table.page &+ page) }
      budget -= count
      guard budget > 0 else { return }
      // What the next word is when it maps the page after the last one, and nothing else differs:
      // most words of a large mapping are told from it without being taken apart.
      var expected: UInt64 = 0
      let perKilobyte = 1024 / Int(entryBytes)
      var next = 0
      while next < count {
        let index = next
        let place = table + UInt64(index) &* entryBytes
        if index % perKilobyte == 0, memory.isKilobyteEmpty(at: place) {
          (next, expected) = (index + perKilobyte, 0)
          continue
        }
        next += 1
        let word =
          entryBytes == 8 ? memory.doubleWord(at: place) : UInt64(memory.word(at: place))
        if word == 0 {
          expected = 0
          continue
        }
        if word == expected {
          open?.length &+= 1 << bits
          expected &+= 1 << bits
          continue
        }
        expected = 0
        let iova = start | UInt64(index) << bits
        switch format.decode(word, level: level) {
        case .leaf(let leaf):
          add(iova, leaf, bytes: 1 << bits, body)
          if UInt64(leaf.size.bits) == bits { expected = word &+ 1 << bits }
        case .table(let table):
          if let below { visit(table, below, from: iova, body) }
        case .invalid, .reserved: continue
        }
      }
    }

    private mutating func add(
      _ iova: UInt64, _ leaf: Leaf, bytes: UInt64, _ body: (MappedRange) -> Void
    ) {
      let physical = leaf.physical.value | iova & leaf.size.offsetMask
      if open?.continues(at: iova, physical, leaf) ?? false {
        open?.length &+= bytes
        return
      }
      if let open { body(open) }
      open = MappedRange(
        iova: IOVA(iova), physical: PhysicalAddress(physical), length: bytes, leaf: leaf)
    }
  }
}

extension Leaf {
  /// It says the same of another page.
  fileprivate func isLike(_ other: Leaf) -> Bool {
    size == other.size && rights == other.rights && accessFlag == other.accessFlag
      && isGlobal == other.isGlobal && isShared == other.isShared
      && memoryClass == other.memoryClass && isNonSecure == other.isNonSecure
  }

  /// What a device may do, in the language's letters.
  package var rightsText: String { rights.letters }
}

extension Rights {
  /// What a device may do, in the language's letters.
  package var letters: String {
    switch (contains(.userRead), contains(.userWrite)) {
    case (true, true): "rw"
    case (true, false): "r"
    case (false, true): "w"
    case (false, false): "none"
    }
  }
}

/// All that a table maps, folded: the runs, and what they add up to.
package struct Mappings: Sendable {
  /// So many runs are kept; what is mapped in more pieces is counted only.
  package static let most = 1 << 16

  /// In the order of their addresses.
  package private(set) var ranges: [MappedRange] = []
  /// How many runs there are, kept or not.
  package private(set) var count = 0
  package private(set) var bytes: UInt64 = 0
  /// How many tables were read to find them, the first among them.
  package private(set) var tables = 0
  /// The pages that these tables lie in.
  private(set) var tablePages: [UInt64] = []
  /// No table was left out: damaged ones may lead in circles.
  private(set) var isWhole = true

  package init() {}

  package init(from table: PhysicalAddress, in machine: Machine) {
    (tables, tablePages, isWhole) = MappedRange.walk(from: table, in: machine) { range in
      count += 1
      bytes &+= range.length
      if count <= Self.most { ranges.append(range) }
    }
  }

  /// Not all runs were kept.
  package var isCut: Bool { count > ranges.count }

  /// The run that holds an address, or the first one after it; by halving.
  package func index(of iova: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].last < iova { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension UInt64 {
  /// A size for prose: `8.07 MiB`, two decimals.
  package var prose: String {
    let (number, unit) = scaled
    return "\(number) \(unit == "" ? "B" : unit + "iB")"
  }

  /// The same where there is little room: `8.07M`.
  package var shortProse: String {
    let (number, unit) = scaled
    return number + unit
  }

  private var scaled: (number: String, unit: String) {
    for (bits, unit) in [(UInt64(30), "G"), (20, "M"), (10, "K")] where self >> bits > 0 {
      let rest = self & ((1 << bits) - 1)
      let fraction = (rest * 100 + (1 << (bits - 1))) >> bits
      // Rounding may reach the next whole number.
      let whole = (self >> bits) + fraction / 100
      return ("\(whole).\(fraction % 100 < 10 ? "0" : "")\(fraction % 100)", unit)
    }
    return (String(self), "")
  }
}
