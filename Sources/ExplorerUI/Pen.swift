internal import IOMMULab
package import TerminalCore

/// What a view draws with: text by roles, frames, selected rows, and what a click there means.
package struct Pen {
  package private(set) var canvas: Canvas
  /// What can be clicked; later ones lie on top.
  package private(set) var hits: [(area: Rect, action: Action)] = []
  /// The names and addresses that lead somewhere; they lie on top of all else.
  package private(set) var links: [Link] = []
  /// The screen row that the cursor of the focused pane stands on.
  package private(set) var cursorRow: Int?
  /// Where the terminal's cursor shows, when something is being typed.
  package var cursor: Point?
  let theme: Theme
  let glyphs: Glyphs

  init(width: Int, height: Int, theme: Theme, glyphs: Glyphs) {
    canvas = Canvas(width: width, height: height)
    self.theme = theme
    self.glyphs = glyphs
  }

  // MARK: Text

  /// Writes a text at a column and row of `area`, clipped to it; returns the column after it.
  @discardableResult
  mutating func write(
    _ text: String, _ role: Prose.Role = .text, at column: Int, _ row: Int, in area: Rect
  ) -> Int {
    write(text, style: theme.style(role), at: column, row, in: area)
  }

  @discardableResult
  mutating func write(
    _ text: String, style: Style, at column: Int, _ row: Int, in area: Rect
  ) -> Int {
    let point = Point(area.column + column, area.row + row)
    return column + canvas.draw(glyphs.plain(text), at: point, style: style, clip: area)
  }

  /// Writes prose; what does not fit ends in the sign for being cut off.
  @discardableResult
  mutating func write(_ prose: Prose, at column: Int, _ row: Int, in area: Rect) -> Int {
    guard !prose.isEmpty else { return column }
    var column = column
    for piece in prose.pieces {
      column = write(piece, theme.style(piece.role), at: column, row, in: area)
    }
    if column > area.width, area.width > 0 {
      write(String(glyphs.cut), .dim, at: area.width - 1, row, in: area)
    }
    return column
  }

  /// Writes a piece of prose; what it stands for can be gone to from there.
  private mutating func write(
    _ piece: Prose.Piece, _ style: Style, at column: Int, _ row: Int, in area: Rect
  ) -> Int {
    let end = write(piece.text, style: style, at: column, row, in: area)
    if let target = piece.target {
      let cells = Rect(
        column: area.column + column, row: area.row + row, width: end - column, height: 1
      ).intersection(area)
      if !cells.isEmpty { links.append(Link(area: cells, target: target)) }
    }
    return end
  }

  /// Writes prose that ends at the right edge of `area`, less `inset` columns.
  mutating func writeRight(_ prose: Prose, inset: Int = 0, _ row: Int, in area: Rect) {
    let width = DisplayWidth.of(glyphs.plain(prose.text))
    write(prose, at: max(0, area.width - inset - width), row, in: area)
  }

  mutating func put(_ glyph: Character, _ style: Style, at column: Int, _ row: Int, in area: Rect) {
    write(String(glyph), style: style, at: column, row, in: area)
  }

  /// Repeats a sign that a line is made of over a block of an area.
  mutating func line(
    _ glyph: Character, _ style: Style, from start: (column: Int, row: Int), columns: Int,
    rows: Int, in area: Rect
  ) {
    let block = Rect(
      column: area.column + start.column, row: area.row + start.row, width: columns, height: rows)
    canvas.fill(block.intersection(area), glyph, style)
  }

  // MARK: Areas

  /// Makes a click into `area` mean `action`.
  mutating func link(_ area: Rect, to action: Action) {
    if !area.isEmpty { hits.append((area, action)) }
  }

  /// Makes the clicks that were added from one on mean something else.
  mutating func redirect(hitsFrom first: Int, _ change: (Action) -> Action) {
    for index in hits.indices.dropFirst(first) { hits[index].action = change(hits[index].action) }
  }

  /// Makes a click anywhere in `area` mean `action`, also on names that lead elsewhere.
  mutating func cover(_ area: Rect, with action: Action) {
    links.removeAll { !$0.area.intersection(area).isEmpty }
    link(area, to: action)
  }

  /// Draws the selection under a row that is already drawn.
  mutating func select(row: Int, in area: Rect, focused: Bool, edge: Bool = true) {
    let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    let theme = theme
    canvas.restyle(line.intersection(area)) { theme.select(&$0, focused: focused) }
    // Without an edge it is the current step, which is marked whatever has the focus.
    if focused, edge { cursorRow = line.row }
    if edge { put(glyphs.edge, theme.style(.accent), at: 0, row, in: area) }
  }

  /// Lays a bar's ground under a row of the screen.
  mutating func bar(row: Int) {
    let theme = theme
    canvas.restyle(Rect(column: 0, row: row, width: canvas.width, height: 1)) { theme.bar(&$0) }
  }

  /// Draws a frame with a title in its top line; returns what is inside.
  @discardableResult
  mutating func frame(
    _ area: Rect, title: Prose, focused: Bool, right: Prose = "", bottom: Prose = ""
  ) -> Rect {
    guard area.width >= 2, area.height >= 2 else { return area }
    let style = theme.frame(focused: focused)
    let (last, end) = (area.width - 1, area.height - 1)
    for row in [0, end] {
      line(glyphs.horizontal, style, from: (1, row), columns: last - 1, rows: 1, in: area)
    }
    for column in [0, last] {
      line(glyphs.vertical, style, from: (column, 1), columns: 1, rows: end - 1, in: area)
    }
    put(glyphs.topLeft, style, at: 0, 0, in: area)
    put(glyphs.topRight, style, at: last, 0, in: area)
    put(glyphs.bottomLeft, style, at: 0, end, in: area)
    put(glyphs.bottomRight, style, at: last, end, in: area)
    caption(title, right: right, row: 0, in: area, focused: focused)
    if !bottom.isEmpty {
      let line = Rect(
        column: area.column + 2, row: area.row + end, width: area.width - 4, height: 1)
      let after = write(" ", at: 0, 0, in: line)
      let width = write(bottom, at: after, 0, in: line)
      write(" ", at: width, 0, in: line)
    }
    return area.inset(columns: 1, rows: 1)
  }

  /// Divides a pane by a line with a title; `row` counts from the top of the frame.
  mutating func divider(
    _ title: Prose, right: Prose = "", row: Int, in frame: Rect, focused: Bool
  ) {
    guard row > 0, row < frame.height - 1 else { return }
    let style = theme.frame(focused: focused)
    line(glyphs.horizontal, style, from: (1, row), columns: frame.width - 2, rows: 1, in: frame)
    put(glyphs.teeRight, style, at: 0, row, in: frame)
    put(glyphs.teeLeft, style, at: frame.width - 1, row, in: frame)
    caption(title, right: right, row: row, in: frame, focused: false)
  }

  private mutating func caption(
    _ title: Prose, right: Prose, row: Int, in area: Rect, focused: Bool
  ) {
    let line = Rect(
      column: area.column + 2, row: area.row + row, width: max(0, area.width - 4), height: 1)
    let rightWidth = right.isEmpty ? 0 : DisplayWidth.of(glyphs.plain(right.text)) + 2
    let left = Rect(
      column: line.column, row: line.row, width: max(0, line.width - rightWidth), height: 1)
    if !title.isEmpty {
      var column = write(" ", at: 0, 0, in: left)
      for piece in title.pieces {
        var style = theme.style(piece.role)
        if piece.role == .strong { style = theme.title(focused: focused) }
        column = write(piece, style, at: column, 0, in: left)
      }
      write(" ", at: column, 0, in: left)
      // The blank after a title that ends at the edge may be missing, a letter of it may not.
      if column > left.width, left.width > 0 {
        write(String(glyphs.cut), .dim, at: left.width - 1, 0, in: left)
      }
    }
    if !right.isEmpty {
      let start = line.width - rightWidth
      write(" ", at: start, 0, in: line)
      let end = write(right, at: start + 1, 0, in: line)
      write(" ", at: end, 0, in: line)
    }
  }

  /// Puts back the cells that an area had.
  mutating func put(_ cells: [Cell], in area: Rect) { canvas.put(cells, in: area) }

  /// Adds what led somewhere in it.
  mutating func add(
    _ hits: [(area: Rect, action: Action)], _ links: [Link], cursorRow: Int?
  ) {
    self.hits += hits
    self.links += links
    if let cursorRow { self.cursorRow = cursorRow }
  }

  // MARK: Pop-ups

  /// Draws back all that is on the screen, and forgets what could be clicked.
  mutating func recede() {
    let theme = theme
    canvas.restyle(canvas.bounds) { theme.recede(&$0) }
    hits = []
    links = []
  }

  /// Changes how an area looks without changing what is written there.
  mutating func restyle(_ area: Rect, _ change: (inout Style) -> Void) {
    canvas.restyle(area, change)
  }

  /// Clears an area for a pop-up.
  mutating func clear(_ area: Rect) { canvas.fill(area, " ", .plain) }

  /// Lays a pop-up's ground under all that is drawn in it.
  mutating func ground(_ area: Rect) {
    let theme = theme
    canvas.restyle(area) { theme.popUp(&$0) }
  }
}
