internal import IOMMULab
internal import TerminalCore

/// A curve of values over time, the latest at the right; in braille, where the terminal has it.
struct Plot {
  struct Point: Hashable {
    /// Nil where there is nothing to show.
    let value: UInt64?
    /// Something went wrong then.
    let isMarked: Bool
  }

  let title: String
  let points: [Point]
  /// The value at the top.
  let top: UInt64
  let topLabel: String
  let bottomLabel: String
  /// What the first and the last point are called.
  let ends: (String, String)
  let role: Prose.Role

  /// How many points a plot of a width shows.
  static func capacity(width: Int, isASCII: Bool) -> Int {
    max(0, width - margin - 1) * (isASCII ? 1 : 2)
  }

  private static let margin = 7

  func draw(in area: Rect, with pen: inout Pen) {
    guard area.height >= 3, area.width > Self.margin + 8 else { return }
    pen.write(title, .strong, at: 1, 0, in: area)
    let curve = Rect(
      column: area.column + Self.margin, row: area.row + 1, width: area.width - Self.margin - 1,
      height: area.height - 2)
    let label = Rect(
      column: area.column, row: curve.row, width: Self.margin - 1, height: curve.height)
    pen.writeRight(Prose(topLabel, .dim), 0, in: label)
    if curve.height > 1 { pen.writeRight(Prose(bottomLabel, .dim), curve.height - 1, in: label) }
    if pen.glyphs.isASCII { drawColumns(in: curve, with: &pen) } else { drawDots(in: curve, &pen) }
    drawAxis(below: curve, in: area, with: &pen)
  }

  private func drawAxis(below curve: Rect, in area: Rect, with pen: inout Pen) {
    let row = area.height - 1
    let left = Self.margin
    for column in left..<left + curve.width {
      pen.put(pen.glyphs.horizontal, pen.theme.style(.faint), at: column, row, in: area)
    }
    pen.write(ends.0, .dim, at: left, row, in: area)
    pen.writeRight(Prose(ends.1, .dim), inset: 1, row, in: area)
    let perCell = pen.glyphs.isASCII ? 1 : 2
    let first = curve.width * perCell - points.count
    for (index, point) in points.enumerated() where point.isMarked {
      let column = (first + index) / perCell
      if column >= 0 {
        pen.put(pen.glyphs.refused, pen.theme.style(.fault), at: left + column, row, in: area)
      }
    }
  }

  /// How high a value is, from 0 to `height` - 1.
  private func dot(_ value: UInt64, height: Int) -> Int {
    guard top > 0 else { return 0 }
    let most = UInt64(height - 1)
    return Int((min(value, top) * most + top / 2) / top)
  }

  /// Dots joined to a line, four high and two wide in each cell.
  private func drawDots(in area: Rect, _ pen: inout Pen) {
    let (columns, height) = (area.width * 2, area.height * 4)
    var cells = [UInt8](repeating: 0, count: area.width * area.height)
    func set(_ x: Int, _ y: Int) {
      let bits: [[UInt8]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
      let row = area.height - 1 - y / 4
      cells[row * area.width + x / 2] |= bits[x % 2][y % 4]
    }
    let first = max(0, columns - points.count)
    var last: Int?
    for (index, point) in points.suffix(columns).enumerated() {
      guard let value = point.value else {
        last = nil
        continue
      }
      let y = dot(value, height: height)
      let from = last.map { $0 < y ? $0 + 1 : $0 > y ? $0 - 1 : y } ?? y
      for step in min(from, y)...max(from, y) { set(first + index, step) }
      last = y
    }
    for row in 0..<area.height {
      for column in 0..<area.width {
        let cell = cells[row * area.width + column]
        guard cell != 0, let scalar = Unicode.Scalar(0x2800 + UInt32(cell)) else { continue }
        pen.put(Character(scalar), pen.theme.style(role), at: column, row, in: area)
      }
    }
  }

  /// Columns filled from the bottom, three heights in each cell.
  private func drawColumns(in area: Rect, with pen: inout Pen) {
    let first = max(0, area.width - points.count)
    for (index, point) in points.suffix(area.width).enumerated() {
      guard let value = point.value, value > 0 else { continue }
      let height = dot(value, height: area.height * 3) + 1
      for row in 0..<area.height {
        let part = height - row * 3
        guard part > 0 else { break }
        pen.put(
          pen.glyphs.bars[min(3, part) - 1], pen.theme.style(role), at: first + index,
          area.height - 1 - row, in: area)
      }
    }
  }
}
