internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// What is wrong with the machine as it stands: each thing in a line, one explained, with the event
/// that caused it.
struct ProblemsView {
  private let explorer: Explorer
  private let findings: [Survey.Finding]

  init(_ explorer: Explorer) {
    self.explorer = explorer
    findings = explorer.survey.findings
  }

  var count: Int { findings.count }

  /// What the cursor stands on.
  var chosen: Survey.Finding? {
    findings.isEmpty ? nil : findings[min(explorer.lineCursor, findings.count - 1)]
  }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    let focused = explorer.focus == .inspector
    guard let chosen else {
      let words: Prose =
        "Nothing is wrong with the machine at this point. Here would stand what the TLB remembers wrongly, tables that leaked or were freed in use, memory that was damaged, what drivers forgot, and faults that wait."
      for (row, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(line.all(.dim), at: 2, 1 + row, in: area)
      }
      return
    }
    let details = details(of: chosen, width: area.width - 3)
    let below = area.height < 6 ? 0 : min(details.count + 1, max(4, area.height * 2 / 3))
    let list = LineList(
      count: findings.count, cursor: explorer.lineCursor, height: area.height - below)
    for (row, index) in list.visible.enumerated() {
      draw(findings[index].problem, at: row, in: area, with: &pen)
      list.finish(index, at: row, in: area, focused: focused, with: &pen)
    }
    guard below > 0 else { return }
    let place = area.height - below
    pen.divider(
      Prose(chosen.problem.kind.title, .strong),
      right: list.hint.isEmpty ? Prose("\(findings.count) in all", .dim) : list.hint,
      row: area.row - frame.row + place, in: frame, focused: focused)
    for (row, line) in details.prefix(below - 1).enumerated() {
      pen.write(line, at: 2, place + 1 + row, in: area)
    }
  }

  private func draw(_ problem: Problem, at row: Int, in area: Rect, with pen: inout Pen) {
    let role = problem.kind.role
    pen.write(Prose(problem.kind.glyph, role), at: 2, row, in: area)
    guard area.width >= 70 else {
      pen.write(problem.subject, at: 4, row, in: area)
      return
    }
    pen.write(problem.kind.title, role, at: 4, row, in: area)
    pen.write(problem.subject, at: 21, row, in: area)
  }

  /// The chosen problem in full: what, why, since when.
  private func details(of finding: Survey.Finding, width: Int) -> [Prose] {
    var lines = Wrapped(finding.problem.subject + ".", width: width).lines
    lines += Wrapped(finding.problem.why, width: width).lines
    guard !finding.problem.isOrdinary else { return lines }
    guard let cause = finding.cause else {
      return lines + [Prose("Where it began is no longer recorded.", .dim)]
    }
    let entry = explorer.timeline.entries[cause.entry]
    var since = Prose("since ", .dim)
    since += Prose("operation \(cause.entry + 1)", .accent, to: cause.target)
    since += "  " + entry.operation.prose
    lines.append(since)
    if let events = cause.events, let event = explorer.event(events - 1, of: cause.entry) {
      lines.append(Prose("by    ", .dim) + event)
    }
    lines.append(Prose("↵ goes there", .dim))
    return lines
  }
}

extension Explorer {
  /// An event of an operation in words, as far as it is still recorded.
  func event(_ index: Int, of entry: Int) -> Prose? {
    guard let recording = timeline.recording(of: entry), recording.events.indices.contains(index)
    else { return nil }
    return EventLine(self).prose(recording.events[index].change, .past)
  }
}

extension Problem.Kind {
  var title: String {
    switch self {
    case .freedTable: "freed table"
    case .staleEntry: "stale entry"
    case .staleContext: "stale context"
    case .bypass: "untranslated"
    case .writable: "too permissive"
    case .leakedTable: "leaked table"
    case .pendingFault: "fault pending"
    case .damage: "damage"
    case .givenUp: "not unmapped"
    case .dmaDebug: "dma-debug"
    case .unattached: "not attached"
    case .stillMapped: "still mapped"
    }
  }

  var glyph: String {
    switch self {
    case .freedTable, .bypass, .pendingFault, .damage: "✗"
    case .staleEntry, .staleContext: "≠"
    case .writable, .leakedTable, .givenUp, .dmaDebug: "!"
    case .unattached, .stillMapped: "·"
    }
  }

  var role: Prose.Role {
    switch self {
    case .freedTable, .bypass, .pendingFault, .damage: .fault
    case .staleEntry, .staleContext: .stale
    case .writable, .leakedTable, .givenUp, .dmaDebug: .half
    case .unattached, .stillMapped: .dim
    }
  }
}
