package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A domain's tables as the walker would find them, read from memory and nowhere else.
package struct DomainTables: Hashable, Sendable {
  package struct Table: Hashable, Sendable {
    package let level: Int
    package let base: PhysicalAddress
    /// The index of the first-level entry that leads here; nil for the first level itself.
    package let parent: Int?
    /// The words that are not 0, by index.
    package let words: [(index: Int, word: UInt32)]

    package static func == (left: Table, right: Table) -> Bool {
      left.level == right.level && left.base == right.base && left.parent == right.parent
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
    var tables: [Table] = []
    if let base = machine.system.domains[domain.index].table {
      tables.append(Self.table(1, base, parent: nil, format, memory))
      for (index, word) in tables[0].words {
        if case .table(let next) = format.decode(word, level: 1) {
          tables.append(Self.table(2, next, parent: index, format, memory))
        }
      }
    }
    // All pages of a table: a first level has four, and a damaged domain may hold one of them twice.
    let reached = Set(
      tables.flatMap { table in
        let last = table.base + UInt64(format.entryCount(level: table.level) * 4 - 1)
        return table.base.page...last.page
      })
    leaked = memory.pool.pages.filter {
      $0.owner == machine.owner(of: domain) && $0.use == .lowerLevelTable
        && !reached.contains($0.page)
    }.map { PhysicalAddress($0.page << 12) }
    self.tables = tables
  }

  private static func table(
    _ level: Int, _ base: PhysicalAddress, parent: Int?, _ format: FormatID,
    _ memory: PhysicalMemory
  ) -> Table {
    let words = (0..<format.entryCount(level: level)).compactMap { index in
      let word = memory.word(at: base + UInt64(index * 4))
      return word == 0 ? nil : (index, word)
    }
    return Table(level: level, base: base, parent: parent, words: words)
  }
}

/// The registers of an IOMMU that are not 0, by offset.
package func registersInUse(of iommu: Int, on board: Board) -> [(offset: UInt32, word: UInt32)] {
  let banks = (0..<UInt32(board.iommus[iommu].bankCount)).map { $0 << 12..<$0 << 12 | 0x80 }
  return (banks + [0xff000..<0x10_0000]).flatMap { range in
    stride(from: range.lowerBound, to: range.upperBound, by: 4).compactMap { offset in
      let word = board.register(offset, of: iommu)
      return word == 0 ? nil : (offset, word)
    }
  }
}
