import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// What is left out on small screens says so, and what one needs stays.
@Suite struct `Where there is little room` {
  private static let sizes = [(80, 24), (60, 20), (44, 12)]

  @Test(arguments: sizes)
  func `whatever is open says how to leave it`(width: Int, height: Int) throws {
    for keys in [
      "?", "w", "f", "O", "d", "L", "v<End>V", "<End>/", "<End>o", "<End>om<Tab><Tab><Tab><Tab>",
    ] {
      let session = try Session(keys, size: (width, height))
      let row = try #require(session.lines.last { !$0.isEmpty })
      #expect(row.contains("Esc "), "\(keys)\n\(session.screen)")
    }
  }

  @Test func `a request's steps have the operation as their heading when its first ones are gone`()
    throws
  {
    let session = try Session("<End>:'read mdp_vg1 0x10000123'<Enter>")
    #expect(session.lines[16].contains("│  read mdp_vg1 0x10000123   hardware, no"))
    #expect(!session.screen.contains("M2VCBR_0 → "))
  }

  @Test func `the map of the course counts the lessons that do not show`() throws {
    let small = try Session("L")
    let shown = Course.lessons.count { small.screen.contains(" \($0.title) ") }
    #expect(shown < Course.lessons.count)
    #expect(small.screen.contains("─ \(Course.lessons.count - shown) more ↑↓   0 of "))
    #expect(try !Session("L", size: (120, 36)).screen.contains("more ↑↓"))
  }

  @Test func `fields of a word that do not show are counted, on both sides`() throws {
    var session = try Session("<End>3")
    session.perform(.focus(.inspector))
    try session.press("=")
    #expect(session.screen.contains(" more ↑"))
    #expect(!session.screen.contains(" more ↓"))
    for _ in 0..<16 { try session.press("<Left>") }
    #expect(session.screen.contains(" more ↑") && session.screen.contains(" more ↓"))
    for _ in 0..<15 { try session.press("<Left>") }
    #expect(!session.screen.contains(" more ↑"))
    #expect(session.screen.contains(" more ↓"))
  }

  @Test func `columns of the TLB have heads`() throws {
    let session = try Session("<End>:'read mdp_vg1 0x10000123'<Enter>5")
    #expect(session.screen.contains("IOVA            memory         size tables say"))
  }

  @Test func `a path too narrow for one line takes two, with all names whole`() throws {
    var session = try Session("<End>")
    session.perform(.focus(.system))
    try session.press(">>>>>>")
    let screen = session.screen
    for part in ["mdp_rgb1 ──▶ M2VCBR_1 ──▶ bank 1", " ──▶ fb ──▶ DRAM", "60000123  a 1M section "]
    {
      #expect(screen.contains(part), "\(screen)")
    }
    #expect(screen.contains("A read of 0x10000123 would reach"), "\(screen)")
  }

  @Test func `a long name of a domain keeps its distance from the count beside it`() throws {
    let session = try Session(
      "<End>:'alloc abcdefghijklmnop'<Enter>", size: (120, 36))
    #expect(session.screen.contains("abcdefghij… 0 contexts"), "\(session.screen)")
  }

  @Test func `nobody is said to ask for anything who did not`() throws {
    let session = try Session(
      "<End>:'detach fb mdp_rgb1'<Enter>:'traffic mdp_vg1 scan seed=1 count=10'<Enter>/mdp_rgb1<Enter>t",
      size: (120, 36))
    #expect(session.screen.contains("mdp_rgb1 has asked for nothing."), "\(session.screen)")
    let random = try Session(
      "<End>:'traffic mdp_vg1 random seed=1 count=10'<Enter>t", size: (120, 36))
    #expect(random.screen.contains("mdp_vg1 asks anywhere"), "\(random.screen)")
  }
}
