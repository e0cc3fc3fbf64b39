/// What a format calls things, for people.
extension FormatID {
  /// A table of a level.
  package func tableName(level: Int) -> String {
    switch self {
    case .armv7Short: level == firstLevel ? "first level" : "second level"
    case .vtdSecondStage: "level \(level)"
    }
  }

  /// The part of an address that chooses an entry of a level's table.
  package func indexName(level: Int) -> String {
    switch self {
    case .armv7Short: level == firstLevel ? "first-level index" : "second-level index"
    case .vtdSecondStage: "level \(level) index"
    }
  }

  /// The same where there is little room.
  package func shortIndexName(level: Int) -> String {
    switch self {
    case .armv7Short: level == firstLevel ? "1st index" : "2nd"
    case .vtdSecondStage: "level \(level)"
    }
  }

  /// The sizes that leaves of a level may have, largest first.
  package func leafSizes(level: Int) -> [PageSize] {
    let first = entryBits(level: level)
    return (first..<first + entryIndexBits(level: level)).reversed()
      .filter { pageSizes.bitmap >> UInt64($0) & 1 == 1 }.map { PageSize(bits: UInt8($0)) }
  }

  /// What a leaf of a size is.
  package func word(for size: PageSize) -> String {
    switch self {
    case .armv7Short: isLarge(size) ? "section" : "page"
    case .vtdSecondStage: "page"
    }
  }

  /// Its leaves stand above the last level.
  package func isLarge(_ size: PageSize) -> Bool {
    levels.count > 1 && Int(size.bits) >= entryBits(level: levels[levels.count - 2])
  }

  /// What a leaf says besides its page and who may do what, as short as it can be said.
  package func remarks(on leaf: Leaf) -> [String] {
    switch self {
    case .armv7Short: [leaf.isGlobal ? "global" : "nG"] + (leaf.isShared ? ["S"] : [])
    case .vtdSecondStage: leaf.isShared ? ["snoops caches"] : []
    }
  }

  /// Leaves name a class of memory, and registers say what it is.
  package var hasMemoryClasses: Bool {
    switch self {
    case .armv7Short: true
    case .vtdSecondStage: false
    }
  }
}
