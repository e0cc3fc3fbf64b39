/// VT-d second-stage entries taken apart field by field, for people.
extension VTDSecondStage {
  static func fields(of word: UInt64, level: Int) -> [DescriptorField] {
    func field(_ name: String, _ bit: Int, _ meaning: String) -> DescriptorField {
      DescriptorField(
        name: name, bits: [bit...bit], value: word >> UInt64(bit) & 1, meaning: .words(meaning))
    }
    let isReadable = word & read != 0
    let isWritable = word & write != 0
    let rights = [
      field("W", 1, isWritable ? "writes pass" : "no writes"),
      field("R", 0, isReadable ? "reads pass" : "no reads"),
    ]
    switch decode(word, level: level) {
    case .invalid:
      return [
        DescriptorField(
          name: "W R", bits: [0...1], value: 0, meaning: .words("nothing is mapped here"))
      ]
    case .reserved: return rights
    case .table(let next): return [address(word, 12...51, next)] + rights
    case .leaf(let leaf):
      let base = address(word, Int(leaf.size.bits)...51, leaf.physical)
      let snoops = field("SNP", 11, word & snoop != 0 ? "accesses snoop caches" : "no snooping")
      let size =
        level == 1 ? [] : [field("SP", 7, "a leaf of \(level == 2 ? "2M" : "1G")")]
      return [base, snoops] + size + rights
    }
  }

  private static func address(
    _ word: UInt64, _ bits: ClosedRange<Int>, _ base: PhysicalAddress
  ) -> DescriptorField {
    let mask: UInt64 = (1 << UInt64(bits.count)) - 1
    return DescriptorField(
      name: "base", bits: [bits], value: word >> UInt64(bits.lowerBound) & mask,
      meaning: .address(base))
  }
}
