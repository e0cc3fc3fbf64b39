import IOMMUHardware
import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// Operating from where one stands: a list of what fits, a form filled in, and nothing done before
/// Enter.
@Suite struct `Operating` {
  private let large = (120, 36)

  @Test func `in the middle of an attach the list is about what comes after it`() throws {
    let session = try Session("o", size: (120, 36))
    #expect(session.explorer.timeline.step < session.explorer.timeline.stepCount)
    #expect(session.screen.contains("m  Map memory into fb"))
    #expect(session.explorer.timeline.step == (try Session().explorer.timeline.step))
  }

  @Test func `a device that somebody attached is offered no buffers of the DMA API`() throws {
    let attached = try Session("<End>o", size: (120, 36))
    #expect(!attached.screen.contains("Map a buffer for mdp_rgb1"))
    let free = try Session("<End>:'detach fb mdp_rgb1'<Enter>o", size: (120, 36))
    #expect(free.screen.contains("Map a buffer for mdp_rgb1"))
  }

  @Test func `a register in the path and a word of memory are edited where they stand`() throws {
    let path = try Session("<End>1<Tab>oe", size: large)
    #expect(path.screen.contains("Bit by bit") && path.screen.contains("reg mdp0 0x01000"))
    let memory = try Session("<End>6<Tab><Enter>=", size: large)
    #expect(memory.screen.contains("Bit by bit"))
    #expect(memory.screen.contains("write-word 0x40000400"))
    var back = try Session("<End>1<Tab>", size: large)
    let end = back.explorer.timeline.position
    try back.press("oc")
    #expect(back.explorer.timeline.position < end)
    let menu = try Session("<End>1<Tab>o", size: large)
    #expect(menu.screen.contains("Go to the last change of it"))
  }

  @Test func `the why of a form is whole sentences, each with one end`() throws {
    let map = try Session("<End>om")
    let why = map.canvas.text(row: 22).trimmingBlanks
    #expect(why.hasSuffix(".") || why.hasSuffix("…"), "\(why)")
    let question = try Session("<End>oi", size: (120, 36))
    #expect(question.screen.contains("lead?"))
    #expect(!question.screen.contains("?."))
  }

  @Test func `another machine is a session of its own, with nothing of the last one`() throws {
    let session = try Session("<End>v:'use msm8x60'<Enter>", size: (120, 36))
    #expect(!session.lines[0].contains("sandbox"))
    #expect(session.lines[0].contains("new session"))
    #expect(session.explorer.marked == nil)
  }

  @Test func `o lists what fits the selection, each with its letter and its line`() throws {
    let session = try Session("<End><click 5,19>o", size: large)
    for text in [
      "Operate", "on domain fb", "m  Map memory into fb", "map fb IOVA MEMORY SIZE ACCESS",
      "u  Unmap a range of fb", "on the machine", "n  Allocate a new domain",
    ] {
      #expect(session.screen.contains(text), "\(text)")
    }
  }

  @Test func `a device that is attached to nothing is offered a domain`() throws {
    let session = try Session("<Home>NNoa", size: large)
    #expect(session.screen.contains("Attach mdp_rgb1 to a domain"))
    #expect(session.screen.contains("attach fb mdp_rgb1"))
  }

  @Test func `a letter opens the form, and Enter maps what it suggests`() throws {
    var session = try Session("<End><click 5,19>om", size: large)
    #expect(session.screen.contains("Map memory into fb"))
    #expect(session.screen.contains("map fb 0x10900000 0x61400000 1M rw"))
    #expect(session.screen.contains("L1[0x109] at 0x40000424 ← 0x61430c0a"))
    #expect(session.explorer.timeline.entries.count == 10)
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.count == 11)
    #expect(
      session.explorer.timeline.entries[10].operation.text
        == "map fb 0x10900000 0x61400000 1M rw")
    #expect(session.screen.contains("map fb 0x10900000 0x61400000 1M rw → ok"))
  }

  @Test func `Esc leaves with nothing done, and so does looking at all that is suggested`() throws {
    var session = try Session("<End><click 5,19>", size: large)
    let before = session.canvas
    let machine = session.machine
    try session.press("om<Down><Down><Tab><Down><Tab><Up><Tab><Right>' '<Esc>")
    #expect(session.canvas == before)
    #expect(session.machine == machine)
    try session.press("o<Esc>")
    #expect(session.canvas == before)
  }

  @Test func `a bad word says what would be right, and Enter stays on it`() throws {
    var session = try Session("<End><click 5,19>om", size: large)
    for (text, reason) in [
      ("0x10900800", "no multiple of 4K; 0x10900000 is"),
      ("0x1_0900_0000", "too wide: 0xffffffff is the highest"), ("fish", "no number"),
      ("0x10000000", "taken: maps 0x60000000, would be overwritten"),
    ] {
      try session.press("<C-u>'\(text)'")
      #expect(session.screen.contains(reason), "\(text)")
    }
    try session.press("<C-u><Enter>")
    #expect(session.explorer.timeline.entries.count == 10)
    #expect(session.screen.contains("this cannot be done yet"))
    #expect(session.screen.contains("iova: is missing"))
  }

  @Test func `what the kernel will refuse is shown before, and is a step like any other`() throws {
    var session = try Session("<End><click 5,20>oa", size: large)
    try session.press("<C-u>mdp_rgb1")
    #expect(session.screen.contains("attached to fb now"))
    #expect(session.screen.contains("✗ -EBUSY: mdp_rgb1 is attached to fb already"))
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.count == 11)
    #expect(session.lines[0].contains("✗ -EBUSY"))
  }

  @Test func `a colon turns the form into a line at the prompt`() throws {
    var session = try Session("<End><click 5,19>om:", size: large)
    #expect(session.lines[35] == " : map fb 0x10900000 0x61400000 1M rw")
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.count == 11)
  }

  @Test func `suggestions depend on the size, and rights are toggled`() throws {
    var session = try Session("<End><click 5,19>om<Tab><Tab><C-u>16M<S-Tab><S-Tab>", size: large)
    #expect(session.screen.contains("0x11000000"))
    // Addresses that nobody chose move to where the size fits.
    #expect(session.screen.contains("map fb 0x11000000 0x62000000 16M rw"))
    try session.press("<Tab><Tab><Tab>w")
    #expect(session.screen.contains("16M r"))
    #expect(session.screen.contains("prot 1"))
    try session.press("w<Right><Right>' '")
    #expect(session.screen.contains("16M rwc"))
  }

  @Test func `everything can be done with the mouse alone`() throws {
    var session = try Session("<End>", size: large)
    session.rightClick(try session.place(of: "● fb"))
    #expect(session.screen.contains("Operate"))
    try session.click(on: "Map memory into fb")
    try session.click(on: "0x11000000")
    #expect(session.screen.contains("map fb 0x11000000"))
    try session.click(on: "size")
    try session.click(on: "64K")
    try session.click(on: "✓ w")
    #expect(session.screen.contains("64K r"))
    try session.click(on: "Enter run")
    #expect(
      session.explorer.timeline.entries.last?.operation.text.hasPrefix("map fb 0x11000000") == true)
    session.rightClick(try session.place(of: "vfe"))
    #expect(session.explorer.selection == .iommu(6))
    // Beside the list: nothing done.
    session.click(Point(1, 34))
    #expect(!session.screen.contains("Operate"))
  }

  @Test func `the right button asks about the name or address under it`() throws {
    var session = try Session("<End>2", size: large)
    session.rightClick(try session.place(of: "TTBR0"))
    #expect(session.screen.contains("on TTBR0"))
    #expect(session.screen.contains("c  Go to the last change of it"))
    try session.press("c")
    #expect(session.explorer.timeline.position.entry == 9)
    #expect(session.explorer.timeline.step == 47)
    #expect(session.screen.contains("Operation 10 wrote it"))
  }

  // MARK: Words

  @Test func `a register is edited bit by bit, its fields said in words meanwhile`() throws {
    var session = try Session("<End>2<Tab>=", size: large)
    #expect(session.screen.contains("Bit by bit"))
    #expect(session.screen.contains("reg mdp0 0x01000 0x00000003"))
    try session.press("' '")
    #expect(session.screen.contains("reg mdp0 0x01000 0x00000002"))
    #expect(session.screen.contains("does not translate"))
    try session.press("<Enter>")
    #expect(session.machine.board.register(0x1000, of: 2) == 2)
    #expect(session.explorer.timeline.entries.last?.operation.verb == .reg)
  }

  @Test func `an entry of a table is edited, 64 bits wide where tables are`() throws {
    var session = try Session("<End>3<Tab>=", size: large)
    #expect(session.screen.contains("write-word 0x40000400 0x60030c0a"))
    try session.press("<C-u>0<Enter>")
    #expect(session.machine.board.word(at: .init(0x4000_0400)) == 0)
    var deep = try Session("3<Tab>=", size: large, script: Session.deepTables)
    #expect(deep.screen.contains("0x0000000060000083"))
    try deep.press("<C-u>'0x1_ffff_ffff_ffff_ffff'")
    #expect(deep.screen.contains("too wide") || deep.screen.contains("no number"))
    try deep.press("<C-u>'0x8000000000000000'<Enter>")
    #expect(deep.explorer.timeline.entries.last?.operation.verb == .writeWord)
    #expect(deep.screen.contains("→ ok"))
  }

  @Test func `in the past a form warns of what it would give up`() throws {
    let session = try Session("<Home>NN<click 5,19>on", size: large)
    #expect(session.screen.contains("gives up the 8 after it"))
  }

  @Test func `every verb with a row in the table has a form that draws at any size`() throws {
    for size in [(80, 24), (60, 20), (44, 12), (120, 36), (200, 60)] {
      let menu = try Session("<End>o", size: size)
      for letter in "mudirwtvsbnpy" {
        var explorer = menu.explorer
        for event in try KeyScript("\(letter)<Tab><Down>' '<Down>x<Left>9<S-Tab>0").events {
          _ = explorer.handle(event)
        }
        let (canvas, cursor) = explorer.draw()
        #expect(canvas.width == size.0)
        if let cursor { #expect(canvas.bounds.contains(cursor), "\(size) \(letter)") }
        _ = explorer.handle(.key(Key(.escape)))
        #expect(explorer.timeline.entries.count == 10)
      }
    }
  }

  @Test func `what the list offers can be done as it stands`() throws {
    // Each form's own suggestions run, refused or not, and none is a mistake of the language.
    for platform in ["msm8x60", "traditional"] {
      for place in ["<click 5,4>", "<End>"] {
        let menu = try Session("<End>\(place)o", size: large, platform: platform)
        for letter in "mudifrwktvsbznpyl" {
          var session = menu
          try session.press(String(letter))
          guard session.screen.contains("What will happen") else { continue }
          try session.press("<Enter>")
          #expect(
            session.explorer.timeline.entries.count > 0
              && !session.screen.contains("this cannot be done yet"),
            "\(platform) \(letter):\n\(session.screen)")
        }
      }
    }
  }
}

/// The history of lines that were done.
@Suite struct `The history of lines` {
  @Test func `keeps a thousand, no two in a row the same, nothing that steers a terminal`() {
    var history = PromptHistory()
    for index in 0..<1200 { history.add("alloc d\(index / 2)") }
    #expect(history.lines.count == 600)
    for index in 0..<1200 { history.add("alloc e\(index)") }
    #expect(history.lines.count == 1000)
    #expect(history.lines.last == "alloc e1199")
    history.add("  ")
    history.add("free \u{1b}[31mx\ny")
    #expect(history.lines.last == "free  [31mx y")
  }

  @Test func `is the same when written and read`() {
    let history = PromptHistory(text: "alloc a\r\n\n\u{0}\u{0}\nfree a\nfree a\nend without")
    #expect(history.lines == ["alloc a", "free a", "end without"])
    #expect(PromptHistory(text: history.text) == history)
    #expect(PromptHistory(text: String(repeating: "\u{fffd}\n", count: 5000)).lines.count == 1)
  }

  @Test func `every line that was done is handed out to be kept, also one of a form`() throws {
    var session = try Session("<End>:'alloc x'")
    try session.press("<Enter>")
    #expect(session.effect == .remember(["alloc x"]))
    try session.press("on<Enter>")
    #expect(session.effect == .remember(["alloc camera"]))
    #expect(session.explorer.history.lines == ["alloc x", "alloc camera"])
    try session.press(":'nonsense'<Enter>")
    #expect(session.effect == .none)
  }

  @Test func `Ctrl-R finds older lines by a part of them`() throws {
    var session = try Session(
      "<End>:'alloc one'<Enter>:'alloc two'<Enter>:'free one'<Enter>:'fr'<C-r>")
    try session.press("al")
    #expect(session.lines[23].hasSuffix("alloc two"))
    try session.press("<C-r>")
    #expect(session.lines[23].hasSuffix("alloc one"))
    try session.press("zz")
    #expect(session.screen.contains("no line has alzz"))
    try session.press("<Esc>")
    #expect(session.lines[23] == " : fr")
    try session.press("<C-r>'two'<Right>x<Enter>")
    #expect(session.explorer.timeline.entries.last?.operation == .alloc("twox"))
  }
}
