import Foundation
import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// What may go wrong on the way through a lesson.
@Suite struct `A lesson goes on whatever one does` {
  private func files(_ texts: [String: String]) -> Files {
    Files(
      read: { texts[$0].map { .success($0) } ?? .failure(.failed("No such file")) },
      write: { _, _, _ in .failure(.exists) }, paths: { _ in [] })
  }

  @Test func `a file with a lesson is opened as one`() throws {
    let files = files(["mine": Session.shortLesson, "bad": "lesson One\nsection A\nshow nothing\n"])
    var session = try Session(":'open mine'<Enter>", files: files)
    #expect(session.explorer.lesson?.run.lesson.title == "A short one")
    #expect(session.screen.contains("A domain fb for"))
    session = try Session(":'open bad'<Enter>", size: (120, 36), files: files)
    #expect(session.explorer.lesson == nil)
    #expect(session.screen.contains("bad:3:6: no view is called"))
  }

  @Test func `reset begins the lesson anew and shows no solution`() throws {
    let session = try Session(lesson: Session.shortLesson, "]a:'reset'<Enter>")
    let run = try #require(session.explorer.lesson?.run)
    #expect(run.page == 0)
    #expect(run.state(of: 1) == QuestionState())
    let fresh = try Session(lesson: Session.shortLesson)
    #expect(session.explorer.timeline.entries.count == fresh.explorer.timeline.entries.count)
  }

  @Test func `an operation taken back in time does not count`() throws {
    let map = ":'map fb 0x20000000 0x70000000 4K rw'<Enter>"
    let wrong = ":'map fb 0x30000000 0x70000000 4K rw'<Enter>"
    let session = try Session(lesson: Session.shortLesson, "]]]]]\(wrong)\(wrong)PP\(map)")
    #expect(session.explorer.lesson?.run.state.result == .right, "\(session.screen)")
  }

  @Test func `what only looks does not count`() throws {
    let look = ":'walk mdp_rgb1 0x20000000'<Enter>:'dump fb'<Enter>:'read-word 0x40000000'<Enter>"
    let session = try Session(
      lesson: Session.shortLesson,
      "]]]]]\(look):'map fb 0x20000000 0x70000000 4K rw'<Enter>")
    #expect(session.explorer.lesson?.run.state.result == .right, "\(session.screen)")
  }

  @Test func `on the last page ] shows the answer before it goes on`() throws {
    var explorer = try Session().explorer
    explorer.practise(Practice(.walk, seed: 3))
    _ = explorer.handle(.key(Key(.character("]"))))
    #expect(explorer.lesson?.run.state.result == .shown)
    #expect(explorer.lesson?.practice?.count == 1)
  }

  @Test func `a missed question that is none any more does not come back`() throws {
    let first = try #require(Course.lessons.first)
    let session = try Session(
      lesson: Session.shortLesson, named: "other", size: (80, 24),
      progress: CourseProgress(text: "\(first.name) 3 missed 1 999\n"))
    #expect(session.screen.contains("A domain fb for"))
    #expect(session.explorer.progress[first.name].missed.isEmpty)
  }

  @Test func `the map takes a lesson only when told twice while something is not saved`() throws {
    var session = try Session(":'alloc mine'<Enter>L<Enter>", size: (80, 24))
    #expect(session.explorer.lesson == nil)
    #expect(session.screen.contains("1 operation is not saved"))
    try session.press("<Enter>")
    #expect(session.explorer.lesson != nil)
  }

  @Test func `a paste closes the map and opens the prompt`() throws {
    var session = try Session("L", size: (80, 24))
    session.send(.paste("alloc mine"))
    #expect(session.explorer.course == nil)
    #expect(session.explorer.prompt != nil)
  }

  @Test func `the example of the format's documentation has nothing wrong`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "assets/docs/lessons.md"), encoding: .utf8)
    let lesson = try Lesson(
      parsing: text.components(separatedBy: "```\n")[1], platforms: Library.platformNames)
    #expect(try LessonCheck(lesson).mistakes == [])
    #expect(try LessonFit.mistakes(in: lesson) == [])
  }
}
