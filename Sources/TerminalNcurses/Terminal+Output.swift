import CNcurses
import CTerminalGuard
package import TerminalCore

extension Terminal {
  /// Shows a canvas from the upper left corner on, and the cursor, if there is to be one.
  ///
  /// Only the difference to the last frame is sent, in one write; nothing if there is none. What the
  /// canvas does not cover is blank, and what does not fit is cut off.
  package mutating func present(_ canvas: borrowing Canvas, cursor: Point?) {
    guard let screen = nc_stdscr() else { return }
    let shown = cursor.flatMap { position in
      let isInside = (0..<width).contains(position.column) && (0..<height).contains(position.row)
      return isInside ? position : nil
    }
    let isSameSize = shownCanvas.width == canvas.width && shownCanvas.height == canvas.height
    if !isSameSize { werase(screen) }
    for row in 0..<min(canvas.height, height) {
      if isSameSize, canvas.isRow(row, equalIn: shownCanvas) { continue }
      fillCells(with: canvas.row(row))
      wmove(screen, Int32(row), 0)
      // It never wraps and fills the last cell of the screen as well, unlike its relatives.
      wadd_wchnstr(screen, cells, Int32(cells.count))
    }
    shownCanvas = copy canvas
    leaveok(screen, shown == nil)
    if let shown { wmove(screen, Int32(shown.row), Int32(shown.column)) }
    wnoutrefresh(screen)
    tg_frame_begin()
    doupdate()
    showCursor(shown != nil)
    tg_frame_end(modes.beforeFrame, modes.afterFrame)
  }

  private mutating func showCursor(_ isShown: Bool) {
    if isShown == isCursorShown { return }
    isCursorShown = isShown
    curs_set(isShown ? 1 : 0)
  }

  /// Makes one row for curses: characters, not cells; a wide one stands for both of its columns.
  private mutating func fillCells(with row: ArraySlice<Cell>) {
    cells.removeAll(keepingCapacity: true)
    let row = row.prefix(width)
    for cell in row where !cell.isContinuation {
      let look = styles.look(of: cell.style)
      if cell.base < 0x80, !cell.hasMarks {
        cells.append(cchar_t(cell.base, look))
      } else {
        append(cell, look)
      }
    }
    // The screen may end in the middle of a wide character.
    if let last = row.last, last.width == 2, !cells.isEmpty {
      cells[cells.count - 1] = cchar_t(0x20, styles.look(of: last.style))
    }
  }

  /// Appends a character on whose width the C library agrees, else a stand-in of the same width.
  private mutating func append(_ cell: Cell, _ look: StyleTable.Look) {
    let width = cell.width
    if Int(wcwidth(wchar_t(bitPattern: cell.base))) == width {
      var character = cchar_t(cell.base, look)
      let marks = cell.marks
      character.chars.1 = wchar_t(bitPattern: marks.0)
      character.chars.2 = wchar_t(bitPattern: marks.1)
      character.chars.3 = wchar_t(bitPattern: marks.2)
      character.chars.4 = wchar_t(bitPattern: marks.3)
      cells.append(character)
    } else {
      let standIn = cchar_t(isUnicode ? 0xFFFD : UInt32(UInt8(ascii: "?")), look)
      for _ in 0..<width { cells.append(standIn) }
    }
  }
}

extension cchar_t {
  /// A cell as curses keeps it.
  ///
  /// The colour pair stands in it twice: in eight bits of the attributes, where old code looks for
  /// it, and whole in a field of its own.
  fileprivate init(_ base: UInt32, _ look: StyleTable.Look) {
    self.init()
    chars.0 = wchar_t(bitPattern: base)
    attr = look.attributes | attr_t(min(look.pair, 255)) << 8
    ext_color = look.pair
  }
}
