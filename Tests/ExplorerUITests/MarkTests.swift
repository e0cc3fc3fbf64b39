import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// What the current step changed is marked wherever it is seen: by a colour, a sign and the old
/// value.
@Suite struct `Marks of a step` {
  private let theme = Theme(colors: .full256)

  private var changed: Style { theme.style(.changed) }

  /// The row of the inspector that begins with a register's name.
  private func row(_ name: String, _ session: Session) throws -> (row: Int, text: String) {
    for row in 1..<session.canvas.height {
      let text = session.canvas.text(row: row)
      let words = text.split(separator: " ")
      if words.contains(where: { $0 == name || $0.hasSuffix("│▌\(name)") }),
        text.contains("0x"), !text.contains("←")
      {
        return (row, text)
      }
    }
    throw KeyScript.Mistake(description: "no row of \(name):\n\(session.screen)")
  }

  /// The style of the first place in a row where a text stands.
  private func style(of text: String, inRow row: Int, _ session: Session) throws -> Style {
    let line = session.canvas.text(row: row)
    let range = try #require(line.firstRange(of: text), "\(text) in \(line)")
    return session.canvas[DisplayWidth.of(String(line[..<range.lowerBound])), row].style
  }

  @Test(arguments: ["1", "2", "2<Tab>z"], [(80, 24), (120, 36)])
  func `a register that was written`(view: String, size: (Int, Int)) throws {
    let session = try Session(view, size: size)
    let (row, text) = try row("TTBR0", session)
    #expect(text.contains("◀"))
    #expect(text.contains("▌"))
    #expect(text.contains("0x40000000"))
    #expect(text.contains("0x00000000"))
    #expect(try style(of: "0x40000000", inRow: row, session).foreground == changed.foreground)
    #expect(try style(of: "◀", inRow: row, session).foreground == changed.foreground)
    // A step further it is only one of those that changed earlier.
    var next = session
    try next.press("n")
    #expect(!(try self.row("TTBR0", next)).text.contains("◀"))
  }

  @Test func `earlier writes of the same operation keep their old value in Registers`() throws {
    let session = try Session("2n", size: (120, 36))
    let text = try row("TTBR0", session).text
    #expect(text.contains("•"))
    #expect(text.contains("0x00000000"))
    // The operation is over and another one begins: nothing is left of the marks.
    var next = session
    try next.press("<End>:'alloc x'<Enter>2")
    #expect(!next.lines[1..<20].joined().contains("•"))
  }

  @Test func `the tree shows in which IOMMU it happened`() throws {
    let session = try Session()
    let row = try session.place(of: "▾ mdp0").row
    #expect(session.canvas.text(row: row).prefix(27).contains("◀"))
    #expect(!session.canvas.text(row: row + 3).prefix(27).contains("◀"))
  }

  @Test func `an entry of the first level that was written`() throws {
    // The first write of the map of 8M: entry 0x100.
    var session = try Session("<Home>NNN<click 5,18>3", size: (120, 36))
    try session.click(on: "fb ")
    try session.press("3")
    var steps = 0
    while !session.screen.contains("L1[0x100] ← 0x60030c0a   was"), steps < 20 {
      try session.press("i")
      steps += 1
    }
    try session.press("<Tab>")
    for _ in 0..<100 where !session.screen.contains("Entry 0x100 ") { try session.press("<Right>") }
    #expect(session.screen.contains("Entry 0x100  0x60030c0a"))
    #expect(session.screen.contains("◀ was 0x00000000"))
    #expect(try session.style(of: "0x60030c0a").foreground == changed.foreground)
    // Its mark on the map, in the second row, after the address.
    let map = try session.place(of: "0x00000000 ·")
    let mark = session.canvas[map.column + 11 + 0x100 / 8, map.row]
    #expect(mark.style.foreground == changed.foreground)
    // A step further it is one that changed earlier in this operation.
    try session.press("i")
    #expect(session.screen.contains("• was 0x00000000 before this operation"))
  }

  @Test func `an entry of the second level that was written`() throws {
    // Operation 5 maps 64K: a new table under entry 0x108, then sixteen entries.
    var session = try Session("<Home>NNNNN3", size: (120, 36))
    try session.click(on: "fb ")
    try session.press("3<Tab><Right>")
    for _ in 0..<40 where !session.screen.contains("Entry 0x108 ") { try session.press("<Right>") }
    try session.press("<Enter>")
    try session.press("P")
    var steps = 0
    while !session.screen.contains("▶ L2[0x0] ←"), steps < 60 {
      try session.press("i")
      steps += 1
    }
    #expect(session.screen.contains("◀ was 0x00000000"))
    #expect(session.screen.contains("Entry 0x0  0x6120"))
  }

  @Test func `marks say the same without colours`() throws {
    let session = try Session("1", theme: Theme(colors: .mono))
    #expect(try row("TTBR0", session).text.contains("◀ was 0x00000000"))
    let sign = try style(of: "◀", inRow: row("TTBR0", session).row, session)
    #expect(sign.attributes.contains(.bold))
  }

  @Test(arguments: ["1", "2", "2<Tab>z"], [(80, 24), (120, 36)])
  func `a context entry in memory that was written`(view: String, size: (Int, Int)) throws {
    let session = try Session("n" + view, size: size, platform: "traditional")
    let (row, text) = try row("CONTEXT", session)
    #expect(text.contains("◀"))
    #expect(text.contains("0x40002001"))
    #expect(text.contains("0x00000000"))
    #expect(try style(of: "0x40002001", inRow: row, session).foreground == changed.foreground)
    #expect(view.contains("z") || session.screen.contains("●●○●○ ◀"))
  }

  @Test func `an entry that was written past every driver is marked`() throws {
    let line = "<End>:'write-word 0x40003110 0x140002001'<Enter><click 5,5>2"
    let session = try Session(line, size: (120, 36), platform: "traditional")
    let text = try row("CONTEXT", session).text
    #expect(text.contains("◀ was 0x40002001"))
  }
}
