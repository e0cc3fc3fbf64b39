import ExplorerUI
import IOMMUHardware
import IOMMULab
import TerminalCore
import Testing

/// The page-table cursor: in and out of tables, by keys and by clicks.
@Suite struct `Tables` {
  private func deep(_ keys: String, size: (Int, Int) = (120, 36)) throws -> Session {
    try Session(keys, size: size, script: Session.deepTables)
  }

  /// How the upper map is headed: the level, where the table is, and how one gets there.
  private func heading(_ session: Session) -> String {
    let line = session.lines.first { $0.contains(" at 0x400") && $0.contains("entries of") } ?? ""
    return line.split(separator: "│").first { $0.contains("entries of") }
      .map { $0.split(separator: " ").joined(separator: " ") } ?? ""
  }

  @Test func `the cursor begins where something is mapped`() throws {
    let session = try deep("3")
    #expect(heading(session) == "Level 2 at 0x40004000 512 entries of 2 MiB under 0x0 › 0x0")
    #expect(session.screen.contains("Entry 0x80  0x0000000060000083"))
  }

  @Test func `Enter goes in, Esc comes out, level by level`() throws {
    var session = try deep("3<Tab><Esc><Esc>")
    #expect(heading(session) == "Level 4 at 0x40001000 512 entries of 512 GiB")
    // A second entry of the first table, found by jumping from mark to mark.
    try session.press(
      String(repeating: "<Down>", count: 3) + String(repeating: "<Right>", count: 63))
    #expect(session.screen.contains("Entry 0xff  0x0000000040006003"))
    try session.press("<Enter>")
    #expect(heading(session) == "Level 3 at 0x40006000 512 entries of 1 GiB under 0xff")
    try session.press("<Enter>")
    #expect(heading(session) == "Level 2 at 0x40007000 512 entries of 2 MiB under 0xff › 0x102")
    try session.press("<Enter><Right>")
    // The last two tables show together.
    #expect(heading(session) == "Level 2 at 0x40007000 512 entries of 2 MiB under 0xff › 0x102")
    #expect(session.screen.contains("Entry 0x1  0x0000000080001003  for 0x7fc080601000"))
    try session.press("<Esc><Esc><Esc><Esc><Esc>")
    #expect(heading(session) == "Level 4 at 0x40001000 512 entries of 512 GiB")
  }

  @Test func `Enter on a leaf says that there is nothing to open`() throws {
    let session = try deep("3<Tab><Enter>")
    #expect(session.screen.contains("leads to no table"))
  }

  @Test func `on a small screen the map is the table with the cursor`() throws {
    var session = try deep("3<Tab><Esc><Esc>", size: (80, 24))
    #expect(session.screen.contains("Level 4 at 0x40001000"))
    try session.press("<Enter><Enter>")
    #expect(session.screen.contains("Level 2 at 0x40004000"))
    try session.press("<Down><Down><Enter>")
    #expect(session.screen.contains("Level 1 at 0x40005000"))
  }

  @Test func `marks and the way to the table are links`() throws {
    var session = try deep("3")
    try session.click(on: "□·")
    #expect(session.screen.contains("Entry 0x100  0x0000000040005003"))
    #expect(session.screen.contains("Entry 0x0  0x0000000070000001"))
    let last = try session.place(of: "■■■■■■■■")
    session.click(Point(last.column + 1, last.row))
    #expect(session.screen.contains("Entry 0x2  0x0000000070002001  for 0x20002000"))
    let way = try session.place(of: "under 0x0 › 0x0")
    session.click(Point(way.column + 6, way.row))
    #expect(heading(session) == "Level 4 at 0x40001000 512 entries of 512 GiB")
  }

  @Test func `a chosen address leads to the entry that decides`() throws {
    let session = try deep("3e<C-u>'0x7fc080601234'<Enter>")
    #expect(session.screen.contains("Entry 0x1  0x0000000080001003  for 0x7fc080601000"))
    let wide = try deep("e<C-u>'0x10000000000000000'<Enter>")
    #expect(wide.screen.contains("an address of 64 bits is needed"))
  }

  @Test func `what a step wrote of a word of two halves is told whole`() throws {
    var session = try deep("3e<C-u>'0x10000000'<Enter><Home>NNNN")
    try session.press("p")
    #expect(session.screen.contains("was 0x0000000000000000"))
  }

  @Test func `before its tables are there the cursor stands higher, and moves there`() throws {
    var session = try deep("3<Tab><Home>NNN")
    #expect(heading(session) == "Level 4 at 0x40001000 512 entries of 512 GiB")
    try session.press("<Right><Down>")
    #expect(session.screen.contains("for 0x208000000000"))
    try session.press("<End>")
    #expect(heading(session) == "Level 4 at 0x40001000 512 entries of 512 GiB")
  }

  @Test func `another platform is looked at anew`() throws {
    var session = try deep("3e<C-u>'0x7fc080601234'<Enter>")
    try session.press(":'use msm8x60'<Enter>:'alloc fb'<Enter>:'attach fb mdp_vg1'<Enter>4")
    #expect(!session.screen.contains("0x7fc080601234"))
  }
}
