import IOMMULab
import Testing

/// Lessons as they look.
@Suite struct `Screens of lessons` {
  static let sizes = [(80, 24), (120, 36), (200, 60)]

  @Test(arguments: sizes)
  func `each kind of question looks as expected`(width: Int, height: Int) throws {
    let scenes: [(name: String, keys: String)] = [
      ("lesson-text", "N"), ("lesson-choice", "]<Down>"), ("lesson-wrong", "]a"),
      ("lesson-right", "]b"), ("lesson-covered", "]]h<Tab>4"), ("lesson-point", "]]]<Tab><Right>"),
      ("lesson-order", "]]]]a"), ("lesson-goals", "]]]]]"),
      ("lesson-playing", "]:'detach fb mdp_vg1'<Enter>"), ("course-map", "L<Down>"),
    ]
    for (name, keys) in scenes {
      let session = try Session(
        lesson: Session.shortLesson, keys, size: (width, height),
        progress: CourseProgress(text: "why 7 done\ndomain 3 missed 2\n"))
      try ExpectedScreen.check(name, session)
    }
  }

  @Test func `in ASCII and in one pane at a time it is all there too`() throws {
    try ExpectedScreen.check(
      "lesson-ascii", try Session(lesson: Session.shortLesson, "]a", isASCII: true))
    try ExpectedScreen.check(
      "lesson-single", try Session(lesson: Session.shortLesson, "]", size: (60, 20)))
  }
}
