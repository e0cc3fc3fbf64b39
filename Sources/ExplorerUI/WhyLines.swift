internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// Above the keys: one plain sentence on the current step, and where it is written.
struct WhyLines {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  func draw(in area: Rect, with pen: inout Pen) {
    let text = Rect(
      column: area.column + 6, row: area.row, width: max(0, area.width - 7), height: area.height)
    guard let notice = explorer.notice else {
      drawWhy(in: area, text: text, with: &pen)
      return
    }
    // What a key came to stands where one looks for an answer; the why moves down, if it can.
    let answer = Answer(notice, at: 6, in: area)
    answer.draw(with: &pen)
    if answer.height < area.height {
      let below = Rect(
        column: area.column, row: area.row + answer.height, width: area.width,
        height: area.height - answer.height)
      let rest = Rect(column: text.column, row: below.row, width: text.width, height: below.height)
      drawWhy(in: below, text: rest, with: &pen)
    }
  }

  private func drawWhy(in area: Rect, text: Rect, with pen: inout Pen) {
    let remark = explorer.remark
    guard remark.isEmpty else {
      // What the script says of an operation stands over all that it did.
      pen.write(
        remark.isMistake ? "   ≠" : "   #", remark.isMistake ? .stale : .accent, at: 0, 0, in: area)
      let lines = Self.fitted(remark.words, in: text)
      Self.draw(lines, in: text, with: &pen)
      guard lines.count < area.height else { return }
      let below = Rect(
        column: area.column, row: area.row + lines.count, width: area.width,
        height: area.height - lines.count)
      let rest = Rect(column: text.column, row: below.row, width: text.width, height: below.height)
      drawNarration(in: below, text: rest, with: &pen)
      return
    }
    drawNarration(in: area, text: text, with: &pen)
  }

  private func drawNarration(in area: Rect, text: Rect, with pen: inout Pen) {
    var narration =
      explorer.isWatchingTraffic ? explorer.trafficNarration : explorer.narration
    let said = narration.sentence.text
    if let notice = explorer.notice,
      notice.text.contains(said.hasSuffix(".") ? said.dropLast() : said[...])
    {
      // The answer above says it already.
      narration = ("Nothing was tried on the machine: it is as it was before.", "")
    }
    pen.write(" why", .accent, at: 0, 0, in: area)
    let lines = Self.fitted(narration.sentence, in: text)
    Self.draw(lines, in: text, with: &pen)
    let source = Prose(narration.source, .dim)
    let room = text.width - (lines.count >= area.height ? lines[area.height - 1].width : 0)
    if source.width + 3 <= room, area.height > 1 || lines.count <= 1 {
      pen.writeRight(source, area.height - 1, in: text)
    }
  }

  /// The lines of as many whole sentences as fit, of the first at least.
  static func fitted(_ prose: Prose, in area: Rect) -> [Prose] {
    let all = Wrapped(prose, width: area.width).lines
    guard all.count > area.height else { return all }
    var fitting = all
    for sentences in prose.sentenceStarts.reversed() {
      fitting = Wrapped(sentences, width: area.width).lines
      if fitting.count <= area.height { break }
    }
    return fitting
  }

  /// Writes as many lines as there are rows, and a sign where that is not all.
  static func draw(_ lines: [Prose], in area: Rect, with pen: inout Pen) {
    for (row, line) in lines.prefix(area.height).enumerated() {
      var line = line
      if row == area.height - 1, lines.count > area.height { line += Prose(" …", .dim) }
      pen.write(line, at: 0, row, in: area)
    }
  }
}

extension Prose {
  /// As far as the first full stop.
  var firstSentence: Prose { sentenceStarts.first ?? self }

  /// The first sentence, the first two, and so on.
  fileprivate var sentenceStarts: [Prose] {
    var starts: [Prose] = []
    var sofar = Prose()
    for piece in pieces {
      var rest = piece.text[...]
      while let dot = rest.firstIndex(of: "."), rest.index(after: dot) < rest.endIndex,
        rest[rest.index(after: dot)] == " "
      {
        sofar.add(String(rest[...dot]), piece.role, to: piece.target)
        starts.append(sofar)
        rest = rest[rest.index(after: dot)...]
      }
      sofar.add(String(rest), piece.role, to: piece.target)
    }
    return starts + [sofar]
  }
}

extension Explorer {
  /// There is more to say on the current step than its rows have room for.
  var isWhyCut: Bool {
    let area = layout.why
    guard notice == nil, !area.isEmpty else { return false }
    if let told, told.moment == Moment(timeline), told.area == area { return told.isCut }
    return Wrapped(narration.sentence, width: max(0, area.width - 7)).lines.count > area.height
  }

  /// What the script says about an operation, once it is done: what it expected in vain, or its
  /// remarks.
  struct Remark {
    var words = Prose()
    var isMistake = false
    var isEmpty: Bool { words.isEmpty }
  }

  var remark: Remark {
    guard let current = timeline.current, timeline.isOperationDone else { return Remark() }
    let outcome = current.outcome
    if let missed = current.expectations.first(where: { !$0.holds(for: outcome) }) {
      return Remark(
        words: Prose("Line \(missed.line) expects \(missed.text); the answer is ", .text)
          + Prose(outcome.words(in: machine), .stale),
        isMistake: true)
    }
    let words = current.remarks.joined(separator: " ").shown(atMost: 600)
    return Remark(words: Prose(words, .text))
  }

  /// What an operation came to that its last step does not tell: it was refused for something else,
  /// or went wrong before without anybody noticing.
  var ending: Prose? {
    guard let current = timeline.current, timeline.isOperationDone else { return nil }
    let last = timeline.currentEvent.map { timeline.recording.events[$0].change }
    if current.outcome.isRefusal {
      // A question that was answered with no is the better reason.
      if case .check = last { return nil }
      return Prose(current.outcome.words(in: machine) + ".", .fault)
    }
    guard current.cost.mistakes > 0, last?.isBad == false else { return nil }
    let words = timeline.mistakesOfOperation.words(in: machine, registers: registers)
    return words.isEmpty ? nil : Prose("Went wrong: ", .strong) + words + "."
  }

  /// Who knows of what went wrong.
  private var mistakeSource: String {
    let isReported = timeline.mistakesOfOperation.contains {
      if case .client(.dmaDebug) = $0.change { true } else { false }
    }
    return isReported ? "kernel/dma/debug.c" : "the model; no kernel sees this"
  }

  /// Why the current step happened, or what there is to do before the first one.
  var narration: (sentence: Prose, source: String) {
    if let told, told.moment == Moment(timeline) { return (told.sentence, told.source) }
    if let ending {
      return (ending, timeline.current?.outcome.isOK ?? true ? mistakeSource : "")
    }
    if let index = timeline.currentEvent, timeline.recording.isComplete {
      let narration = Narration(
        of: index, in: timeline.recording, machine: machine, registers: registers)
      return (narration.sentence, narration.source)
    }
    guard let current = timeline.current else {
      return ("The machine has booted. \(strong: "n") steps on, \(strong: ":") does something.", "")
    }
    if current.operation.verb == .walk {
      return ("A walk only looks: nothing on the machine is changed by it.", "")
    }
    if !current.outcome.isOK {
      return (Prose(current.outcome.words(in: machine), .fault), "")
    }
    return (
      timeline.recording.isComplete
        ? "Nothing had to be done for this."
        : "More happened than can be kept: this operation steps as a whole.", ""
    )
  }
}
