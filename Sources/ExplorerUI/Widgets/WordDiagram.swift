internal import IOMMULab
internal import TerminalCore

/// A word drawn bit by bit: numbers at group edges, ones bold, brackets under the fields.
struct WordDiagram {
  let word: UInt64
  /// How many bits it has: 32, or 64.
  let bits: Int
  /// Ranges of bits, highest first, and whether each is the one under the cursor.
  let fields: [(bits: ClosedRange<Int>, isSelected: Bool)]

  /// How the bits stand: with a blank between them, or only between bytes; all in one line, or half
  /// a word in each.
  private struct Style {
    let isSpaced: Bool
    let bits: Int

    init(_ bits: Int, width: Int) {
      if Self.width(bits, isSpaced: true) <= width {
        (isSpaced, self.bits) = (true, bits)
      } else if bits == 32 || Self.width(bits, isSpaced: false) <= width {
        (isSpaced, self.bits) = (false, bits)
      } else {
        (isSpaced, self.bits) = (false, bits / 2)
      }
    }

    private static func width(_ bits: Int, isSpaced: Bool) -> Int {
      isSpaced ? bits * 2 + bits / 4 - 1 : bits + bits / 8 - 1
    }

    /// The column of a bit, counted from the left.
    func column(_ fromLeft: Int) -> Int {
      isSpaced ? fromLeft * 2 + fromLeft / 4 : fromLeft + fromLeft / 8
    }
  }

  init(word: UInt64, bits: Int, fields: [(bits: ClosedRange<Int>, isSelected: Bool)]) {
    (self.word, self.bits, self.fields) = (word, bits, fields)
  }

  init(word: UInt32, fields: [(bits: ClosedRange<Int>, isSelected: Bool)]) {
    self.init(word: UInt64(word), bits: 32, fields: fields)
  }

  /// How many rows it takes in so many columns.
  func rows(for width: Int) -> Int { 3 * bits / Style(bits, width: width).bits }

  /// Where a bit stands in so many columns, from the first row and column of the diagram.
  func place(of bit: Int, width: Int) -> Point {
    let style = Style(bits, width: width)
    let fromLeft = bits - 1 - bit
    return Point(style.column(fromLeft % style.bits), 3 * (fromLeft / style.bits) + 1)
  }

  /// Draws numbers, bits and brackets, for each line of bits.
  func draw(at row: Int, column left: Int, in area: Rect, with pen: inout Pen) {
    let style = Style(bits, width: area.width - left)
    for line in 0..<bits / style.bits {
      let high = bits - 1 - line * style.bits
      draw(
        high - style.bits + 1...high, style, at: row + 3 * line, column: left, in: area, with: &pen)
    }
  }

  private func draw(
    _ range: ClosedRange<Int>, _ layout: Style, at row: Int, column left: Int, in area: Rect,
    with pen: inout Pen
  ) {
    let high = range.upperBound
    let step = layout.isSpaced ? 4 : 8
    for bit in stride(from: high, through: range.lowerBound, by: -step) + [range.lowerBound] {
      pen.write(String(bit), .dim, at: left + layout.column(high - bit), row, in: area)
    }
    for bit in range {
      let isOne = word >> UInt64(bit) & 1 == 1
      pen.write(
        isOne ? "1" : "0", isOne ? .strong : .faint, at: left + layout.column(high - bit), row + 1,
        in: area)
    }
    for field in fields where field.bits.overlaps(range) {
      let bits = field.bits.clamped(to: range)
      let first = layout.column(high - bits.upperBound)
      let last = layout.column(high - bits.lowerBound)
      let style = pen.theme.style(field.isSelected ? .changed : .accent)
      guard first < last || field.bits.count > 1 else {
        pen.put(pen.glyphs.vertical, style, at: left + first, row + 2, in: area)
        continue
      }
      for place in first...last {
        // A field that goes on in the other line is open there.
        let isStart = place == first && bits.upperBound == field.bits.upperBound
        let isEnd = place == last && bits.lowerBound == field.bits.lowerBound
        let glyph =
          isStart ? pen.glyphs.fieldLeft : isEnd ? pen.glyphs.fieldRight : pen.glyphs.horizontal
        pen.put(glyph, style, at: left + place, row + 2, in: area)
      }
    }
  }
}
