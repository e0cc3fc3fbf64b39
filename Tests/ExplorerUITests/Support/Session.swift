@testable import ExplorerUI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TerminalCore

/// An explorer as the program makes it, with a keyboard, a mouse and a screen.
struct Session {
  private(set) var explorer: Explorer
  /// What the last event asked of the event loop.
  private(set) var effect = Effect.none
  private(set) var canvas: Canvas
  private(set) var cursor: Point?

  /// The screen as text, without the blanks at the ends of lines.
  var screen: String { canvas.text }

  var lines: [String] {
    screen.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  var machine: Machine { explorer.timeline.machine }

  /// Opens the explorer and presses some keys.
  ///
  /// A script is left at its end; without one the shipped scene is open, stopped where the program
  /// stops it.
  init(
    _ keys: String = "", size: (width: Int, height: Int) = (80, 24), script: String? = nil,
    platform: String = Library.usualPlatform, theme: Theme = Theme(colors: .full256),
    isASCII: Bool = false, files: Files = .none
  ) throws {
    let (title, scene) = Library.openingScene(of: platform)
    let text = script ?? scene
    let parsed = try Script(parsing: text, platforms: Library.platformNames)
    var timeline = try Timeline(playing: parsed, on: platform)
    if script == nil { timeline.stopAtFirstTable() }
    explorer = Explorer(
      timeline, registers: try Library.registers(of: timeline.machine.platform.family),
      title: title, theme: theme, glyphs: Glyphs(isASCII: isASCII), files: files)
    _ = explorer.handle(.resize(width: size.width, height: size.height))
    (canvas, cursor) = explorer.draw()
    try press(keys)
  }

  /// One device behind tables of four levels: leaves of 2M, of 4K, and one high up.
  static let deepTables = """
    use traditional
    alloc fb
    attach fb 00:19.0
    map fb 0x10000000 0x60000000 4M rw
    map fb 0x20000000 0x70000000 64K r
    map fb 0x7fc080600000 0x80000000 8K rw
    read 00:19.0 0x10000123
    """

  /// A script that explains itself, and expects something in vain.
  static let remarks = """
    # A display reads through one domain. The IOMMU in front of it has two contexts,
    # and only one of them is used here.
    alloc fb
    # Attaching programs the context: this is where most registers are written.
    attach fb mdp_vg1
    map fb 0x10000000 0x60000000 64K rw   # sixteen equal words
    read mdp_vg1 0x10000123
    expect 0x60000123
    read mdp_vg1 0x20000000
    expect ok
    """

  /// Begins a lesson and presses some keys.
  init(
    lesson text: String, named name: String = "", _ keys: String = "",
    size: (width: Int, height: Int) = (80, 24), progress: CourseProgress = CourseProgress(),
    theme: Theme = Theme(colors: .full256), isASCII: Bool = false
  ) throws {
    self = try Session("", size: size, theme: theme, isASCII: isASCII)
    explorer.learnt(progress)
    explorer.begin(
      try Lesson(parsing: text, platforms: Library.platformNames), named: name)
    (canvas, cursor) = explorer.draw()
    try press(keys)
  }

  /// A lesson with every kind of question, each on a page of its own.
  static let shortLesson = """
    lesson A short one
    use msm8x60
    section Begin
    | A domain `fb` for `mdp_vg1`, which is to see `pa:0x60000000` at `iova:0x10000000`.
    source drivers/iommu/msm_iommu.c, msm_iommu_domain_init
    show path mdp_vg1 0x10000000
    alloc fb
    attach fb mdp_vg1
    map fb 0x10000000 0x60000000 1M rw
    section Share it
    | You attach `mdp_rgb1` as well.
    choose What will bank 1 hold?
      wrong A copy of the table
      | Attaching copies nothing.
      right The same table address
      | Both banks walk one table.
      wrong Nothing
      | A domain may have many contexts.
      hint It is there before anything is attached.
      hint Count the tables.
    attach fb mdp_rgb1
    type Where is the word that the walk reads?
      right 0x40000400
      | 0x100 words of four bytes from the table's base.
      wrong 0x40000100
      | The index counts words, and a word has four bytes.
      otherwise
      | The index is the address shifted right by 20.
      hint Base and index.
      cover walk page-table
    walk mdp_rgb1 0x10000000
    point Which entry is it?
      right entry fb 0x10000000 1
      | That one.
      wrong entry fb 0x10100000 1
      | One too far.
      otherwise
      | Far from it.
      hint Its index is 0x100.
    show page-table fb 0x10100000
    walk mdp_rgb1 0x10000000
    order What happens first?
      item The TLB is asked
      | It comes before any table.
      item The first level is read
      | It comes when the TLB does not know.
      item The right is checked
      | It comes when the entry is known.
      hint The table is far away.
    walk mdp_rgb1 0x10000000
    do Map a page of 4K more.
      goal mdp_rgb1 reads 0x20000000 as 0x70000000
      goal at most 2 operations
      hint The verb is map.
      solution map fb 0x20000000 0x70000000 4K rw
    read mdp_rgb1 0x20000000
    expect 0x70000000
    """

  /// Goes on with an explorer.
  init(_ explorer: Explorer) {
    self.explorer = explorer
    (canvas, cursor) = self.explorer.draw()
  }

  /// Presses keys, and draws after each as the program does.
  mutating func press(_ keys: String) throws {
    for event in try KeyScript(keys).events { send(event) }
  }

  mutating func begin(_ lesson: Lesson) {
    explorer.begin(lesson, named: "")
    (canvas, cursor) = explorer.draw()
  }

  mutating func practise(_ practice: Practice) {
    explorer.practise(practice)
    (canvas, cursor) = explorer.draw()
  }

  /// Answers with a thing, as if the cursor were on it.
  mutating func point(at thing: NamedThing) {
    guard let thing = thing.thing(on: machine) else { return }
    explorer.change { run, timeline in _ = run.point(at: thing, &timeline) }
    (canvas, cursor) = explorer.draw()
  }

  mutating func send(_ event: TerminalEvent) {
    effect = explorer.handle(event)
    (canvas, cursor) = explorer.draw()
  }

  mutating func perform(_ action: Action) {
    effect = explorer.perform(action)
    (canvas, cursor) = explorer.draw()
  }

  /// The cell where a text begins on the screen, the first one from the top.
  func place(of text: String) throws -> Point {
    for row in 0..<canvas.height {
      let line = canvas.text(row: row)
      if let range = line.firstRange(of: text) {
        return Point(DisplayWidth.of(String(line[..<range.lowerBound])), row)
      }
    }
    throw KeyScript.Mistake(description: "\(text) is not on the screen:\n\(screen)")
  }

  mutating func click(on text: String) throws { click(try place(of: text)) }

  mutating func click(_ point: Point) {
    send(.mouse(Mouse(kind: .press, button: .left, position: point)))
  }

  mutating func rightClick(_ point: Point) {
    send(.mouse(Mouse(kind: .press, button: .right, position: point)))
  }

  /// How the first character of a text on the screen looks.
  func style(of text: String) throws -> Style {
    let place = try place(of: text)
    return canvas[place.column, place.row].style
  }
}
