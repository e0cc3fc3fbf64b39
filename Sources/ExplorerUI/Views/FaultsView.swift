internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The requests that were stopped up to here, and what the kernel printed about one.
struct FaultsView {
  struct Line {
    /// What was stopped.
    enum Kind {
      case request(Fault)
      /// So many of the accesses that a device made of its own.
      case traffic(faults: UInt64, of: UInt64)
    }

    /// The operation that asked.
    let entry: Int
    let kind: Kind
  }

  /// The newest first.
  let lines: [Line]
  private let explorer: Explorer

  init(_ explorer: Explorer) {
    self.explorer = explorer
    let timeline = explorer.timeline
    let end = timeline.position.entry + (timeline.isOperationDone ? 1 : 0)
    let past = timeline.entries.stopped(before: end, atMost: Self.mostLines).compactMap { index in
      switch timeline.entries[index].outcome {
      case .fault(let fault): Line(entry: index, kind: .request(fault))
      case .traffic(let result):
        Line(entry: index, kind: .traffic(faults: result.faults, of: result.accesses))
      default: nil as Line?
      }
    }
    lines = [Self.underWay(timeline)].compactMap(\.self) + past
  }

  /// What was stopped so far of the traffic that time stands in the middle of.
  private static func underWay(_ timeline: Timeline) -> Line? {
    let entry = timeline.position.entry
    guard timeline.isInTraffic, !timeline.isOperationDone else { return nil }
    let before = entry > 0 ? timeline.entries[entry - 1].faults : 0
    guard timeline.faults > before, case .traffic(let result) = timeline.entries[entry].outcome
    else { return nil }
    return Line(
      entry: entry,
      kind: .traffic(faults: UInt64(timeline.faults - before), of: result.accesses))
  }

  private static let mostLines = 10_000

  private var cursor: Int { max(0, min(explorer.lineCursor, lines.count - 1)) }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    var row = drawPending(in: area, with: &pen)
    guard !lines.isEmpty else {
      let words: Prose =
        "No request has been stopped so far. To see one, \(strong: ":unmap") something in use and \(strong: ":read") it."
      for (line, text) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(text.all(.dim), at: 2, row + line, in: area)
      }
      return
    }
    let focused = explorer.focus == .inspector
    let isTraffic = if case .traffic = lines[cursor].kind { true } else { false }
    let decoded = decoded(lines[cursor].entry)
    let printed = explorer.timeline.kernelLines(
      of: lines[cursor].entry, sinceLastFault: isTraffic)
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
      Prose(
        isTraffic ? "Left in registers by the last" : "What it left in registers", .strong),
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
    var words = Prose("✗ ", .fault)
    switch line.kind {
    case .request(let fault):
      let place = isNarrow ? fault.shortPlace(in: machine) : fault.place(in: machine)
      words += Prose(place, .strong)
      words += Prose("  \(fault.access) \(isNarrow ? "" : "of ")", .dim)
      words += Prose(fault.iova.value.hex8, .iova)
      words += Prose("  " + fault.title, .fault)
      if fault.level > 0, !isNarrow { words += Prose(" at level \(fault.level)", .dim) }
    case .traffic(let faults, let accesses):
      guard case .traffic(let name, _) = explorer.timeline.entries[line.entry].operation else {
        break
      }
      words += Prose(name, .strong, to: .named(name))
      words += Prose("  \(faults.grouped) fault\(faults == 1 ? "" : "s")", .fault)
      words += Prose(
        isNarrow ? " of \(accesses.grouped)" : " in \(accesses.grouped) accesses", .dim)
    }
    if line.entry == explorer.timeline.position.entry { words += Prose(" ◀", .changed) }
    pen.write(words, at: 6, row, in: area)
  }
}
