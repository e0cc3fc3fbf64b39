internal import IOMMULab
internal import TerminalCore

/// The pop-up with a field to type in and a list that it filters.
struct PickerView {
  private let explorer: Explorer
  private let picker: Picker

  init(_ explorer: Explorer, _ picker: Picker) {
    (self.explorer, self.picker) = (explorer, picker)
  }

  /// Where it lies: the screen's edges stay, as far as there is room.
  private var area: Rect {
    let (screen, height) = (explorer.width, explorer.height)
    let width = screen < 90 ? screen : min(104, screen - 30)
    let isTall = height >= 30
    let row = isTall ? 3 : 1
    return Rect(
      column: (screen - width) / 2, row: row, width: width,
      height: max(4, height - row - (isTall ? 5 : 2)))
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let area = area
    pen.link(
      Rect(column: 0, row: 0, width: explorer.width, height: explorer.height), to: .leave)
    pen.clear(area)
    // A click beside an item does nothing.
    pen.link(area, to: .choose(nil))
    let title =
      switch picker.purpose {
      case .find: "Find"
      case .actions: "What works here"
      case .scenes: "Scenes: short narrated sessions"
      }
    let breadcrumb = Subject(explorer.selection, in: explorer.machine).breadcrumb(explorer.glyphs)
    let inside = pen.frame(
      area, title: Prose(title, .strong), focused: true,
      right: area.width >= 70 && picker.purpose != .scenes
        ? Prose("\(explorer.focus.title) › ", .dim) + breadcrumb.all(.dim) : "")
    let air = inside.height >= 14 ? 1 : 0
    drawField(row: air, in: inside, with: &pen)
    let top = 1 + 2 * air
    let list = Rect(
      column: inside.column, row: inside.row + top, width: inside.width,
      height: max(0, inside.height - top))
    drawList(in: list, frame: area, with: &pen)
    pen.ground(area)
  }

  private func drawField(row: Int, in area: Rect, with pen: inout Pen) {
    let line = Rect(column: area.column + 1, row: area.row + row, width: area.width - 2, height: 1)
    let sign =
      switch picker.purpose {
      case .find: "/"
      case .actions: "?"
      case .scenes: "open"
      }
    let start = pen.write(" \(sign) ", .key, at: 0, 0, in: line)
    let count = picker.items.count
    let hint: Prose =
      picker.field.text.isEmpty
      ? Prose(
        picker.purpose == .find
          ? "a name, an address, a register, an operation, a key"
          : "type to filter: \(picker.count) \(picker.purpose == .scenes ? "scenes" : "things to do")",
        .dim)
      : Prose(
        picker.purpose == .find
          ? "\(picker.count.grouped) found" : "\(count) of \(picker.count)", .dim)
    let hintWidth = hint.width + 2
    let room = Rect(
      column: line.column + start, row: line.row,
      width: max(1, line.width - start - (hintWidth < line.width / 2 ? hintWidth : 0)), height: 1)
    let shift = max(0, picker.field.cursorColumn - room.width + 1)
    if hintWidth < line.width - 6 { pen.writeRight(hint, inset: 1, 0, in: line) }
    pen.write(picker.field.text, .strong, at: -shift, 0, in: room)
    pen.cursor = Point(room.column + picker.field.cursorColumn - shift, room.row)
    let theme = pen.theme
    pen.restyle(line) { theme.select(&$0, focused: false) }
  }

  // MARK: The list

  private func drawList(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard !picker.rows.isEmpty else {
      for (row, line) in Wrapped(empty, width: area.width - 5).lines.enumerated() {
        pen.write(line, at: 3, row, in: area)
      }
      return
    }
    // Headings have an empty row above them where there is room for all.
    var lines: [(row: Picker.Row?, item: Int?)] = []
    var chosen = 0
    var item = 0
    let isAiry = area.height >= 14
    for row in picker.rows {
      if case .heading = row, !lines.isEmpty, isAiry { lines.append((nil, nil)) }
      if row.item != nil {
        if item == picker.picked { chosen = lines.count }
        lines.append((row, item))
        item += 1
      } else {
        lines.append((row, nil))
      }
    }
    let overflow = max(0, lines.count - area.height)
    let first = chosen < 3 ? 0 : min(overflow, max(0, chosen - area.height * 2 / 3))
    for (row, line) in lines[first...].prefix(area.height).enumerated() {
      switch line.row {
      case .heading(let title): pen.write(Prose(title, .dim), at: 2, row, in: area)
      case .note(let note): pen.write(note, at: 4, row, in: area)
      case .item(let item): draw(item, line.item ?? 0, row, in: area, with: &pen)
      case nil: break
      }
    }
    let below = lines.count - first - area.height
    if overflow > 0 {
      let text = below > 0 ? " \(below) more \(pen.glyphs.plain("↓")) " : " the end "
      pen.write(
        text, .dim, at: frame.width - text.count - 3, frame.height - 1, in: frame)
    }
  }

  private var empty: Prose {
    let text = picker.field.text.shown
    return switch picker.purpose {
    case .find:
      "Nothing is called \(strong: text), lies there or was done. \(dim: "Ctrl-U clears.")"
    case .actions: "Nothing here does \(strong: text). \(dim: "Ctrl-U clears.")"
    case .scenes: "No scene is about \(strong: text). \(dim: "Ctrl-U clears.")"
    }
  }

  private func draw(
    _ item: PickerItem, _ index: Int, _ row: Int, in area: Rect, with pen: inout Pen
  ) {
    let labelWidth = area.width >= 70 ? 15 : 12
    let isOff = item.obstacle != nil
    let label = Rect(
      column: area.column + 3, row: area.row + row, width: min(labelWidth - 1, area.width - 3),
      height: 1)
    pen.write(item.label, item.isKey && !isOff ? .key : .dim, at: 0, 0, in: label)
    let room = Rect(
      column: area.column + 3 + labelWidth, row: area.row + row,
      width: max(0, area.width - labelWidth - 5), height: 1)
    // Why it cannot be done counts more than the end of what it would be.
    let detail = item.obstacle.map { Prose("✗ " + $0, .dim) } ?? item.detail
    let kept = item.obstacle == nil ? 0 : detail.width + 2
    var left = room
    left.width = max(min(20, room.width), room.width - kept)
    let end = min(left.width, drawWords(item, in: left, with: &pen))
    let free = room.width - end - 2
    if detail.width <= free {
      pen.writeRight(detail, 0, in: room)
    } else if free >= 12 {
      let rest = Rect(column: room.column + end + 2, row: room.row, width: free, height: 1)
      pen.write(detail, at: 0, 0, in: rest)
    }
    let line = Rect(
      column: area.column + 1, row: area.row + row, width: max(0, area.width - 2), height: 1)
    if index == picker.picked { pen.select(row: 0, in: line, focused: true) }
    pen.cover(line, with: .choose(index))
  }

  /// Draws the words letter by letter, those that were typed marked; returns the column after them.
  private func drawWords(_ item: PickerItem, in area: Rect, with pen: inout Pen) -> Int {
    let marked = Set(item.marked)
    var column = 0
    var place = 0
    for piece in item.words.pieces {
      let style = pen.theme.style(item.obstacle == nil ? piece.role : .dim)
      for character in piece.text {
        column = pen.write(
          String(character), style: marked.contains(place) ? pen.theme.matched : style, at: column,
          0, in: area)
        place += 1
      }
    }
    if column > area.width, area.width > 0 {
      pen.write(String(pen.glyphs.cut), .dim, at: area.width - 1, 0, in: area)
    }
    return column
  }
}

extension Theme {
  /// A letter that was typed to find something: weight and a line under it, not colour alone.
  var matched: Style {
    var style = style(.changed)
    style.attributes.formUnion([.bold, .underline])
    return style
  }
}
