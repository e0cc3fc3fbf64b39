package import IOMMUModel

/// A lesson being taken: which page is open, what was answered, and what is played aside.
///
/// The lesson has a timeline of its own, on which only its operations are done, one page's at a time
/// and none before the question above it was answered. What the learner does by hand is done on a
/// copy, so that the lesson can go on as it was. Timelines are values: the copy costs nothing.
package struct LessonRun: Sendable {
  package let lesson: Lesson
  /// What the course calls it; empty outside the course.
  package let name: String
  package private(set) var page = 0
  package private(set) var furthest = 0
  /// The last page was left forwards.
  package private(set) var isDone = false
  private var states: [QuestionState]
  /// For each page whose operations were done, how many operations the timeline had before them,
  /// and behind its solution.
  private var starts: [(start: Int, steps: Int)?]
  /// The lesson's own timeline, while the learner plays with a copy.
  private var own: Timeline?
  /// What the learner did since, as places on the timeline; what only looks does not count.
  private var done: [Int] = []

  package init(_ lesson: Lesson, name: String = "") {
    self.lesson = lesson
    self.name = name
    states = lesson.pages.map { _ in QuestionState() }
    starts = lesson.pages.map { _ in nil }
  }

  // MARK: Where we are

  package var current: Lesson.Page { lesson.pages[page] }
  package var question: Lesson.Question? { current.question }
  package var state: QuestionState { states[page] }
  package func state(of page: Int) -> QuestionState { states[page] }

  /// A question waits for its answer.
  package var isAsking: Bool { question != nil && state.result == nil }

  /// The learner plays with a copy of the machine.
  package var isPlaying: Bool { own != nil }

  package var isLastPage: Bool { page == lesson.pages.count - 1 }

  /// What the learner did for this question and did not take back.
  package var operationCount: Int { done.count }

  /// What must not be seen yet.
  package var covers: Set<Lesson.View> {
    isAsking && !isPlaying ? question?.covers ?? [] : []
  }

  /// The pages whose question was missed, and those whose question was answered at once.
  package var missed: [Int] { lesson.questions.map(\.page).filter { states[$0].isMissed } }
  package var mastered: [Int] {
    lesson.questions.map(\.page).filter { states[$0].result == .right && !states[$0].isMissed }
  }

  // MARK: Pages

  /// Starts from the machine that the lesson begins on.
  package mutating func begin(atPage page: Int = 0) throws(ParseError) -> Timeline {
    var machine = try Library.machine(for: lesson.script)
    // What is done before the first page is no part of the timeline: it would tell too much.
    for index in 0..<lesson.prelude { _ = machine.apply(lesson.script.lines[index].operation) }
    var timeline = Timeline(from: machine, source: lesson.script.source)
    let last = max(0, min(page, lesson.pages.count - 1))
    for earlier in 0..<last {
      self.page = earlier
      if question != nil { states[earlier].result = .earlier }
      release(&timeline)
    }
    enter(last, &timeline)
    return timeline
  }

  private mutating func enter(_ page: Int, _ timeline: inout Timeline) {
    self.page = page
    furthest = max(furthest, page)
    if let own { (timeline, self.own) = (own, nil) }
    done = []
    if starts[page] != nil {
      standAtStart(&timeline)
    } else if !isAsking {
      release(&timeline)
      standAtStart(&timeline)
    } else {
      timeline.jumpToEnd()
    }
  }

  /// Does the page's operations at the end of the lesson's timeline.
  private mutating func release(_ timeline: inout Timeline) {
    guard starts[page] == nil else { return }
    timeline.jumpToEnd()
    let start = timeline.entries.count
    perform(current.solution, &timeline)
    starts[page] = (start, timeline.entries.count)
    perform(current.steps, &timeline)
  }

  private func perform(_ lines: Range<Int>, _ timeline: inout Timeline) {
    for index in lines where lesson.script.lines.indices.contains(index) {
      let line = lesson.script.lines[index]
      timeline.perform(line.operation, line: line.number)
    }
  }

  /// Behind so many operations.
  private func stand(at count: Int, _ timeline: inout Timeline) {
    timeline.jump(to: Timeline.Position(entry: count - 1, events: .max))
  }

  private func standAtStart(_ timeline: inout Timeline) {
    if let start = starts[page]?.start { stand(at: start, &timeline) }
  }

  /// To the next page; a question that is still open counts as missed, and its answer is shown.
  ///
  /// - Returns: False behind the last page.
  package mutating func nextPage(_ timeline: inout Timeline) -> Bool {
    if isAsking { reveal(&timeline) }
    resume(&timeline)
    guard !isLastPage else {
      isDone = true
      return false
    }
    enter(page + 1, &timeline)
    return true
  }

  /// To the page before; what was answered stays answered.
  package mutating func previousPage(_ timeline: inout Timeline) -> Bool {
    guard page > 0 else { return false }
    resume(&timeline)
    enter(page - 1, &timeline)
    return true
  }

  // MARK: Playing aside

  /// The learner is about to do something that is none of the lesson's operations.
  package mutating func willOperate(_ timeline: Timeline) {
    guard own == nil else {
      // Whoever went back in time gives up what came after.
      done.removeAll { $0 > timeline.position.entry }
      return
    }
    own = timeline
    done = []
  }

  /// The learner did something: the goals may be reached.
  package mutating func didOperate(_ timeline: Timeline) {
    if !(timeline.current?.operation.onlyLooks ?? true) { done.append(timeline.position.entry) }
    checkGoals(timeline)
  }

  /// Answers the question if all its goals are reached by now.
  package mutating func checkGoals(_ timeline: Timeline) {
    guard isAsking, case .reach(let goals)? = question?.kind else { return }
    var done = timeline
    done.jump(to: Timeline.Position(entry: timeline.position.entry, events: .max))
    guard goals.allSatisfy({ $0.condition.holds(in: done, operations: operationCount) }) else {
      return
    }
    states[page].note(isRight: true, [])
  }

  /// Whether a goal holds where a timeline stands.
  package func holds(_ goal: Lesson.Goal, in timeline: Timeline) -> Bool {
    goal.condition.holds(in: timeline, operations: operationCount)
  }

  /// Back to the lesson as it was; what was reached by hand goes on with the lesson's own solution.
  ///
  /// - Returns: False when nothing was played.
  @discardableResult
  package mutating func resume(_ timeline: inout Timeline) -> Bool {
    let wasPlaying = own != nil
    if let own { (timeline, self.own) = (own, nil) }
    done = []
    if !isAsking, question != nil, starts[page] == nil {
      release(&timeline)
      if let steps = starts[page]?.steps { stand(at: steps, &timeline) }
    }
    return wasPlaying
  }

  // MARK: Answers

  /// Takes a choice, by its place among the choices.
  package mutating func choose(_ index: Int, _ timeline: inout Timeline) {
    guard isAsking, case .choose(let choices)? = question?.kind, choices.indices.contains(index)
    else { return }
    states[page].tried.insert(index)
    take(choices[index].isRight, choices[index].explanation, &timeline)
  }

  package mutating func type(_ text: String, _ timeline: inout Timeline) {
    guard isAsking, case .type(let answers, let otherwise)? = question?.kind else { return }
    let value = AnswerValue(text)
    states[page].typed = value.text
    let found = answers.first { $0.value.isSame(as: value) }
    let rights = answers.filter(\.isRight)
    if found == nil, let hex = value.asHex, rights.contains(where: { $0.value.isSame(as: hex) }) {
      // The right digits, written so that they mean another number: that is no mistake to count.
      states[page].feedback = QuestionState.Feedback(
        isRight: false, explanation: ["`\(value.text)` is decimal. In hex it is `\(hex.text)`."])
      return
    }
    take(found?.isRight ?? false, found?.explanation ?? otherwise, &timeline)
  }

  /// Takes a thing that was pointed at.
  ///
  /// - Returns: False when it is of another kind than what is asked for, and so no answer.
  package mutating func point(at thing: PointedThing, _ timeline: inout Timeline) -> Bool {
    guard isAsking, case .point(let answers, let otherwise)? = question?.kind else { return false }
    let machine = timeline.machine
    guard answers.contains(where: { $0.thing.thing(on: machine)?.isLike(thing) ?? false }) else {
      return false
    }
    let found = answers.first { $0.thing.isThing(thing, on: machine) }
    take(found?.isRight ?? false, found?.explanation ?? otherwise, &timeline)
    return true
  }

  /// Places an item behind those that are placed.
  package mutating func place(_ item: Int, _ timeline: inout Timeline) {
    guard isAsking, case .order(let items)? = question?.kind, items.indices.contains(item),
      !state.placed.contains(item)
    else { return }
    states[page].placed.append(item)
    states[page].feedback = nil
    guard state.placed.count == items.count else { return }
    if let wrong = state.placed.indices.first(where: { state.placed[$0] != $0 }) {
      let explanation = items[state.placed[wrong]].explanation
      // What is right up to there stays.
      states[page].placed.removeSubrange(wrong...)
      take(false, explanation, &timeline)
    } else {
      take(true, [], &timeline)
    }
  }

  /// Takes back the item placed last.
  ///
  /// - Returns: False when there is none.
  package mutating func unplace() -> Bool {
    guard isAsking, !state.placed.isEmpty else { return false }
    states[page].placed.removeLast()
    return true
  }

  private mutating func take(
    _ isRight: Bool, _ explanation: [String], _ timeline: inout Timeline
  ) {
    states[page].note(isRight: isRight, explanation)
    if isRight { resume(&timeline) }
  }

  // MARK: Help

  /// Shows one hint more; behind the last one the answer.
  package mutating func help(_ timeline: inout Timeline) {
    guard isAsking, let question else { return }
    if state.hints < question.hints.count {
      states[page].hints += 1
    } else {
      reveal(&timeline)
    }
  }

  /// Shows the answer and does what follows, or the solution, to be stepped through.
  package mutating func reveal(_ timeline: inout Timeline) {
    guard isAsking else { return }
    states[page].result = .shown
    states[page].feedback = QuestionState.Feedback(isRight: false, explanation: shownExplanation)
    if case .order(let items)? = question?.kind { states[page].placed = Array(items.indices) }
    resume(&timeline)
    standAtStart(&timeline)
  }

  private var shownExplanation: [String] {
    switch question?.kind {
    case .choose(let choices)?: choices.first(where: \.isRight)?.explanation ?? []
    case .type(let answers, _)?: answers.first(where: \.isRight)?.explanation ?? []
    case .point(let answers, _)?: answers.first(where: \.isRight)?.explanation ?? []
    case .order?, .reach?, nil: []
    }
  }
}

extension Operation {
  /// It asks, and is done to know something.
  fileprivate var onlyLooks: Bool {
    switch self {
    case .walk, .dump, .readWord, .iovaToPhys, .register(_, _, nil): true
    default: false
    }
  }
}
