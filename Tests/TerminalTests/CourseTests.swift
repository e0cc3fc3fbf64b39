import IOMMULab
import Testing

/// The course as it is taken: the built program, by keys, on 80 by 24.
@Suite struct `The whole course on a terminal` {
  @Test func `is played from the first lesson to the last`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let first = try #require(Course.lessons.first)
    let session = try BuiltProgram.start(
      ["lesson", first.name], changing: ["XDG_STATE_HOME": folder.path], columns: 80, rows: 24)
    var player = CoursePlayer(session)
    for entry in Course.lessons {
      try player.play(entry)
      // The map opens, with its cursor on the next one.
      try session.until("the map after \(entry.name)") { $0.text.contains("─ The course ─") }
      if entry.name != Course.lessons.last?.name { session.type("\r") }
    }
    #expect(session.text.contains("\(Course.lessons.count) of \(Course.lessons.count) done"))
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    let kept = CourseProgress(text: try #require(folder.text(of: "iommu-tui/progress")))
    #expect(Course.lessons.allSatisfy { kept[$0.name].isDone })
    #expect(kept.lessons.mapValues { $0.missed } == player.progress.lessons.mapValues { $0.missed })
  }

  @Test func `a lesson that is not there is told, with those that are`() throws {
    let session = try BuiltProgram.start(["lesson", "nowhere"])
    #expect(try session.untilEnd() == .status(2))
    #expect(session.text.contains("no lesson \"nowhere\"; there are: why, "))
  }
}

/// Presses the keys of somebody who knows all answers but points at nothing.
private struct CoursePlayer {
  private let session: PtySession
  /// What is missed, as the program should know it too.
  private(set) var progress = CourseProgress()
  private var operation = 0

  init(_ session: PtySession) { self.session = session }

  mutating func play(_ entry: Course.Entry) throws {
    for (other, page) in progress.missed(besides: entry.name).prefix(2) {
      let lesson = try other.lesson()
      try session.until("a question of \(other.name) that came back") {
        $0.text.contains("Once more") && $0.text.contains("page \(page + 1) of")
      }
      operation = lesson.pages[..<page].reduce(0) {
        $0 + $1.solution.count + $1.steps.count
      }
      try answer(lesson, page, at: entry)
      try step(lesson.pages[page].steps.count)
      session.type("N")
    }
    let lesson = try entry.lesson()
    operation = 0
    for (index, page) in lesson.pages.enumerated() {
      try session.until("\(entry.name), page \(index + 1)") {
        $0.text.contains("page \(index + 1) of \(lesson.pages.count)")
          && !$0.text.contains("Once more")
      }
      if page.question != nil { try answer(lesson, index, at: entry) }
      try step(page.steps.count)
      session.type("N")
    }
    let missed = lesson.questions.filter {
      if case .point = $0.question.kind { true } else { false }
    }
    progress = CourseProgress(
      text: progress.text + "\(entry.name) 1 done missed "
        + missed.map { String($0.page + 1) }.joined(separator: " ") + "\n")
  }

  /// Operations of the page, one at a time.
  private mutating func step(_ count: Int) throws {
    for _ in 0..<count {
      session.type("N")
      operation += 1
      try session.until("operation \(operation)") { [operation] in
        $0.text.contains("op \(operation)/")
      }
    }
  }

  private mutating func answer(_ lesson: Lesson, _ index: Int, at entry: Course.Entry) throws {
    let page = lesson.pages[index]
    guard let question = page.question else { return }
    let place = "\(entry.name), page \(index + 1)"
    switch question.kind {
    case .choose(let choices):
      session.type(Self.letter(choices.firstIndex(where: \.isRight) ?? 0))
    case .type(let answers, _):
      session.type("\r" + (answers.first(where: \.isRight)?.value.text ?? "") + "\r")
    case .order(let items):
      let order = question.shownOrder
      for item in items.indices { session.type(Self.letter(order.firstIndex(of: item) ?? 0)) }
    case .point:
      session.type("x")
      try session.until("the answer of \(place)") { $0.text.contains("The answer.") }
      return
    case .reach:
      for line in page.solution {
        session.type(":" + lesson.script.lines[line].operation.text + "\r")
      }
    }
    try session.until("right at \(place)") { $0.text.contains("Right.") }
    guard question.isToDo else { return }
    session.type("N")
    operation += page.solution.count
    try session.until("back in the lesson at \(place)") { [operation] in
      $0.text.contains("op \(operation)/") && !$0.text.contains("trying out")
    }
  }

  private static func letter(_ index: Int) -> String { ["a", "b", "c", "d", "e", "f"][index] }
}
