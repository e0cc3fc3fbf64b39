internal import IOMMUHardware
internal import IOMMULab

/// A mapped range in one line.
enum RangeLine {
  /// `columns` is the width of the widest address in the list.
  static func prose(_ range: MappedRange, columns: Int = 10) -> Prose {
    let size = range.length.sizeText
    var line = Prose(range.iova.value.hex8, .iova).padded(to: columns)
    line += Prose(String(repeating: " ", count: max(1, 8 - size.count)) + size, .text)
    let count = max(1, range.length >> UInt64(range.pageSize.bits))
    line += Prose("  \(count) × \(range.pageSize.bytes.sizeText)", .dim).padded(to: 13)
    line += Prose(" → ", .dim) + Prose(range.physical.value.hex8, .physical)
    return line
  }
}
