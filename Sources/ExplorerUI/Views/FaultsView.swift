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

  private var cursor: Int { max(0, min(explorer.lineCursor, lines.count - 1)) }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    var row = drawPending(in: area, with: &pen)
    guard !lines.isEmpty else {
      let words: Prose =
        "No request has been stopped so far. Unmap something in use and let it be read: : unmap, then : read."
      for (line, text) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(text.all(.dim), at: 2, row + line, in: area)
      }
      return
    }
    let focused = explorer.focus == .inspector
    let decoded = decoded(lines[cursor].entry)
    let printed = explorer.timeline.kernelLines(of: lines[cursor].entry)
    let wrapped = printed.flatMap { Wrapped(Prose($0), width: area.width - 3).lines }
    let room = max(0, area.height - row)
    let listHeight = max(1, min(lines.count, max(2, room / 4)))
    let decodedHeight = decoded.isEmpty ? 0 : min(decoded.count, max(2, room / 3))
    let list = LineList(count: lines.count, cursor: cursor, height: listHeight)
    for index in list.visible {
      draw(lines[index], at: row, in: area, with: &pen)
      list.finish(index, at: row, in: area, focused: focused, with: &pen)
      row += 1
    }
    guard room > listHeight + 2 else { return }
    pen.divider(
      Prose("What it left in registers", .strong),
      right: list.hint.isEmpty ? Prose("↵ goes there", .dim) : list.hint,
      row: area.row - frame.row + row, in: frame, focused: focused)
    row += 1
    if decoded.isEmpty { pen.write("Nothing that is still recorded.", .dim, at: 2, row, in: area) }
    for line in decoded.prefix(decodedHeight) {
      pen.write(line, at: 2, row, in: area)
      row += 1
    }
    guard !wrapped.isEmpty, area.height - row > 2 else { return }
    pen.divider(
      Prose("The kernel printed", .strong), row: area.row - frame.row + row, in: frame,
      focused: focused)
    for (index, line) in wrapped.prefix(area.height - row - 1).enumerated() {
      pen.write(line, at: 2, row + 1 + index, in: area)
    }
  }

  /// The registers that the hardware set for a fault, field by field.
  private func decoded(_ entry: Int) -> [Prose] {
    let machine = explorer.machine
    var order: [Marks.Register] = []
    var words: [Marks.Register: UInt32] = [:]
    for event in explorer.timeline.recording(of: entry)?.events ?? [] {
      guard case .registerSet(let iommu, let offset, _, let new) = event.change else { continue }
      let place = Marks.Register(iommu: Int(iommu), offset: offset)
      if words.updateValue(new, forKey: place) == nil { order.append(place) }
    }
    // The status is set last, and tells most.
    return order.reversed().compactMap { place in
      let banks = machine.board.iommus[place.iommu].bankPages
      guard let word = words[place],
        let (register, name) = explorer.registers.register(at: place.offset, banks: banks)
      else { return nil }
      let target = Prose.Target.register(iommu: place.iommu, offset: place.offset)
      return Prose(name, .strong, to: target).padded(to: 10) + Prose(" ")
        + Prose(word.hex8, .text) + Prose("  ")
        + RegistersView.words(for: register, word, in: machine)
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
    if line.entry == explorer.timeline.position.entry { words += Prose(" ◀", .changed) }
    pen.write(words, at: 6, row, in: area)
  }
}
