internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// What is wrong with a lesson that can be read: it is played, and each question looked at where it
/// is asked.
package struct LessonCheck {
  package internal(set) var mistakes: [ParseError] = []
  /// How many goals there are, and those that the solutions do not reach.
  package private(set) var goalCount = 0
  package private(set) var unreached: [Lesson.Goal] = []
  let lesson: Lesson

  package init(_ lesson: Lesson) throws(ParseError) {
    self.lesson = lesson
    try checkAnswers()
    try play()
    checkCourse()
    mistakes.sort { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  mutating func note(_ line: Int, _ message: String, column: Int = 1) {
    mistakes.append(ParseError(line: line, column: column, message))
  }

  // MARK: The operations

  /// What the operations answer, and whether that is what the lesson expects.
  private mutating func checkAnswers() throws(ParseError) {
    let machine = try Library.machine(for: lesson.script)
    var runner = ScriptRunner(
      machine, registers: try Library.registers(of: machine.platform.family),
      options: .init(isJSON: false, showsEvents: false))
    for failure in runner.run(lesson.script, write: { _ in }) {
      note(failure.line, failure.reason, column: failure.column)
    }
  }

  // MARK: Questions and goals

  private mutating func play() throws(ParseError) {
    var run = LessonRun(lesson)
    var timeline = try run.begin()
    repeat {
      checkShow(run.current, on: timeline.machine)
      if let question = run.question { check(question, &run, &timeline) }
      timeline.jumpToEnd()
    } while run.nextPage(&timeline)
  }

  private mutating func check(
    _ question: Lesson.Question, _ run: inout LessonRun, _ timeline: inout Timeline
  ) {
    let machine = timeline.machine
    switch question.kind {
    case .reach(let goals):
      goalCount += goals.count
      checkNames(of: goals, on: machine)
      if goals.allSatisfy({ $0.condition.holds(in: timeline, operations: 0) }) {
        note(question.line, "all goals hold before anything is done")
      }
      let count = run.current.solution.count
      run.reveal(&timeline)
      timeline.jump(
        to: Timeline.Position(entry: timeline.position.entry + count, events: .max))
      for goal in goals where !goal.condition.holds(in: timeline, operations: count) {
        unreached.append(goal)
        note(goal.line, "the solution does not reach the goal: \(goal.text.shown)")
      }
    case .point(let answers, _):
      for answer in answers where answer.thing.thing(on: machine) == nil {
        note(answer.line, "this \(answer.thing.kind) is not there at this point")
      }
      checkPlaces(of: answers, on: machine)
      fallthrough
    default:
      if run.current.steps.isEmpty {
        note(question.line, "the operations that show the answer are missing below it")
      }
      run.reveal(&timeline)
    }
  }

  private mutating func checkShow(_ page: Lesson.Page, on machine: Machine) {
    guard let show = page.show else { return }
    if let name = show.name, !machine.knows(name) {
      note(show.line, "\(name.shown) is not there at this point", column: show.column)
    }
    if let address = show.address, let mistake = machine.mistake(inShown: address, by: show.view) {
      note(show.line, mistake, column: show.column)
    }
  }

  // MARK: What is asked of a lesson of the course

  private mutating func checkCourse() {
    guard lesson.part > 0 else { return }
    let questions = lesson.questions.map(\.question)
    if questions.count(where: { !$0.isToDo }) < 2 {
      note(1, "a lesson asks for two predictions at least")
    }
    if !questions.contains(where: \.isToDo) { note(1, "a lesson has one thing to do at least") }
    var sourced: Set<String> = []
    for page in lesson.pages {
      if !page.sources.isEmpty { sourced.insert(page.section) }
      if !page.text.isEmpty, !sourced.contains(page.section) {
        note(page.line, "a source line is missing: what the text stands on")
      }
    }
  }
}

extension Machine {
  /// A device, an IOMMU, a bank of one or a domain has this name.
  fileprivate func knows(_ name: String) -> Bool { subject(named: name) != nil }
}

/// What a page's `show` names.
package enum ShownSubject: Hashable, Sendable {
  case iommu(Int)
  case bank(iommu: Int, bank: Int)
  case domain(String)
}

extension Machine {
  /// What a name of a lesson's `show` stands for: a device is the bank that it is behind.
  package func subject(named name: String) -> ShownSubject? {
    if system.domain(named: name) != nil { return .domain(name) }
    if let id = system.device(named: name) {
      let device = system.devices[id.index]
      return device.bank.map { .bank(iommu: device.iommu, bank: $0) } ?? .iommu(device.iommu)
    }
    let parts = name.split(separator: "/", maxSplits: 1)
    guard let first = parts.first, let iommu = index(ofIOMMU: String(first)) else { return nil }
    guard parts.count == 2 else { return .iommu(iommu) }
    guard let bank = Int(parts[1]), (0..<board.iommus[iommu].bankCount).contains(bank) else {
      return nil
    }
    return .bank(iommu: iommu, bank: bank)
  }
}
