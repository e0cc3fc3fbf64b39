internal import IOMMUModel

/// Problems as plain questions and answers, line by line.
package struct PracticeDialogue {
  private var practice: Practice
  private var mastered = 0

  package init(_ practice: Practice) { self.practice = practice }

  /// Asks until there are no more answers; `ask` gives a line, `write` shows one.
  package mutating func run(ask: () -> String?, write: (String) -> Void) {
    write("Seed \(practice.seed). A line is an answer; ? is a hint, an empty line the solution.")
    var asked = 0
    while true {
      let lesson = practice.next()
      guard let isMastered = solve(LessonRun(lesson), ask: ask, write: write) else { break }
      asked += 1
      if isMastered { mastered += 1 }
    }
    guard asked > 0 else { return }
    write("")
    write("\(mastered) of \(asked) answered at once.")
  }

  /// One problem; nil when the answers end.
  private func solve(
    _ problem: LessonRun, ask: () -> String?, write: (String) -> Void
  ) -> Bool? {
    var run = problem
    guard var timeline = try? run.begin(), let question = run.question else { return nil }
    write("")
    write("\(run.current.section)")
    for paragraph in run.current.text + [question.text] { write(LessonText.plain(paragraph)) }
    if case .choose(let choices) = question.kind {
      for (index, choice) in choices.enumerated() {
        write(
          "  \(Self.letters[min(index, Self.letters.count - 1)])  \(LessonText.plain(choice.text))")
      }
    }
    while run.isAsking {
      guard let line = ask() else { return nil }
      let answer = String(line[...].trimmed)
      if answer == "?", run.state.hints < question.hints.count {
        run.help(&timeline)
        write("hint: \(LessonText.plain(question.hints[run.state.hints - 1]))")
        continue
      }
      if answer.isEmpty || answer == "?" {
        run.reveal(&timeline)
      } else if case .choose = question.kind {
        guard let index = Self.letters.firstIndex(of: answer.lowercased()) else {
          write("A letter is an answer here.")
          continue
        }
        run.choose(index, &timeline)
      } else {
        run.type(answer, &timeline)
      }
      tell(run, question, write)
    }
    show(run, write)
    return !run.state.isMissed && run.state.hints == 0
  }

  private static let letters = ["a", "b", "c", "d", "e", "f"]

  private func tell(_ run: LessonRun, _ question: Lesson.Question, _ write: (String) -> Void) {
    guard let feedback = run.state.feedback else { return }
    let start = run.state.result == .shown ? "The answer" : feedback.isRight ? "Right" : "Not so"
    var words = feedback.explanation.map(LessonText.plain).joined(separator: " ")
    if run.state.result != nil { words = "\(question.rightAnswer). \(words)" }
    write("\(start): \(words)")
  }

  /// The operations that show the answer, with what they answer.
  private func show(_ run: LessonRun, _ write: (String) -> Void) {
    guard var machine = try? Library.machine(for: run.lesson.script) else { return }
    for index in run.lesson.script.lines.indices {
      let operation = run.lesson.script.lines[index].operation
      let outcome = machine.apply(operation)
      guard run.current.steps.contains(index) else { continue }
      write("    \(operation.text)  =>  \(outcome.words(in: machine))")
    }
  }
}

extension Lesson.Question {
  /// The right answer, as plain text.
  fileprivate var rightAnswer: String {
    switch kind {
    case .choose(let choices): LessonText.plain(choices.first(where: \.isRight)?.text ?? "")
    case .type(let answers, _): answers.first(where: \.isRight)?.value.text ?? ""
    case .point, .order, .reach: ""
    }
  }
}
