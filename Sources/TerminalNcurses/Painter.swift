import TerminalCore

/// Knows what the terminal shows, and finds the few bytes that make it show something else.
///
/// Curses does this as well, with some hundred small writes and three times as many bytes for
/// colours: it takes everything back for each change of style. What counts here: only cells that
/// look different are sent, a blank has no colour but its background, parameters travel together.
struct Painter {
  private let abilities: Abilities
  private let isUnicode: Bool
  private var styles: StyleTable

  /// What the terminal shows; nil when nobody knows.
  private var shown: Canvas?
  private var bytes: [UInt8] = []
  /// How the next character will look; nil when nobody knows.
  private var look: Look?
  /// Where the next character will go; nil when nobody can say for sure.
  private var cursor: (column: Int, row: Int)?
  private var isCursorShown: Bool?
  private var colorCodes: [Int32: Abilities.Code?] = [:]

  typealias Look = StyleTable.Look

  init(_ abilities: Abilities, styles: StyleTable, isUnicode: Bool) {
    (self.abilities, self.styles, self.isUnicode) = (abilities, styles, isUnicode)
  }

  /// Somebody else has written on the terminal.
  mutating func forget() {
    (shown, look, cursor, isCursorShown) = (nil, nil, nil, nil)
  }

  /// The bytes that lead to a canvas, and to the cursor where there is one; empty if there is no
  /// difference.
  mutating func frame(_ canvas: Canvas, cursor place: Point?) -> [UInt8] {
    bytes.removeAll(keepingCapacity: true)
    if shown.map({ $0.width != canvas.width || $0.height != canvas.height }) ?? true {
      startOver(canvas)
    }
    if let known = shown {
      let (new, old) = (canvas.cells.span, known.cells.span)
      for row in 0..<canvas.height where !canvas.isRow(row, equalIn: known) {
        let all = row * canvas.width..<(row + 1) * canvas.width
        paint(
          row, new.extracting(all), over: old.extracting(all), isLast: row == canvas.height - 1)
      }
    }
    shown = canvas
    if let place { go(to: place.column, place.row) }
    if isCursorShown != (place != nil) {
      isCursorShown = place != nil
      bytes += place != nil ? abilities.showCursor : abilities.hideCursor
    }
    return bytes
  }

  /// Clears the screen and the knowledge of it.
  private mutating func startOver(_ canvas: Canvas) {
    forget()
    set(styles.look(of: .plain))
    if let clear = abilities.clear {
      bytes += clear
      cursor = (0, 0)
      shown = Canvas(width: canvas.width, height: canvas.height)
    } else {
      // Nothing is known to be blank, so every cell must differ from what is believed to be there.
      var believed = Canvas(width: canvas.width, height: canvas.height)
      believed.fill(believed.bounds, "\u{FFFD}", Style(attributes: .underline))
      shown = believed
    }
  }

  /// Sends what differs in one row.
  private mutating func paint(_ row: Int, _ new: Span<Cell>, over old: Span<Cell>, isLast: Bool) {
    let width = new.count
    var column = 0
    while column < width, new[column] == old[column] { column += 1 }
    if column == width { return }
    var end = width
    while new[end - 1] == old[end - 1] { end -= 1 }
    var blankEnd = width
    while blankEnd > 0, new[blankEnd - 1].isPlainBlank { blankEnd -= 1 }
    while column < end {
      let cell = new[column]
      if cell.looksLike(old[column]) {
        column += 1
      } else if column >= blankEnd, width - column > 2, let erase = abilities.eraseToEnd {
        go(to: column, row, passing: new)
        setBackground(styles.look(of: cell.style))
        bytes += erase
        return
      } else if let count = erasable(from: column, new, old) {
        go(to: column, row, passing: new)
        setBackground(styles.look(of: cell.style))
        abilities.erase(count, into: &bytes)
        column += count
      } else if isLast, column == width - 1, abilities.wrapsAtOnce {
        // Filling the corner would move the whole screen up.
        return
      } else {
        go(to: column, row, passing: new)
        put(cell, width: width)
        column += max(1, cell.width)
      }
    }
  }

  /// How many cells from here on are best erased, if that is shorter than writing blanks.
  private func erasable(from column: Int, _ new: Span<Cell>, _ old: Span<Cell>) -> Int? {
    let first = new[column]
    guard abilities.canErase, first.isBlank,
      first.style.background == -1 || abilities.erasesInColor
    else { return nil }
    var (index, last) = (column, column)
    while index < new.count, new[index].looksLike(first) {
      if !new[index].looksLike(old[index]) { last = index }
      index += 1
    }
    let count = last - column + 1
    // Five bytes to erase, and as many to move on.
    return count > 9 ? count : nil
  }

  /// Writes one character where the cursor is.
  private mutating func put(_ cell: Cell, width: Int) {
    if cell.isBlank {
      setBackground(styles.look(of: cell.style))
    } else {
      set(styles.look(of: cell.style))
    }
    let columns = max(1, cell.width)
    let isSure = append(cell)
    // What follows a character on whose width not all agree is placed anew, and so is what follows
    // the last column.
    if isSure, let now = cursor, now.column + columns < width {
      cursor = (now.column + columns, now.row)
    } else {
      cursor = nil
    }
  }

  /// Appends a character and tells whether every terminal moves on by its width.
  private mutating func append(_ cell: Cell) -> Bool {
    if cell.base < 0x80, cell.base >= 0x20, !cell.hasMarks {
      bytes.append(UInt8(truncatingIfNeeded: cell.base))
      return true
    }
    if !isUnicode {
      for _ in 0..<max(1, cell.width) { bytes.append(UInt8(ascii: "?")) }
      return true
    }
    if cell.isContinuation {
      bytes.append(0x20)
      return true
    }
    cell.appendText(to: &bytes)
    return !cell.hasMarks && cell.width == 1
  }
}

extension Painter {
  /// Moves the cursor; cells on the way that are short to write again are written.
  private mutating func go(to column: Int, _ row: Int, passing cells: Span<Cell>) {
    if let now = cursor, now.row == row, now.column <= column {
      let distance = column - now.column
      if distance == 0 { return }
      if distance <= 4, let look, isShort(cells, now.column..<column, in: look) {
        for index in now.column..<column { _ = append(cells[index]) }
        cursor = (column, row)
        return
      }
      if abilities.canMoveRight {
        leaveStyle()
        abilities.moveRight(distance, into: &bytes)
        cursor = (column, row)
        return
      }
    }
    go(to: column, row)
  }

  private mutating func go(to column: Int, _ row: Int) {
    if let cursor, cursor == (column, row) { return }
    leaveStyle()
    abilities.move(column: column, row: row, into: &bytes)
    cursor = (column, row)
  }

  private mutating func leaveStyle() {
    if !abilities.movesInStyle { set(styles.look(of: .plain)) }
  }

  /// The cells are ASCII and look like what is written next anyway.
  private mutating func isShort(
    _ cells: Span<Cell>, _ columns: Range<Int>, in look: Look
  ) -> Bool {
    for column in columns {
      let cell = cells[column]
      guard cell.base >= 0x20, cell.base < 0x80, !cell.hasMarks else { return false }
      let wanted = styles.look(of: cell.style)
      guard cell.isBlank ? look.hasGround(of: wanted) : look == wanted else { return false }
    }
    return true
  }

  /// Makes the next blank look right; its colour and weight cannot be seen.
  private mutating func setBackground(_ wanted: Look) {
    if let look, look.hasGround(of: wanted) { return }
    var wanted = wanted
    // A colour that need not be taken back now may be the one that comes next.
    if let look, !look.showsOnBlank, wanted.background != -1 {
      wanted.foreground = look.foreground
      wanted.attributes = look.attributes
    }
    set(wanted)
  }

  /// Makes the next character look as wanted.
  private mutating func set(_ wanted: Look) {
    var wanted = wanted
    wanted.attributes &= wanted.isColored ? abilities.shownInColor : abilities.shown
    if look == wanted { return }
    var change = Change()
    let plain = styles.look(of: .plain)
    var now = look ?? plain
    if look == nil || wanted == plain || now.attributes & ~wanted.attributes != 0 {
      if let code = abilities.plain { change.add(code, to: &bytes) }
      if case .parameters? = abilities.plain {
        now = Look(attributes: 0, foreground: -1, background: -1)
      } else {
        if let code = abilities.defaultColors, look?.isColored ?? true {
          change.add(code, to: &bytes)
        }
        now = Look(attributes: 0, foreground: -1, background: -1)
      }
    }
    for (attribute, code) in abilities.attributes
    where wanted.attributes & ~now.attributes & attribute != 0 {
      change.add(code, to: &bytes)
    }
    addColors(wanted, &now, to: &change)
    change.finish(&bytes)
    look = wanted
  }

  private mutating func addColors(_ wanted: Look, _ now: inout Look, to change: inout Change) {
    let takesBackText = wanted.foreground == -1 && now.foreground != -1
    let takesBackGround = wanted.background == -1 && now.background != -1
    if takesBackText || takesBackGround, let code = abilities.defaultColors {
      if let each = abilities.eachDefaultColor {
        if takesBackText { change.add(each.text, to: &bytes) }
        if takesBackGround { change.add(each.ground, to: &bytes) }
      } else {
        change.add(code, to: &bytes)
        now.foreground = -1
        now.background = -1
      }
    }
    if wanted.foreground != -1, wanted.foreground != now.foreground,
      let code = color(wanted.foreground, key: wanted.foreground, abilities.foreground)
    {
      change.add(code, to: &bytes)
    }
    if wanted.background != -1, wanted.background != now.background,
      let code = color(wanted.background, key: ~wanted.background, abilities.background)
    {
      change.add(code, to: &bytes)
    }
  }

  /// Asks the description once for each colour; grounds are kept under negative keys.
  private mutating func color(
    _ color: Int32, key: Int32, _ make: (Int32) -> Abilities.Code?
  ) -> Abilities.Code? {
    if let known = colorCodes[key] { return known }
    let code = make(color)
    colorCodes[key] = .some(code)
    return code
  }
}

/// A change of style: parameters are joined into one sequence as far as they follow each other.
private struct Change {
  /// A sequence has begun that has no end yet.
  private var isOpen = false

  mutating func add(_ code: Abilities.Code, to bytes: inout [UInt8]) {
    switch code {
    case .parameters(let more):
      if !isOpen {
        bytes.append(0x1B)
        bytes.append(UInt8(ascii: "["))
        isOpen = true
      } else {
        if bytes.last == UInt8(ascii: "[") { bytes.append(UInt8(ascii: "0")) }
        bytes.append(UInt8(ascii: ";"))
      }
      bytes += more
    case .other(let sequence):
      finish(&bytes)
      bytes += sequence
    }
  }

  mutating func finish(_ bytes: inout [UInt8]) {
    if isOpen { bytes.append(UInt8(ascii: "m")) }
    isOpen = false
  }
}

extension StyleTable.Look {
  fileprivate var showsOnBlank: Bool { attributes & Style.Attributes.onBlank.rawValue != 0 }

  fileprivate var isColored: Bool { foreground != -1 || background != -1 }

  /// A blank looks the same in both.
  fileprivate func hasGround(of other: Self) -> Bool {
    background == other.background && !showsOnBlank && !other.showsOnBlank
  }
}
