internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// What was done: left the operations, right the call tree of the current one, step by step.
struct TimelineView {
  private let explorer: Explorer
  private let timeline: Timeline

  init(_ explorer: Explorer) {
    self.explorer = explorer
    timeline = explorer.timeline
  }

  /// The least that operations and tree side by side take.
  static let narrowest = 60

  func draw(in area: Rect, with pen: inout Pen) {
    let focused = explorer.focus == .timeline
    pen.link(area, to: .focus(.timeline))
    let inside = pen.frame(
      area, title: Prose("Timeline", .strong), focused: focused,
      right: zoomHint + progress(width: area.width >= 110 ? 20 : 14))
    guard inside.height >= 2 else {
      drawLine(in: inside, with: &pen)
      return
    }
    guard inside.width >= Self.narrowest else {
      CallTreeView(explorer).draw(in: inside, with: &pen)
      drawCost(from: 2, in: area, with: &pen)
      return
    }
    let left = inside.width >= 180 ? 82 : inside.width >= 110 ? 45 : 25
    let style = pen.theme.frame(focused: focused)
    pen.put(pen.glyphs.teeDown, style, at: left + 1, 0, in: area)
    pen.put(pen.glyphs.teeUp, style, at: left + 1, area.height - 1, in: area)
    pen.line(
      pen.glyphs.vertical, style, from: (left + 1, 1), columns: 1, rows: area.height - 2, in: area)
    let list = Rect(column: inside.column, row: inside.row, width: left, height: inside.height)
    OperationList(explorer).draw(in: list, with: &pen)
    CallTreeView(explorer).draw(
      in: Rect(
        column: inside.column + left + 2, row: inside.row, width: inside.width - left - 2,
        height: inside.height), with: &pen)
    if OperationList.showsCosts(width: left) {
      OperationList.drawHeads(in: area, width: left, with: &pen)
    }
    drawCost(from: left + 3, in: area, with: &pen)
  }

  /// What the current operation costs, in the frame's bottom line.
  private func drawCost(from column: Int, in area: Rect, with pen: inout Pen) {
    guard let cost = timeline.current?.cost, !cost.isNothing else { return }
    let room = Rect(
      column: area.column + column, row: area.row + area.height - 1,
      width: max(0, area.width - column - 2), height: 1)
    for words in [cost.words(isShort: false), cost.words(isShort: true)]
    where words.width + 2 <= room.width {
      pen.write(" " + words + " ", at: 0, 0, in: room)
      return
    }
  }

  private var zoomHint: Prose {
    let hint = explorer.zoomHint(for: .timeline)
    return hint.isEmpty ? hint : hint + "   "
  }

  private func progress(width: Int) -> Prose {
    let (step, count) = (timeline.step, timeline.stepCount)
    let done = count == 0 ? 0 : step * width / count
    let glyphs = explorer.glyphs
    return Prose("step \(step)/\(count) ", .text)
      + Prose(String(repeating: glyphs.progress, count: done), .accent)
      + Prose(String(repeating: glyphs.horizontal, count: width - done), .faint)
  }

  /// The current operation in one row.
  private func drawLine(in area: Rect, with pen: inout Pen) {
    guard let current = timeline.current else { return }
    var line = Prose(" \(explorer.glyphs.current) \(timeline.position.entry + 1) ", .accent)
    line += current.operation.prose
    if let index = timeline.currentEvent {
      line += Prose("  › ", .dim)
      line += EventLine(explorer).prose(timeline.recording.events[index].change, .now)
    }
    pen.write(line, at: 0, 0, in: area)
  }
}

extension Operation {
  /// The line of the language with each name and address in its colour.
  var prose: Prose {
    var prose = Prose()
    for (index, word) in words.enumerated() {
      prose += Prose(index > 0 ? " " : "", .text) + word.prose
    }
    return prose
  }
}

extension Operation.Word {
  /// The word in the colour of what it names.
  var prose: Prose {
    switch kind {
    case .domain: Prose(text, .domain)
    case .iova: Prose(text, .iova)
    case .physical: Prose(text, .physical)
    case .name, .device: Prose(text, .text, to: .named(text))
    case .verb, .option: Prose(text, .text)
    }
  }
}

extension Prose {
  /// Plain words made strong; what has a kind keeps its colour.
  var strengthened: Prose {
    var strong = Prose()
    for piece in pieces {
      strong.add(piece.text, piece.role == .text ? .strong : piece.role, to: piece.target)
    }
    return strong
  }
}

extension Change {
  /// The hazard that it is, if it is one.
  var hazard: Hazard? {
    if case .hazard(let hazard, _, _) = self { hazard } else { nil }
  }

  /// It stands for something that went wrong.
  var isBad: Bool {
    switch self {
    case .fault, .hazard, .stalled: true
    case .client(let change): change.isMistake
    default: false
    }
  }
}
