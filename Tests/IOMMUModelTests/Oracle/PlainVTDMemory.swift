/// Words of 64 bits and nothing else: a dictionary, in which what is missing is 0.
struct PlainVTDMemory {
  private(set) var words: [UInt64: UInt64] = [:]
  /// Where a word was stored or cleared since the last look.
  private(set) var touched: Set<UInt64> = []

  /// The 64 bits that hold an address; its three lowest bits do not matter.
  subscript(address: UInt64) -> UInt64 {
    get { words[address / 8 * 8] ?? 0 }
    set {
      words[address / 8 * 8] = newValue == 0 ? nil : newValue
      touched.insert(address / 8 * 8)
    }
  }

  /// The 32 bits that hold an address, for devices.
  func half(_ address: UInt64) -> UInt32 {
    let word = self[address]
    return UInt32(address % 8 < 4 ? word % (1 << 32) : word >> 32)
  }

  mutating func storeHalf(_ address: UInt64, _ half: UInt32) {
    let (low, high) = (self[address] % (1 << 32), self[address] >> 32)
    self[address] = address % 8 < 4 ? high << 32 + UInt64(half) : UInt64(half) << 32 + low
  }

  mutating func forgetTouched() { touched.removeAll(keepingCapacity: true) }
}

/// The pages that tables are taken from: the lowest free ones from 0x40000000.
struct PlainVTDPages {
  static let first: UInt64 = 0x4000_0000

  enum Use { case root, context, firstTable, lowerTable }

  /// Each page in use by its address: what for, and for which domain.
  private(set) var inUse: [UInt64: (use: Use, domain: Int?)] = [:]
  /// The most pages that may be in use at once.
  var limit: Int?

  mutating func take(for use: Use, of domain: Int?) -> UInt64? {
    if let limit, inUse.count >= limit { return nil }
    var page = Self.first
    while inUse[page] != nil { page += 0x1000 }
    inUse[page] = (use, domain)
    return page
  }

  /// Gives a page back; nothing happens if it was not in use.
  mutating func giveBack(_ page: UInt64) { inUse[page] = nil }
}
