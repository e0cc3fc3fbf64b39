import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// Looking never changes anything: neither the machine nor the place in time.
@Suite struct `Looking` {
  private func expectUntouched(
    _ session: Session, _ before: Session, _ what: String,
    at location: SourceLocation = #_sourceLocation
  ) {
    let isSame =
      session.explorer.timeline.position == before.explorer.timeline.position
      && session.explorer.timeline.entries.count == before.explorer.timeline.entries.count
      && session.machine == before.machine
    #expect(isSame, "\(what)", sourceLocation: location)
  }

  @Test(arguments: ["", "<Home>", "<End>"])
  func `no view and no move changes the machine`(start: String) throws {
    let before = try Session(start)
    let moves = [
      "<Down>", "<Up>", "<Right>", "<Left>", "j", "k", "l", "h", "<PgDn>", "<PgUp>", "<Enter>",
      "<Right><Enter>", "<BS>", "z", "<Esc>", "m", "m",
    ]
    for pane in ["", "<Tab>"] {
      for view in ["1", "2", "3", "4"] {
        var session = before
        try session.press(pane + view)
        for move in moves {
          try session.press(move)
          // Enter leads from the tree into the inspector, never into the timeline.
          #expect(session.explorer.focus != .timeline)
          expectUntouched(session, before, "\(start) \(pane) \(view) … \(move)")
        }
      }
    }
  }

  @Test func `no click in tree or inspector changes the machine`() throws {
    let before = try Session()
    for view in ["1", "2", "3", "4"] {
      var start = before
      try start.press(view)
      for row in 1...14 {
        for column in stride(from: row % 3, to: 80, by: 9) {
          var session = start
          session.click(Point(column, row))
          expectUntouched(session, before, "click \(column),\(row) in view \(view)")
        }
      }
    }
  }

  @Test func `neither help, nor a prompt that is left, nor a chosen address does`() throws {
    let before = try Session()
    for keys in [
      "?<Down><PgDn><wheel-down 40,10><Esc>", "?q", "?n", ":'map fb 0x1 0x2 4K'<Esc>",
      ":'alloc fb2'<C-c>", ":<BS>", ":<Enter>", ":'  '<Enter>", ":'nonsense'<Enter><Esc>",
      "e<C-u>'0x10800004'<Enter>1234", "e<Esc>", "<wheel-down 40,8><wheel-up 5,5>",
      "<resize 30x8><resize 200x60>", "<C-l>", "<C-z>",
    ] {
      var session = before
      try session.press(keys)
      expectUntouched(session, before, keys)
    }
  }

  @Test func `a walk is an operation that changes nothing but the list of operations`() throws {
    let before = try Session("<End>")
    var session = before
    try session.press(":'walk mdp_vg1 0x10000123 w'<Enter>")
    #expect(session.machine == before.machine)
    #expect(session.explorer.view == .walk)
    #expect(session.explorer.timeline.entries.count == before.explorer.timeline.entries.count + 1)
  }

  @Test func `going back returns to what was looked at, as in a browser`() throws {
    var session = try Session()
    let first = session.explorer.selection
    try session.click(on: "video ")
    try session.press("3")
    #expect(session.explorer.selection == .domain("video"))
    try session.press("<BS>")
    #expect(session.explorer.view == .path)
    #expect(session.explorer.selection == .domain("video"))
    try session.press("<BS>")
    #expect(session.explorer.selection == first)
  }

  @Test func `the screen comes back after it was too small`() throws {
    var session = try Session()
    let first = session.canvas
    try session.press("<resize 10x3><resize 0x0><resize 80x24>")
    #expect(session.canvas == first)
  }
}
