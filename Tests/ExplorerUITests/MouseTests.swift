import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// A click anywhere, a turn of the wheel anywhere.
@Suite struct `The mouse` {
  /// What a click came to, apart from the cursors inside the views.
  private struct Aftermath: Hashable {
    let selection: Selection
    let view: ViewID
    let focus: Pane
    let entry: Int
    let events: Int
    let effect: Effect
    let isPrompting: Bool

    init(_ explorer: Explorer, _ effect: Effect) {
      (selection, view, focus) = (explorer.selection, explorer.view, explorer.focus)
      entry = explorer.timeline.position.entry
      events = explorer.timeline.position.events
      self.effect = effect
      isPrompting = explorer.prompt != nil
    }
  }

  @Test(arguments: [
    ("1", (80, 24)), ("2", (80, 24)), ("3", (80, 24)), ("4", (80, 24)), ("1", (120, 36)),
  ])
  func `a click on any cell leaves an explorer that draws`(
    view: String, size: (Int, Int)
  ) throws {
    let start = try Session(view, size: size)
    var seen: Set<Aftermath> = []
    // What lies around the inspector is the same in all views.
    let isWhole = view == "1"
    for row in isWhole ? 0..<size.1 : 1..<14 {
      for column in isWhole ? 0..<size.0 : 27..<size.0 {
        var explorer = start.explorer
        let effect = explorer.handle(
          .mouse(Mouse(kind: .press, button: .left, position: Point(column, row))))
        // Cells that mean the same need not all be drawn; every row is drawn a few times.
        let isNew = seen.insert(Aftermath(explorer, effect)).inserted
        guard isNew || column % 29 == row % 29 else { continue }
        let canvas = explorer.draw().canvas
        #expect(canvas.width == size.0 && canvas.height == size.1)
      }
    }
    // The tree, the tabs, the timeline and the keys all answer.
    #expect(seen.count > (isWhole ? 25 : 3))
  }

  @Test(arguments: ["1", "2", "3", "4", "?", ":"])
  func `the wheel turns anywhere`(view: String) throws {
    let start = try Session(view)
    var moved = 0
    for row in stride(from: 1, to: 24, by: 3) {
      for column in stride(from: 3, to: 80, by: 25) {
        var session = start
        for kind in [Mouse.Kind.wheelDown, .wheelDown, .wheelUp, .wheelLeft, .wheelRight] {
          session.send(.mouse(Mouse(kind: kind, button: .none, position: Point(column, row))))
        }
        if session.canvas != start.canvas { moved += 1 }
      }
    }
    #expect(view == ":" ? moved == 0 : moved > 0)
  }

  @Test func `presses outside, other buttons, drags and releases do nothing`() throws {
    let start = try Session()
    for (kind, button) in [
      (Mouse.Kind.press, Mouse.Button.middle), (.release, .right), (.drag, .left),
      (.release, .left), (.move, .none),
    ] {
      var session = start
      session.send(.mouse(Mouse(kind: kind, button: button, position: Point(5, 5))))
      #expect(session.canvas == start.canvas)
    }
    for point in [Point(-1, 0), Point(0, -1), Point(80, 5), Point(5, 24), Point(.max, .min)] {
      var session = start
      session.click(point)
      #expect(session.canvas == start.canvas)
    }
  }

  @Test func `the way back and forth can be clicked once there is one`() throws {
    var session = try Session()
    #expect(!session.canvas.text(row: 1).contains("‹"))
    try session.click(on: "Regs")
    #expect(session.canvas.text(row: 1).hasSuffix("‹ › ─╮"))
    session.click(Point(74, 1))
    #expect(session.explorer.view == .path)
    session.click(Point(76, 1))
    #expect(session.explorer.view == .registers)
    // So do the buttons at a mouse's side.
    for (button, view) in [(Mouse.Button.back, ViewID.path), (.forward, .registers)] {
      session.send(.mouse(Mouse(kind: .press, button: button, position: Point(40, 10))))
      #expect(session.explorer.view == view)
    }
  }

  @Test func `names, tabs and keys are links`() throws {
    var session = try Session()
    try session.click(on: "vfe")
    #expect(session.screen.contains("vfe: one IOMMU"))
    try session.click(on: "vfe_misc")
    #expect(session.screen.contains("vfe › context 1 › vfe_misc"))
    try session.click(on: "Regs")
    #expect(session.explorer.view == .registers)
    try session.click(on: "● fb")
    #expect(session.explorer.selection == .domain("fb"))
    let step = session.explorer.timeline.step
    try session.click(on: "n step")
    #expect(session.explorer.timeline.step == step + 1)
    try session.click(on: ": command")
    #expect(session.explorer.prompt != nil)
  }

  @Test func `a click on the sign of an IOMMU folds it out and in`() throws {
    var session = try Session()
    session.click(Point(2, 2))
    #expect(session.screen.contains("0 jpegd_src"))
    session.click(Point(2, 2))
    #expect(!session.screen.contains("0 jpegd_src"))
  }
}
