package import IOMMULab
internal import IOMMUModel

/// Problems without end.
extension Explorer {
  /// Begins with the first problem.
  package mutating func practise(_ practice: Practice) {
    var practice = practice
    var taken = TakenLesson(LessonRun(practice.next()))
    taken.practice = practice
    begin(taken)
  }

  /// On to the next problem; how this one went counts.
  mutating func nextProblem() {
    guard let old = lesson, var practice = old.practice else { return }
    var taken = TakenLesson(LessonRun(practice.next()))
    taken.practice = practice
    taken.mastered = old.mastered + old.run.mastered.count
    begin(taken)
    notice =
      Prose(old.run.missed.isEmpty ? "Right at once. " : "", .live)
      + Prose("\(taken.mastered) of \(practice.count - 1) answered at once so far.", .text)
  }

  private mutating func begin(_ taken: TakenLesson) {
    var taken = taken
    do throws(ParseError) {
      try start(&taken)
    } catch {
      notice = Prose("The problem cannot begin: \(error.message)", .fault)
    }
  }
}
