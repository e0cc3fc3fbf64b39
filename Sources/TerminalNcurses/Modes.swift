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

  let beforeFrame: String
  let afterFrame: String

  /// Reads the description of the terminal that `setupterm` has loaded.
  init(mouse: Bool) {
    wantsMouse = mouse
    isKnown = nc_string("kmous") != nil
    beforeFrame = isKnown ? Modes.frameBegin : ""
    afterFrame = isKnown ? Modes.frameEnd : ""
    let own = isKnown ? Modes.frameEnd + Modes.mouseOff + Modes.pasteOff : ""
    let described = ["rmkx", "sgr0", "op", "cnorm", "rmcup"].flatMap(Modes.capability)
    undo = own.utf8.map { CChar(bitPattern: $0) } + described + [0x0D]
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

  /// A string of the terminal's description without its delays, `$<…>`.
  private static func capability(_ name: String) -> [CChar] {
    guard let string = nc_string(name) else { return [] }
    var result: [CChar] = []
    var isDelay = false
    for character in String(cString: string).utf8 {
      if character == UInt8(ascii: "<"), result.last == CChar(UInt8(ascii: "$")) {
        result.removeLast()
        isDelay = true
      } else if isDelay {
        isDelay = character != UInt8(ascii: ">")
      } else {
        result.append(CChar(bitPattern: character))
      }
    }
    return result
  }
}
