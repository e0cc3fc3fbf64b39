internal import IOMMULab
internal import TerminalCore

/// The pop-up that lists what differs between two points in time.
struct ComparisonView {
  private let list: ComparisonList
  private let width: Int
  private let height: Int

  init(_ list: ComparisonList, width: Int, height: Int) {
    (self.list, self.width, self.height) = (list, width, height)
  }

  static func area(_ width: Int, _ height: Int, _ list: ComparisonList) -> Rect {
    let columns = width < 100 ? width : min(width - 8, 110)
    let rows = max(3, min(height - 3, list.lines.count + 2))
    return Rect(
      column: (width - columns) / 2, row: max(1, (height - 1 - rows) / 2), width: columns,
      height: rows)
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let area = Self.area(width, height, list)
    pen.link(Rect(column: 0, row: 0, width: width, height: height), to: .leave)
    pen.clear(area)
    let inside = pen.frame(
      area, title: list.title, focused: true,
      right: width < 100 ? "" : Prose("↵ goes there  Esc closes", .dim))
    let top = max(0, min(list.top, list.lines.count - inside.height))
    for (row, line) in list.lines.dropFirst(top).prefix(inside.height).enumerated() {
      pen.write(line, at: 1, row, in: inside)
      if top + row == list.cursor { pen.select(row: row, in: inside, focused: true) }
    }
    if list.lines.count > inside.height {
      let more = list.lines.count - inside.height - top
      let text = more > 0 ? " \(more) more ↓ " : " the end "
      pen.write(text, .dim, at: area.width - text.count - 3, area.height - 1, in: area)
    }
    pen.ground(area)
  }
}
