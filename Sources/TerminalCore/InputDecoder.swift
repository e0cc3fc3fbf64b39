/// Makes events of the bytes a terminal sends; no clock, no input or output of its own.
///
/// It takes one byte at a time, so it does not matter how reads cut the stream. What it does not
/// know it swallows whole, so that a strange sequence never turns into typed characters. The one
/// thing bytes cannot tell is whether an ESC was the key or the start of something: while `isPending`,
/// the caller waits a moment for more and then calls `timeout()`.
package struct InputDecoder: Sendable {
  /// How much of one paste is kept, in bytes; the rest is dropped.
  package static let maximumPaste = 1 << 20

  private var state = State.ground
  private var sequence = ControlSequence()
  private var character = PartialCharacter()
  private var paste = PasteBuffer()
  private var mouseBytes: [UInt8] = []

  /// An ESC came before the character that is being read.
  private var isAlt = false

  private enum State {
    case ground
    case escape

    /// ESC [ was read, and perhaps parameters.
    case sequence

    /// ESC [ [ was read: a function key of the Linux console.
    case consoleFunction

    /// ESC O was read.
    case application

    /// ESC [ M was read: three bytes follow.
    case mouse
    case character
    case paste
  }

  package init() {}

  /// The decoder is inside something that a lone key press could have begun.
  ///
  /// Never so inside a paste, which may take its time.
  package var isPending: Bool {
    switch state {
    case .ground, .paste: false
    case .escape, .sequence, .consoleFunction, .application, .mouse, .character: true
    }
  }

  /// All there is so far is an ESC: most likely the key.
  ///
  /// What else is pending has begun as no key does, and may take longer to arrive.
  package var isLoneEscape: Bool { if case .escape = state { true } else { false } }

  /// Takes bytes and returns the events they complete.
  package mutating func feed(_ bytes: some Sequence<UInt8>) -> [TerminalEvent] {
    var events: [TerminalEvent] = []
    for byte in bytes { take(byte, &events) }
    return events
  }

  /// Settles what is pending as if nothing more of it will come.
  ///
  /// A lone ESC is the Escape key, ESC [ and ESC O are Alt with a character; other fragments are
  /// dropped.
  package mutating func timeout() -> [TerminalEvent] {
    defer { if isPending { reset() } }
    switch state {
    case .escape: return [.key(Key(.escape))]
    case .sequence where sequence.isEmpty: return [.key(Key(.character("["), .alt))]
    case .application: return [.key(Key(.character("O"), .alt))]
    case .ground, .sequence, .consoleFunction, .mouse, .character, .paste: return []
    }
  }
}

extension InputDecoder {
  private mutating func take(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    switch state {
    case .ground: takeFirst(byte, &events)
    case .escape: takeAfterEscape(byte, &events)
    case .sequence: takeSequence(byte, &events)
    case .consoleFunction: takeConsoleFunction(byte, &events)
    case .application: takeApplication(byte, &events)
    case .mouse: takeMouse(byte, &events)
    case .character: takeCharacter(byte, &events)
    case .paste:
      if let text = paste.take(byte) {
        events.append(.paste(text))
        reset()
      }
    }
  }

  private mutating func reset() {
    state = .ground
    isAlt = false
  }

  /// Drops what was begun; the byte that did not fit begins something new.
  private mutating func restart(with byte: UInt8, _ events: inout [TerminalEvent]) {
    reset()
    takeFirst(byte, &events)
  }

  private mutating func finish(_ key: Key?, _ events: inout [TerminalEvent]) {
    if var key {
      if isAlt { key.modifiers.insert(.alt) }
      events.append(.key(key))
    }
    reset()
  }

  private mutating func takeFirst(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    if byte == 0x1B {
      state = .escape
    } else if byte < 0x80 {
      finish(Key(byte: byte), &events)
    } else if character.begin(with: byte) {
      state = .character
    } else {
      reset()
    }
  }

  private mutating func takeAfterEscape(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    switch byte {
    case 0x1B:
      // Two in a row: the first one was the key.
      events.append(.key(Key(.escape)))
    case UInt8(ascii: "["):
      sequence = ControlSequence()
      state = .sequence
    case UInt8(ascii: "O"):
      state = .application
    default:
      isAlt = true
      takeFirst(byte, &events)
    }
  }

  private mutating func takeCharacter(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    switch character.take(byte) {
    case .incomplete: break
    case .complete(let scalar):
      // U+0080 to U+009F are controls, which no key sends.
      finish(scalar.value < 0xA0 ? nil : Key(.character(Character(scalar))), &events)
    case .invalid: restart(with: byte, &events)
    }
  }

  private mutating func takeApplication(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    if byte < 0x20 || byte > 0x7E { return restart(with: byte, &events) }
    finish(byte == UInt8(ascii: "M") ? Key(.enter) : Key(letter: byte), &events)
  }

  private mutating func takeConsoleFunction(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    if byte < 0x20 || byte > 0x7E { return restart(with: byte, &events) }
    let isKnown = (UInt8(ascii: "A")...UInt8(ascii: "E")).contains(byte)
    finish(isKnown ? Key(.function(Int(byte - UInt8(ascii: "A")) + 1)) : nil, &events)
  }

  private mutating func takeMouse(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    if byte < 0x20 { return restart(with: byte, &events) }
    mouseBytes.append(byte)
    if mouseBytes.count < 3 { return }
    let numbers = mouseBytes.map { Int($0) - 32 }
    if let mouse = Mouse(code: numbers[0], column: numbers[1], row: numbers[2], isRelease: false) {
      events.append(.mouse(mouse))
    }
    reset()
  }

  private mutating func takeSequence(_ byte: UInt8, _ events: inout [TerminalEvent]) {
    if byte < 0x20 || byte > 0x7E { return restart(with: byte, &events) }
    if byte == UInt8(ascii: "["), sequence.isEmpty {
      state = .consoleFunction
    } else if byte == UInt8(ascii: "M"), sequence.isEmpty {
      mouseBytes.removeAll(keepingCapacity: true)
      state = .mouse
    } else if byte < 0x40 {
      sequence.append(byte)
    } else {
      finishSequence(byte, &events)
    }
  }

  private mutating func finishSequence(_ final: UInt8, _ events: inout [TerminalEvent]) {
    if sequence.startsPaste(final) {
      paste = PasteBuffer(limit: InputDecoder.maximumPaste)
      state = .paste
      return
    }
    if let event = sequence.event(final: final) { events.append(event) }
    reset()
  }
}
