internal import IOMMULab
internal import IOMMUModel

/// From page to page, out of a question that came back, and out of the lesson.
extension Explorer {
  mutating func turnPage(forward: Bool) {
    if lesson?.isReview ?? false {
      turnReview(forward: forward)
      return
    }
    if forward, let run = lesson?.run, run.isLastPage {
      if run.isAsking { skip() } else { goOn() }
      return
    }
    var isTurned = false
    change { run, timeline in
      isTurned = forward ? run.nextPage(&timeline) : run.previousPage(&timeline)
    }
    guard isTurned else {
      notice = "This is the first page."
      return
    }
    showPage()
  }

  /// A step forward when there is none left on the page: to the next page, or out of the lesson.
  ///
  /// - Returns: False where there is no lesson to go on with.
  mutating func goOnInLesson() -> Bool {
    guard let run = lesson?.run, timeline.isAtEnd else { return false }
    if run.isPlaying, run.isAsking {
      notice = "You try things out here. b goes back to the lesson as it was."
    } else if run.isAsking {
      notice =
        run.question?.isToDo ?? false
        ? "A task waits: o or : does it, and x shows the solution."
        : "The question comes first: answer it, or x shows the answer."
      showQuestion()
    } else {
      goOn()
    }
    return true
  }

  mutating func goOn() {
    guard let taken = lesson else { return }
    if taken.run.isPlaying {
      change { run, timeline in _ = run.resume(&timeline) }
      return
    }
    if !taken.run.isLastPage, !timeline.isAtEnd {
      _ = stepForward()
      return
    }
    guard timeline.isAtEnd else {
      _ = stepForward()
      return
    }
    if taken.isReview {
      leaveReview()
    } else if taken.run.isLastPage {
      finishLesson()
    } else {
      turnPage(forward: true)
    }
  }

  /// A question that came back has one page: on from it is to the lesson that waits.
  private mutating func turnReview(forward: Bool) {
    if !forward {
      notice = "This question came back alone; n goes on to the lesson."
    } else if lesson?.run.isAsking ?? false {
      skip()
    } else {
      leaveReview()
    }
  }

  private mutating func leaveReview() {
    guard var taken = lesson, let run = taken.waiting.popLast() else { return }
    noteProgress()
    taken.run = run
    do throws(ParseError) { try start(&taken) } catch { notice = Prose(error.message, .fault) }
  }

  private mutating func finishLesson() {
    if lesson?.practice != nil {
      nextProblem()
      return
    }
    change { run, timeline in _ = run.nextPage(&timeline) }
    noteProgress()
    guard let run = lesson?.run else { return }
    let asked = run.lesson.questions.count
    notice =
      Prose("\(run.lesson.title) is done: ", .live)
      + Prose("\(run.mastered.count) of \(asked) answered at once.", .text)
    if !run.name.isEmpty { openCourse(after: run.name) }
  }
}
