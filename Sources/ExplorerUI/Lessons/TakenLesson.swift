internal import IOMMULab

/// The lesson that is being taken, and how it is looked at.
struct TakenLesson: Sendable {
  var run: LessonRun
  /// The choice or item under the cursor.
  var cursor = 0
  /// The first line of the text to show, once a person scrolled; nil shows what matters now.
  var top: Int?
  /// The tree of the machine has the text's place for a while.
  var showsTree = false
  /// A question of another lesson came back: this is the lesson that waits behind it.
  var waiting: [LessonRun] = []
  /// Questions that come back before the lesson goes on.
  var reviews: [(lesson: Course.Entry, page: Int)] = []

  /// A question of an earlier lesson that was missed there.
  var isReview: Bool { !waiting.isEmpty }
  /// Where it was left the last time.
  var firstPage = 0
  /// Problems without end, one after the other, and how many were answered at once.
  var practice: Practice?
  var mastered = 0

  init(_ run: LessonRun) { self.run = run }
}

/// What can be done in a lesson.
package enum LessonAction: Hashable, Sendable {
  /// Answers with what the cursor is on; without a question, goes on.
  case answer
  case choose(Int)
  case hint, skip
  /// Back to the lesson as it was, after playing.
  case resume
  case nextPage, previousPage
  case scroll(Int)
  /// The machine's tree in place of the text, and back.
  case tree
  /// Opens or closes the map of the course.
  case map
  case pointAtLesson(Int)
  case openLesson(Int)
  case resetProgress
}

extension Lesson.Question {
  /// How many choices or items there are.
  var optionCount: Int {
    switch kind {
    case .choose(let choices): choices.count
    case .order(let items): items.count
    case .type, .point, .reach: 1
    }
  }
}

extension TakenLesson {
  /// Where in the course it is.
  var place: Prose {
    if let practice {
      return Prose("practice ") + Prose("\(practice.count)", .strong)
        + Prose("  seed \(practice.seed)", .dim)
    }
    if let next = waiting.last, let entry = Course.lesson(named: next.name) {
      return Prose("before lesson ") + Prose("\(entry.number)", .strong)
    }
    guard let entry = Course.lesson(named: run.name) else { return Prose("lesson") }
    return Prose("lesson ") + Prose("\(entry.number)", .strong)
      + Prose(" of \(Course.lessons.count)", .dim)
  }
}
