internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// The whole why, with where it is written: for screens where one row is not enough.
struct WhyView {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  func draw(with pen: inout Pen) {
    let narration = explorer.narration
    let width = min(explorer.width, 84)
    var lines: [Prose] = []
    let remark = explorer.remark
    if !remark.isEmpty {
      let sign = remark.isMistake ? Prose("≠ ", .stale) : Prose("# ", .accent)
      lines += Wrapped(sign + remark.words, width: width - 6).lines + [""]
    }
    if let index = explorer.timeline.currentEvent, explorer.timeline.recording.isComplete {
      let change = explorer.timeline.recording.events[index].change
      lines +=
        Wrapped(
          EventLine(explorer).prose(change, .now), width: width - 6
        ).lines + [""]
    }
    lines += Wrapped(narration.sentence, width: width - 6).lines
    if !narration.source.isEmpty { lines += ["", Prose(narration.source, .dim)] }
    let rows = max(3, min(explorer.height - 2, lines.count + 4))
    // Just above the line it belongs to, so that the thing it is about stays in sight.
    let area = Rect(
      column: (explorer.width - width) / 2, row: max(0, explorer.height - 1 - rows), width: width,
      height: rows)
    pen.clear(area)
    let timeline = explorer.timeline
    let inside = pen.frame(
      area, title: Prose("Why", .strong), focused: true,
      right: Prose("step \(timeline.step)/\(timeline.stepCount)", .dim))
    for (row, line) in lines.prefix(max(0, inside.height - 1)).enumerated() {
      pen.write(line, at: 2, row + (inside.height > lines.count ? 1 : 0), in: inside)
    }
    pen.ground(area)
  }
}
