internal import IOMMUModel

/// A question that is still being read.
struct QuestionDraft {
  let line: Int
  let column: Int
  let kind: LessonKeyword
  private let text: String
  private var details: [String] = []
  private var answers: [Answer] = []
  private var items: [Answer] = []
  private var goals: [Lesson.Goal] = []
  private var hints: [String] = []
  private var covers: Set<Lesson.View> = []
  /// What text belongs to by now.
  private var last = Last.question

  private enum Last { case question, answer, item, nothing }

  private struct Answer {
    let keyword: LessonKeyword
    let text: String
    let value: Value
    let line: Int
    let column: Int
    var explanation: [String] = []
  }

  private enum Value {
    case text
    case thing(NamedThing)
  }

  init(_ kind: LessonKeyword, _ text: String, _ here: LessonReader.Place) {
    (self.kind, self.text, line, column) = (kind, text, here.number, here.column)
  }

  /// Adds a line of text to what stands above it.
  mutating func add(_ line: String) {
    switch last {
    case .question: details.append(line)
    case .answer: answers[answers.count - 1].explanation.append(line)
    case .item: items[items.count - 1].explanation.append(line)
    case .nothing: details.append(line)
    }
  }

  mutating func take(
    _ keyword: LessonKeyword, _ rest: Substring, _ here: LessonReader.Place
  ) throws(ParseError) {
    guard fits(keyword) else {
      throw here.error(
        "\"\(keyword.rawValue)\" does not fit a question that begins with \(kind.rawValue)")
    }
    switch keyword {
    case .right, .wrong:
      var value = Value.text
      if kind == .point {
        var reader = here.reader(rest)
        value = .thing(try NamedThing(&reader))
      }
      add(
        Answer(
          keyword: keyword, text: try here.text(rest, "an answer"), value: value, line: here.number,
          column: here.column))
    case .otherwise:
      add(
        Answer(
          keyword: keyword, text: "", value: .text, line: here.number, column: here.column))
    case .item:
      items.append(
        Answer(
          keyword: keyword, text: try here.text(rest, "an item"), value: .text, line: here.number,
          column: here.column))
      last = .item
    case .goal:
      var reader = here.reader(rest)
      let condition = try Condition(&reader)
      goals.append(Lesson.Goal(condition: condition, text: String(rest), line: here.number))
      last = .nothing
    case .hint:
      hints.append(try here.text(rest, "a hint"))
      last = .nothing
    default:
      for word in rest.split(whereSeparator: \.isWhitespace) {
        guard let view = Lesson.View(rawValue: String(word)) else {
          throw here.reader(rest).unknownView(String(word))
        }
        covers.insert(view)
      }
      last = .nothing
    }
  }

  private mutating func add(_ answer: Answer) {
    answers.append(answer)
    last = .answer
  }

  private func fits(_ keyword: LessonKeyword) -> Bool {
    switch keyword {
    case .right, .wrong: kind == .choose || kind == .type || kind == .point
    case .otherwise: kind == .type || kind == .point
    case .item: kind == .order
    case .goal: kind == .toDo
    default: true
    }
  }

  // MARK: What is wrong with it as a whole

  var mistakes: [ParseError] {
    var messages: [String] = []
    let rights = answers.count { $0.keyword == .right }
    switch kind {
    case .choose:
      if rights != 1 { messages.append("one answer is right; here are \(rights)") }
      if !(2...6).contains(answers.count) { messages.append("two to six answers are needed") }
    case .type, .point:
      if rights == 0 { messages.append("no answer is right") }
      if !answers.contains(where: { $0.keyword == .otherwise }) {
        messages.append("\"otherwise\" is missing: what to say of any other answer")
      }
    case .order:
      if !(3...6).contains(items.count) { messages.append("three to six items are needed") }
    default:
      if goals.isEmpty { messages.append("a goal is missing") }
    }
    if hints.isEmpty { messages.append("a hint is missing") }
    let silent = (answers + items).filter { $0.explanation.isEmpty }
    return messages.map { ParseError(line: line, column: column, $0) }
      + silent.map {
        ParseError(
          line: $0.line, column: $0.column, "an explanation is missing: a line with | below")
      }
  }

  // MARK: The question

  var question: Lesson.Question {
    Lesson.Question(
      line: line, text: text, details: details.paragraphs, kind: builtKind, hints: hints,
      covers: covers)
  }

  private var otherwise: [String] {
    answers.first { $0.keyword == .otherwise }?.explanation.paragraphs ?? []
  }

  private var builtKind: Lesson.Kind {
    let given = answers.filter { $0.keyword != .otherwise }
    switch kind {
    case .choose:
      return .choose(
        given.map {
          Lesson.Choice(
            text: $0.text, isRight: $0.keyword == .right, explanation: $0.explanation.paragraphs)
        })
    case .type:
      return .type(
        given.map {
          Lesson.TypedAnswer(
            value: AnswerValue($0.text), isRight: $0.keyword == .right,
            explanation: $0.explanation.paragraphs)
        }, otherwise: otherwise)
    case .point:
      return .point(
        given.compactMap { answer in
          guard case .thing(let thing) = answer.value else { return nil }
          return Lesson.PointedAnswer(
            thing: thing, line: answer.line, isRight: answer.keyword == .right,
            explanation: answer.explanation.paragraphs)
        }, otherwise: otherwise)
    case .order:
      return .order(
        items.map { Lesson.Item(text: $0.text, explanation: $0.explanation.paragraphs) })
    default: return .reach(goals)
    }
  }
}
