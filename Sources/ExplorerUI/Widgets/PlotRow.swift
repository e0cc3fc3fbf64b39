internal import IOMMULab
internal import TerminalCore

/// A curve in a single row, for places too low for a plot: its name, small bars, the latest value.
struct PlotRow {
  let plot: Plot
  let name: String

  private static let left = 10
  private static let right = 8

  /// How many points it shows: one in each column.
  static func capacity(width: Int) -> Int { max(0, width - left - right) }

  func draw(in area: Rect, with pen: inout Pen) {
    pen.write(name, .text, at: 1, 0, in: area)
    let points = plot.points.suffix(Self.capacity(width: area.width))
    let start = area.width - Self.right - points.count
    for (index, point) in points.enumerated() {
      guard let value = point.value else { continue }
      let bar = value == 0 ? pen.glyphs.unmapped : pen.glyphs.bar(value, of: plot.top)
      pen.put(
        bar, pen.theme.style(value == 0 ? .faint : plot.role), at: start + index, 0, in: area)
    }
    guard let latest = points.last(where: { $0.value != nil })?.value else { return }
    // Of a rate, the label at the top says what it is counted in.
    let words = plot.topLabel.hasSuffix("%") ? "\(latest / 10) %" : latest.grouped
    pen.writeRight(Prose(words, latest == 0 ? .dim : plot.role), inset: 1, 0, in: area)
  }

  /// What the first and the last column are called.
  static func drawAxis(
    _ ends: (String, String), count: Int, in area: Rect, with pen: inout Pen
  ) {
    let end = area.width - right
    let start = end - min(count, capacity(width: area.width))
    for column in start..<max(start, end) {
      pen.put(pen.glyphs.horizontal, pen.theme.style(.faint), at: column, 0, in: area)
    }
    pen.write("tick", .dim, at: 1, 0, in: area)
    let first = DisplayWidth.of(ends.0)
    let last = DisplayWidth.of(ends.1)
    if start + first + last < end { pen.write(ends.0, .dim, at: start, 0, in: area) }
    pen.write(ends.1, .dim, at: max(0, end - last), 0, in: area)
  }
}
