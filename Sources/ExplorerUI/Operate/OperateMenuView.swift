internal import IOMMULab
internal import TerminalCore

/// The list of operations: letter, what it does, and its line of the language.
struct OperateMenuView {
  let explorer: Explorer
  let menu: OperateMenu

  private enum Row { case heading(String), item(Int) }

  /// Headings stand above the first item of each section.
  private var rows: [Row] {
    var rows: [Row] = []
    var section = ""
    for (index, item) in menu.items.enumerated() {
      if item.section != section { rows.append(.heading(item.section)) }
      section = item.section
      rows.append(.item(index))
    }
    return rows
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let rows = rows
    let wide = menu.items.map { $0.words.width + $0.line.count }.max() ?? 0
    let width = min(explorer.width, 92, max(44, wide + 14))
    let height = max(4, min(explorer.height - 2, rows.count + 2))
    let area = place(width, height)
    pen.link(Rect(column: 0, row: 0, width: explorer.width, height: explorer.height), to: leave)
    pen.clear(area)
    let inside = pen.frame(
      area, title: Prose("Operate", .strong), focused: true,
      right: Prose("\(menu.items.count) that fit", .dim))
    pen.link(area, to: .operating(.nothing))
    let cursor =
      rows.firstIndex { if case .item(let index) = $0 { index == menu.picked } else { false } } ?? 0
    let first = max(0, min(rows.count - inside.height, cursor - inside.height / 2))
    for (line, row) in rows.dropFirst(first).prefix(inside.height).enumerated() {
      switch row {
      case .heading(let text): pen.write(text, .dim, at: 2, line, in: inside)
      case .item(let index): draw(index, at: line, in: inside, with: &pen)
      }
    }
    if rows.count > first + inside.height {
      let more = rows.count - first - inside.height
      pen.write(" \(more) more ↓ ", .dim, at: width - 14, height - 1, in: area)
    }
    pen.ground(area)
  }

  private var leave: Action { .operating(.leave) }

  /// Where the mouse asked for it, as far as it fits; else in the middle.
  private func place(_ width: Int, _ height: Int) -> Rect {
    let room = max(1, explorer.height - 1 - height)
    guard let anchor = menu.anchor else {
      return Rect(
        column: max(0, (explorer.width - width) / 2), row: max(1, room / 2), width: width,
        height: height)
    }
    return Rect(
      column: max(0, min(anchor.column, explorer.width - width)),
      row: max(1, min(anchor.row + 1, room)), width: width, height: height)
  }

  private func draw(
    _ index: Int, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    let item = menu.items[index]
    pen.write(String(item.key), .key, at: 3, row, in: area)
    let end = pen.write(item.words, at: 6, row, in: area)
    // The line of the language where there is room for it whole.
    if area.width - 2 - item.line.count > end + 1 {
      pen.writeRight(Prose(item.line, .dim), inset: 2, row, in: area)
    }
    if index == menu.picked { pen.select(row: row, in: area, focused: true) }
    pen.link(
      Rect(column: area.column, row: area.row + row, width: area.width, height: 1),
      to: .operating(.choose(index)))
  }
}
