internal import IOMMULab
internal import IOMMUModel

/// A lesson from a file, and a lesson from its beginning.
extension Explorer {
  /// Begins the lesson that a file holds, or says what is wrong with it.
  mutating func openLesson(_ text: String, from path: String) throws(ParseError) {
    guard text.utf8.count <= Loading.longest else {
      throw ParseError(
        line: 0, column: 1,
        "\(path.shown) is larger than \(UInt64(Loading.longest).sizeText): no lesson is"
      )
    }
    let lesson: Lesson
    do throws(Lesson.Mistakes) {
      lesson = try Lesson(parsing: text, platforms: Library.platformNames)
    } catch {
      let lines = error.lines(in: path.shown)
      let rest = lines.count > 1 ? "; iommu-tui lesson --check tells what else is wrong" : ""
      throw ParseError(line: 0, column: 1, (lines.first ?? "") + rest)
    }
    try take(lesson, named: "")
    let count = lesson.pages.count
    notice =
      Prose("Opened ", .live) + Prose(lesson.title.shown, .strong)
      + Prose(": a lesson of \(count) page\(count == 1 ? "" : "s").", .text)
  }

  /// Begins the lesson that is being taken from its first page.
  mutating func restart(_ taken: TakenLesson) throws(ParseError) {
    let run = taken.waiting.last ?? taken.run
    var fresh = TakenLesson(LessonRun(run.lesson, name: run.name))
    (fresh.practice, fresh.mastered) = (taken.practice, taken.mastered)
    try start(&fresh)
    notice = "The lesson starts over, from its first page."
  }
}
