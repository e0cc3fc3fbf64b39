internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A point of time that was marked, and the machine as it was there.
struct MarkedPoint: Sendable {
  let position: Timeline.Position
  let machine: Machine
  let words: String
}

/// What differs between the marked point and where one is, as a list to scroll through.
struct ComparisonList: Sendable {
  let title: Prose
  let lines: [Prose]
  /// The line the cursor is on, and the first one that shows.
  var cursor = 0
  var top = 0
}

extension Explorer {
  private var timeWords: String {
    let position = timeline.position
    guard position.entry >= 0 else { return "the beginning" }
    let operation = "operation \(position.entry + 1)"
    return timeline.isOperationDone
      ? operation : "\(operation), step \(timeline.step) of \(timeline.stepCount)"
  }

  mutating func mark() {
    marked = MarkedPoint(position: timeline.position, machine: machine, words: timeWords)
    notice =
      "Marked \(timeWords). Go anywhere: \(strong: "V") shows what differs between there and here."
  }

  mutating func compare() {
    guard let marked else {
      notice =
        "\(strong: "v") marks a point in time first; then \(strong: "V") compares it with another."
      return
    }
    let difference = MachineDifference(from: marked.machine, to: machine, registers: registers)
    var lines: [Prose] = []
    for section in difference.sections {
      if !lines.isEmpty { lines.append("") }
      lines.append(Prose(section.title, .strong) + Prose("  \(section.count.grouped)", .dim))
      lines += section.lines.map { "  " + $0 }
      if section.count > section.lines.count {
        lines.append(Prose("  and \((section.count - section.lines.count).grouped) more", .dim))
      }
    }
    if lines.isEmpty { lines = ["Nothing differs: the machine is the same at both points."] }
    comparison = ComparisonList(
      title: Prose("From ", .text) + Prose(marked.words, .strong) + Prose(" to ", .text)
        + Prose(timeWords, .strong),
      lines: lines)
  }

  /// A key while the list is open.
  mutating func handleInComparison(_ key: Key) -> Effect {
    guard let list = comparison else { return .none }
    switch Keymap.action(for: key, in: .inspector, view) {
    case .move(let direction):
      moveInComparison(direction.steps(across: 1, down: 1) * (direction.isLong ? 2 : 1))
    case .toStart: moveInComparison(-list.lines.count)
    case .toEnd: moveInComparison(list.lines.count)
    case .open:
      guard let cursorRow, let link = links.first(where: { $0.area.row == cursorRow }) else {
        return .none
      }
      return perform(.follow(link.target))
    case .chooseLink: startChoosingLink()
    case .suspend: return .suspend
    case .redraw: return .redraw
    case .quit where key.modifiers.contains(.control): return .quit
    default: comparison = nil
    }
    return .none
  }

  mutating func moveInComparison(_ amount: Int) {
    guard var list = comparison else { return }
    let room = max(1, ComparisonView.area(width, height, list).height - 2)
    list.cursor = max(0, min(list.lines.count - 1, list.cursor + amount))
    list.top = max(0, min(list.top, list.cursor, list.lines.count - room))
    if list.cursor >= list.top + room { list.top = list.cursor - room + 1 }
    comparison = list
  }
}

extension Direction {
  fileprivate var isLong: Bool { self == .pageUp || self == .pageDown }
}
