internal import IOMMULab
internal import TerminalCore

/// All keys, made from the table of bindings, and the language's verbs.
struct HelpView {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  private var lines: [Prose] {
    var lines: [Prose] = []
    for group in Binding.Group.allCases {
      lines.append(Prose(title(of: group), .dim))
      for binding in Keymap.bindings where binding.group == group {
        lines.append(
          Prose("  " + binding.label, .key).padded(to: 15) + Prose(binding.help, .text))
      }
      lines.append("")
    }
    lines.append(Prose("with the mouse", .dim))
    lines.append("  A click selects, unfolds, jumps; the wheel moves what is under it.")
    lines.append("")
    lines.append(Prose("what : understands", .dim))
    for verb in Verb.allCases where verb != .expect {
      lines.append(
        Prose("  " + explorer.machine.words.usage(of: verb), .strong).padded(to: 42)
          + Prose(verb.purpose, .dim))
    }
    return lines
  }

  private func title(of group: Binding.Group) -> String {
    switch group {
    case .time: "move in time"
    case .look: "look at things"
    case .act: "do something"
    case .program: "the program"
    }
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let width = explorer.width < 90 ? explorer.width : 84
    let height = max(4, min(explorer.height - 3, lines.count + 2))
    let area = Rect(
      column: (explorer.width - width) / 2, row: max(1, (explorer.height - 1 - height) / 2),
      width: width, height: height)
    pen.clear(area)
    let inside = pen.frame(
      area, title: Prose("Keys", .strong), focused: true, right: Prose("Esc closes", .dim))
    let scroll = min(explorer.helpScroll ?? 0, max(0, lines.count - inside.height))
    for (row, line) in lines[scroll...].prefix(inside.height).enumerated() {
      pen.write(line, at: 1, row, in: inside)
    }
    if lines.count > inside.height {
      let more = lines.count - inside.height - scroll
      let text = more > 0 ? " \(more) more ↓ " : " the end "
      pen.write(text, .dim, at: width - text.count - 3, height - 1, in: area)
    }
    pen.ground(area)
    pen.link(Rect(column: 0, row: 0, width: explorer.width, height: explorer.height), to: .leave)
  }
}

extension Explorer {
  var isHelpOpen: Bool { helpScroll != nil }
}
