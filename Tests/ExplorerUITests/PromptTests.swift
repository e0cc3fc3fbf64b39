import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// The prompt: the same language as in scripts, with help while one types.
@Suite struct `The prompt` {
  private let issue = """
    alloc fb2
    attach fb2 mdp_vg2
    map fb2 0x10000000 0x60000000 1M rw
    iova-to-phys fb2 0x10000123
    read mdp_vg2 0x10000123
    attach fb2 mdp_vg1
    unmap fb2 0x10000000 1M
    read mdp_vg2 0x10000123
    detach fb2 mdp_vg2
    read mdp_vg2 0x10000123
    free fb2
    """

  private func type(_ text: String, into session: inout Session) throws {
    try session.press(":'\(text)'<Enter>")
  }

  @Test func `a session typed gives the answers of the kernel and of the hardware`() throws {
    var session = try Session("<End>")
    let answers: [(line: String, answer: String)] = [
      ("alloc fb2", "ok"),
      ("attach fb2 mdp_vg2", "ok"),
      ("map fb2 0x10000000 0x60000000 1M rw", "ok"),
      ("iova-to-phys fb2 0x10000123", "0x60000123"),
      ("read mdp_vg2 0x10000123", "0x60000123"),
      // Another domain's context: refused, with the reason and the way out.
      ("attach fb2 mdp_vg1", "-EBUSY: mdp_vg1 is attached to fb already; detach fb mdp_vg1 first"),
      ("unmap fb2 0x10000000 1M", "0x100000"),
      ("read mdp_vg2 0x10000123", "translation fault at level 1: read of 0x10000123"),
      ("map fb2 0x10000800 0x60000000 1M rw", "-EINVAL: iova 0x10000800"),
      ("detach fb2 mdp_vg2", "ok"),
      ("read mdp_vg2 0x10000123", "0x10000123 untranslated"),
      ("read nobody 0x00001000", "there is no device nobody"),
      ("free fb2", "ok"),
    ]
    for (line, answer) in answers {
      try type(line, into: &session)
      let notice = try #require(session.explorer.notice).text
      // A refusal needs the room for its reason; the line stands in the timeline.
      let isDone = session.explorer.timeline.current?.outcome.isOK ?? false
      #expect(notice.hasPrefix(line) == isDone, "\(line)")
      #expect(notice.contains(answer), "\(line): \(notice)")
      #expect(session.explorer.prompt == nil)
    }
    #expect(session.explorer.timeline.entries.count == 10 + answers.count)
  }

  @Test func `an answer is on the screen until the next key`() throws {
    var session = try Session("<End>", size: (120, 36))
    try type("attach video mdp_rgb1", into: &session)
    #expect(session.screen.contains("-EBUSY"))
    #expect(session.screen.contains("mdp_rgb1 is attached to fb already"))
    try session.press("<Ins>")
    #expect(session.explorer.notice == nil)
    // The status line keeps the errno while the cursor is on the refused operation.
    #expect(session.lines[0].contains("✗ -EBUSY"))
  }

  @Test func `with one pane at a time an answer takes the last rows`() throws {
    var session = try Session(size: (60, 20))
    try type("attach video mdp_vg1", into: &session)
    #expect(session.lines[16...19].joined().contains("-EBUSY"))
    try session.press("<Ins>")
    #expect(session.lines[19].contains("? help"))
  }

  @Test func `what is typed does what a script does`() throws {
    var typed = try Session(script: "use msm8x60")
    for line in issue.split(separator: "\n") { try type(String(line), into: &typed) }
    let script = try Session(script: "use msm8x60\n" + issue)
    #expect(typed.machine == script.machine)
    let outcomes = typed.explorer.timeline.entries.map(\.outcome)
    #expect(outcomes == script.explorer.timeline.entries.map(\.outcome))
    #expect(typed.explorer.timeline.position == script.explorer.timeline.position)
  }

  @Test func `an operation in the middle gives up those after it, and tells how many`() throws {
    var session = try Session("PP")
    #expect(session.explorer.timeline.position.entry == 7)
    try type("alloc third", into: &session)
    #expect(session.explorer.timeline.entries.count == 9)
    #expect(session.screen.contains("2 later operations given up"))
    session = try Session()
    try type("alloc third", into: &session)
    #expect(session.explorer.timeline.entries.count == 11)
    #expect(!session.screen.contains("given up"))
  }

  @Test func `a new machine starts a new timeline`() throws {
    var session = try Session()
    try type("use msm8x60 unprobed", into: &session)
    #expect(session.explorer.timeline.entries.count == 1)
    #expect(session.screen.contains("not probed"))
    try type("probe mdp0", into: &session)
    #expect(session.explorer.timeline.entries.count == 2)
    try type("use nothing", into: &session)
    #expect(session.explorer.prompt != nil)
    #expect(session.screen.contains("no platform \"nothing\""))
  }

  // MARK: Typing

  @Test func `a mistake keeps the line, says where it is, and the cursor stands there`() throws {
    var session = try Session(":'map fb 0x1000000g 0x60000000 1M rw'<Enter>")
    #expect(session.explorer.timeline.entries.count == 10)
    #expect(session.screen.contains("column 8: \"0x1000000g\" is no number for IOVA"))
    // A blank, the colon, a blank, then the text.
    #expect(session.cursor == Point(3 + 7, 23))
    for _ in 0..<9 { try session.press("<Right>") }
    try session.press("<Del>0")
    #expect(session.lines[23] == " : map fb 0x10000000 0x60000000 1M rw")
    try session.press("<Enter>")
    // The same words are mapped already; the driver does not look, and the kernel neither.
    #expect(session.explorer.timeline.entries.count == 11)
  }

  @Test func `Tab finishes verbs and names, and goes through what fits`() throws {
    var session = try Session(":det<Tab>")
    #expect(session.lines[23] == " : detach")
    try session.press("vi<Tab>")
    #expect(session.lines[23] == " : detach video")
    try session.press("mdp_<Tab>")
    #expect(session.lines[23] == " : detach video mdp_vg1")
    for name in ["mdp_vg1", "mdp_rgb1", "mdp_vg2", "mdp_rgb2"] {
      #expect(session.lines[..<22].contains { $0.contains("\(name)   ") }, "\(name)")
    }
    try session.press("<Tab>")
    #expect(session.lines[23] == " : detach video mdp_rgb1")
    try session.press("<S-Tab><S-Tab>")
    #expect(session.lines[23] == " : detach video mdp_rgb2")
    try session.press("<C-w>")
    #expect(session.lines[23] == " : detach video")
    try session.press("<C-u>a<Tab>")
    #expect(session.lines[23] == " : alloc")
    try session.press("<Tab>")
    #expect(session.lines[23] == " : attach")
    try session.press("<C-u>zzz<Tab>")
    #expect(session.lines[23] == " : zzz")
    #expect(session.lines[22].contains("no operation begins like this"))
  }

  @Test func `every verb can be found by Tab, and its usage is shown`() throws {
    for verb in Verb.allCases where verb != .expect {
      let session = try Session(":'\(verb.rawValue)'")
      #expect(session.lines[22].contains(verb.usage.prefix(40)))
      let letters = String(verb.rawValue.dropLast())
      var other = try Session(":'\(letters)'")
      var found: [String] = []
      for _ in 0..<4 {
        try other.press("<Tab>")
        found.append(other.lines[23])
      }
      #expect(found.contains(" : \(verb.rawValue)"), "\(verb)")
    }
  }

  @Test func `Up brings the lines before, and Down what was being typed`() throws {
    var session = try Session("<End>")
    try type("alloc one", into: &session)
    try type("alloc two", into: &session)
    try session.press(":fre<Up>")
    #expect(session.lines[23] == " : alloc two")
    try session.press("<Up><Up><Up>")
    #expect(session.lines[23] == " : alloc one")
    try session.press("<Down><Down>")
    #expect(session.lines[23] == " : fre")
    try session.press("<Up><BS><BS><BS>six<Enter>")
    #expect(session.explorer.timeline.entries.last?.operation == .alloc("six"))
  }

  @Test func `a paste goes in at the cursor, its controls as blanks`() throws {
    var session = try Session(":fb<Home>")
    session.send(.paste("alloc \u{1b}[31m\t\u{7}x\r\n"))
    #expect(session.lines[23] == " : alloc  [31m  xfb")
    #expect(session.cursor == Point(3 + 14, 23))
    #expect(session.explorer.timeline.entries.count == 10)
  }

  @Test func `a long line scrolls with its cursor, and there is an end to it`() throws {
    var session = try Session(":")
    session.send(.paste(String(repeating: "0123456789", count: 100)))
    #expect(session.cursor?.column == 78)
    try session.press("<Home>")
    #expect(session.cursor == Point(3, 23))
    #expect(session.lines[23].hasPrefix(" : 0123456789"))
    try session.press("<End>")
    #expect(session.cursor?.column == 78)
    // 400 characters are kept.
    for _ in 0..<399 { try session.press("<BS>") }
    #expect(session.lines[23] == " : 0")
    try session.press("<BS><BS>")
    #expect(session.explorer.prompt == nil)
  }

  @Test func `wide characters are edited as one`() throws {
    var session = try Session(":漢字<Left>")
    #expect(session.cursor == Point(5, 23))
    try session.press("<BS>x")
    #expect(session.lines[23] == " : x字")
  }

  /// A look or a mistake in the past once cost all that came after it.
  @Test func `looking and mistakes in the past give nothing up, and the rest warns`() throws {
    var session = try Session("<Home>NN")
    let entries = session.explorer.timeline.entries.count
    for line in ["walk mdp_vg1 0x10000123", "dump fb", "attach nobody mdp_vg1"] {
      try type(line, into: &session)
      #expect(session.explorer.timeline.entries.count == entries, "\(line)")
    }
    #expect(
      session.explorer.notice?.text == "✗ error: there is no domain nobody; alloc nobody makes one")
    var wide = try Session("<Home>NN:", size: (120, 36))
    #expect(wide.screen.contains("gives up the 8 after it"))
    try wide.press("'alloc other'<Enter>")
    #expect(wide.explorer.timeline.entries.count == 3)
  }

  @Test func `the suggested address gives way to the first character typed`() throws {
    let session = try Session("<End>e'0x108'")
    #expect(session.lines[23] == " address 0x108")
  }

  @Test func `an address for path and walk is checked, and taken`() throws {
    var session = try Session("<End>e")
    #expect(session.lines[23] == " address 0x10000123")
    try session.press("<C-u>'0x1_0000_0000'<Enter>")
    #expect(session.screen.contains("an address of 32 bits is needed"))
    try session.press("<C-u>'0x10800004'<Enter>")
    #expect(session.explorer.prompt == nil)
    #expect(session.screen.contains("0x61200004"))
  }

  @Test func `use turns to another platform, with its registers and its words`() throws {
    var session = try Session(":'use traditional'<Enter>2", size: (120, 36))
    #expect(session.lines[0].contains("traditional"))
    #expect(session.screen.contains("▾ iommu0"))
    #expect(session.screen.contains("RTADDR"))
    try session.press(":'alloc a'<Enter>:'attach a 00:14.0'<Enter>1")
    #expect(session.screen.contains("context 14.0"))
    try session.press(":'use msm8x60'<Enter>2")
    #expect(session.screen.contains("mdp0"))
    #expect(session.screen.contains("M2VCBR"))
  }

  @Test func `what fits next is what the platform has`() throws {
    var session = try Session(
      ":'use traditional'<Enter>:'invalidate iommu0 '<Tab>", size: (120, 36))
    for word in ["▌all ", "│ contexts ", "│ domain "] { #expect(session.screen.contains(word)) }
    try session.press("<Esc>:'alloc a'<Enter>:'map a 0x0 0x0 '<Tab>")
    for size in ["▌4K", "│ 2M", "│ 1G"] { #expect(session.screen.contains(size)) }
  }
}
