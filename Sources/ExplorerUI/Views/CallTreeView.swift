internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// The call tree of the current operation, down to single writes.
struct CallTreeView {
  private let explorer: Explorer
  private let timeline: Timeline
  private let shape: EventShape

  init(_ explorer: Explorer) {
    self.explorer = explorer
    timeline = explorer.timeline
    shape = EventShape(timeline.recording.events)
  }

  func draw(in area: Rect, with pen: inout Pen) {
    guard let current = timeline.current else {
      pen.write("The machine as it starts. n steps on.", .dim, at: 1, 0, in: area)
      return
    }
    let lines = explorer.treeLines
    let isHere = explorer.focus == .timeline && explorer.isInTree
    let cursor = isHere ? explorer.treeLine : lines.firstIndex { $0.isCurrent } ?? lines.count - 1
    let overflow = max(0, lines.count - area.height)
    let first = min(overflow, max(0, cursor - area.height * 2 / 3))
    // Scrolled, the first row says which calls the rest is in, and the rest moves left.
    let isScrolled = first > 0
    let visible = lines[first..<min(lines.count, first + area.height)].dropFirst()
    let outer = isScrolled ? visible.map(\.depth).min() ?? 0 : 0
    if isScrolled { drawBreadcrumb(lines, before: first + 1, of: current, in: area, with: &pen) }
    for row in (isScrolled ? 1 : 0)..<max(isScrolled ? 1 : 0, min(area.height, lines.count - first))
    {
      let line = lines[first + row]
      draw(line, row, from: outer, of: current, in: area, with: &pen)
      if isHere, first + row == cursor { pen.select(row: row, in: area, focused: true) }
    }
  }

  private func drawBreadcrumb(
    _ lines: [CallTree.Line], before end: Int, of current: Timeline.Entry, in area: Rect,
    with pen: inout Pen
  ) {
    // Of the calls that are open, those that the first line shown lies in.
    var calls: [Int] = []
    var depth = lines[end - 1].depth + (lines[end - 1].isOpen ? 1 : 0)
    for line in lines[..<end].reversed() where line.depth < depth {
      depth = line.depth
      if case .open(let index) = line.kind { calls.insert(index, at: 0) }
    }
    guard !calls.isEmpty else {
      // What the hardware does by itself lies in no call: the operation is its heading.
      pen.write(words(of: lines[0], of: current), at: 1, 0, in: area)
      return
    }
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

  private func draw(
    _ line: CallTree.Line, _ row: Int, from outer: Int, of current: Timeline.Entry, in area: Rect,
    with pen: inout Pen
  ) {
    let prose = branches(of: line, from: outer) + words(of: line, of: current)
    let end = pen.write(prose, at: 0, row, in: area)
    if line.isCurrent {
      pen.select(row: row, in: area, focused: explorer.focus == .timeline, edge: false)
    }
    guard line.end > 0 else { return }
    let whole = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    let jump = Action.jump(
      Timeline.Position(entry: timeline.position.entry, events: line.end))
    if line.isCurrent { pen.link(whole, to: jump) } else { pen.cover(whole, with: jump) }
    guard let fold = line.fold else { return }
    // The sign at the end and the blanks beside it: a cell alone is hard to hit.
    let sign = Rect(
      column: area.column + max(0, min(end, area.width) - 2), row: area.row + row, width: 3,
      height: 1)
    pen.cover(sign.intersection(area), with: .fold(fold))
  }

  private func branches(of line: CallTree.Line, from outer: Int) -> Prose {
    let glyphs = explorer.glyphs
    var prose = Prose(" ", .faint)
    guard line.depth > outer else { return prose }
    for depth in outer + 1..<max(outer + 1, line.depth) {
      prose += Prose(line.continues(at: depth) ? "\(glyphs.vertical) " : "  ", .faint)
    }
    return prose + Prose("\(line.isLast ? glyphs.lastBranch : glyphs.branch) ", .faint)
  }

  private func words(of line: CallTree.Line, of current: Timeline.Entry) -> Prose {
    let events = timeline.recording.events
    let done = timeline.position.events
    let writer = EventLine(explorer)
    let tense: EventLine.Tense =
      line.isCurrent ? .now : line.end <= done ? .past : .future
    switch line.kind {
    case .title:
      return current.operation.prose.strengthened
        + (!events.isEmpty
          ? Prose("   hardware, no driver involved", .dim)
          : current.outcome.isOK ? Prose("   changes nothing", .dim) : Prose("  ✗", .fault))
    case .refusal: return Prose("✗ \(current.outcome.words(in: explorer.machine))", .fault)
    case .open(let index) where line.depth == 0:
      return writer.root(events[index].change, of: current.operation)
    case .open(let index): return writer.call(events[index].change) + Prose(" ▾", .dim)
    case .openRun(let index, let last, let count):
      let words = writer.run(events[index].change, events[last].change, count: count, tense)
      return words + Prose(" ▾", .dim)
    case .folded(let index, let steps):
      let isPartly = line.isCurrent && done < line.end
      if !isPartly, let outcome = writer.outcome(ofCallAt: index, in: events) {
        let words = writer.call(events[index].change) + outcome + Prose(" ▸", .dim)
        let mark = Self.mark(tense, isWrong: shape.mistakes(in: line.start..<line.end) > 0)
        return tense == .future
          ? (mark + words).all(.dim) : mark + (tense == .now ? words.strengthened : words)
      }
      return folded(writer.call(events[index].change), steps, isPartly ? done : nil, line, tense)
    case .run(let index, let last, let count, let steps):
      let words = writer.run(events[index].change, events[last].change, count: count, tense)
      return folded(words, steps > count ? steps : nil, nil, line, tense)
    case .step(let index):
      let change = events[index].change
      let mark: Prose =
        change.isBad && tense != .future
        ? Prose(tense == .now ? "▶ " : "✗ ", .fault) : Self.mark(tense)
      return mark + writer.prose(change, tense)
    }
  }

  /// What stands before a line; what is folded and has something wrong in it says so.
  private static func mark(_ tense: EventLine.Tense, isWrong: Bool = false) -> Prose {
    switch tense {
    case .now: Prose("▶ ", isWrong ? .fault : .accent)
    case .past: isWrong ? Prose("! ", .fault) : Prose("✓ ", .live)
    case .future: Prose("  ", .text)
    }
  }

  private func folded(
    _ words: Prose, _ steps: Int?, _ done: Int?, _ line: CallTree.Line, _ tense: EventLine.Tense
  ) -> Prose {
    var count = ""
    if let steps {
      let made = done.map { "\(shape.steps(in: line.start..<$0)) of " } ?? ""
      count = "   \(made)\(steps) step\(steps == 1 ? "" : "s")"
    }
    let wrong = shape.mistakes(in: line.start..<line.end)
    let mark = Self.mark(tense, isWrong: wrong > 0)
    var prose = mark + (tense == .now ? words.strengthened : words) + Prose(count, .dim)
    if wrong > 0 { prose += Prose("  ! \(wrong) wrong", .fault) }
    prose += Prose(" ▸", .dim)
    return tense == .future ? prose.all(.dim) : prose
  }
}
