import ExplorerUI
import TerminalCore
import Testing

/// The table of keys: every key does what it says where it works, and none traps.
@Suite struct `Keys` {
  @Test func `no key traps, whatever has the focus and however large the screen is`() throws {
    for size in [(80, 24), (180, 40), (44, 12), (20, 5)] {
      for place in ["", "<Tab>3", "<Tab><Tab>", "z", "?", "/", "w", ":", "e", "f"] {
        let start = try Session("<click 5,13><click 8,6>\(place)", size: size)
        for key in Set(Keymap.bindings.flatMap(\.keys)) {
          var session = start
          session.send(.key(key))
          #expect(session.canvas.width == size.0)
        }
      }
    }
  }

  @Test func `what a key does is told in few enough words for the smallest list`() {
    for binding in Keymap.bindings { #expect(binding.help.count <= 58, "\(binding.help)") }
  }

  @Test func `no key has two meanings in one place`() {
    for pane in Pane.allCases {
      for view in ViewID.allCases {
        let here = Keymap.bindings.filter { $0.works(in: pane, view) }
        for key in Set(here.flatMap(\.keys)) {
          let meanings = here.filter { $0.keys.contains(key) }
          // What means something only here goes before what means something everywhere.
          let special = meanings.filter { $0.pane != nil || $0.view != nil }
          #expect(special.count <= 1 && meanings.count - special.count <= 1, "\(key) in \(pane)")
          let expected = (special.first ?? meanings.first)?.action
          #expect(Keymap.action(for: key, in: pane, view) == expected)
        }
      }
    }
  }

  @Test func `keys that are not bound mean nothing`() throws {
    let before = try Session()
    var session = before
    try session.press("<F1><Ins><Del><C-g>~")
    #expect(session.canvas == before.canvas)
    #expect(session.effect == .none)
  }

  @Test(arguments: [
    ("q", Effect.quit), ("<C-c>", .quit), ("<C-z>", .suspend), ("<C-l>", .redraw),
    ("m", .mouse(false)), ("mm", .mouse(true)), ("n", .none), ("?<C-c>", .quit),
    ("?<C-z>", .suspend), ("/<C-l>", .redraw), (":<C-z>", .suspend), (":<C-l>", .redraw),
    (":q", .none), ("?q", .none), ("/q", .none), ("wq", .none),
  ])
  func `what the event loop has to do is told`(keys: String, effect: Effect) throws {
    #expect(try Session(keys).effect == effect)
  }

  @Test func `Tab goes round the panes, and Shift-Tab the other way`() throws {
    var session = try Session()
    var panes: [Pane] = []
    for _ in 0..<3 {
      panes.append(session.explorer.focus)
      try session.press("<Tab>")
    }
    #expect(panes == [.system, .inspector, .timeline])
    #expect(session.explorer.focus == .system)
    try session.press("<S-Tab>")
    #expect(session.explorer.focus == .timeline)
  }
}
