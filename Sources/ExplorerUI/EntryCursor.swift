internal import IOMMUHardware

/// Where the page-table view's cursor is: an entry in each table on the way down.
struct EntryCursor: Hashable, Sendable {
  private var indices: [Int] = []
  /// How many tables lie above the one that has the cursor.
  var depth = 0

  /// The entry in the table at a depth; the first table is at 0.
  subscript(depth: Int) -> Int {
    get { indices.indices.contains(depth) ? indices[depth] : 0 }
    set {
      while indices.count <= depth { indices.append(0) }
      indices[depth] = newValue
    }
  }

  /// Puts the cursor on the first used entry of each table from a depth down.
  mutating func settle(
    from depth: Int, below root: PhysicalAddress, _ format: FormatID, in memory: PhysicalMemory
  ) {
    for depth in depth..<max(depth, format.levels.count) {
      let trail = TableTrail(self, from: root, format, in: memory)
      guard depth < trail.stops.count else {
        self[depth] = 0
        continue
      }
      let stop = trail.stops[depth]
      self[depth] =
        format.usedEntries(of: stop.table, level: stop.level, in: memory).first ?? 0
    }
  }

  /// Puts the cursor on the entries that an address chooses, in the last table of its way.
  mutating func follow(
    _ iova: IOVA, from root: PhysicalAddress?, _ format: FormatID, in memory: PhysicalMemory
  ) {
    for (depth, level) in format.levels.enumerated() {
      self[depth] = format.index(of: iova, level: level)
    }
    guard let root else { return }
    depth = TableTrail(self, from: root, format, in: memory).stops.count - 1
  }
}

/// The tables that a cursor leads through, as memory has them now.
struct TableTrail {
  struct Stop {
    let level: Int
    let table: PhysicalAddress
    let index: Int
    /// The entry, and where it is.
    let word: UInt64
    let address: PhysicalAddress
    /// The first address that the table stands for, and the first one of the entry.
    let start: UInt64
    let iova: UInt64
    let descriptor: Descriptor
  }

  /// From the first level down, as far as entries lead to tables; one at least.
  private(set) var stops: [Stop] = []
  /// The table that has the cursor; the cursor's own may be gone at this point in time.
  let depth: Int

  init(
    _ cursor: EntryCursor, from root: PhysicalAddress, _ format: FormatID,
    in memory: PhysicalMemory
  ) {
    var table = root
    var start: UInt64 = 0
    for (depth, level) in format.levels.enumerated() {
      let index = min(cursor[depth], format.entryCount(level: level) - 1)
      let word = format.entry(index, of: table, in: memory)
      let stop = Stop(
        level: level, table: table, index: index, word: word,
        address: table + UInt64(index) * format.entryBytes, start: start,
        iova: start | UInt64(index) << UInt64(format.entryBits(level: level)),
        descriptor: format.decode(word, level: level))
      stops.append(stop)
      guard case .table(let next) = stop.descriptor else { break }
      (table, start) = (next, stop.iova)
    }
    depth = min(max(0, cursor.depth), stops.count - 1)
  }

  /// The table with the cursor, and the entry under it.
  var current: Stop { stops[depth] }

  /// The entry under the cursor leads to a table.
  var leadsOn: Bool { depth + 1 < stops.count }
}

/// Which tables the page-table view shows, and how finely.
struct TableMaps {
  /// How many marks a row of a map has, and how many entries one mark stands for.
  struct Grid {
    let marks: Int
    let rows: Int
    let group: Int

    init(entries: Int, marks: Int, rows: Int) {
      self.marks = marks
      self.rows = max(1, min(rows, entries / marks))
      group = max(1, entries / (marks * self.rows))
    }
  }

  /// The depth of the table in the upper map.
  let upper: Int
  let grid: Grid
  /// The map of the table that the upper one's entry leads to, where there is room for it.
  let lower: Grid?
  let hasLegend: Bool

  init(_ trail: TableTrail, _ format: FormatID, width: Int, height: Int) {
    let isWide = width >= 76
    let isTall = height >= 36
    let marks = isWide ? 64 : 32
    hasLegend = height >= 18
    func grid(_ depth: Int, rows: Int) -> Grid {
      Grid(entries: format.entryCount(level: format.levels[depth]), marks: marks, rows: rows)
    }
    /// Where the upper map shows the table at a depth.
    func maps(_ depth: Int) -> (Grid, Grid?) {
      let first = grid(depth, rows: isTall && isWide ? 16 : 8)
      guard depth + 1 < format.levels.count else { return (first, nil) }
      let second = grid(depth + 1, rows: isTall ? 16 : isWide ? 4 : 8)
      let used = 1 + first.rows + (height >= 18 ? 1 : 0) + 1
      return (first, height - used > second.rows ? second : nil)
    }
    // The last two tables are shown together, with the cursor in either.
    let pair = max(0, min(trail.depth, format.levels.count - 2))
    let found = maps(pair)
    if found.1 != nil || pair == trail.depth {
      (upper, (self.grid, lower)) = (pair, found)
    } else {
      (upper, (self.grid, lower)) = (trail.depth, maps(trail.depth))
    }
  }

  /// The map with the cursor.
  func grid(at depth: Int) -> Grid { depth > upper ? lower ?? grid : grid }
}
