internal import CBaseline

/// What the simulator is measured against: a plain C loop over a flat array, one word a page.
struct PlainArray {
  private var words: [UInt32]

  init(pages: Int) { words = Array(repeating: 0, count: pages) }

  mutating func mapAll() -> UInt64 { withTable { flat_map_all($0) } }

  mutating func lookUp(_ addresses: [UInt32]) -> UInt64 {
    withTable { flat_lookup_all($0, addresses, addresses.count) }
  }

  mutating func unmapAll() -> UInt64 { withTable { flat_unmap_all($0) } }

  private mutating func withTable(_ body: (flat_table) -> UInt64) -> UInt64 {
    words.withUnsafeMutableBufferPointer {
      body(flat_table(words: $0.baseAddress, count: $0.count))
    }
  }
}
