internal import ExplorerUI
internal import TerminalCore
internal import TerminalNcurses

/// Event, handle, draw, present: the whole life of the explorer on a terminal.
enum EventLoop {
  /// Runs until the person quits or a signal ends it; then the terminal is as it was.
  ///
  /// `make` makes the explorer, once it is known what the terminal can show. What comes back is the
  /// signal that asked the program to end, if one did.
  static func run(
    mouse: Bool, _ make: (ColorCount, _ isUnicode: Bool) -> Explorer
  ) throws(TerminalFailure) -> Int32? {
    var terminal = try Terminal.open(mouse: mouse)
    let colors: ColorCount =
      switch terminal.colorDepth {
      case .mono: .mono
      case .eight: .eight
      case .sixteen: .sixteen
      case .full256: .full256
      }
    var explorer = make(colors, terminal.isUnicode)
    _ = explorer.handle(.resize(width: terminal.width, height: terminal.height))
    present(&explorer, on: &terminal)
    while let events = terminal.nextEvents(timeoutMilliseconds: nil) {
      for event in events {
        switch explorer.handle(event) {
        case .none: break
        case .quit:
          terminal.close()
          return nil
        case .suspend:
          terminal.suspend()
          _ = explorer.handle(.resize(width: terminal.width, height: terminal.height))
        case .redraw: terminal.redraw()
        case .mouse(let isOn): terminal.setMouse(isOn)
        }
      }
      present(&explorer, on: &terminal)
    }
    let signal = terminal.exitSignal
    terminal.close()
    return signal
  }

  private static func present(_ explorer: inout Explorer, on terminal: inout Terminal) {
    let (canvas, cursor) = explorer.draw()
    terminal.present(canvas, cursor: cursor)
  }
}
