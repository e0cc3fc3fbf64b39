import CNcurses
import CTerminalGuard

/// What the terminal is asked for beyond what curses knows, and how all of it is taken back.
struct Modes {
  /// Reports buttons and drags, with coordinates as numbers of any size.
  private static let mouseOn = "\u{1B}[?1002h\u{1B}[?1006h"
  private static let mouseOff = "\u{1B}[?1006l\u{1B}[?1002l"

  /// Marks the start and the end of pasted text.
  private static let pasteOn = "\u{1B}[?2004h"
  private static let pasteOff = "\u{1B}[?2004l"

  /// A terminal that knows these shows a frame only when it is complete; others ignore them.
  private static let frameBegin = "\u{1B}[?2026h"
  private static let frameEnd = "\u{1B}[?2026l"

  private var wantsMouse: Bool

  /// The terminal is of xterm's kind; others would show the sequences as text.
  private let isKnown: Bool

  /// Everything off, own modes and those of curses: what a crash sends.
  private let undo: [CChar]

  /// Ordinary characters and a cursor, which curses does not know to be changed.
  private let plain: [UInt8]

  let beforeFrame: [UInt8]
  let afterFrame: [UInt8]

  /// Reads the description of the terminal that `setupterm` has loaded.
  init(mouse: Bool) {
    wantsMouse = mouse
    isKnown = nc_string("kmous") != nil
    beforeFrame = isKnown ? Array(Modes.frameBegin.utf8) : []
    afterFrame = isKnown ? Array(Modes.frameEnd.utf8) : []
    let own = isKnown ? Modes.frameEnd + Modes.mouseOff + Modes.pasteOff : ""
    let plain = ["sgr0", "op", "cnorm"].flatMap { Abilities.bytes($0) ?? [] }
    let described = (Abilities.bytes("rmkx") ?? []) + plain + (Abilities.bytes("rmcup") ?? [])
    undo = (Array(own.utf8) + described + [0x0D]).map { CChar(bitPattern: $0) }
    self.plain = plain
  }

  /// From now on, every way out of the process takes everything back.
  func arm() {
    tg_arm(undo, undo.count)
  }

  func turnOn() {
    guard isKnown else { return }
    send(Modes.pasteOn + (wantsMouse ? Modes.mouseOn : ""))
  }

  func turnOff() {
    plain.withUnsafeBytes { tg_write($0.baseAddress, $0.count) }
    guard isKnown else { return }
    send(Modes.mouseOff + Modes.pasteOff)
  }

  mutating func setMouse(_ on: Bool) {
    wantsMouse = on
    guard isKnown else { return }
    send(on ? Modes.mouseOn : Modes.mouseOff)
  }

  private func send(_ text: String) {
    tg_write(text, text.utf8.count)
  }
}
