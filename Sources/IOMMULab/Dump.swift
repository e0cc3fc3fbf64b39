package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A domain's tables as the walker would find them, read from memory and nowhere else.
package struct DomainTables: Hashable, Sendable {
  package struct Table: Hashable, Sendable {
    package let level: Int
    package let base: PhysicalAddress
    /// The indices that lead here from the first level, one for each level above.
    package let path: [Int]
    fileprivate let format: FormatID
    fileprivate let memory: PhysicalMemory

    /// The entries that are not 0, by index; read when asked for, since there may be millions.
    package var words: [(index: Int, word: UInt64)] {
      (0..<format.entryCount(level: level)).compactMap { index in
        let word = format.entry(index, of: base, in: memory)
        return word == 0 ? nil : (index, word)
      }
    }

    package static func == (left: Table, right: Table) -> Bool {
      left.level == right.level && left.base == right.base && left.path == right.path
        && left.words.elementsEqual(right.words) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(base) }
  }

  package let tables: [Table]
  /// Pages that the domain took for tables and can no longer reach.
  package let leaked: [PhysicalAddress]

  package init(of domain: DomainID, in machine: Machine) {
    let memory = machine.board.memory
    let format = machine.platform.format
    var found = Finder(format: format, memory: memory)
    if let base = machine.system.domains[domain.index].table {
      found.add(level: format.firstLevel, base, path: [])
    }
    tables = found.tables
    // All pages of a table: a first level may have several, and a damaged domain may hold one twice.
    let reached = Set(
      tables.flatMap { table in
        let bytes = UInt64(format.entryCount(level: table.level)) * format.entryBytes
        return table.base.page...(table.base + (bytes - 1)).page
      })
    leaked = memory.pool.pages.filter {
      $0.owner == domain.owner && $0.use == .lowerLevelTable
        && !reached.contains($0.page)
    }.map { PhysicalAddress($0.page << 12) }
  }

  /// Follows tables to tables, each one once at each level: damaged ones may lead in circles.
  private struct Finder {
    let format: FormatID
    let memory: PhysicalMemory
    var tables: [Table] = []
    private var seen: Set<[UInt64]> = []

    init(format: FormatID, memory: PhysicalMemory) {
      (self.format, self.memory) = (format, memory)
    }

    mutating func add(level: Int, _ base: PhysicalAddress, path: [Int]) {
      guard seen.insert([UInt64(level), base.value]).inserted else { return }
      let table = Table(level: level, base: base, path: path, format: format, memory: memory)
      tables.append(table)
      guard let below = format.level(after: level) else { return }
      for (index, word) in table.words {
        if case .table(let next) = format.decode(word, level: level) {
          add(level: below, next, path: path + [index])
        }
      }
    }
  }
}

/// The registers of an IOMMU that are not 0, by offset.
package func registersInUse(of iommu: Int, on board: Board) -> [(offset: UInt32, word: UInt32)] {
  let unit = board.iommus[iommu]
  let ranges: [Range<UInt32>] =
    switch unit.family {
    case .msm:
      (0..<UInt32(unit.bankCount)).map { $0 << 12..<$0 << 12 | 0x80 } + [0xff000..<0x10_0000]
    case .vtd: [0..<unit.windowBytes]
    }
  return ranges.flatMap { range in
    stride(from: range.lowerBound, to: range.upperBound, by: 4).compactMap { offset in
      let word = board.register(offset, of: iommu)
      return word == 0 ? nil : (offset, word)
    }
  }
}
