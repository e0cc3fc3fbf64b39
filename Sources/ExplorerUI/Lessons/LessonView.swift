internal import IOMMULab
internal import TerminalCore

/// The lesson's text and question beside the machine.
struct LessonView {
  private let explorer: Explorer
  private let taken: TakenLesson

  init(_ explorer: Explorer, _ taken: TakenLesson) {
    (self.explorer, self.taken) = (explorer, taken)
  }

  /// Columns between the frame and the text.
  static let margin = 1

  /// Columns of text in a pane.
  static func textWidth(in area: Rect) -> Int { area.width - 2 - 2 * margin }

  func draw(in area: Rect, with pen: inout Pen) {
    let focused = explorer.focus == .system
    pen.link(area, to: .focus(.system))
    let lines = explorer.lines(of: taken, in: area)
    let height = max(1, area.height - 2)
    let top = Self.top(lines, taken, height: height)
    let inside = pen.frame(
      area, title: Prose(taken.run.lesson.title.shown, .strong), focused: focused,
      right: hint(top, lines.lines.count, height), bottom: dots)
    let body = Rect(
      column: inside.column + Self.margin, row: inside.row, width: inside.width - 2 * Self.margin,
      height: inside.height)
    for (row, line) in lines.lines.dropFirst(top).prefix(height).enumerated() {
      draw(line, at: row, in: body, frame: area, inside: inside, with: &pen)
    }
  }

  private func draw(
    _ line: LessonLines.Line, at row: Int, in body: Rect, frame: Rect, inside: Rect,
    with pen: inout Pen
  ) {
    pen.write(line.prose, at: 0, row, in: body)
    let cells = inside.rows(from: row, count: 1)
    switch line.kind {
    case .text: break
    case .divider(let title, let right):
      pen.divider(
        title, right: right, row: row + 1, in: frame, focused: explorer.focus == .system)
      if !right.isEmpty {
        pen.link(cells, to: .lesson(.hint))
      }
    case .option(let index):
      pen.link(cells, to: .lesson(.choose(index)))
      if taken.shownOptions[safe: taken.cursor] == index {
        pen.select(row: row, in: inside, focused: explorer.focus == .system)
      }
    case .action(let action): pen.link(cells, to: .lesson(action))
    }
  }

  /// The first line to show: the text from its start, or the question with all that was said of it.
  static func top(_ lines: LessonLines, _ taken: TakenLesson, height: Int) -> Int {
    let last = max(0, lines.lines.count - height)
    if let top = taken.top { return max(0, min(top, last)) }
    guard last > 0, let question = lines.questionStart else { return 0 }
    // While nothing was tried the text is read first; then what was said of the answer counts.
    let isFresh = taken.run.state == QuestionState() && !taken.run.isPlaying
    return isFresh ? 0 : min(max(question, 0), last) == question ? question : last
  }

  private func hint(_ top: Int, _ count: Int, _ height: Int) -> Prose {
    if top > 0, top + height < count { return Prose("PgUp PgDn", .key) }
    if top > 0 { return Prose("PgUp", .key) }
    if count > height { return Prose("PgDn", .key) + Prose(" more", .dim) }
    return explorer.zoomHint(for: .system)
  }

  /// A mark for each page, as far as there is room; else numbers.
  private var dots: Prose {
    let run = taken.run
    let count = run.lesson.pages.count
    var prose = Prose()
    for page in 0..<count {
      let isNow = page == run.page
      let isSeen = page <= run.furthest
      prose += Prose(isNow ? "◐" : isSeen ? "●" : "○", isNow ? .accent : isSeen ? .live : .dim)
    }
    return prose + Prose("  page \(run.page + 1) of \(count)", .dim)
  }
}

extension Explorer {
  /// What stands in a lesson's pane.
  func lines(of taken: TakenLesson, in area: Rect) -> LessonLines {
    LessonLines(
      taken, timeline, pointed: pointed.map { words(of: $0) },
      width: LessonView.textWidth(in: area), isTall: area.height >= 28)
  }
}

extension TakenLesson {
  /// The places of the options that can be taken, as they are lettered.
  var shownOptions: [Int] {
    guard run.isAsking else { return [] }
    switch run.question?.kind {
    case .choose(let choices)?: return Array(choices.indices)
    case .order?:
      let order = run.question?.shownOrder ?? []
      return order.indices.filter { !run.state.placed.contains(order[$0]) }
    default: return []
    }
  }
}

extension Array {
  /// An element, or nil where there is none.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
