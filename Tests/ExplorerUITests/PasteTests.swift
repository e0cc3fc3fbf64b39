import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// Text pasted is text, one operation a line, and nothing of it is done before Enter.
@Suite struct `A paste of` {
  @Test func `one line opens the prompt and does nothing, also where it spells keys`() throws {
    var session = try Session()
    session.send(.paste("nnnq:alloc x\n"))
    #expect(session.lines[23] == " : nnnq:alloc x")
    #expect(session.explorer.timeline.entries.count == 10)
    #expect(session.effect == .none)
  }

  @Test func `blanks alone opens nothing`() throws {
    var session = try Session()
    let first = session.canvas
    session.send(.paste(" \r\n\n"))
    #expect(session.canvas == first)
  }

  @Test func `several lines shows the first, says how many wait, and Enter does all of them`()
    throws
  {
    var session = try Session("<End>", size: (120, 36))
    session.send(.paste("alloc a\r\r# a comment\ralloc b\rexpect ok\r  alloc c  \r"))
    #expect(session.lines[35] == " : alloc a")
    #expect(session.screen.contains("Enter does it and the 2 more lines pasted"))
    #expect(session.explorer.timeline.entries.count == 10)
    try session.press("<Enter>")
    #expect(session.explorer.prompt == nil)
    #expect(
      session.explorer.timeline.entries.suffix(3).map(\.operation.text)
        == ["alloc a", "alloc b", "alloc c"])
    try session.press(":<Up>")
    #expect(session.lines[35].hasPrefix(" :   alloc c"))
  }

  @Test func `several lines stops at the first refusal, says why, and goes on at Enter`() throws {
    var session = try Session("<End>", size: (120, 36))
    session.send(.paste("alloc a\nattach video mdp_rgb1\nalloc b\nalloc c"))
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.count == 12)
    #expect(session.lines[35] == " : alloc b")
    #expect(session.screen.contains("-EBUSY: mdp_rgb1 is attached to fb already"))
    #expect(session.screen.contains("Enter goes on with it and 1 more line "))
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.count == 14)
    #expect(session.explorer.prompt == nil)
  }

  @Test func `several lines stops at one that cannot be read, and Escape drops the rest`() throws {
    var session = try Session("<End>", size: (120, 36))
    session.send(.paste("alloc a\nallok b\nalloc c"))
    try session.press("<Enter>")
    #expect(session.lines[35] == " : allok b")
    #expect(session.screen.contains("column 1: "))
    try session.press("<Esc>:")
    #expect(session.lines[35] == " :")
    #expect(session.explorer.timeline.entries.count == 11)
  }

  @Test func `several lines where an address is asked for is its first line`() throws {
    var session = try Session("e", size: (120, 36))
    session.send(.paste("0x20000123\n0x1\n"))
    #expect(session.lines[35] == " address 0x20000123")
    try session.press("<Enter>")
    #expect(session.explorer.prompt == nil)
  }
}
