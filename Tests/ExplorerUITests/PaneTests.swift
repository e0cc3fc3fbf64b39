import IOMMULab
import TerminalCore
import TestSupport
import Testing

@testable import ExplorerUI

/// Panes zoom, and their dividers move, by mouse and by keys.
@Suite struct `Panes` {
  private func mouse(_ kind: Mouse.Kind, _ column: Int, _ row: Int) -> TerminalEvent {
    .mouse(Mouse(kind: kind, button: .left, position: Point(column, row)))
  }

  private func drag(_ session: inout Session, from: (Int, Int), to: (Int, Int)) {
    session.send(mouse(.press, from.0, from.1))
    session.send(mouse(.drag, to.0, to.1))
    session.send(mouse(.release, to.0, to.1))
  }

  private func check(_ layout: Layout, _ what: String) {
    let screen = Rect(column: 0, row: 0, width: layout.width, height: layout.height)
    let panes = [layout.system, layout.inspector, layout.second, layout.timeline, layout.why]
      .compactMap(\.self).filter { !$0.isEmpty }
    for (index, pane) in panes.enumerated() {
      #expect(pane.intersection(screen) == pane, "\(what): \(pane) leaves the screen")
      for other in panes[(index + 1)...] {
        #expect(pane.intersection(other).isEmpty, "\(what): \(pane) and \(other) overlap")
      }
    }
    guard layout.shape == .panes else { return }
    let cells = panes.reduce(0) { $0 + $1.width * $1.height }
    #expect(cells == layout.width * (layout.height - 2), "\(what): a part of the screen is bare")
    if !layout.system.isEmpty, !layout.inspector.isEmpty {
      #expect(layout.system.width >= 20 && layout.inspector.width >= 40, "\(what)")
      #expect(layout.inspector.height >= 8 && layout.timeline.height >= 3, "\(what)")
      #expect((layout.second?.width ?? 40) >= 40, "\(what)")
      #expect((layout.second != nil) == (layout.width >= 180), "\(what)")
    }
  }

  @Test func `they never overlap, wherever the dividers are put and however large the screen is`() {
    var random = SplitMix64(seed: 4711)
    for _ in 0..<4000 {
      let (width, height) = (Int(random.below(301)), Int(random.below(101)))
      func wish() -> Int? {
        switch random.below(6) {
        case 0: nil
        case 1: .max
        case 2: .min
        default: Int(random.below(320)) - 10
        }
      }
      let dividers = Dividers(system: wish(), second: wish(), timeline: wish())
      let focus = random.pick(Pane.allCases)
      let isZoomed = random.oneIn(4)
      let layout = Layout(
        width: width, height: height, focus: focus, isZoomed: isZoomed, dividers: dividers)
      check(layout, "\(width)x\(height) \(focus) \(isZoomed) \(dividers)")
      let point = Point(Int(random.below(320)) - 10, Int(random.below(120)) - 10)
      if let divider = layout.divider(at: point) {
        var moved = dividers
        moved[divider] = layout.size(of: divider, at: Point(.max, .min))
        check(
          Layout(width: width, height: height, focus: focus, isZoomed: isZoomed, dividers: moved),
          "\(width)x\(height) dragged \(divider)")
      }
    }
  }

  @Test func `every size draws with every divider pushed to its end, and frames stay closed`()
    throws
  {
    var random = SplitMix64(seed: 12)
    for view in ["1", "2", "3", "4", "5", "6"] {
      var session = try Session(view)
      for _ in 0..<14 {
        session.send(
          .resize(width: 80 + Int(random.below(220)), height: 24 + Int(random.below(70))))
        for divider in Divider.allCases {
          session.perform(.moveDivider(divider, to: random.pick([-5, 0, 25, 60, 100, 400])))
        }
        check(session.explorer.layout, view)
        #expect(session.screen.contains("Timeline"))
      }
    }
  }

  @Test func `a drag moves the line between the tree and the inspector`() throws {
    var session = try Session()
    drag(&session, from: (27, 5), to: (35, 9))
    #expect(session.explorer.layout.system.width == 35)
    #expect(session.explorer.layout.inspector.width == 45)
    // Beyond what the panes need it does not go.
    drag(&session, from: (34, 5), to: (200, 5))
    #expect(session.explorer.layout.inspector.width == 40)
  }

  @Test func `a drag moves the line above the timeline`() throws {
    var session = try Session("", size: (120, 36))
    let row = session.explorer.layout.timeline.row
    drag(&session, from: (60, row), to: (60, row - 4))
    #expect(session.explorer.layout.timeline.row == row - 4)
  }

  @Test func `a drag moves the line between the two inspectors`() throws {
    var session = try Session("", size: (200, 60))
    let column = try #require(session.explorer.layout.second).column
    drag(&session, from: (column, 20), to: (column - 20, 20))
    #expect(session.explorer.layout.second?.column == column - 20)
  }

  @Test func `a drag that began elsewhere moves nothing, and after the release none does`() throws {
    let before = try Session()
    var session = before
    drag(&session, from: (10, 1), to: (40, 9))
    #expect(session.explorer.layout == before.explorer.layout)
    session.send(mouse(.press, 27, 5))
    session.send(mouse(.release, 27, 5))
    session.send(mouse(.drag, 40, 5))
    #expect(session.explorer.layout == before.explorer.layout)
  }

  @Test func `what was moved stays across sizes that have no room for it`() throws {
    var session = try Session("", size: (160, 40))
    drag(&session, from: (38, 5), to: (90, 5))
    #expect(session.explorer.layout.system.width == 90)
    try session.press("<resize 80x24>")
    #expect(session.explorer.layout.system.width == 40)
    try session.press("<resize 30x5><resize 160x40>")
    #expect(session.explorer.layout.system.width == 90)
    try session.press("=")
    #expect(session.explorer.layout.system.width == 38)
  }

  @Test func `keys make the pane that has the focus larger`() throws {
    var session = try Session("<Tab>", size: (120, 36))
    let before = session.explorer.layout
    try session.press(">>")
    #expect(session.explorer.layout.inspector.width == before.inspector.width + 4)
    try session.press("<Tab>+")
    #expect(session.explorer.layout.timeline.height == before.timeline.height + 1)
  }

  @Test(arguments: [(0, "System"), (1, "mdp0"), (2, "Timeline")])
  func `any pane zooms, says how to come back, and does`(tabs: Int, title: String) throws {
    for size in [(80, 24), (120, 36), (200, 60)] {
      let keys = String(repeating: "<Tab>", count: tabs)
      let before = try Session(keys, size: size)
      var session = before
      try session.press("z")
      #expect(session.screen.contains("z back to panes"))
      #expect(session.lines[1].contains("─ \(title) "))
      try session.press("z")
      #expect(session.canvas == before.canvas)
      try session.press("z<Esc>")
      #expect(session.canvas == before.canvas)
    }
  }

  @Test func `zoomed, Tab goes round the panes, and a view's key shows the inspector`() throws {
    var session = try Session("z<Tab>")
    #expect(session.explorer.layout.inspector.width == 80)
    try session.press("<Tab>2")
    #expect(session.explorer.view == .registers)
    #expect(session.explorer.layout.inspector.width == 80)
  }

  @Test func `the second inspector shows any other view, by key, by tab, and swapped`() throws {
    var session = try Session("", size: (200, 60))
    #expect(session.explorer.shownSecondView == .pageTable)
    try session.press("s")
    #expect(session.explorer.shownSecondView == .walk)
    let second = try #require(session.explorer.layout.second)
    let tab = session.canvas.text(row: 2)
    let index = try #require(tab.indices.last { tab[$0...].hasPrefix("2 Regs") })
    session.click(Point(tab.distance(from: tab.startIndex, to: index), 2))
    #expect(session.explorer.shownSecondView == .registers)
    #expect(session.explorer.view == .path)
    // Its rows can be clicked and its wheel turned.
    let cursor = session.explorer.registerCursor
    session.send(
      .mouse(
        Mouse(kind: .wheelDown, button: .none, position: Point(second.column + 5, second.row + 5))))
    #expect(session.explorer.registerCursor == cursor + 1)
    #expect(session.explorer.view == .path)
    try session.press("S")
    #expect(session.explorer.view == .registers)
    #expect(session.explorer.shownSecondView == .path)
  }

  @Test func `pinned, the second inspector stays on its thing while the first goes elsewhere`()
    throws
  {
    var session = try Session("2s", size: (200, 60))
    let (thing, shown) = (session.explorer.selection, session.explorer.shownSecondView)
    try session.press(".")
    let second = try #require(session.explorer.layout.second)
    func titles() -> (first: String, second: String) {
      let row = Array(session.canvas.text(row: 1))
      return (String(row[..<second.column]), String(row[second.column...]))
    }
    #expect(titles().second.contains("mdp_rgb1") && titles().second.contains("pinned"))
    try session.press("<End><Up><Up><Up>6")
    #expect(session.explorer.selection != thing && session.explorer.view == .memory)
    #expect(titles().second.contains("mdp_rgb1") && !titles().first.contains("mdp_rgb1"))
    #expect(session.explorer.shownSecondView == shown)
    // Its tabs, its wheel and its rows are about it alone.
    let here = session.explorer.place
    try session.press("s<wheel-down \(second.column + 5),\(second.row + 6)>")
    try session.press("<click \(second.column + 6),\(second.row + 6)>")
    #expect(session.explorer.place == here)
    #expect(session.explorer.pinned?.selection == thing)
    // Swapped, the first has it, and what the first had is pinned.
    try session.press("S")
    #expect(session.explorer.selection == thing)
    #expect(session.explorer.pinned?.view == .memory)
    try session.press(".")
    #expect(session.explorer.pinned == nil)
    #expect(titles().second.contains(". pin"))
  }

  @Test func `the second inspector knows memory and tables of its own thing`() throws {
    let beside = try Session("<End>sss", size: (200, 60))
    #expect(beside.explorer.shownSecondView == .memory)
    #expect(beside.screen.contains("first table of fb"))
    // Pinned, it is drawn the same whatever the first one looks at.
    var session = try Session("<End>6s.", size: (200, 60))
    try session.press("ssss")
    for keys in ["/'video'<Enter>3", "1", "6", "8"] {
      try session.press(keys)
      var fresh = session.explorer
      fresh.forgetDrawn()
      #expect(fresh.draw().canvas == session.canvas)
    }
  }

  @Test func `a title that is too long for its frame says that it is cut`() throws {
    let name = String(repeating: "long", count: 16)
    let session = try Session(":'alloc \(name)'<Enter>")
    #expect(session.canvas.text(row: 1).contains("…─╮"))
  }

  @Test func `on a narrower screen it says what it needs`() throws {
    let session = try Session("s", size: (120, 36))
    #expect(session.screen.contains("needs 180 columns"))
  }

  @Test func `a why that one row cannot hold opens whole, with its source`() throws {
    var session = try Session("", platform: "traditional")
    var found = false
    for _ in 0..<60 where !found {
      try session.press("p")
      found = session.lines.last?.contains("w why") ?? false
    }
    #expect(found)
    try session.press("w")
    let narration = session.explorer.narration
    let shown = session.screen.split { " \n│".contains($0) }.joined(separator: " ")
    #expect(shown.contains(narration.source.split(separator: " ").joined(separator: " ")))
    for word in narration.sentence.text.split(separator: " ") {
      #expect(session.screen.contains(word))
    }
    // Steps go on under it.
    let step = session.explorer.timeline.step
    try session.press("n")
    #expect(session.explorer.timeline.step != step && session.explorer.isWhyOpen)
    try session.press("<Esc>")
    #expect(!session.explorer.isWhyOpen)
  }
}
