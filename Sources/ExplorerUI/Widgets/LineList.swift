internal import IOMMULab
internal import TerminalCore

/// Which lines of a list show, so that the one with the cursor is among them.
struct LineList {
  let count: Int
  let cursor: Int
  let visible: Range<Int>

  init(count: Int, cursor: Int, height: Int) {
    let height = max(1, height)
    self.count = count
    self.cursor = max(0, min(cursor, count - 1))
    let first = min(max(0, count - height), max(0, self.cursor - height / 2))
    visible = first..<max(first, min(count, first + height))
  }

  /// Where one is, when not all lines show.
  var hint: Prose {
    visible.count >= count
      ? ""
      : Prose("\(visible.lowerBound + 1)-\(visible.upperBound) of \(count) ↑↓", .dim)
  }

  /// Lays the cursor under a line that is drawn, and makes a click on it put it there.
  func finish(
    _ index: Int, at row: Int, in area: Rect, focused: Bool, with pen: inout Pen
  ) {
    if index == cursor { pen.select(row: row, in: area, focused: focused) }
    pen.link(
      Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
        .intersection(area), to: .point(.line(index)))
  }
}

extension Rect {
  /// Some of its rows.
  func rows(from row: Int, count: Int) -> Rect {
    let first = max(0, min(row, height))
    return Rect(
      column: column, row: self.row + first, width: width,
      height: max(0, min(count, height - first)))
  }
}
