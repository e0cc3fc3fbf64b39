/// Words of memory and nothing else: a dictionary, in which what is missing is 0.
///
/// This folder's `Plain` files are a second implementation of the machine, written from the
/// references alone. They import nothing, so that no line of the first one can creep in, and they
/// are plain rather than fast.
struct PlainMemory {
  private(set) var words: [UInt32: UInt32] = [:]
  /// Where a word was stored or cleared since the last look.
  private(set) var touched: Set<UInt32> = []

  /// The word that holds an address; its two lowest bits do not matter.
  subscript(address: UInt32) -> UInt32 {
    get { words[address & ~3] ?? 0 }
    set {
      words[address & ~3] = newValue == 0 ? nil : newValue
      touched.insert(address & ~3)
    }
  }

  mutating func forgetTouched() { touched.removeAll(keepingCapacity: true) }
}

/// The pages that tables are taken from: the lowest free ones from 0x40000000.
struct PlainPages {
  static let first: UInt32 = 0x4000_0000

  enum Use { case firstLevel, secondLevel }

  /// Each page in use by its address: what for, and for which domain.
  private(set) var inUse: [UInt32: (use: Use, domain: Int)] = [:]
  /// The most pages that may be in use at once.
  var limit: Int?

  /// Takes one page, or four in a row at a multiple of their size.
  mutating func take(_ count: UInt32, for use: Use, of domain: Int) -> UInt32? {
    if let limit, inUse.count + Int(count) > limit { return nil }
    var start = Self.first
    while (0..<count).contains(where: { inUse[start + $0 * 0x1000] != nil }) {
      start += count * 0x1000
    }
    for index in 0..<count { inUse[start + index * 0x1000] = (use, domain) }
    return start
  }

  /// Gives the page back that holds an address; nothing happens if it was not in use.
  mutating func giveBack(_ address: UInt32) { inUse[address & ~0xfff] = nil }
}
