extension Canvas {
  /// Fills a block with one character.
  ///
  /// A wide character is repeated in pairs of columns; an odd column at the end becomes a space.
  package mutating func fill(_ rect: Rect, _ character: Character, _ style: Style) {
    let area = rect.intersection(bounds)
    if area.isEmpty { return }
    let cell = Cell(character, style)
    let isWide = cell.width == 2
    for row in area.row..<area.maxRow {
      let start = row * width + area.column
      let end = start + area.width
      blankLeftHalf(before: start)
      blankRightHalf(after: end - 1)
      var index = start
      while isWide, index + 1 < end {
        cells[index] = cell
        cells[index + 1] = .continuation(style)
        index += 2
      }
      while index < end {
        cells[index] = isWide ? .blank(style) : cell
        index += 1
      }
    }
  }

  /// Draws one line of text from `at` to the right and returns the columns it takes, shown or not.
  ///
  /// Only cells inside `clip` change. A wide character of which the clip shows one half becomes a
  /// space there. Controls (line feeds and tabs, too), unassigned scalars and marks that have
  /// nothing to stand on are drawn as U+FFFD, one column each; none is dropped.
  @discardableResult
  package mutating func draw(
    _ text: String, at: Point, style: Style, clip: Rect? = nil
  ) -> Int {
    let area = clip.map { bounds.intersection($0) } ?? bounds
    let isVisible =
      !area.isEmpty && at.row >= area.row && at.row < area.maxRow && at.column < area.maxColumn
    guard isVisible else { return DisplayWidth.of(text) }
    let rowStart = at.row * width
    var column = at.column
    // With nothing but printable ASCII in the text, every byte is a character of its own.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      for byte in text.utf8 {
        if column >= area.column, column < area.maxColumn {
          put(Cell(ascii: byte, style), at: rowStart + column)
        }
        column += 1
      }
      return column - at.column
    }
    if text.unicodeScalars.allSatisfy(DisplayWidth.standsAlone(_:)) {
      for scalar in text.unicodeScalars {
        if column >= area.column, column < area.maxColumn {
          put(Cell(alone: scalar, style), at: rowStart + column)
        }
        column += 1
      }
      return column - at.column
    }
    for character in text {
      column += draw(character, column: column, rowStart: rowStart, style: style, area: area)
    }
    return column - at.column
  }

  /// Changes the style of every cell of a block and leaves its characters alone.
  ///
  /// A wide character is one thing and goes with its left half.
  package mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
    let area = rect.intersection(bounds)
    if area.isEmpty { return }
    for row in area.row..<area.maxRow {
      let start = row * width + area.column
      for index in start..<start + area.width where !cells[index].isContinuation {
        change(&cells[index].style)
        if index + 1 < cells.count, cells[index + 1].isContinuation {
          cells[index + 1].style = cells[index].style
        }
      }
    }
  }

  /// Draws what the area shows of one character and returns the character's width.
  private mutating func draw(
    _ character: Character, column: Int, rowStart: Int, style: Style, area: Rect
  ) -> Int {
    let width = DisplayWidth.of(character)
    let first = max(column, area.column)
    let end = min(column + width, area.maxColumn)
    if first >= end { return width }
    if width == 1 {
      put(Cell(character, style), at: rowStart + column)
    } else if end - first == 2 {
      putWide(Cell(character, style), at: rowStart + column)
    } else {
      put(.blank(style), at: rowStart + first)
    }
    return width
  }
}
