import CVTerm
import Glibc
import TerminalCore
import TestSupport
import Testing

/// What must be true of the program on a real terminal, whatever it draws.
@Suite struct `The program on a terminal` {
  @Test func `shows the system and the timeline first`() throws {
    let session = try started()
    #expect(session.screen.isAlternate)
    #expect(session.screen.isMouseOn)
  }

  @Test func `leaves nothing behind when it quits`() throws {
    let session = try BuiltProgram.start()
    try waitForScreen(session)
    #expect(session.lineModes != session.lineModesAtStart)
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }

  @Test func `quits by Ctrl-C as well`() throws {
    let session = try BuiltProgram.start()
    try waitForScreen(session)
    session.control("c")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGIO])
  func `restores the terminal and dies of a signal that asks it to`(signal: Int32) throws {
    let session = try BuiltProgram.start()
    try waitForScreen(session)
    session.signal(signal)
    let ending = try session.untilEnd()
    #expect(ending == .signal(signal) || ending == .status(128 + Int(signal)))
    expectRestored(session)
  }

  @Test func `ends when its window is closed`() throws {
    let session = try started()
    session.hangUp()
    let ending = try session.untilEnd()
    #expect(ending == .signal(SIGHUP) || ending == .status(128 + Int(SIGHUP)))
  }

  @Test func `restores the terminal when it crashes, and says so`() throws {
    let session = try BuiltProgram.start()
    try waitForScreen(session)
    session.signal(SIGSEGV)
    // A sanitizer makes a status of the signal.
    #expect(try session.untilEnd() != .status(0))
    expectRestored(session)
    #expect(session.outputText.contains("iommu-tui: internal error, signal 11"))
  }

  @Test func `is not disturbed by the window being too small for anything`() throws {
    let session = try started()
    let first = session.cells
    for size in [(1, 1), (2, 1), (1, 2), (3, 3), (100, 30)] {
      session.resize(columns: size.0, rows: size.1)
    }
    try session.until("the first screen again") { $0.isBetweenFrames && $0.cells == first }
  }
}

@Suite struct `A size that changes` {
  @Test func `many times ends in the screen of a fresh start`() throws {
    let session = try started(columns: 80, rows: 24)
    var generator = SplitMix64(seed: 2010)
    for _ in 0..<100 {
      session.resize(
        columns: Int.random(in: 1...200, using: &generator),
        rows: Int.random(in: 1...60, using: &generator))
    }
    session.resize(columns: 100, rows: 30)
    let fresh = try started(columns: 100, rows: 30).cells
    try session.until("the screen of a fresh start") { $0.isBetweenFrames && $0.cells == fresh }
    let right = (0..<30).map { session.cell(column: 99, row: $0).text }
    #expect(right.contains("╮"))
    #expect(right.contains("╯"))
  }

  @Test func `is the window's, not what the environment says`() throws {
    let session = try BuiltProgram.start(changing: ["COLUMNS": "40", "LINES": "12"])
    try waitForScreen(session)
    let fresh = try started().text
    try session.until("the whole window is used") { $0.text == fresh }
  }
}

/// Starts the program and waits for its first screen.
func started(columns: Int = 100, rows: Int = 30) throws -> PtySession {
  let session = try BuiltProgram.start(columns: columns, rows: rows)
  try waitForScreen(session)
  return session
}

func waitForScreen(_ session: PtySession) throws {
  try session.until("the first screen") { session in
    let text = session.text
    return session.isBetweenFrames && text.contains("System") && text.contains("Timeline")
  }
}

/// Expects the terminal to be as it was before the program came.
func expectRestored(_ session: PtySession, _ location: SourceLocation = #_sourceLocation) {
  #expect(!session.screen.isAlternate, "alternate screen", sourceLocation: location)
  #expect(session.screen.isCursorVisible, "cursor", sourceLocation: location)
  #expect(!session.screen.isMouseOn, "mouse", sourceLocation: location)
  let hasLineModes = session.lineModes == session.lineModesAtStart
  #expect(hasLineModes, "modes of the line", sourceLocation: location)
  let paste = session.outputText.split(separator: "\u{1B}[?2004").last
  #expect(paste?.first == "l", "bracketed paste", sourceLocation: location)
}
