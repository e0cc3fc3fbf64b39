/// Armv7 short descriptors taken apart field by field, for people.
extension ARMv7Short {
  static func fields(of word: UInt32, level: Int) -> [DescriptorField] {
    switch (level == 1 ? decodeFirst(word) : decodeSecond(word), word & 3) {
    case (.invalid, _): return [field(word, "type", [0...1], "invalid: an access faults")]
    case (.reserved, _):
      return [field(word, "type", [0...1], "reserved here: an access faults")]
    case (.table(let base), _):
      return [
        address(word, 10...31, base), field(word, "domain", [5...8], "not checked"),
        field(word, "NS", [3...3], "security"),
        field(word, "type", [0...1], "a second-level table"),
      ]
    case (.leaf(let leaf), _):
      return leafFields(word, leaf)
    }
  }

  private static func leafFields(_ word: UInt32, _ leaf: Leaf) -> [DescriptorField] {
    let places: Places =
      switch leaf.size {
      case .size64K: .largePage
      case .size4K: .smallPage
      default: .firstLevel
      }
    var fields = [address(word, Int(leaf.size.bits)...31, leaf.physical)]
    func add(_ name: String, _ bits: [ClosedRange<Int>], _ words: String) {
      fields.append(field(word, name, bits, words))
    }
    if let ns = places.ns {
      add("NS", [Int(ns)...Int(ns)], leaf.isNonSecure ? "non-secure memory" : "as the bank is")
      add("super", [18...18], leaf.size == .size16M ? "16M supersection" : "1M section")
    }
    add(
      "nG", [Int(places.nG)...Int(places.nG)],
      leaf.isGlobal ? "for every ASID" : "tagged by ASID")
    add("S", [Int(places.s)...Int(places.s)], leaf.isShared ? "shared" : "not shared")
    let ap = Int(places.ap)
    add("AP", [Int(places.ap2)...Int(places.ap2), ap...ap + 1], leaf.rights.words)
    let tex = Int(places.tex)
    let memory: [ClosedRange<Int>] = [tex...tex, 2...3]
    fields.append(
      DescriptorField(
        name: "TEX C B", bits: memory, value: UInt64(word.bits(memory)), meaning: .memoryClass(leaf)
      ))
    add(
      "XN", [Int(places.xn)...Int(places.xn)],
      leaf.rights.contains(.execute) ? "fetch allowed" : "no fetch")
    let isSmall = leaf.size == .size4K
    add("type", isSmall ? [1...1] : [0...1], name(of: leaf.size))
    return fields
  }

  private static func name(of size: PageSize) -> String {
    switch size {
    case .size4K: "small page, 4K"
    case .size64K: "large page, 64K: 16 equal words"
    case .size1M: "section, 1M"
    default: "supersection, 16M: 16 equal words"
    }
  }

  private static func field(
    _ word: UInt32, _ name: String, _ bits: [ClosedRange<Int>], _ words: String
  ) -> DescriptorField {
    DescriptorField(name: name, bits: bits, value: UInt64(word.bits(bits)), meaning: .words(words))
  }

  private static func address(
    _ word: UInt32, _ bits: ClosedRange<Int>, _ base: PhysicalAddress
  ) -> DescriptorField {
    DescriptorField(
      name: "base", bits: [bits], value: UInt64(word.bits([bits])), meaning: .address(base))
  }
}

extension UInt32 {
  /// The bits of several ranges, highest range first, read as one number.
  package func bits(_ ranges: [ClosedRange<Int>]) -> UInt32 {
    ranges.reduce(0) { value, range in
      let mask: UInt32 = range.count >= 32 ? .max : (1 << UInt32(range.count)) - 1
      return (range.count >= 32 ? 0 : value << UInt32(range.count))
        | self >> UInt32(range.lowerBound) & mask
    }
  }
}
