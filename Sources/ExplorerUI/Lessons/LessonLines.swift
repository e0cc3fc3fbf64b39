internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A page of a lesson as lines of a width.
struct LessonLines {
  enum Kind: Hashable {
    case text
    /// A line across the pane, with a title in it.
    case divider(Prose, right: Prose)
    /// Belongs to a choice or an item; a click on it takes that.
    case option(Int)
    /// A click on it asks for what is typed, or shows a hint.
    case action(LessonAction)
  }

  struct Line: Hashable {
    var prose: Prose
    var kind = Kind.text
  }

  private(set) var lines: [Line] = []
  /// Where the question begins, if there is one.
  private(set) var questionStart: Int?
  private let taken: TakenLesson
  private let timeline: Timeline
  private let width: Int
  /// There is room for the list of all sections.
  private let isTall: Bool
  /// What the cursor is on, where the question asks to point.
  private let pointed: Prose?

  private let domains: Set<String>

  private var run: LessonRun { taken.run }
  private var machine: Machine { timeline.machine }

  /// `width` is columns of text.
  init(
    _ taken: TakenLesson, _ timeline: Timeline, pointed: Prose? = nil, width: Int,
    isTall: Bool = false
  ) {
    (self.taken, self.timeline, self.width) = (taken, timeline, width)
    self.pointed = pointed
    domains = taken.run.lesson.domains
    self.isTall = isTall
    if isTall { addSections() }
    addText()
    if let question = run.question { add(question) }
    addNext()
  }

  // MARK: Text

  /// All sections, with the current one standing out; its pages need no heading then.
  private mutating func addSections() {
    let pages = run.lesson.pages
    let here = pages[run.page].section
    var seen: Set<String> = []
    for (index, page) in pages.enumerated() where seen.insert(page.section).inserted {
      let isPast = index < run.page && page.section != here
      let mark = page.section == here ? Prose("◐ ", .accent) : isPast ? Prose("● ", .live) : "○ "
      add(
        hanging: mark.all(page.section == here ? .accent : isPast ? .live : .dim),
        Prose(page.section, page.section == here ? .strong : isPast ? .text : .dim))
    }
    gap()
  }

  private mutating func add(_ prose: Prose, _ kind: Kind = .text, indent: Int = 0) {
    for (index, line) in Wrapped(prose, width: max(8, width - indent)).lines.enumerated() {
      let blanks = index > 0 ? String(repeating: " ", count: indent) : ""
      lines.append(Line(prose: Prose(blanks) + line, kind: kind))
    }
  }

  /// A line whose first part stands out to the left of the lines that follow.
  private mutating func add(hanging mark: Prose, _ prose: Prose, _ kind: Kind = .text) {
    let indent = mark.width
    let wrapped = Wrapped(prose, width: max(8, width - indent)).lines
    for (index, line) in wrapped.enumerated() {
      let start = index == 0 ? mark : Prose(String(repeating: " ", count: indent))
      lines.append(Line(prose: start + line, kind: kind))
    }
  }

  private mutating func gap() {
    if let last = lines.last, !last.prose.isEmpty { lines.append(Line(prose: "")) }
  }

  private mutating func add(paragraphs: [String], _ role: Prose.Role? = nil) {
    for (index, paragraph) in paragraphs.enumerated() {
      if index > 0 { gap() }
      let prose = LessonText.prose(paragraph, on: machine, domains: domains)
      add(role.map { prose.all($0) } ?? prose)
    }
  }

  private mutating func addText() {
    if taken.isReview {
      add(Prose("Once more, for it was missed:", .half))
    }
    if !run.current.section.isEmpty, !isTall {
      add(Prose(run.current.section, .strong))
      gap()
    }
    add(paragraphs: run.current.text)
  }

  // MARK: Questions

  private mutating func add(_ question: Lesson.Question) {
    if !lines.isEmpty { gap() }
    questionStart = lines.count
    let hints = question.hints.count
    let right: Prose =
      run.isAsking && run.state.hints < hints
      ? Prose("h ", .key) + Prose("hint \(run.state.hints + 1) of \(hints)", .dim)
      : run.isAsking ? Prose("h ", .key) + Prose("the answer", .dim) : ""
    lines.append(
      Line(
        prose: "",
        kind: .divider(
          Prose(question.isToDo ? "Your turn" : "Before you look", .strong), right: right)))
    gap()
    add(question.emphasis(on: machine, domains))
    if !question.details.isEmpty {
      gap()
      add(paragraphs: question.details)
    }
    gap()
    switch question.kind {
    case .choose(let choices): add(choices)
    case .type(let answers, _): add(answers)
    case .point(let answers, _): addPointing(answers)
    case .order(let items): add(items)
    case .reach(let goals): add(goals)
    }
    addHelp(question)
    addFeedback()
    if question.isToDo, run.state.result != nil { addSolution() }
  }

  private func letter(_ index: Int) -> String {
    String(Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(min(index, 25)))))
  }

  private mutating func add(_ choices: [Lesson.Choice]) {
    for (index, choice) in choices.enumerated() {
      let text = LessonText.prose(choice.text, on: machine, domains: domains)
      if run.state.result != nil, choice.isRight {
        add(hanging: Prose("✓ ", .live) + Prose(letter(index) + "  ", .live), text)
      } else if run.state.tried.contains(index) || run.state.result != nil {
        let mark = run.state.tried.contains(index) ? "✗ " : "  "
        add(
          hanging: Prose(mark, .fault) + Prose(letter(index) + "  ", .dim), text.all(.dim),
          run.isAsking ? .option(index) : .text)
      } else {
        add(hanging: Prose("  ") + Prose(letter(index) + "  ", .key), text, .option(index))
      }
    }
  }

  private mutating func add(_ answers: [Lesson.TypedAnswer]) {
    if run.state.result != nil {
      let right = answers.first(where: \.isRight)?.value.text ?? ""
      add(Prose("✓ ", .live) + Prose(right, .strong))
      return
    }
    if let typed = run.state.typed {
      add(Prose("✗ ", .fault) + Prose(typed.shown, .dim))
    }
    add(
      Prose("Enter", .key) + Prose("  type your answer", .dim),
      .action(.answer))
  }

  private mutating func addPointing(_ answers: [Lesson.PointedAnswer]) {
    guard run.isAsking else { return }
    let kind = answers.first?.thing.kind ?? "thing"
    add(Prose("Put the cursor on the \(kind), by keys or by a click.", .dim))
    gap()
    add(
      Prose("Enter", .key) + Prose("  takes ", .dim) + (pointed ?? Prose("what it is on", .dim)),
      .action(.answer))
  }

  private mutating func add(_ items: [Lesson.Item]) {
    for (place, item) in run.state.placed.enumerated() {
      add(
        hanging: Prose("  \(place + 1)  ", .live),
        LessonText.prose(items[item].text, on: machine, domains: domains))
    }
    guard run.isAsking else { return }
    if !run.state.placed.isEmpty {
      add(hanging: Prose("  "), Prose("Backspace", .key) + Prose(" takes it back", .dim))
    }
    for (index, item) in (run.question?.shownOrder ?? []).enumerated()
    where !run.state.placed.contains(item) {
      add(
        hanging: Prose("  ") + Prose(letter(index) + "  ", .key),
        LessonText.prose(items[item].text, on: machine, domains: domains), .option(index))
    }
  }

  private mutating func add(_ goals: [Lesson.Goal]) {
    for goal in goals {
      let holds = run.state.result == .right || run.holds(goal, in: timeline)
      add(
        hanging: Prose(holds ? "✓ " : "○ ", holds ? .live : .dim),
        LessonText.language(goal.text, on: machine, domains: domains)
          + (holds || !run.isPlaying ? "" : found(goal)))
    }
  }

  /// What is so instead of what a goal wants, once somebody has tried.
  private func found(_ goal: Lesson.Goal) -> Prose {
    guard let found = goal.condition.found(in: timeline, operations: run.operationCount) else {
      return ""
    }
    return Prose("; now \(found)", .half)
  }

  private mutating func addSolution() {
    if run.state.result == .right {
      gap()
      add(Prose("The lesson goes on from its own solution:", .dim))
    }
    for index in run.current.solution {
      let text = run.lesson.script.lines[index].operation.text
      add(hanging: "  ", LessonText.language(text, on: machine, domains: domains))
    }
  }

  private mutating func addHelp(_ question: Lesson.Question) {
    guard run.isAsking, run.state.hints > 0 else { return }
    gap()
    for hint in question.hints.prefix(run.state.hints) {
      add(hanging: Prose("hint  ", .accent), LessonText.prose(hint, on: machine, domains: domains))
    }
  }

  private mutating func addFeedback() {
    if let feedback = run.state.feedback {
      gap()
      let start: Prose =
        run.state.result == .shown
        ? Prose("The answer. ", .strong)
        : feedback.isRight
          ? Prose("✓ Right. ", .live) : Prose("✗ Not so. ", .fault)
      var paragraphs = feedback.explanation.map {
        LessonText.prose($0, on: machine, domains: domains)
      }
      if paragraphs.isEmpty { paragraphs = [""] }
      paragraphs[0] = start + paragraphs[0]
      for (index, paragraph) in paragraphs.enumerated() {
        if index > 0 { gap() }
        add(paragraph)
      }
    } else if run.isAsking, run.state.hints == 0, !question(isToDo: true) {
      gap()
      add(Prose("Take a guess. A wrong one costs nothing.", .dim))
    }
  }

  private func question(isToDo: Bool) -> Bool { run.question?.isToDo == isToDo }

  // MARK: What comes next

  private mutating func addNext() {
    guard let next else { return }
    gap()
    add(next, .action(run.isPlaying && run.isAsking ? .resume : .answer))
  }

  private var next: Prose? {
    if run.isPlaying, run.isAsking {
      return Prose("b ", .key)
        + Prose(
          question(isToDo: true)
            ? "starts this again" : "goes back: what you do here is not the lesson's", .dim)
    }
    if run.isPlaying { return Prose("b ", .key) + Prose("goes back to the lesson", .dim) }
    guard !run.isAsking else { return nil }
    if !timeline.isAtEnd { return Prose("n ", .key) + Prose("steps through it", .dim) }
    let words =
      taken.practice != nil
      ? "next problem"
      : !run.isLastPage ? "next page" : taken.isReview ? "on with the lesson" : "finish the lesson"
    return Prose("n ", .key) + Prose(words, .dim)
  }
}

extension Lesson.Question {
  /// The question itself, standing out.
  fileprivate func emphasis(on machine: Machine, _ domains: Set<String>) -> Prose {
    var prose = Prose()
    for piece in LessonText.prose(text, on: machine, domains: domains).pieces {
      prose.add(piece.text, piece.role == .text ? .strong : piece.role, to: piece.target)
    }
    return prose
  }
}
