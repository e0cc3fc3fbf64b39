import CVTerm
import Glibc
import TerminalCore
import Testing

/// The program as a job of a shell.
@Suite struct `A stopped program` {
  @Test func `comes back with the same screen`() throws {
    let session = try stopped()
    session.type("fg\r")
    let fresh = try started().text
    try session.until("the screen is back") { $0.screen.isAlternate && $0.text == fresh }
    #expect(session.screen.isMouseOn)
    try quit(session)
  }

  @Test func `that is left by a click types nothing into the shell`() throws {
    let (session, process) = try inShellWithNumber()
    let place = try #require(session.find("q quit"))
    let report = "\u{1B}[<0;\(place.column + 1);\(place.row + 1)"
    session.send(Array((report + "M").utf8))
    usleep(20_000)
    session.send(Array((report + "m").utf8))
    try session.until("the end of the job") { _ in kill(process, 0) != 0 }
    try session.until("the shell") { isAtPrompt($0) }
    #expect(!session.text.contains("[<0;"))
  }

  @Test func `comes back in the window's new size`() throws {
    let session = try stopped()
    session.resize(columns: 120, rows: 36)
    session.type("fg\r")
    let fresh = try started(columns: 120, rows: 36).text
    try session.until("the screen is back") { $0.screen.isAlternate && $0.text == fresh }
    try quit(session)
  }

  @Test func `comes back after being stopped and continued from outside`() throws {
    let (session, process) = try inShellWithNumber()
    kill(process, SIGTSTP)
    try session.until("the shell") { isAtPrompt($0) && $0.text.contains("Stopped") }
    // In the background the terminal is not the program's; it must not touch it and stop again.
    kill(process, SIGCONT)
    session.type("fg\r")
    let fresh = try started().text
    try session.until("the screen is back") { $0.screen.isAlternate && $0.text == fresh }
    try quit(session)
  }

  @Test(arguments: [[SIGTERM, SIGCONT], [SIGCONT, SIGTERM], [SIGHUP, SIGCONT]])
  func `can be ended, and leaves the shell's screen alone`(signals: [Int32]) throws {
    let (session, process) = try inShellWithNumber()
    session.control("z")
    try session.until("the shell") { isAtPrompt($0) && $0.text.contains("Stopped") }
    let count = session.output.count
    for signal in signals { kill(process, signal) }
    try session.until("the end of the job") { _ in kill(process, 0) != 0 }
    session.type("echo still here\r")
    try session.until("the shell's answer") { $0.text.contains("\nstill here") }
    #expect(!session.output.dropFirst(count).contains(0x1B))
  }

  /// A program in a shell, stopped by Ctrl-Z, with the shell's prompt on the screen.
  private func stopped() throws -> PtySession {
    let session = try inShell()
    session.control("z")
    try session.until("the shell") { isAtPrompt($0) && $0.text.contains("Stopped") }
    #expect(!session.screen.isMouseOn)
    #expect(session.screen.isCursorVisible)
    return session
  }

  private func inShell() throws -> PtySession {
    try inShell(running: BuiltProgram.path())
  }

  /// A program in a shell, and the number of its process.
  private func inShellWithNumber() throws -> (PtySession, Int32) {
    let session = try inShell(running: "sh -c 'echo $$.; exec \"$0\"' \(BuiltProgram.path())")
    return (session, try #require(identifier(in: session.outputText)))
  }

  private func inShell(running command: String) throws -> PtySession {
    let session = try BuiltProgram.shell()
    try session.until("a prompt") { isAtPrompt($0) }
    session.type(command + "\r")
    try waitForScreen(session)
    return session
  }

  private func quit(_ session: PtySession) throws {
    session.type("q")
    try session.until("the shell again") { isAtPrompt($0) }
    session.type("echo status $?\r")
    try session.until("the status") { $0.text.contains("status 0") }
    session.type("exit\r")
    try session.untilEnd()
  }

  /// The shell waits for a command.
  ///
  /// Not before that are the line's modes the shell's own, in which Return ends a line.
  private func isAtPrompt(_ session: PtySession) -> Bool {
    let lines = (0..<session.screen.rows).map { session.line($0) }
    return !session.screen.isAlternate && lines.last { !$0.isEmpty } == "shell>"
  }

  /// The number in front of the first full stop.
  private func identifier(in text: String) -> Int32? {
    text.split(whereSeparator: \.isNewline)
      .first { $0.last == "." }
      .flatMap { Int32($0.dropLast()) }
  }
}
