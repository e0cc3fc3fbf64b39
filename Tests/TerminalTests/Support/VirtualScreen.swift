import CVTerm

/// A terminal without a window: takes a program's output, and shows what a person would see.
///
/// It encodes keys and clicks itself, the way the program has asked for. A program that forgot to
/// ask for the mouse gets no mouse, as in real life.
final class VirtualScreen {
  /// What a cell shows.
  struct Cell: Equatable {
    var text: String
    var width: Int

    /// Palette indices, −1 for the terminal's own colours.
    var foreground: Int
    var background: Int
    var isBold: Bool
    var isUnderlined: Bool
    var isReverse: Bool
    var isItalic: Bool
  }

  private(set) var columns: Int
  private(set) var rows: Int

  /// What is known from callbacks; C holds a pointer to it.
  private let properties = Properties()
  private let terminal: OpaquePointer
  private let screen: OpaquePointer
  private let callbacks: UnsafeMutablePointer<VTermScreenCallbacks>

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    guard let terminal = vterm_new(Int32(rows), Int32(columns)),
      let screen = vterm_obtain_screen(terminal)
    else { fatalError("libvterm has no memory") }
    self.terminal = terminal
    self.screen = screen
    vterm_set_utf8(terminal, 1)
    vterm_screen_enable_altscreen(screen, 1)
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: VTermScreenCallbacks())
    callbacks.pointee.settermprop = { property, value, user in
      guard let value, let user else { return 0 }
      let properties = Unmanaged<Properties>.fromOpaque(user).takeUnretainedValue()
      properties.note(property, value.pointee)
      return 1
    }
    vterm_screen_set_callbacks(screen, callbacks, Unmanaged.passUnretained(properties).toOpaque())
    vterm_screen_reset(screen, 1)
  }

  deinit {
    vterm_free(terminal)
    callbacks.deallocate()
  }

  private var unfinished: [UInt8] = []

  var isAlternate: Bool { properties.isAlternate }
  var isCursorVisible: Bool { properties.isCursorVisible }

  /// The program has asked for mouse reports.
  var isMouseOn: Bool { properties.mouse != VTERM_PROP_MOUSE_NONE }

  /// Shows bytes; a character whose last bytes are still to come waits for them.
  ///
  /// The emulator does not put one together from two writes.
  func write(_ bytes: [UInt8]) {
    let all = unfinished + bytes
    let whole = all.count - Self.unfinishedCount(all)
    unfinished = Array(all[whole...])
    all[..<whole].withUnsafeBytes { buffer in
      let start = buffer.bindMemory(to: CChar.self).baseAddress
      _ = vterm_input_write(terminal, start, buffer.count)
    }
  }

  /// How many bytes at the end begin a character and do not finish it.
  private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
    for (index, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > index + 1 ? index + 1 : 0
    }
    return 0
  }

  /// What the terminal has to say to the program: input, and answers to its questions.
  func takeReplies() -> [UInt8] {
    var result: [UInt8] = []
    var block = [CChar](repeating: 0, count: 4096)
    while true {
      let count = vterm_output_read(terminal, &block, block.count)
      if count == 0 { return result }
      result += block.prefix(count).map { UInt8(bitPattern: $0) }
    }
  }

  func resize(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    vterm_set_size(terminal, Int32(rows), Int32(columns))
  }

  func press(_ key: VTermKey, _ modifiers: VTermModifier = VTERM_MOD_NONE) {
    vterm_keyboard_key(terminal, key, modifiers)
  }

  func press(_ character: Unicode.Scalar, _ modifiers: VTermModifier = VTERM_MOD_NONE) {
    vterm_keyboard_unichar(terminal, character.value, modifiers)
  }

  /// What the program is sent in front of pasted text; nothing unless it has asked for it.
  func startPaste() -> [UInt8] {
    vterm_keyboard_start_paste(terminal)
    return takeReplies()
  }

  func endPaste() -> [UInt8] {
    vterm_keyboard_end_paste(terminal)
    return takeReplies()
  }

  func moveMouse(column: Int, row: Int) {
    vterm_mouse_move(terminal, Int32(row), Int32(column), VTERM_MOD_NONE)
  }

  /// Presses or releases a button: 1 to 3, and 4 and 5 for the wheel.
  func mouseButton(_ button: Int, isDown: Bool, _ modifiers: VTermModifier = VTERM_MOD_NONE) {
    vterm_mouse_button(terminal, Int32(button), isDown, modifiers)
  }

  func cell(column: Int, row: Int) -> Cell {
    var cell = VTermScreenCell()
    _ = vterm_screen_get_cell(screen, VTermPos(row: Int32(row), col: Int32(column)), &cell)
    let chars = cell.chars
    let values = [chars.0, chars.1, chars.2, chars.3, chars.4, chars.5]
    var scalars = String.UnicodeScalarView()
    // The right half of a wide character is no scalar; a cell never written to is 0.
    for value in values.prefix(while: { $0 != 0 }) {
      if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
    }
    var result = Cell(
      text: values[0] == 0 ? " " : String(scalars),
      width: Int(cell.width),
      foreground: Int(vt_color_index(&cell.fg)),
      background: Int(vt_color_index(&cell.bg)),
      isBold: cell.attrs.bold != 0,
      isUnderlined: cell.attrs.underline != 0,
      isReverse: cell.attrs.reverse != 0,
      isItalic: cell.attrs.italic != 0)
    // Of a blank nobody sees more than the background.
    if result.text == " ", !result.isUnderlined, !result.isReverse {
      (result.foreground, result.isBold, result.isItalic) = (-1, false, false)
    }
    return result
  }

  /// The cursor's place, from the alternate screen or the ordinary one, whichever shows.
  var cursor: (column: Int, row: Int) {
    var position = VTermPos()
    vterm_state_get_cursorpos(vterm_obtain_state(terminal), &position)
    return (Int(position.col), Int(position.row))
  }
}

/// The modes a program has set.
private final class Properties {
  var isAlternate = false
  var isCursorVisible = true
  var mouse = VTERM_PROP_MOUSE_NONE

  func note(_ property: VTermProp, _ value: VTermValue) {
    switch property {
    case VTERM_PROP_ALTSCREEN: isAlternate = value.boolean != 0
    case VTERM_PROP_CURSORVISIBLE: isCursorVisible = value.boolean != 0
    case VTERM_PROP_MOUSE: mouse = Int(value.number)
    default: break
    }
  }
}
