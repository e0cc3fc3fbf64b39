internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The first row: where you are, and what moves.
struct StatusLine {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  func draw(with pen: inout Pen) {
    let row = Rect(column: 0, row: 0, width: explorer.width, height: 1)
    let isNarrow = explorer.width < 110
    let right = counters(isNarrow)
    pen.link(
      Rect(column: max(0, explorer.width - right.width - 1), row: 0, width: right.width, height: 1),
      to: .view(.problems))
    let faults = counter(of: explorer.timeline.faults)
    pen.link(
      Rect(column: explorer.width - faults.width - 1, row: 0, width: faults.width, height: 1),
      to: .view(.faults))
    let room = explorer.width - right.width - 3
    // What moves counts more than where it is: a piece that does not fit beside it stays away.
    var left = Prose()
    let gap = Prose(isNarrow ? "  " : "   ")
    var pieces = [Prose(" iommu-tui", .strong)]
    if let lesson = explorer.lesson {
      pieces.append(gap + lesson.place)
      if lesson.run.isPlaying { pieces.append(gap + Prose("trying out", .half)) }
    } else {
      pieces.append(gap + Prose(explorer.machine.platform.name))
    }
    for words in explorer.machine.unusualState {
      pieces.append(Prose(isNarrow ? "  " : "   ", .text) + Prose(words, .half))
    }
    if !isNarrow { pieces.append(Prose(" › ", .dim) + Prose(explorer.title.shown, .text)) }
    for piece in pieces {
      guard (left + piece).width <= room else { break }
      left += piece
    }
    pen.write(left, at: 0, 0, in: row)
    pen.writeRight(right, inset: 1, 0, in: row)
    pen.bar(row: 0)
  }

  /// What is told of problems wherever one looks: by kind, what it is called in a word.
  private static let alarms: [([Problem.Kind: String], String, Prose.Role)] = [
    ([.staleEntry: "stale", .staleContext: "stale"], "≠", .stale),
    ([.freedTable: "freed table", .bypass: "untranslated", .damage: "damaged"], "✗", .fault),
    (
      [
        .leakedTable: "leaked", .writable: "writable", .givenUp: "not unmapped",
        .dmaDebug: "dma-debug",
      ], "!", .half
    ),
  ]

  private func counters(_ isNarrow: Bool) -> Prose {
    let timeline = explorer.timeline
    let gap = isNarrow ? "   " : "    "
    var prose = Prose()
    if let current = timeline.current, timeline.isOperationDone, !current.outcome.isOK,
      current.operation.verb != .walk
    {
      let outcome = current.outcome
      prose += Prose("✗ \(outcome.short)" + gap, .fault)
    }
    func add(_ name: String, _ value: String, _ role: Prose.Role = .strong) {
      prose += Prose(name + " ", .text) + Prose(value, role)
    }
    if explorer.traffic.isRunning {
      prose = Prose("▶ running", .live) + Prose(gap, .text)
      let rate = explorer.traffic.speed.ticksPerSecond
      prose += Prose(isNarrow ? "" : "\(rate) tick\(rate == 1 ? "" : "s")/s" + gap, .text)
      add("tick", timeline.tick.grouped)
      prose += Prose(gap, .text)
      add(isNarrow ? "op" : "operation", (timeline.position.entry + 1).grouped)
      prose += Prose(gap, .text)
      return prose + state(gap)
    }
    add(isNarrow ? "op" : "operation", (timeline.position.entry + 1).grouped)
    prose += Prose("/\(timeline.entries.count.grouped)" + gap, .text)
    add("step", String(timeline.step))
    prose += Prose("/\(timeline.stepCount)" + gap, .text)
    return prose + state(gap)
  }

  /// What all moving comes to, running or not.
  private func state(_ gap: String) -> Prose {
    let entries = explorer.machine.board.iommus.reduce(0) { $0 + $1.tlb.count }
    var prose = Prose("TLB ", .text) + Prose(String(entries), .strong) + Prose(gap, .text)
    for (kinds, glyph, role) in Self.alarms {
      let count = explorer.survey.count(Set(kinds.keys))
      guard count > 0 else { continue }
      let names = Set(kinds.filter { explorer.survey.count([$0.key]) > 0 }.values)
      let name = names.count == 1 ? names.first ?? "" : "wrong"
      prose += Prose("\(glyph) \(count) \(name)" + gap, role)
    }
    return prose + counter(of: explorer.timeline.faults)
  }

  private func counter(of faults: Int) -> Prose {
    faults > 0
      ? Prose("✗ faults \(faults.grouped)", .fault)
      : Prose("faults ", .text) + Prose("0", .strong)
  }
}

extension Outcome {
  /// It was refused, or could not be tried.
  var isRefusal: Bool {
    switch self {
    case .refused, .error: true
    case .done, .reached, .traffic, .fault, .stalled: false
    }
  }

  /// One word for a status line.
  var short: String {
    switch self {
    case .done, .reached, .traffic: "ok"
    case .refused(let errno, _): "-\(errno.name)"
    case .fault(let fault): fault.title
    case .stalled: "stalled"
    case .error: "error"
    }
  }
}
