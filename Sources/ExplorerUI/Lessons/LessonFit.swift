package import IOMMULab
package import IOMMUModel
internal import TerminalCore

/// Whether the pages of a lesson fit beside the machine on the smallest screen that shows both.
package enum LessonFit {
  /// The lines of a lesson that make a page too long, with what to do about it.
  ///
  /// - Throws: A mistake in the platform that the lesson names.
  package static func mistakes(in lesson: Lesson) throws(ParseError) -> [ParseError] {
    var mistakes: [ParseError] = []
    var run = LessonRun(lesson)
    var timeline = try run.begin()
    repeat {
      mistakes += tooLong(run, timeline)
      timeline.jumpToEnd()
    } while run.nextPage(&timeline)
    return mistakes
  }

  /// The rows and columns that a lesson's text has on 80 by 24.
  private static var room: Rect {
    Layout(width: 80, height: 24, focus: .system, isZoomed: false, hasText: true).system
  }

  private static func tooLong(_ run: LessonRun, _ timeline: Timeline) -> [ParseError] {
    let height = room.height - 2
    let fresh = lines(run, timeline)
    var mistakes: [ParseError] = []
    let text = fresh.questionStart ?? fresh.lines.count
    if text > height {
      mistakes.append(
        ParseError(
          line: run.current.line, column: 1,
          "the text takes \(text) rows beside the machine on 80 by 24, where \(height) fit"))
    }
    guard let question = run.question else { return mistakes }
    let longest =
      answered(run, timeline).map { lines in
        lines.lines.count - (lines.questionStart ?? 0)
      }.max() ?? 0
    if longest > height {
      mistakes.append(
        ParseError(
          line: question.line, column: 1,
          "the question and what is said of an answer take \(longest) rows, where \(height) fit"))
    }
    return mistakes
  }

  private static func lines(_ run: LessonRun, _ timeline: Timeline) -> LessonLines {
    LessonLines(TakenLesson(run), timeline, width: LessonView.textWidth(in: room))
  }

  /// The page after each answer that the lesson has words for, and with all hints.
  private static func answered(_ run: LessonRun, _ timeline: Timeline) -> [LessonLines] {
    var all: [LessonLines] = []
    func look(_ answer: (inout LessonRun, inout Timeline) -> Void) {
      var (run, timeline) = (run, timeline)
      answer(&run, &timeline)
      all.append(lines(run, timeline))
    }
    look { run, timeline in
      for _ in 0..<(run.question?.hints.count ?? 0) { run.help(&timeline) }
    }
    look { $0.reveal(&$1) }
    switch run.question?.kind {
    case .choose(let choices)?:
      for index in choices.indices { look { $0.choose(index, &$1) } }
    case .type(let answers, _)?:
      for answer in answers { look { $0.type(answer.value.text, &$1) } }
      look { $0.type("no such answer", &$1) }
    case .point(let answers, _)?:
      for answer in answers {
        guard let thing = answer.thing.thing(on: timeline.machine) else { continue }
        look { run, timeline in _ = run.point(at: thing, &timeline) }
      }
    case .order(let items)?:
      for first in items.indices {
        look { run, timeline in
          for item in [first] + items.indices.filter({ $0 != first }) { run.place(item, &timeline) }
        }
      }
    case .reach?, nil: break
    }
    return all
  }
}
