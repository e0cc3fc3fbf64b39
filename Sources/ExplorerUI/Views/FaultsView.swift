internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The requests that were stopped up to here, and what the kernel printed about one.
struct FaultsView {
  struct Line {
    /// The operation that asked.
    let entry: Int
    let fault: Fault
  }

  /// The newest first.
  let lines: [Line]
  private let explorer: Explorer

  init(_ explorer: Explorer) {
    self.explorer = explorer
    let timeline = explorer.timeline
    let end = timeline.position.entry + (timeline.isOperationDone ? 1 : 0)
    lines = timeline.entries.stopped(before: end, atMost: Self.mostLines).compactMap { index in
      guard case .fault(let fault) = timeline.entries[index].outcome else { return nil }
      return Line(entry: index, fault: fault)
    }
  }

  private static let mostLines = 10_000

  private var cursor: Int { min(explorer.lineCursor, lines.count - 1) }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    var row = drawPending(in: area, with: &pen)
    guard !lines.isEmpty else {
      pen.write("No request has been stopped so far.", .dim, at: 2, row, in: area)
      return
    }
    let printed = explorer.timeline.kernelLines(of: lines[cursor].entry)
    let wrapped = printed.flatMap { Wrapped(Prose($0), width: area.width - 3).lines }
    let below = wrapped.isEmpty || area.height < 10 ? 0 : min(wrapped.count, area.height / 2) + 1
    let height = max(1, area.height - row - below)
    let first = min(max(0, lines.count - height), max(0, cursor - height / 2))
    for index in first..<min(lines.count, first + height) {
      draw(lines[index], at: row, in: area, with: &pen)
      if index == cursor {
        pen.select(row: row, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
          .intersection(area), to: .point(.line(index)))
      row += 1
    }
    guard below > 0 else { return }
    pen.divider(
      Prose("The kernel printed", .strong), right: Prose("↵ goes there", .dim),
      row: area.row - frame.row + area.height - below, in: frame,
      focused: explorer.focus == .inspector)
    for (index, line) in wrapped.prefix(below - 1).enumerated() {
      pen.write(line, at: 2, area.height - below + 1 + index, in: area)
    }
  }

  /// Faults that nobody has cleared yet; answers the first free row.
  private func drawPending(in area: Rect, with pen: inout Pen) -> Int {
    let pending = PendingFault.all(on: explorer.machine.board)
    var row = 0
    for fault in pending.prefix(3) {
      var line = Prose("pending ", .fault) + Prose(fault.place, .strong)
      for register in fault.registers {
        line += Prose("  \(register.name) ", .dim) + Prose(register.word.hex8, .text)
      }
      pen.write(line, at: 2, row, in: area)
      row += 1
    }
    return row == 0 ? 0 : row + 1
  }

  private func draw(_ line: Line, at row: Int, in area: Rect, with pen: inout Pen) {
    let machine = explorer.machine
    let number = "\(line.entry + 1)"
    pen.write(
      String(repeating: " ", count: max(0, 4 - number.count)) + number, .dim, at: 1, row, in: area)
    let isNarrow = area.width < 70
    let place = isNarrow ? line.fault.shortPlace(in: machine) : line.fault.place(in: machine)
    var words = Prose("✗ ", .fault) + Prose(place, .strong)
    words += Prose("  \(line.fault.access) \(isNarrow ? "" : "of ")", .dim)
    words += Prose(line.fault.iova.value.hex8, .iova)
    words += Prose("  " + line.fault.title, .fault)
    if line.fault.level > 0, !isNarrow { words += Prose(" at level \(line.fault.level)", .dim) }
    pen.write(words, at: 6, row, in: area)
  }
}
