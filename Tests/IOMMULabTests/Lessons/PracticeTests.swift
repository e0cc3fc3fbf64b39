import IOMMULab
import IOMMUModel
import Testing

/// What practice asks, and how.
@Suite struct `Problems without end` {
  private func problems(
    _ topic: Practice.Topic?, seed: UInt64, count: Int = 6
  ) -> [Lesson] {
    var practice = Practice(topic, seed: seed)
    return (0..<count).map { _ in practice.next() }
  }

  @Test func `the same seed gives the same problems, another one others`() {
    #expect(problems(nil, seed: 7) == problems(nil, seed: 7))
    #expect(problems(nil, seed: 7) != problems(nil, seed: 8))
  }

  @Test(arguments: Practice.Topic.allCases)
  func `every problem has one answer, hints, and steps that show it`(topic: Practice.Topic) throws {
    for seed in 1...25 as ClosedRange<UInt64> {
      for problem in problems(topic, seed: seed) {
        let question = try #require(problem.pages.last?.question)
        #expect(try LessonCheck(problem).mistakes == [], "\(topic) \(seed): \(question.text)")
        #expect(question.hints.count == 2)
        switch question.kind {
        case .choose(let choices): #expect(choices.count { $0.isRight } == 1)
        case .type(let answers, _): #expect(answers.count { $0.isRight } == 1)
        default: Issue.record("of another kind")
        }
      }
    }
  }

  @Test func `what a problem calls right is what the machine does`() throws {
    var checked = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      for problem in problems(.walk, seed: seed, count: 3) {
        guard let question = problem.pages.last?.question,
          question.text.contains("address of memory"), case .type(let answers, _) = question.kind,
          let right = answers.first(where: \.isRight)
        else { continue }
        var machine = try Library.machine(for: problem.script)
        var last: UInt64?
        for line in problem.script.lines { last = machine.apply(line.operation).result }
        #expect(right.value.isSame(as: AnswerValue(String(last ?? 0))))
        checked += 1
      }
    }
    #expect(checked > 10)
  }

  @Test func `as text it asks, explains, and shows how it is`() throws {
    var dialogue = PracticeDialogue(Practice(.decode, seed: 2))
    var answers = ["?", "nonsense", "", "?", "?", "?"]
    var lines: [String] = []
    dialogue.run(
      ask: { answers.isEmpty ? nil : answers.removeFirst() }, write: { lines.append($0) })
    let text = lines.joined(separator: "\n")
    #expect(text.contains("Problem 1") && text.contains("Problem 2"))
    #expect(text.contains("hint: ") && text.contains("The answer: ") && text.contains("  =>  "))
    #expect(lines.last == "0 of 2 answered at once.")
    #expect(!text.contains("`") && !text.contains("iova:"))
  }

  @Test func `as text, a right answer is told so, and counts`() throws {
    let problem = problems(.walk, seed: 3, count: 1)[0]
    guard case .type(let answers, _)? = problem.pages.last?.question?.kind,
      let right = answers.first(where: \.isRight)
    else { return }
    var dialogue = PracticeDialogue(Practice(.walk, seed: 3))
    var typed = [right.value.text]
    var lines: [String] = []
    dialogue.run(ask: { typed.isEmpty ? nil : typed.removeFirst() }, write: { lines.append($0) })
    #expect(lines.contains { $0.hasPrefix("Right: ") })
    #expect(lines.last == "1 of 1 answered at once.")
  }
}
