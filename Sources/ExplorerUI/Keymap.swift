package import TerminalCore

/// One key, or a few that mean the same, and what they do.
package struct Binding: Sendable {
  package enum Group: String, Hashable, Sendable, CaseIterable {
    case time, traffic, look, act, screen, lesson, program
  }

  /// What is going on besides: some keys mean something only then.
  package enum Mode: Hashable, Sendable {
    /// Traffic runs or is looked at.
    case traffic
    /// A lesson is being taken; its text is in the place of the tree; it waits for a letter.
    case lesson, reading, choosing
  }

  package let keys: [Key]
  /// How the keys are called on screen.
  package let label: String
  /// One verb or noun for the keys row; empty where the row does not show it.
  package let word: String
  /// A sentence for the help.
  package let help: String
  package let group: Group
  package let action: Action
  /// Where it works; nil is everywhere.
  package let pane: Pane?
  /// With which view open; nil is with any.
  package let view: ViewID?

  /// It works only while this goes on.
  package var mode: Mode?

  /// It works while a pane has the focus and a view is open.
  package func works(in pane: Pane, _ view: ViewID, during modes: Set<Mode> = []) -> Bool {
    (mode.map(modes.contains) ?? true) && (self.pane ?? pane) == pane
      && (self.view ?? view) == view
  }

  /// How special it is: what works in one place alone goes before what works everywhere.
  fileprivate var rank: Int {
    (mode == nil ? 0 : mode == .choosing ? 8 : 4) + (view == nil ? 0 : 2) + (pane == nil ? 0 : 1)
  }
}

/// The table of bindings.
///
/// The help and the keys row are made from it.
package enum Keymap {
  package static let bindings: [Binding] = [
    bind("n", .stepForward, .time, "step", "One step on: the next line; a folded call is one step"),
    bind("p", .stepBack, .time, "back", "One step back"),
    bind("i", .stepInto, .time, "", "One step into the folded call or run that comes next"),
    bind("N", .operationForward, .time, "", "To the end of this operation, or of the next one"),
    bind("P", .operationBack, .time, "", "Back to before this operation"),
    bind([.home], "Home", .toStart, .time, "Before the first operation"),
    bind([.end], "End", .toEnd, .time, "After the last operation"),
    bind("v", .mark, .time, "", "Mark this point in time"),
    bind("V", .compare, .time, "", "What differs between the marked point and here"),

    bind(
      " ", .run, .traffic, "run", "Set all attached devices going, and stop them", label: "Space"),
    bind("t", .toggleTraffic, .traffic, "", "Traffic: what the devices ask for, and where it went"),
    bind("+", .faster, .traffic, "speed", "Faster", during: .traffic),
    bind("-", .slower, .traffic, "", "Slower", during: .traffic),
    bind("S", .editSeed, .traffic, "seed", "Choose the seed of the traffic", during: .traffic),

    bind("1", .view(.path), .look, "", "Path: from device to memory"),
    bind("2", .view(.registers), .look, "", "Registers and their fields, in words"),
    bind("3", .view(.pageTable), .look, "", "Page table: all levels, entry by entry"),
    bind("4", .view(.walk), .look, "", "Walk: one address taken apart"),
    bind("5", .view(.tlb), .look, "", "TLB: what is remembered, and what is no longer true"),
    bind("6", .view(.memory), .look, "", "Memory: what it is used for, word by word"),
    bind("7", .view(.faults), .look, "", "Faults: what was stopped, and what the kernel said"),
    bind("8", .view(.domain), .look, "", "Domain: what it maps, its holes, and what it costs"),
    bind("9", .view(.problems), .look, "", "Problems: what is wrong now, and since when"),
    bind([.up, .character("k")], "↑ k", .move(.up), .look, "The row above", in: .system),
    bind([.down, .character("j")], "↓ j", .move(.down), .look, "The row below", in: .system),
    bind(
      [.left, .character("h")], "← h", .move(.left), .look,
      "Fold; from a context out to its IOMMU", in: .system),
    bind(
      [.right, .character("l")], "→ l", .move(.right), .look,
      "Unfold", in: .system),
    bind(
      [.up, .character("k")], "↑ k", .move(.up), .look,
      "Up: the register, entry, step or line above",
      in: .inspector),
    bind(
      [.down, .character("j")], "↓ j", .move(.down), .look,
      "Down: the register, entry, step or line below", in: .inspector),
    bind(
      [.left, .character("h")], "← h", .move(.left), .look,
      "Left: the entry before; in the path, the view before",
      in: .inspector),
    bind(
      [.right, .character("l")], "→ l", .move(.right), .look,
      "Right: the next entry; in the path, the next view",
      in: .inspector),
    bind(
      [.up, .character("k")], "↑ k", .move(.up), .look, "Back to before this operation",
      in: .timeline),
    bind(
      [.down, .character("j")], "↓ j", .move(.down), .look,
      "To the end of this operation, or of the next one", in: .timeline),
    bind(
      [.left, .character("h")], "← h", .move(.left), .look,
      "In the call tree: folds; then out to the operations", in: .timeline),
    bind(
      [.right, .character("l")], "→ l", .move(.right), .look,
      "Into the call tree; there: unfolds", in: .timeline),
    bind([.pageUp], "PgUp", .move(.pageUp), .look, "A page up"),
    bind([.pageDown], "PgDn", .move(.pageDown), .look, "A page down"),
    bind([.enter], "↵", .open, .look, "Open what is selected", word: "open"),
    bind(
      [.backspace, .character("[")], "Backspace [", .goBack, .look,
      "Back to what was looked at before"),
    bind("]", .goForward, .look, "", "Forward again, after going back"),
    bind("f", .chooseLink, .look, "", "Follow: letters on every name and address; type one"),
    bind([.tab], "Tab", .nextPane, .look, "The next pane", word: "pane"),
    bind([.backTab], "Shift-Tab", .previousPane, .look, "The pane before"),
    bind("w", .why, .look, "why", "The whole why of this step, and where it is written"),
    bind("/", .find, .look, "find", "Find anything that has a name, an address or a text"),

    bind(
      "d", .designs, .look, "",
      "Designs: the three of 2010, and what breaks under each"),
    bind("O", .scenes, .look, "", "Open a scene: a short narrated session"),

    bind("o", .operate, .act, "operate", "Operate: what can be done with what is selected"),
    bind(
      "z", .zoom, .screen, "zoom", "Zoom: the whole screen for this pane, and back"),
    bind(">", .widen(2), .screen, "", "Make this pane wider"),
    bind("<", .widen(-2), .screen, "", "Make this pane narrower"),
    bind("+", .heighten(1), .screen, "", "Make this pane higher"),
    bind("-", .heighten(-1), .screen, "", "Make this pane lower"),
    bind("=", .evenPanes, .screen, "", "Put all dividers back where they were at first"),
    bind("s", .nextSecondView, .screen, "second", "Another view in the second inspector"),
    bind("S", .swapViews, .screen, "", "Swap the views of the two inspectors"),
    bind(".", .pin, .screen, "pin", "Pin what the second inspector shows, and let it go"),

    bind("=", .editWord, .act, "edit", "Edit this register bit by bit", in: .inspector, .registers),
    bind("=", .editWord, .act, "edit", "Edit this entry bit by bit", in: .inspector, .pageTable),
    bind("c", .lastChange, .act, "", "Back to its last change", in: .inspector, .registers),
    bind("c", .lastChange, .act, "", "Back to its last change", in: .inspector, .pageTable),
    bind("=", .editWord, .act, "edit", "Edit this word bit by bit", in: .inspector, .memory),
    bind("c", .lastChange, .act, "", "Back to its last change", in: .inspector, .memory),

    bind(
      ":", .command, .act, "command", "Type an operation, like: map fb 0x1000 0x62000000 4K rw"),
    bind("e", .editAddress, .act, "address", "Choose the address that path and walk look at"),

    bind("L", .lesson(.map), .lesson, "course", "The course: its lessons, and how far you are"),
    bind(
      ["a", "b", "c", "d", "e", "f"].map { .character($0) }, "a-f", .lesson(.answer), .lesson,
      "Answer with this choice; in an order, it comes next", word: "answer", in: .system,
      during: .choosing),
    bind(
      [.enter], "↵", .lesson(.answer), .lesson, "Answer; without a question, on", in: .system,
      during: .reading),
    bind(
      [.up, .character("k")], "↑ k", .move(.up), .lesson, "The choice above, or the line above",
      in: .system, during: .reading),
    bind(
      [.down, .character("j")], "↓ j", .move(.down), .lesson,
      "The choice below, or the line below", in: .system, during: .reading),
    bind(
      "h", .lesson(.hint), .lesson, "hint", "A hint; after the last one the answer", in: .system,
      during: .reading),
    bind(
      "x", .lesson(.skip), .lesson, "skip", "Show the answer, or perform the solution",
      during: .lesson),
    bind(
      "b", .lesson(.resume), .lesson, "back to the lesson", "Back to the lesson as it was",
      during: .lesson),
    bind(
      "[", .lesson(.previousPage), .lesson, "", "The page before", in: .system, during: .reading),
    bind("]", .lesson(.nextPage), .lesson, "", "The next page", in: .system, during: .reading),
    bind(
      "T", .lesson(.tree), .lesson, "tree", "The tree in place of the text, and back",
      during: .lesson),

    bind("?", .help, .program, "help", "What works here: type to filter, Enter does it"),
    bind("m", .toggleMouse, .program, "", "Give the mouse to the terminal, and take it back"),
    bind([.escape], "Esc", .leave, .program, "Leave what is open"),
    bind(control: "l", "Ctrl-L", .redraw, "Draw the screen anew"),
    bind(control: "z", "Ctrl-Z", .suspend, "Stop; fg comes back"),
    bind("q", .quit, .program, "quit", "Quit"),
    bind(control: "c", "Ctrl-C", .quit, "Quit"),
  ]

  private static func bind(
    _ character: Character, _ action: Action, _ group: Binding.Group, _ word: String,
    _ help: String, in pane: Pane? = nil, _ view: ViewID? = nil, label: String? = nil,
    during mode: Binding.Mode? = nil
  ) -> Binding {
    Binding(
      keys: [Key(.character(character))], label: label ?? String(character), word: word,
      help: help, group: group, action: action, pane: pane, view: view,
      mode: mode)
  }

  private static func bind(
    _ codes: [Key.Code], _ label: String, _ action: Action, _ group: Binding.Group,
    _ help: String, word: String = "", in pane: Pane? = nil, _ view: ViewID? = nil,
    during mode: Binding.Mode? = nil
  ) -> Binding {
    Binding(
      keys: codes.map { Key($0) }, label: label, word: word, help: help, group: group,
      action: action, pane: pane, view: view, mode: mode)
  }

  private static func bind(
    control character: Character, _ label: String, _ action: Action, _ help: String
  ) -> Binding {
    Binding(
      keys: [Key(.character(character), .control)], label: label, word: "", help: help,
      group: .program, action: action, pane: nil, view: nil)
  }

  /// What a key means while a pane has the focus and a view is open; nil when it means nothing.
  package static func action(
    for key: Key, in pane: Pane, _ view: ViewID, during modes: Set<Binding.Mode> = []
  ) -> Action? {
    var plain = key
    // A terminal may or may not report Shift with a capital letter.
    if case .character = key.code { plain.modifiers.remove(.shift) }
    let fitting = byKey[plain, default: []].filter {
      $0.works(in: pane, view, during: modes)
    }
    return fitting.max { $0.rank < $1.rank }?.action
  }

  /// What a key can mean, in the table's order.
  private static let byKey = bindings.reduce(into: [Key: [Binding]]()) { table, binding in
    for key in binding.keys { table[key, default: []].append(binding) }
  }
}
