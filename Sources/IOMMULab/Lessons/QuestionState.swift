/// How far a learner is with a question.
package struct QuestionState: Hashable, Sendable {
  /// What came of the last answer.
  package struct Feedback: Hashable, Sendable {
    package let isRight: Bool
    /// In paragraphs.
    package let explanation: [String]
  }

  package enum Result: Hashable, Sendable {
    case right
    /// The answer was shown: skipped, or asked for after the last hint.
    case shown
    /// It was left behind another time: nothing is known of it but that.
    case earlier
  }

  /// Answers that were wrong.
  package internal(set) var wrongTries = 0
  package internal(set) var hints = 0
  package internal(set) var result: Result?
  package internal(set) var feedback: Feedback?
  /// The choices that were tried.
  package internal(set) var tried: Set<Int> = []
  /// What was typed last.
  package internal(set) var typed: String?
  /// The items placed so far, as they are counted in the lesson.
  package internal(set) var placed: [Int] = []

  package init() {}

  /// It was not answered right at once and without the answer being shown.
  package var isMissed: Bool { wrongTries > 0 || result == .shown }

  mutating func note(isRight: Bool, _ explanation: [String]) {
    feedback = Feedback(isRight: isRight, explanation: explanation)
    if isRight { result = .right } else { wrongTries += 1 }
  }
}

extension Lesson.Question {
  /// The order in which items are shown: never the right one, and always the same.
  package var shownOrder: [Int] {
    guard case .order(let items) = kind else { return [] }
    var seed = text.utf8.reduce(UInt64(1469)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    var order = Array(items.indices)
    for index in order.indices.dropFirst().reversed() {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      order.swapAt(index, Int((seed >> 33) % UInt64(index + 1)))
    }
    if order == Array(items.indices) { order.reverse() }
    return order
  }
}
