import IOMMUHardware
import IOMMULab
import TerminalCore
import TestSupport
import Testing

@testable import ExplorerUI

/// Finding as one types, and the list of what works here.
@Suite struct `Find and help` {
  @Test func `Enter goes to what is found, and Backspace comes back`() throws {
    var session = try Session("<End>")
    let first = session.lines
    try session.press("/'video'<Enter>")
    #expect(session.explorer.selection == .domain("video"))
    #expect(session.explorer.picker == nil)
    try session.press("<BS>")
    // All but the title, which has the way forward now.
    #expect(session.lines.dropFirst(2) == first.dropFirst(2))
  }

  @Test func `Esc leaves everything as it was`() throws {
    for keys in ["/'fb'<Down><Esc>", "/<Esc>", "/'0x10000123'<Esc>", "?'at'<Down><Esc>", "?<BS>"] {
      let before = try Session("2<Tab>")
      var session = before
      try session.press(keys)
      #expect(session.canvas == before.canvas, "\(keys)")
      #expect(session.machine == before.machine)
    }
  }

  @Test func `an address leads to its walk, a table's word to its entry, a register to its row`()
    throws
  {
    var session = try Session("<End>/'0x10000123'<Enter>")
    #expect(session.explorer.view == .walk)
    #expect(session.explorer.chosenAddress == IOVA(0x1000_0123))
    try session.press("/'0x40000400'<Enter>")
    #expect(session.explorer.view == .pageTable)
    #expect(session.explorer.entryCursor[0] == 0x100)
    try session.press("/'sctlr vfe/1'<Enter>")
    #expect(session.explorer.selection == .bank(iommu: 6, bank: 1))
    #expect(session.explorer.view == .registers)
    try session.press("<BS><BS><BS>")
    #expect(session.explorer.view == .path)
  }

  @Test func `memory leads to the domain that maps it`() throws {
    let session = try Session("<End>3/'0x70000010'<Enter>")
    #expect(session.explorer.selection == .domain("video"))
    #expect(session.explorer.chosenAddress == IOVA(0x2000_0010))
    #expect(session.explorer.view == .pageTable)
  }

  @Test func `an operation is jumped to, a key is pressed, a verb opens the prompt`() throws {
    var session = try Session("/'map fb 64'<Enter>")
    #expect(session.explorer.timeline.current?.operation.text.contains("64K") == true)
    try session.press("/'zoom'")
    #expect(!session.explorer.isZoomed)
    try session.press("<C-u>'whole screen'<Enter>")
    #expect(session.explorer.isZoomed)
    try session.press("z?'map memory'<Enter>")
    #expect(session.explorer.prompt.map { String($0.text) } == "map ")
  }

  @Test func `on a domain, a verb that begins with one has it typed already`() throws {
    let session = try Session("/'video'<Enter>?'take a mapping'<Enter>")
    #expect(session.explorer.prompt.map { String($0.text) } == "unmap video ")
  }

  @Test func `the letters that were typed are marked by weight and a line`() throws {
    let session = try Session("/'vid'")
    let place = try session.place(of: "video  ")
    for column in 0..<3 {
      let style = session.canvas[place.column + column, place.row].style
      #expect(style.attributes.isSuperset(of: [.bold, .underline]))
    }
    #expect(!session.canvas[place.column + 3, place.row].style.attributes.contains(.underline))
  }

  @Test func `with nothing typed it shows where one was and what is set up`() throws {
    let session = try Session("<End>2/")
    #expect(session.screen.contains("looked at before"))
    #expect(session.screen.contains("domains, and contexts that are set up"))
  }

  @Test func `what is not there says so`() throws {
    let session = try Session("/'nobody here'")
    #expect(session.screen.contains("Nothing is called nobody here"))
  }

  @Test func `the list of what works here has every key that does, and every verb`() throws {
    for keys in ["", "<Tab>", "<Tab><Tab>", "3<Tab>"] {
      let session = try Session(keys + "?", size: (160, 132))
      let explorer = session.explorer
      for binding in Keymap.bindings where binding.works(in: explorer.focus, explorer.view) {
        #expect(session.screen.contains(binding.label))
        #expect(session.screen.contains(binding.help), "\(binding.help)")
      }
      for verb in Verb.allCases where verb != .expect {
        #expect(session.screen.contains(": \(verb.rawValue)"))
      }
    }
  }

  @Test func `what cannot work now says why, and Enter does not do it`() throws {
    var session = try Session("<End>?'end of this operation'")
    #expect(session.screen.contains("already at the last"))
    let before = session.explorer.timeline.position
    try session.press("<Enter>")
    #expect(session.explorer.timeline.position == before)
    #expect(session.explorer.picker != nil)
    #expect(session.screen.contains("Not now: already at the last."))
  }

  @Test func `it filters by words, and by the key itself`() throws {
    var session = try Session("?'whole screen'")
    #expect(session.explorer.picker?.items.map(\.label) == ["z"])
    try session.press("<C-u>e")
    #expect(session.explorer.picker?.items.contains { $0.label == "e" } == true)
  }

  @Test func `the list scrolls with its choice, by keys and by the wheel`() throws {
    var session = try Session("?<End>")
    #expect(session.screen.contains("the end"))
    #expect(session.screen.contains(": msm-alloc"))
    try session.press("<wheel-up 40,10><Home>")
    #expect(session.explorer.picker?.picked == 0)
    try session.press("<Up><Up>")
    #expect(session.explorer.picker?.picked == 0)
  }

  @Test func `a click on a line does it, one beside the list leaves`() throws {
    var session = try Session("?'whole screen'", size: (120, 36))
    try session.click(on: "Zoom: the")
    #expect(session.explorer.isZoomed)
    try session.press("z?<click 1,1>")
    #expect(session.explorer.picker == nil)
  }

  @Test func `text can be pasted into it`() throws {
    let session = try Session("/<paste 0x10000123>")
    #expect(session.explorer.picker?.items.first?.words.text == "0x10000123 of fb")
  }

  @Test func `it draws at every size, and the cursor stays on the screen`() throws {
    var random = SplitMix64(seed: 7)
    for keys in ["/", "?", "/'0x10000123'", "?'at'", "/'漢字漢字漢字'", "w"] {
      var session = try Session(keys)
      for _ in 0..<40 {
        session.send(.resize(width: Int(random.below(220)), height: Int(random.below(70))))
        if let cursor = session.cursor { #expect(session.canvas.bounds.contains(cursor)) }
      }
    }
  }
}
