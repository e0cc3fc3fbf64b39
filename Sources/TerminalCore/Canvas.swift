/// A grid of cells to draw on; what a screen shows, before any terminal is involved.
///
/// Drawing is clipped, never refused: a view may draw as if it had all the room in the world. One
/// invariant holds after every change: a wide character is followed by its right half, and no right
/// half stands alone. Whatever covers one half of a wide character therefore blanks the other half.
package struct Canvas: Sendable, Equatable {
  package let width: Int
  package let height: Int

  /// Row after row; only what keeps the invariant may write to it.
  package internal(set) var cells: [Cell]

  /// Creates a blank canvas; a negative size becomes 0.
  package init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  package var bounds: Rect { Rect(column: 0, row: 0, width: width, height: height) }

  /// The cell at a place.
  ///
  /// Outside the canvas reading gives a blank and writing does nothing. A wide character takes the
  /// cell to the right as well, or becomes a space in the last column; the right half of one is
  /// accepted only where its left half already stands.
  package subscript(column: Int, row: Int) -> Cell {
    get { isInside(column, row) ? cells[row * width + column] : .blank }
    set {
      guard isInside(column, row) else { return }
      let index = row * width + column
      if newValue.isContinuation {
        if cells[index].isContinuation {
          cells[index].style = newValue.style
        } else {
          put(.blank(newValue.style), at: index)
        }
      } else if newValue.width == 2 {
        if column + 1 < width {
          putWide(newValue, at: index)
        } else {
          put(.blank(newValue.style), at: index)
        }
      } else {
        put(newValue, at: index)
      }
    }
  }

  /// The cells of a row, for output; empty outside the canvas.
  package func row(_ row: Int) -> ArraySlice<Cell> {
    guard row >= 0, row < height else { return [] }
    return cells[row * width..<(row + 1) * width]
  }

  /// Tells whether a row is the same in another canvas of the same size.
  package func isRow(_ row: Int, equalIn other: Canvas) -> Bool {
    guard width == other.width, row >= 0, row < min(height, other.height) else { return false }
    let words = width * Cell.words
    return cells.withUnsafeBytes { mine in
      other.cells.withUnsafeBytes { theirs in
        let (mine, theirs) = (mine.bindMemory(to: UInt64.self), theirs.bindMemory(to: UInt64.self))
        var difference: UInt64 = 0
        // Without a way out in between, several words are compared at once.
        for index in row * words..<(row + 1) * words { difference |= mine[index] ^ theirs[index] }
        return difference == 0
      }
    }
  }

  /// The cells of a block, row by row, as far as it lies on the canvas.
  package func cells(in rect: Rect) -> [Cell] {
    let area = rect.intersection(bounds)
    guard !area.isEmpty else { return [] }
    var block: [Cell] = []
    block.reserveCapacity(area.width * area.height)
    for row in area.row..<area.maxRow {
      block += cells[row * width + area.column..<row * width + area.maxColumn]
    }
    return block
  }

  /// Puts back the cells that a block had.
  ///
  /// - Precondition: They come from the same block of a canvas of this size.
  package mutating func put(_ block: [Cell], in rect: Rect) {
    let area = rect.intersection(bounds)
    guard !area.isEmpty else { return }
    precondition(block.count == area.width * area.height, "the cells are of another block")
    for row in 0..<area.height {
      let start = (area.row + row) * width + area.column
      blankLeftHalf(before: start)
      blankRightHalf(after: start + area.width - 1)
      cells.replaceSubrange(
        start..<start + area.width, with: block[row * area.width..<(row + 1) * area.width])
    }
  }

  /// The characters of a row with their trailing spaces.
  package func text(row: Int) -> String {
    var result = ""
    for cell in self.row(row) where !cell.isContinuation {
      result += cell.text
    }
    return result
  }

  /// All rows, joined by line feeds, without the spaces at their ends.
  package var text: String {
    (0..<height).map { row in
      var line = Substring(text(row: row))
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  private func isInside(_ column: Int, _ row: Int) -> Bool {
    column >= 0 && column < width && row >= 0 && row < height
  }
}

extension Canvas {
  /// Puts a cell of one column, and blanks the other half of the wide character it may cover.
  mutating func put(_ cell: Cell, at index: Int) {
    blankLeftHalf(before: index)
    blankRightHalf(after: index)
    cells[index] = cell
  }

  /// Puts a wide character, whose right half must be in the same row.
  mutating func putWide(_ cell: Cell, at index: Int) {
    blankLeftHalf(before: index)
    blankRightHalf(after: index + 1)
    cells[index] = cell
    cells[index + 1] = .continuation(cell.style)
  }

  /// Makes a space of the wide character that has its right half at `index`, for that goes away.
  mutating func blankLeftHalf(before index: Int) {
    if cells[index].isContinuation { cells[index - 1] = .blank(cells[index - 1].style) }
  }

  /// Makes a space of the right half that follows `index`, for its left half goes away.
  ///
  /// No row begins with a right half, so the end of the row needs no test.
  mutating func blankRightHalf(after index: Int) {
    if index + 1 < cells.count, cells[index + 1].isContinuation {
      cells[index + 1] = .blank(cells[index + 1].style)
    }
  }
}

extension Cell {
  /// A space in a style.
  static func blank(_ style: Style) -> Cell { Cell(ascii: 0x20, style) }
}
