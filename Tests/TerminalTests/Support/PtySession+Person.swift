import CVTerm

/// What a person sees.
extension PtySession {
  /// A row of the screen without the spaces at its end.
  func line(_ row: Int) -> String {
    var result = (0..<screen.columns).map { screen.cell(column: $0, row: row).text }.joined()
    while result.last == " " { result.removeLast() }
    return result
  }

  /// All rows, joined by line feeds.
  var text: String {
    (0..<screen.rows).map(line).joined(separator: "\n")
  }

  func cell(column: Int, row: Int) -> VirtualScreen.Cell {
    screen.cell(column: column, row: row)
  }

  /// Every cell with its colours, to compare two screens.
  var cells: [[VirtualScreen.Cell]] {
    (0..<screen.rows).map { row in
      (0..<screen.columns).map { cell(column: $0, row: row) }
    }
  }

  /// The place of a text on the screen, in cells.
  func find(_ text: String) -> (column: Int, row: Int)? {
    for row in 0..<screen.rows {
      let cells = (0..<screen.columns).map { cell(column: $0, row: row).text }
      for column in cells.indices where cells[column...].joined().hasPrefix(text) {
        return (column, row)
      }
    }
    return nil
  }

  /// The screen for a failure message.
  var picture: String {
    let state = "\(screen.columns)x\(screen.rows), alternate \(screen.isAlternate)"
    return "--- \(state), ending \(ending.map { "\($0)" } ?? "none")\n\(text)\n---"
  }

  /// Everything the program has written, as text; escape sequences included.
  var outputText: String { String(decoding: output, as: UTF8.self) }
}

extension PtySession {
  /// No frame is under way, as far as the program has said where frames begin and end.
  var isBetweenFrames: Bool {
    let frames = outputText.split(separator: "\u{1B}[?2026", omittingEmptySubsequences: false)
    return frames.count == 1 || frames.last?.first == "l"
  }
}

/// What a person does.
extension PtySession {
  func type(_ text: String) {
    // The terminal keeps no more than a few characters for the program, so take them one by one;
    // the program gets them together all the same.
    send(
      text.unicodeScalars.flatMap { scalar in
        screen.press(scalar)
        return screen.takeReplies()
      })
  }

  func key(_ key: VTermKey, _ modifiers: VTermModifier = VTERM_MOD_NONE) {
    screen.press(key, modifiers)
    sendReplies()
  }

  func control(_ letter: Unicode.Scalar) {
    screen.press(letter, VTERM_MOD_CTRL)
    sendReplies()
  }

  func paste(_ text: String) {
    send(screen.startPaste() + Array(text.utf8) + screen.endPaste())
  }

  func click(column: Int, row: Int, button: Int = 1) {
    screen.moveMouse(column: column, row: row)
    screen.mouseButton(button, isDown: true)
    screen.mouseButton(button, isDown: false)
    sendReplies()
  }

  func drag(from start: (column: Int, row: Int), to end: (column: Int, row: Int)) {
    screen.moveMouse(column: start.column, row: start.row)
    screen.mouseButton(1, isDown: true)
    screen.moveMouse(column: end.column, row: end.row)
    screen.mouseButton(1, isDown: false)
    sendReplies()
  }

  /// Turns the wheel by one notch.
  func wheel(up: Bool, column: Int, row: Int) {
    screen.moveMouse(column: column, row: row)
    screen.mouseButton(up ? 4 : 5, isDown: true)
    sendReplies()
  }

  func sendReplies() {
    let replies = screen.takeReplies()
    if !replies.isEmpty { send(replies) }
  }
}
