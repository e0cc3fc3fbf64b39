internal import ExplorerUI
internal import IOMMULab
internal import TerminalCore
internal import TerminalNcurses

/// Event, handle, draw, present: the whole life of the explorer on a terminal.
enum EventLoop {
  /// Runs until the person quits or a signal ends it; then the terminal is as it was.
  ///
  /// `make` makes the explorer, once it is known what the terminal can show. What comes back is the
  /// signal that asked the program to end, if one did, and what was done and not saved. `remember`
  /// takes each line that was done, `keep` how far the learner is, whenever that changes, and says
  /// what prevents it, which the learner is told once.
  static func run(
    mouse: Bool, remember: ([String]) -> Void,
    keep: (_ progress: CourseProgress, _ before: CourseProgress) -> String?,
    _ make: (ColorCount, _ isUnicode: Bool) -> Explorer
  ) throws(TerminalFailure) -> (signal: Int32?, unsaved: String) {
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
    var ticker = Ticker()
    var progress = explorer.progress
    var isToldOfKeeping = false
    while let events = terminal.nextEvents(
      timeoutMilliseconds: ticker.milliseconds(every: explorer.millisecondsPerTick))
    {
      let batch = events + ticker.ticks
      for (index, event) in batch.enumerated() {
        switch explorer.handle(event) {
        case .none: break
        case .quit:
          if event.isPress { awaitRelease(among: Array(batch[(index + 1)...]), on: &terminal) }
          let signal = terminal.exitSignal
          terminal.close()
          return (signal, explorer.unsavedLines)
        case .suspend:
          terminal.suspend()
          _ = explorer.handle(.resize(width: terminal.width, height: terminal.height))
        case .redraw: terminal.redraw()
        case .mouse(let isOn): terminal.setMouse(isOn)
        case .remember(let lines): remember(lines)
        }
      }
      if explorer.progress != progress {
        if let problem = keep(explorer.progress, progress), !isToldOfKeeping {
          explorer.tellNotKept(problem)
          isToldOfKeeping = true
        }
        progress = explorer.progress
      }
      present(&explorer, on: &terminal)
    }
    let signal = terminal.exitSignal
    terminal.close()
    return (signal, "")
  }

  /// Waits a moment until a button that was pressed is let go of.
  ///
  /// What the terminal sends then would otherwise be typed into the shell.
  private static func awaitRelease(among events: [TerminalEvent], on terminal: inout Terminal) {
    let clock = ContinuousClock()
    let end = clock.now + .milliseconds(500)
    var events = events
    while !events.contains(where: \.isRelease), clock.now < end {
      guard let next = terminal.nextEvents(timeoutMilliseconds: 100) else { return }
      events = next
    }
  }

  private static func present(_ explorer: inout Explorer, on terminal: inout Terminal) {
    let (canvas, cursor) = explorer.draw()
    terminal.present(canvas, cursor: cursor)
  }
}

extension TerminalEvent {
  fileprivate var isPress: Bool {
    if case .mouse(let mouse) = self { mouse.kind == .press } else { false }
  }

  fileprivate var isRelease: Bool {
    if case .mouse(let mouse) = self { mouse.kind == .release } else { false }
  }
}

/// Says when the next tick is due, also while other events come and go.
private struct Ticker {
  private let clock = ContinuousClock()
  private var period = Duration.zero
  private var due: ContinuousClock.Instant?

  /// How long to wait for it; nil is for ever, and until then no clock is asked.
  mutating func milliseconds(every period: Int?) -> Int32? {
    guard let period else {
      due = nil
      return nil
    }
    self.period = .milliseconds(period)
    let now = clock.now
    let next = min(due ?? now + self.period, now + self.period)
    due = next
    return now >= next ? 0 : Int32((next - now) / .milliseconds(1)) + 1
  }

  /// A tick, if it is time.
  ///
  /// What is late is not made up for: a slow machine ticks more slowly.
  var ticks: [TerminalEvent] {
    mutating get {
      guard let due, clock.now >= due else { return [] }
      self.due = max(due + period, clock.now)
      return [.tick]
    }
  }
}
