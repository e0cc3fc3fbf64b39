import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// Time: what one key does, the key beside it undoes, to the last cell of the screen.
@Suite struct `Stepping` {
  /// All canvases from here on, pressing a key until nothing moves any more.
  private func canvases(pressing key: Character, _ session: inout Session) -> [Canvas] {
    var canvases = [session.canvas]
    var position = session.explorer.timeline.position
    while true {
      session.send(.key(Key(.character(key))))
      if session.explorer.timeline.position == position { return canvases }
      position = session.explorer.timeline.position
      canvases.append(session.canvas)
    }
  }

  @Test(arguments: ViewID.allCases)
  func `every step back shows the screen that was there before it, cell for cell`(
    view: ViewID
  ) throws {
    var session = try Session("<Home>\(view.rawValue)")
    let there = canvases(pressing: "n", &session)
    // The last press said that there is nothing more; this clears it.
    try session.press("<Ins>")
    let back = canvases(pressing: "p", &session)
    #expect(there.count > 40)
    #expect(there.count == back.count)
    for (step, (first, second)) in zip(there, back.reversed()).enumerated() where first != second {
      Issue.record("at step \(step): \(ExpectedScreen.difference(first, second))")
      return
    }
  }

  @Test func `an attach shows the same on the large screen, there and back`() throws {
    var session = try Session("<End>PN<Ins>", size: (120, 36))
    let start = session.canvas
    for _ in 0..<8 { try session.press("p") }
    let early = session.canvas
    for _ in 0..<8 { try session.press("n") }
    #expect(session.canvas == start)
    for _ in 0..<8 { try session.press("p") }
    #expect(session.canvas == early)
  }

  @Test(arguments: [(80, 24), (120, 36)])
  func `whole operations go there and back as well`(width: Int, height: Int) throws {
    var session = try Session("<Home>", size: (width, height))
    let there = canvases(pressing: "N", &session)
    try session.press("<Ins>")
    let back = canvases(pressing: "P", &session)
    #expect(there.count == 11)
    #expect(there == back.reversed())
  }

  @Test func `Home and End are where stepping leads to`() throws {
    var session = try Session("<Home>")
    let first = session.canvas
    try session.press("<End>")
    let last = session.canvas
    try session.press("<Home>")
    #expect(session.canvas == first)
    for _ in 0..<10 { try session.press("N") }
    #expect(session.canvas == last)
    for _ in 0..<10 { try session.press("P") }
    #expect(session.canvas == first)
  }

  @Test func `beyond the ends nothing moves, and a line says so`() throws {
    var session = try Session("<End>n")
    #expect(session.screen.contains("This is the last step."))
    try session.press("N")
    #expect(session.screen.contains("This is the last operation."))
    for key in ["p", "P"] {
      try session.press("<Home>\(key)")
      #expect(session.screen.contains("This is the beginning."))
      #expect(session.explorer.timeline.isAtStart)
    }
  }

  @Test func `a click on a line of the timeline goes there, and one on a step into it`() throws {
    var session = try Session()
    try session.click(on: "8 map video")
    #expect(session.explorer.timeline.position.entry == 7)
    #expect(session.explorer.timeline.isOperationDone)
    #expect(session.explorer.focus == .timeline)
    session = try Session()
    try session.click(on: "TTBCR ←")
    #expect(session.explorer.timeline.step == 26)
    try session.click(on: "TTBR0 ←")
    #expect(session.canvas != (try Session()).canvas)
    #expect(session.explorer.timeline.step == 27)
  }

  @Test func `in the timeline, up and down are operations, and to the right lies the tree`() throws
  {
    var session = try Session("<Tab><Tab><Up>")
    #expect(session.explorer.focus == .timeline)
    #expect(session.explorer.timeline.position.entry == 8)
    let place = session.explorer.timeline.position
    try session.press("<Right><Up><Up><Left>")
    #expect(session.explorer.timeline.position == place)
    try session.press("<Down>")
    #expect(session.explorer.timeline.isAtEnd)
  }
}
