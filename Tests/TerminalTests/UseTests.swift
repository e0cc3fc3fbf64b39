import CVTerm
import Glibc
import TestSupport
import Testing

/// What a person does with the built program, by keys and clicks that the terminal encodes.
@Suite struct `On a real terminal` {
  @Test func `a click on a context shows the way through it`() throws {
    let session = try started(columns: 120, rows: 36)
    let place = try #require(session.find("0 mdp_vg1"))
    session.click(column: place.column + 3, row: place.row)
    try session.until("the context in the inspector") {
      $0.text.contains("mdp0 › context 0 › mdp_vg1")
    }
    let tab = try #require(session.find("2 Registers"))
    session.click(column: tab.column + 2, row: tab.row)
    try session.until("its registers") { $0.text.contains("0x00010 TTBR0") }
  }

  @Test func `a step forward and a step back draw the same screen`() throws {
    let session = try started(columns: 120, rows: 36)
    let first = session.cells
    session.type("n")
    try session.until("the next step") { $0.text.contains("▶ CTX_TLBIALL") }
    session.type("p")
    try session.until("the first screen again") { $0.isBetweenFrames && $0.cells == first }
  }

  @Test func `the wheel moves what is under it`() throws {
    let session = try started(columns: 120, rows: 36)
    session.wheel(up: false, column: 80, row: 28)
    try session.until("the next step") { $0.text.contains("▶ CTX_TLBIALL") }
    session.wheel(up: true, column: 80, row: 28)
    try session.until("the step before") { $0.text.contains("▶ TTBR0") }
  }

  @Test func `an operation typed is done, and a refusal says why`() throws {
    let session = try started(columns: 120, rows: 36)
    session.type(":attach video mdp_rgb1\r")
    try session.until("the refusal") {
      $0.text.contains("-EBUSY: mdp_rgb1 is attached to fb already; detach fb mdp_rgb1 first")
    }
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }

  @Test func `a paste of several lines waits in the prompt, and Enter does them`() throws {
    let session = try started(columns: 120, rows: 36)
    session.paste("alloc one\ralloc two\r")
    try session.until("the prompt") {
      $0.line(35) == " : alloc one" && $0.text.contains("the 1 more line pasted")
    }
    #expect(session.text.contains("operation 10/10"))
    session.key(VTERM_KEY_ENTER)
    try session.until("both lines done") { $0.text.contains("operation 12/12") }
  }

  @Test func `m gives the mouse to the terminal, and takes it back`() throws {
    let session = try started()
    session.type("m")
    try session.until("no mouse") { !$0.screen.isMouseOn }
    session.type("m")
    try session.until("the mouse again") { $0.screen.isMouseOn }
  }

  @Test func `Escape alone closes what is open`() throws {
    let session = try started()
    session.type("?")
    try session.until("the help") { $0.text.contains("What works here") }
    session.key(VTERM_KEY_ESCAPE)
    try session.until("the help is gone") { !$0.text.contains("What works here") }
  }
}

/// Only differences are sent; together they must be what a whole frame is.
@Suite struct `Frames of differences` {
  @Test(arguments: [
    "xterm-256color", "xterm", "xterm-mono", "linux", "vt100", "tmux-256color", "ansi",
  ])
  func `end in the same screen as one drawn from nothing`(term: String) throws {
    let session = try BuiltProgram.start(changing: ["TERM": term])
    try waitForScreen(session)
    var generator = SplitMix64(seed: 36)
    let keys = [
      "n", "p", "N", "P", "j", "k", "\t", "1", "2", "3", "4", "5", "6", "z", "?", "\u{7F}",
    ]
    for round in 0..<4 {
      let script = (0..<60).compactMap { _ in keys.randomElement(using: &generator) }.joined()
      // A list may be open by then: there the colon would be typed into it.
      session.type(script)
      session.control("g")
      session.type(":")
      session.type("round\(round)")
      try session.until("the prompt") { $0.isBetweenFrames && $0.line(29) == " : round\(round)" }
      let (cells, count) = (session.cells, session.output.count)
      session.control("l")
      try session.until("the same screen, drawn from nothing") {
        $0.output.count > count + 1000 && $0.isBetweenFrames && $0.cells == cells
      }
      session.control("c")
    }
  }
}
