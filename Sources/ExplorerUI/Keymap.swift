package import TerminalCore

/// One key, or a few that mean the same, and what they do.
package struct Binding: Sendable {
  package enum Group: String, Hashable, Sendable, CaseIterable {
    case time, look, act, program
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
}

/// The table of bindings.
///
/// The help and the keys row are made from it.
package enum Keymap {
  package static let bindings: [Binding] = [
    bind("n", .stepForward, .time, "step", "One step on: a single write, read or question"),
    bind("p", .stepBack, .time, "back", "One step back"),
    bind("N", .operationForward, .time, "", "To the end of this operation, or of the next one"),
    bind("P", .operationBack, .time, "", "Back to before this operation"),
    bind([.home], "Home", .toStart, .time, "Before the first operation"),
    bind([.end], "End", .toEnd, .time, "After the last operation"),

    bind("1", .view(.path), .look, "", "Path: from device to memory"),
    bind("2", .view(.registers), .look, "", "Registers and their fields, in words"),
    bind("3", .view(.pageTable), .look, "", "Page table: all levels, entry by entry"),
    bind("4", .view(.walk), .look, "", "Walk: one address taken apart"),
    bind("5", .view(.tlb), .look, "", "TLB: what is remembered, and what is no longer true"),
    bind("6", .view(.faults), .look, "", "Faults: what was stopped, and what the kernel said"),
    bind([.up, .character("k")], "↑ k", .move(.up), .look, "Up, in the pane that has the focus"),
    bind([.down, .character("j")], "↓ j", .move(.down), .look, "Down"),
    bind([.left, .character("h")], "← h", .move(.left), .look, "Left; folds an IOMMU"),
    bind([.right, .character("l")], "→ l", .move(.right), .look, "Right; unfolds an IOMMU"),
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
    bind("z", .zoom, .look, "zoom", "Give the inspector the whole screen, and back"),

    bind(
      ":", .command, .act, "command", "Type an operation, like: map fb 0x11000000 0x62000000 1M rw"),
    bind("e", .editAddress, .act, "address", "Choose the address that path and walk look at"),

    bind("?", .help, .program, "help", "All keys"),
    bind("m", .toggleMouse, .program, "", "Give the mouse to the terminal, and take it back"),
    bind([.escape], "Esc", .leave, .program, "Leave what is open"),
    bind(control: "l", "Ctrl-L", .redraw, "Draw the screen anew"),
    bind(control: "z", "Ctrl-Z", .suspend, "Stop; fg comes back"),
    bind("q", .quit, .program, "quit", "Quit"),
    bind(control: "c", "Ctrl-C", .quit, "Quit"),
  ]

  private static func bind(
    _ character: Character, _ action: Action, _ group: Binding.Group, _ word: String,
    _ help: String
  ) -> Binding {
    Binding(
      keys: [Key(.character(character))], label: String(character), word: word, help: help,
      group: group, action: action, pane: nil)
  }

  private static func bind(
    _ codes: [Key.Code], _ label: String, _ action: Action, _ group: Binding.Group,
    _ help: String, word: String = ""
  ) -> Binding {
    Binding(
      keys: codes.map { Key($0) }, label: label, word: word, help: help, group: group,
      action: action, pane: nil)
  }

  private static func bind(
    control character: Character, _ label: String, _ action: Action, _ help: String
  ) -> Binding {
    Binding(
      keys: [Key(.character(character), .control)], label: label, word: "", help: help,
      group: .program, action: action, pane: nil)
  }

  /// What a key means; nil when it means nothing.
  package static func action(for key: Key) -> Action? {
    var plain = key
    // A terminal may or may not report Shift with a capital letter.
    if case .character = key.code { plain.modifiers.remove(.shift) }
    return bindings.first { $0.keys.contains(plain) }?.action
  }
}
