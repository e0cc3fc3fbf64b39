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
    guard inside.width >= 60 else {
      drawTree(in: inside, with: &pen)
      return
    }
    let left = inside.width >= 110 ? 45 : 25
    let style = pen.theme.frame(focused: focused)
    pen.put(pen.glyphs.teeDown, style, at: left + 1, 0, in: area)
    pen.put(pen.glyphs.teeUp, style, at: left + 1, area.height - 1, in: area)
    for row in 1..<area.height - 1 {
      pen.put(pen.glyphs.vertical, style, at: left + 1, row, in: area)
    }
    drawOperations(
      in: Rect(column: inside.column, row: inside.row, width: left, height: inside.height),
      with: &pen)
    drawTree(
      in: Rect(
        column: inside.column + left + 2, row: inside.row, width: inside.width - left - 2,
        height: inside.height), with: &pen)
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

  // MARK: Operations

  private func drawOperations(in area: Rect, with pen: inout Pen) {
    let entries = timeline.entries
    guard !entries.isEmpty else {
      pen.write(" Nothing was done yet.", .dim, at: 0, 0, in: area)
      pen.write(" : does an operation", .dim, at: 0, 1, in: area)
      return
    }
    let current = timeline.position.entry
    let overflow = max(0, entries.count - area.height)
    let first = min(overflow, max(0, current - area.height + 1 + (area.height > 6 ? 1 : 0)))
    for row in 0..<min(area.height, entries.count - first) {
      let index = first + row
      let isCurrent = index == current
      let isFuture = index > current
      let entry = entries[index]
      let mark: Prose =
        isCurrent
        ? Prose("▶", entry.outcome.isOK || !timeline.isOperationDone ? .accent : .fault)
        : isFuture
          ? Prose(" ", .dim)
          : entry.outcome.isOK ? Prose("✓", .live) : Prose("✗", .fault)
      let number = String(index + 1)
      let isRefused = isCurrent && timeline.isOperationDone && !entry.outcome.isOK
      var line = (isRefused ? Prose("✗", .fault) : " ") + mark
      line += Prose(
        String(repeating: " ", count: max(1, 3 - number.count)) + number + " ",
        isCurrent ? .strong : .dim)
      let words = entry.operation.prose
      line += isFuture ? words.all(.dim) : isCurrent ? words.strengthened : words
      pen.write(line, at: 0, row, in: area)
      let whole = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
      let jump = Action.jump(Timeline.Position(entry: index, events: .max))
      // On the line that one is at, names lead on; on others the line itself does.
      if isCurrent { pen.link(whole, to: jump) } else { pen.cover(whole, with: jump) }
    }
  }

  // MARK: The call tree

  private func drawTree(in area: Rect, with pen: inout Pen) {
    guard let current = timeline.current else {
      pen.write("The machine as it starts. n steps on.", .dim, at: 1, 0, in: area)
      return
    }
    let tree = CallTree(timeline.recording.events, cursor: timeline.currentEvent)
    var lines = tree.lines
    if lines.first?.isRoot != true {
      lines.insert(CallTree.Line(kind: .title, depth: 0, end: 0), at: 0)
    }
    if !timeline.recording.isComplete { lines = [lines[0]] }
    if current.outcome.isRefusal, timeline.isOperationDone {
      lines.append(CallTree.Line(kind: .refusal, depth: 1, end: 0))
    }
    let cursor = lines.firstIndex { $0.isCurrent } ?? lines.count - 1
    let overflow = max(0, lines.count - area.height)
    let first = min(overflow, max(0, cursor - area.height * 2 / 3))
    // Scrolled, the first row says which calls the rest is in, and the rest moves left.
    let isScrolled = first > 0
    let visible = lines[first..<min(lines.count, first + area.height)].dropFirst()
    let outer = isScrolled ? visible.map(\.depth).min() ?? 0 : 0
    // A title that was put before the tree's own lines opens no call.
    let open = tree.openCalls(before: first + (tree.lines.first?.isRoot == true ? 1 : 0))
    if open.isEmpty {
      drawTreeLine(lines[0], 0, from: 0, of: current, in: area, with: &pen)
    } else if isScrolled {
      drawBreadcrumb(open, in: area, with: &pen)
    }
    for row in (isScrolled ? 1 : 0)..<min(area.height, lines.count - first) {
      drawTreeLine(lines[first + row], row, from: outer, of: current, in: area, with: &pen)
    }
  }

  private func drawBreadcrumb(_ calls: [Int], in area: Rect, with pen: inout Pen) {
    let names = calls.map { index in
      EventLine(explorer).call(timeline.recording.events[index].change)
    }
    // The innermost calls matter most: outer ones go when there is no room.
    var line = Prose()
    for (index, name) in names.enumerated().reversed() {
      let words = index == names.count - 1 ? name : Prose(name.pieces.first?.text ?? "", .dim)
      let longer = words + (line.isEmpty ? "" : Prose(" › ", .dim) + line)
      if longer.width + 1 > area.width { break }
      line = longer
    }
    pen.write(line, at: 1, 0, in: area)
  }

  private func drawTreeLine(
    _ line: CallTree.Line, _ row: Int, from outer: Int, of current: Timeline.Entry, in area: Rect,
    with pen: inout Pen
  ) {
    let glyphs = explorer.glyphs
    var prose = Prose(" ", .faint)
    if line.depth > outer {
      for depth in outer + 1..<max(outer + 1, line.depth) {
        prose += Prose(line.continues[depth] ? "\(glyphs.vertical) " : "  ", .faint)
      }
      prose += Prose("\(line.isLast ? glyphs.lastBranch : glyphs.branch) ", .faint)
    }
    let tense: EventLine.Tense =
      line.isCurrent ? .now : line.end <= timeline.position.events ? .past : .future
    let events = timeline.recording.events
    let writer = EventLine(explorer)
    switch line.kind {
    case .title:
      prose += current.operation.prose.strengthened
      if events.isEmpty {
        prose +=
          current.outcome.isOK
          ? Prose("   changes nothing", .dim) : Prose("  ✗", .fault)
      } else {
        prose += Prose("   hardware, no driver involved", .dim)
      }
    case .refusal:
      prose += Prose("✗ \(current.outcome.words(in: explorer.machine))", .fault)
    case .open(let index) where line.depth == 0:
      prose += writer.root(events[index].change, of: current.operation)
    case .open(let index): prose += writer.call(events[index].change)
    case .folded(let index, let steps):
      prose += tense == .future ? Prose("  ", .text) : Prose("✓ ", .live)
      prose += writer.call(events[index].change)
      prose +=
        writer.outcome(ofCallAt: index, in: events)
        ?? Prose("   \(steps) step\(steps == 1 ? "" : "s") ▸", .dim)
      if tense == .future { prose = prose.all(.dim) }
    case .step(let index):
      let change = events[index].change
      let mark: Prose =
        switch tense {
        case .now: Prose("▶ ", .accent)
        case .past: Prose("✓ ", .live)
        case .future: Prose("  ", .text)
        }
      prose += change.isBad && tense != .future ? Prose(tense == .now ? "▶ " : "✗ ", .fault) : mark
      prose += writer.prose(change, tense)
    }
    pen.write(prose, at: 0, row, in: area)
    if line.isCurrent { pen.select(row: row, in: area, focused: true, edge: false) }
    if line.end > 0 {
      let whole = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
      let jump = Action.jump(
        Timeline.Position(entry: timeline.position.entry, events: line.end))
      if line.isCurrent { pen.link(whole, to: jump) } else { pen.cover(whole, with: jump) }
    }
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
    default: false
    }
  }
}
