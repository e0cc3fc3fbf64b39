package import IOMMUHardware
package import IOMMUModel

/// A run of pages that are mapped one after the other, to memory one after the other.
package struct MappedRange: Hashable, Sendable {
  package let iova: IOVA
  package let physical: PhysicalAddress
  /// Bytes.
  package private(set) var length: UInt64
  package let pageSize: PageSize

  /// The runs that a first-level table maps, in the order of their addresses.
  ///
  /// A group of 16 equal words counts as the pages that its words are: what is torn shows.
  package static func all(from base: PhysicalAddress, in machine: Machine) -> [MappedRange] {
    let memory = machine.board.memory
    let format = machine.platform.format
    var ranges: [MappedRange] = []
    func add(_ iova: UInt64, _ leaf: Leaf, bytes: UInt64) {
      let physical = PhysicalAddress(leaf.physical.value | iova & leaf.size.offsetMask)
      if let last = ranges.last, last.iova.value + last.length == iova,
        last.physical.value + last.length == physical.value, last.pageSize == leaf.size
      {
        ranges[ranges.count - 1].length += bytes
      } else {
        ranges.append(
          MappedRange(
            iova: IOVA(iova), physical: physical, length: bytes, pageSize: leaf.size))
      }
    }
    // Damaged tables may lead in circles: so many used entries are looked at, and no more.
    var budget = 1 << 21
    func visit(_ table: PhysicalAddress, _ level: Int, from start: UInt64) {
      let bits = UInt64(format.entryBits(level: level))
      for index in format.usedEntries(of: table, level: level, in: memory) {
        budget -= 1
        guard budget > 0 else { return }
        let word = format.entry(index, of: table, in: memory)
        let iova = start | UInt64(index) << bits
        switch format.decode(word, level: level) {
        case .leaf(let leaf): add(iova, leaf, bytes: 1 << bits)
        case .table(let next):
          if let below = format.level(after: level) { visit(next, below, from: iova) }
        case .invalid, .reserved: continue
        }
      }
    }
    visit(base, format.firstLevel, from: 0)
    return ranges
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
