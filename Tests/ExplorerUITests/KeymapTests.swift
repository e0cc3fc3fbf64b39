import ExplorerUI
import TerminalCore
import Testing

/// The table of keys: every key does something, none traps, and the help tells of all.
@Suite struct `Keys` {
  @Test func `every binding does something somewhere, and none traps anywhere`() throws {
    let panes = ["<Tab><Tab>", "", "<Tab>"]
    var done: Set<Action> = []
    for view in ["1", "2", "3", "4"] {
      for pane in panes {
        // Another thing was looked at before, so that there is a way back.
        for zoom in ["", "z"] where pane == "" || zoom == "" {
          let start = try Session("\(zoom)<click 5,13><click 8,6>\(view)\(pane)")
          for binding in Keymap.bindings {
            for key in binding.keys {
              var session = start
              session.send(.key(key))
              if session.canvas != start.canvas || session.effect != .none {
                done.insert(binding.action)
              }
            }
          }
        }
      }
    }
    for binding in Keymap.bindings { #expect(done.contains(binding.action), "\(binding.label)") }
  }

  @Test func `no key has two meanings`() {
    let keys = Keymap.bindings.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
    for binding in Keymap.bindings {
      for key in binding.keys { #expect(Keymap.action(for: key) == binding.action) }
    }
  }

  @Test func `keys that are not bound mean nothing`() throws {
    let before = try Session()
    var session = before
    try session.press("<F1><Ins><Del><C-g>x~")
    #expect(session.canvas == before.canvas)
    #expect(session.effect == .none)
  }

  @Test func `the help lists every binding and every verb`() throws {
    let session = try Session("?", size: (120, 70))
    for binding in Keymap.bindings {
      #expect(session.screen.contains(binding.label))
      #expect(session.screen.contains(binding.help))
    }
    for verb in ["map DOMAIN IOVA PA SIZE PROT", "probe NAME|all", "dump DOMAIN|IOMMU"] {
      #expect(session.screen.contains(verb))
    }
  }

  @Test func `the help scrolls to its end and back, and any other key closes it`() throws {
    var session = try Session()
    let first = session.canvas
    try session.press("?")
    let open = session.canvas
    try session.press("<PgDn><PgDn><PgDn><PgDn><PgDn>")
    #expect(session.screen.contains("the end"))
    #expect(session.screen.contains("dump DOMAIN|IOMMU"))
    try session.press("<PgUp><PgUp><PgUp><PgUp><PgUp>")
    #expect(session.canvas == open)
    try session.press("<Esc>")
    #expect(session.canvas == first)
    try session.press("?<click 40,12>")
    #expect(session.canvas == first)
  }

  @Test(arguments: [
    ("q", Effect.quit), ("<C-c>", .quit), ("<C-z>", .suspend), ("<C-l>", .redraw),
    ("m", .mouse(false)), ("mm", .mouse(true)), ("n", .none), ("?<C-c>", .quit),
    ("?<C-z>", .suspend), (":<C-z>", .suspend), (":<C-l>", .redraw), (":q", .none),
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
