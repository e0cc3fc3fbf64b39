import Glibc
import Testing

/// Where many people run it: tmux has its own idea of colours, keys, mouse and size.
@Suite(.enabled(if: Tmux.path != nil, "tmux is not installed"))
struct `Inside tmux the program` {
  @Test func `shows, steps, takes clicks and a new size, and leaves nothing behind`() throws {
    let session = try Tmux.start(columns: 120, rows: 37)
    try waitForScreen(session)
    session.type("n")
    try session.until("the next step") { $0.text.contains("▶ CTX_TLBIALL") }
    session.type("p")
    try session.until("the step before") { $0.text.contains("▶ TTBR0") }
    let place = try #require(session.find("0 mdp_vg1"))
    // tmux with its own mouse off hands clicks through as they come.
    let report = "\u{1B}[<0;\(place.column + 3);\(place.row + 1)"
    session.send(Array((report + "M" + report + "m").utf8))
    try session.until("the context in the inspector") {
      $0.text.contains("mdp0 › context 0 › mdp_vg1")
    }
    session.resize(columns: 80, rows: 25)
    try session.until("the narrow screen") {
      $0.line(23).hasSuffix("? help  q quit") && $0.text.contains(" Path Regs Table ")
    }
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }

  @Test func `stops and comes back in its shell`() throws {
    let session = try Tmux.start(columns: 100, rows: 31, inShell: true)
    try session.until("a prompt") { $0.line(0) == "shell>" }
    session.type(try BuiltProgram.path() + "\r")
    try waitForScreen(session)
    try session.until("its last row") { $0.line(29).hasSuffix("q quit") }
    // Below the program stands tmux's own line with the time.
    let first = (0..<30).map(session.line)
    session.control("z")
    try session.until("the shell") { $0.text.contains("Stopped") }
    session.type("fg\r")
    try session.until("the screen is back") { session in
      (0..<30).map(session.line) == first
    }
    session.type("q")
    try session.until("the shell again") { !$0.text.contains("Timeline") }
    session.type("exit\r")
    try session.untilEnd()
  }
}

private enum Tmux {
  static let path: String? = ["/usr/bin/tmux", "/usr/local/bin/tmux"].first {
    access($0, X_OK) == 0
  }

  /// A server of its own that ends with the program in it.
  static func start(columns: Int, rows: Int, inShell: Bool = false) throws -> PtySession {
    guard let path else { throw PtyFailure("no tmux") }
    let program =
      inShell ? "env 'PS1=shell> ' bash --norc --noprofile --noediting -i" : try BuiltProgram.path()
    let name = "iommu-tui-test-\(getpid())-\(inShell)"
    return try PtySession(
      [path, "-u", "-L", name, "-f", "/dev/null", "new-session", program],
      environment: BuiltProgram.environment(changing: ["PS1": "shell> "]), columns: columns,
      rows: rows)
  }
}
