import Glibc
import TerminalCore
import Testing

@Suite struct `Where nothing can be drawn, the program` {
  @Test(arguments: ["dumb", "", nil] as [String?])
  func `says so in one line when TERM is of no use`(term: String?) throws {
    let session = try BuiltProgram.start(changing: ["TERM": term])
    #expect(try session.untilEnd() == .status(1))
    #expect(session.lineModes == session.lineModesAtStart)
    let lines = session.outputText.split(whereSeparator: \.isNewline)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("iommu-tui: ") == true)
    #expect(!session.output.contains(0x1B))
  }

  @Test func `says so in one line without a terminal`() throws {
    let run = try PlainRun([BuiltProgram.path()])
    #expect(run.ending == .status(1))
    #expect(run.output == "")
    #expect(run.errors.split(whereSeparator: \.isNewline).count == 1)
    #expect(run.errors.hasPrefix("iommu-tui: "))
  }
}

@Suite struct `Without a screen, the program` {
  @Test func `names the platforms there are when asked for another`() throws {
    let run = try PlainRun([BuiltProgram.path(), "--platform", "nope"])
    #expect(run.ending == .status(2))
    #expect(run.output == "")
    #expect(
      run.errors == "iommu-tui: no platform \"nope\"; there are: msm8x60, traditional\n")
  }

  /// A full disk was once reported as success.
  @Test func `says that its output could not be written`() throws {
    let run = try PlainRun([
      "/bin/sh", "-c", "printf 'alloc fb\n' | \"$0\" run --json - >/dev/full", BuiltProgram.path(),
    ])
    #expect(run.ending == .status(1))
    #expect(run.errors.hasPrefix("standard output: "))
  }
}

@Suite struct `The program on a terminal that` {
  @Test(arguments: ["xterm-kitty", "foot", "xterm-ghostty", "alacritty", "no-such-terminal"])
  func `nobody here has described is taken for an xterm`(term: String) throws {
    let session = try BuiltProgram.start(changing: ["TERM": term])
    try waitForScreen(session)
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
  }

  @Test(arguments: ["xterm", "linux", "vt100", "tmux-256color", "screen", "ansi"])
  func `has fewer abilities is used with what it has`(term: String) throws {
    let session = try BuiltProgram.start(changing: ["TERM": term])
    try waitForScreen(session)
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    #expect(session.lineModes == session.lineModesAtStart)
  }

  @Test func `shall have no colour gets none`() throws {
    let session = try BuiltProgram.start(changing: ["NO_COLOR": "1"])
    try waitForScreen(session)
    let isPlain = session.cells.joined().allSatisfy { $0.foreground == -1 && $0.background == -1 }
    #expect(isPlain)
  }

  @Test func `names a locale that is not there shows Unicode all the same`() throws {
    let session = try BuiltProgram.start(changing: ["LANG": "xx_YY.UTF-8"])
    try waitForScreen(session)
    let fresh = try started().text
    try session.until("the same screen") { $0.text == fresh }
  }

  @Test func `knows only ASCII is sent nothing else`() throws {
    // Not as an xterm: libvterm loses a column when a repeated character ends before the last one.
    let session = try BuiltProgram.start(changing: ["LANG": "C", "TERM": "tmux-256color"])
    try waitForScreen(session)
    session.type("q")
    try session.untilEnd()
    #expect(session.output.allSatisfy { $0 < 0x80 })
  }
}
