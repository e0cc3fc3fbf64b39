import CNcurses
import CTerminalGuard
import TerminalCore

/// The real terminal: cells go to the screen, bytes from it become events.
///
/// There is one at a time, and whoever holds it has the screen; when the value goes away, the screen
/// is given back. Curses is used for what it is good at, descriptions of terminals and their modes.
/// Input is read by us, because curses merges mouse events that arrive together, and frames are
/// painted by us, in a third of the bytes. What must happen on a crash is in the guard.
package struct Terminal: ~Copyable {
  package internal(set) var width: Int
  package internal(set) var height: Int
  package let colorDepth: ColorDepth

  /// The locale is UTF-8; where it is not, only ASCII is shown.
  package let isUnicode: Bool

  /// The signal that asked the program to leave, once `nextEvents` has returned nil.
  ///
  /// Nil when it is the terminal that went away. After `close()`, `Terminal.die(of:)` ends the
  /// program as the sender of the signal expects.
  package internal(set) var exitSignal: Int32?

  var modes: Modes
  var painter: Painter
  var decoder = InputDecoder()

  /// When the decoder's last byte came; counts only while it is pending.
  var lastByte: Int64 = 0

  /// A change of the screen that nobody has been told yet; of several, the last one counts.
  var queue: [TerminalEvent] = []

  /// Takes over what `open` has prepared.
  init(size: (width: Int, height: Int), styles: StyleTable, modes: Modes, isUnicode: Bool) {
    width = size.width
    height = size.height
    colorDepth = styles.depth
    self.isUnicode = isUnicode
    painter = Painter(Abilities(), styles: styles, isUnicode: isUnicode)
    self.modes = modes
  }

  deinit {
    modes.turnOff()
    endwin()
    tg_uninstall()
  }

  /// Gives the screen back.
  package consuming func close() {}

  /// Stops the program as Ctrl-Z does in a shell, and returns when it has been continued.
  ///
  /// The screen may have another size then; the next events tell.
  package mutating func suspend() {
    modes.turnOff()
    endwin()
    tg_disarm()
    tg_suspend()
    modes.arm()
    resume()
    screenChanged()
  }

  /// Asks the terminal to report the mouse, or to leave it to its own selection of text.
  package mutating func setMouse(_ on: Bool) {
    modes.setMouse(on)
  }

  /// Has the next frame drawn from nothing, for a screen on which somebody else has written.
  package mutating func redraw() {
    painter.forget()
  }

  /// Ends the process by a signal, so that a shell sees 128 + signal.
  package static func die(of signal: Int32) -> Never {
    tg_die(signal)
  }

  /// Brings back the modes that a shell has changed in between.
  func resume() {
    reset_prog_mode()
    // With nothing to draw, curses only enters its screen again.
    doupdate()
    modes.turnOn()
  }

  /// Takes the terminal's present size and tells of it.
  ///
  /// It is the same size often enough, and still everything must be drawn: several changes may
  /// have been folded into one, and the terminal has dropped cells that curses believes in.
  mutating func screenChanged() {
    var columns: Int32 = 0
    var rows: Int32 = 0
    if nc_window_size(1, &columns, &rows) == 0, columns > 0, rows > 0 {
      resize_term(rows, columns)
      width = Int(nc_columns())
      height = Int(nc_lines())
    }
    redraw()
    queue = [.resize(width: width, height: height)]
  }
}
