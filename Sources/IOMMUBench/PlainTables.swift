internal import CBaseline
internal import IOMMUHardware

/// What the simulator is measured against: plain C loops.
enum PlainTables {
  /// A flat array, one word a page: the least that can be called a page table.
  case flat(words: [UInt32])
  /// Four levels of 512 words, as the format itself has them.
  case deep(words: [UInt64], used: Int, pages: Int)

  /// What a format is set against.
  init(for format: FormatID, pages: Int) {
    switch format {
    case .armv7Short: self = .flat(words: Array(repeating: 0, count: pages))
    case .vtdSecondStage:
      let tables = pages / 512 + pages / (512 * 512) + 8
      self = .deep(words: Array(repeating: 0, count: tables * 512), used: 1, pages: pages)
    }
  }

  mutating func mapAll() -> UInt64 { run({ flat_map_all($0) }, { deep_map_all(&$0, $1) }) }

  mutating func lookUp(_ addresses: [UInt32]) -> UInt64 {
    run(
      { flat_lookup_all($0, addresses, addresses.count) },
      { table, _ in deep_lookup_all(&table, addresses, addresses.count) })
  }

  mutating func unmapAll() -> UInt64 { run({ flat_unmap_all($0) }, { deep_unmap_all(&$0, $1) }) }

  private mutating func run(
    _ flat: (flat_table) -> UInt64, _ deep: (inout deep_table, Int) -> UInt64
  ) -> UInt64 {
    switch self {
    case .flat(var words):
      self = .flat(words: [])
      defer { self = .flat(words: words) }
      return words.withUnsafeMutableBufferPointer {
        flat(flat_table(words: $0.baseAddress, count: $0.count))
      }
    case .deep(var words, var used, let pages):
      self = .flat(words: [])
      defer { self = .deep(words: words, used: used, pages: pages) }
      return words.withUnsafeMutableBufferPointer {
        var table = deep_table(words: $0.baseAddress, used: used, count: $0.count / 512)
        defer { used = table.used }
        return deep(&table, pages)
      }
    }
  }
}
