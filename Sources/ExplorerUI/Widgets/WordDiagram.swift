internal import IOMMULab
internal import TerminalCore

/// A 32-bit word drawn bit by bit: numbers at group edges, ones bold, brackets under the fields.
struct WordDiagram {
  let word: UInt32
  /// Ranges of bits, highest first, and whether each is the one under the cursor.
  let fields: [(bits: ClosedRange<Int>, isSelected: Bool)]

  /// Wide enough for a blank between bits; else bytes stand together.
  static func isWide(_ width: Int) -> Bool { width >= 73 }

  /// The column of a bit.
  private func column(_ bit: Int, wide: Bool) -> Int {
    let fromLeft = 31 - bit
    return wide ? fromLeft * 2 + fromLeft / 4 : fromLeft + fromLeft / 8
  }

  /// Draws three rows: numbers, bits, brackets.
  func draw(at row: Int, column left: Int, in area: Rect, with pen: inout Pen) {
    let isWide = Self.isWide(area.width - left)
    let labels = isWide ? [31, 27, 23, 19, 15, 11, 7, 3, 0] : [31, 23, 15, 7, 0]
    for bit in labels {
      let text = String(bit)
      let shift = bit == 0 || bit > 9 && isWide ? 0 : 0
      pen.write(text, .dim, at: left + column(bit, wide: isWide) + shift, row, in: area)
    }
    for bit in 0..<32 {
      let isOne = word >> UInt32(bit) & 1 == 1
      pen.write(
        isOne ? "1" : "0", isOne ? .strong : .faint, at: left + column(bit, wide: isWide), row + 1,
        in: area)
    }
    for field in fields {
      let first = column(field.bits.upperBound, wide: isWide)
      let last = column(field.bits.lowerBound, wide: isWide)
      let style = pen.theme.style(field.isSelected ? .changed : .accent)
      if first == last {
        pen.put(pen.glyphs.vertical, style, at: left + first, row + 2, in: area)
        continue
      }
      for place in first...last {
        let glyph =
          place == first
          ? pen.glyphs.fieldLeft : place == last ? pen.glyphs.fieldRight : pen.glyphs.horizontal
        pen.put(glyph, style, at: left + place, row + 2, in: area)
      }
    }
  }
}
