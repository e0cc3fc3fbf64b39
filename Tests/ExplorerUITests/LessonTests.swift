import IOMMULab
import Foundation
import TerminalCore
import Testing

@testable import ExplorerUI

/// A lesson as a person takes it: by keys and by clicks.
@Suite struct `Taking a lesson` {
  private func lesson(_ keys: String = "", size: (Int, Int) = (80, 24)) throws -> Session {
    try Session(lesson: Session.shortLesson, keys, size: size)
  }

  /// Where a text stands on the screen.
  private func place(of text: String, in session: Session) -> Point {
    for (row, line) in session.lines.enumerated() {
      if let range = line.range(of: text) {
        return Point(line.distance(from: line.startIndex, to: range.lowerBound), row)
      }
    }
    Issue.record("\(text) is not on\n\(session.screen)")
    return Point(0, 0)
  }

  private func click(_ text: String, in session: inout Session) throws {
    let point = place(of: text, in: session)
    try session.press("<click \(point.column),\(point.row)>")
  }

  @Test func `the operations of a page are stepped, and then the next page comes`() throws {
    var session = try lesson()
    #expect(session.explorer.timeline.entries.count == 3)
    #expect(session.explorer.timeline.position.entry == -1)
    try session.press("NNN")
    #expect(session.explorer.timeline.isAtEnd)
    try session.press("n")
    #expect(session.screen.contains("What will bank 1 hold?"))
  }

  @Test func `nothing behind a question is done before it is answered`() throws {
    var session = try lesson("]nnn")
    #expect(session.explorer.timeline.entries.count == 3)
    #expect(session.screen.contains("The question comes first"))
    try session.press("a")
    #expect(session.screen.contains("Not so. Attaching copies nothing."))
    #expect(session.explorer.timeline.entries.count == 3)
    try session.press("b")
    #expect(session.screen.contains("Right. Both banks walk one table."))
    #expect(session.explorer.timeline.entries.count == 4)
    #expect(session.explorer.timeline.position.entry == 2)
  }

  @Test func `every wrong answer has its own words`() throws {
    #expect(try lesson("]c").screen.contains("A domain may have many"))
    #expect(try lesson("]]<Enter>'0x40000100'<Enter>").screen.contains("a word has four"))
    #expect(try lesson("]]<Enter>'12'<Enter>").screen.contains("shifted"))
  }

  @Test func `an answer may be typed in any writing of the number`() throws {
    for text in ["0x40000400", "1073742848", "0x4000_0400", "0X40000400"] {
      let session = try lesson("]]<Enter>'\(text)'<Enter>")
      #expect(session.explorer.lesson?.run.state.result == .right, "\(text)")
    }
  }

  @Test func `hex digits typed without 0x are told, and count as no mistake`() throws {
    let session = try lesson("]]<Enter>'40000400'<Enter>")
    let said = session.explorer.lesson?.run.state.feedback?.explanation.joined() ?? ""
    #expect(said.contains("In hex it is `0x40000400`"))
    #expect(session.explorer.lesson?.run.state.wrongTries == 0)
    #expect(session.explorer.lesson?.run.isAsking == true)
  }

  @Test func `what would give the answer away is covered until it is given`() throws {
    var session = try lesson("]]<Tab>4")
    #expect(session.screen.contains("??????????"))
    #expect(try lesson("]]<Tab>1").screen.contains("??????????") == false)
    try session.press("x")
    #expect(!session.screen.contains("??????????"))
  }

  @Test func `the first character of a number or an errno opens the answer`() throws {
    #expect(try lesson("]]0x40000400<Enter>").explorer.lesson?.run.state.result == .right)
    #expect(try lesson("]]EINVAL<Enter>").explorer.lesson?.run.state.typed == "EINVAL")
    #expect(try lesson("]]0").screen.contains("a number like 0x100 or 256"))
  }

  @Test func `what is so instead of a goal is told once somebody tried`() throws {
    let session = try lesson("]]]]]:'map fb 0x20000000 0x71000000 4K rw'<Enter>")
    #expect(session.explorer.lesson?.run.isAsking == true)
    #expect(session.screen.contains("now 0x71000000"), "\(session.screen)")
  }

  @Test func `a thing is pointed at by click or by the cursor and Enter`() throws {
    var session = try lesson("]]]<Tab><Enter>", size: (120, 36))
    #expect(session.screen.contains("Not so. One too far."))
    try session.press("<Tab><Left><Enter>")
    #expect(session.explorer.lesson?.run.state.result == .right)
    // A click puts the cursor there; another one, or one on the line that names it, means it.
    session = try lesson("]]]", size: (120, 36))
    try click("▪", in: &session)
    #expect(session.explorer.lesson?.run.isAsking == true)
    #expect(session.screen.contains("takes L1[0x100] at 0x40000400"))
    try click("▪", in: &session)
    #expect(session.explorer.lesson?.run.state.result == .right, "\(session.screen)")
    session = try lesson("]]]", size: (120, 36))
    try click("▪", in: &session)
    try click("takes L1[0x100]", in: &session)
    #expect(session.explorer.lesson?.run.state.result == .right, "\(session.screen)")
  }

  @Test func `items are put in order, and the first wrong one is explained`() throws {
    var session = try lesson("]]]]")
    let order = try #require(session.explorer.lesson?.run.question?.shownOrder)
    #expect(order != order.sorted())
    let letters = order.indices.sorted { order[$0] < order[$1] }.map { ["a", "b", "c"][$0] }
    try session.press("\(letters[0])\(letters[2])\(letters[1])")
    #expect(session.screen.contains("when the entry is"))
    #expect(session.explorer.lesson?.run.state.placed == [0])
    try session.press("\(letters[1])\(letters[2])")
    #expect(session.explorer.lesson?.run.state.result == .right)
  }

  @Test func `Backspace takes back the item placed last`() throws {
    var session = try lesson("]]]]a")
    #expect(session.explorer.lesson?.run.state.placed.count == 1)
    try session.press("<BS>")
    #expect(session.explorer.lesson?.run.state.placed == [])
    #expect(session.explorer.lesson?.run.page == 4)
  }

  @Test func `a state is reached by any operations, and the lesson goes on from its own`() throws {
    var session = try lesson("]]]]]")
    #expect(session.screen.contains("○ mdp_rgb1 reads"))
    try session.press(":'map fb 0x20000000 0x70000000 64K rw'<Enter>")
    #expect(session.explorer.lesson?.run.state.result == .right)
    #expect(session.explorer.timeline.entries.last?.operation.text.contains("64K") == true)
    try session.press("n")
    #expect(session.explorer.timeline.entries.map(\.operation.text).contains { $0.contains(" 4K") })
    #expect(session.explorer.lesson?.run.isPlaying == false)
  }

  @Test func `a goal about the number of operations can be missed, and b starts again`() throws {
    let add = ":'alloc x'<Enter>:'alloc y'<Enter>"
    var session = try lesson("]]]]]\(add):'map fb 0x20000000 0x70000000 4K rw'<Enter>")
    #expect(session.explorer.lesson?.run.isAsking == true)
    try session.press("b:'map fb 0x20000000 0x70000000 4K rw'<Enter>")
    #expect(session.explorer.lesson?.run.state.result == .right)
  }

  @Test func `hints come one by one, and after them the answer`() throws {
    var session = try lesson("]h")
    #expect(session.screen.contains("hint  It is there before"))
    try session.press("h")
    #expect(session.screen.contains("hint  Count the tables."))
    try session.press("h")
    #expect(session.screen.contains("The answer. Both banks walk"))
    #expect(session.explorer.lesson?.run.missed == [1])
  }

  @Test func `the solution is performed, and stepped`() throws {
    var session = try lesson("]]]]]x")
    let entry = session.explorer.timeline.position.entry
    #expect(!session.explorer.timeline.isAtEnd)
    try session.press("N")
    #expect(session.explorer.timeline.position.entry == entry + 1)
    #expect(session.explorer.timeline.current?.operation.verb == .map)
  }

  @Test func `one plays at any point, and comes back to the lesson as it was`() throws {
    var session = try lesson("]")
    let machine = session.machine
    try session.press(":'detach fb mdp_vg1'<Enter>:'alloc other'<Enter>")
    #expect(session.screen.contains("trying out"))
    #expect(session.machine != machine)
    try session.press("b")
    #expect(session.machine == machine)
    #expect(session.screen.contains("Back in the lesson"))
  }

  @Test func `a question is answered by clicks alone`() throws {
    var session = try lesson("", size: (120, 36))
    try click("n steps through", in: &session)
    #expect(session.explorer.timeline.position.entry == 0)
    try session.press("]")
    try click("The same table", in: &session)
    #expect(session.explorer.lesson?.run.state.result == .right)
  }

  @Test func `the tree takes the place of the text, and gives it back`() throws {
    var session = try lesson("T")
    #expect(session.screen.contains("─ System ─"))
    try session.press("T")
    #expect(session.screen.contains("A short one"))
  }

  @Test func `another session ends the lesson`() throws {
    let session = try lesson(":'open camera'<Enter>")
    #expect(session.explorer.lesson == nil)
    #expect(session.screen.contains("─ System ─"))
  }

  @Test(arguments: [(20, 5), (44, 12), (60, 20), (80, 24), (120, 36), (200, 60)])
  func `it can be taken on any screen`(width: Int, height: Int) throws {
    var session = try lesson("", size: (width, height))
    for key in "nNh]a]x]x]x]xnnnnNNNNTzL" {
      session.send(.key(Key(.character(key))))
      #expect(session.canvas.width == width)
    }
  }
}

/// The map of the course, and what is kept of it.
@Suite struct `The map of the course` {
  @Test func `it lists all lessons by their parts`() throws {
    let session = try Session("L", size: (120, 36))
    for title in Course.partTitles { #expect(session.screen.contains(title)) }
    for lesson in Course.lessons {
      #expect(session.screen.contains(lesson.title), "\(lesson.name)")
    }
  }

  @Test func `Enter takes a lesson, and what was seen is kept`() throws {
    let session = try Session("L<Down><Enter>]", size: (120, 36))
    let second = try #require(Course.lessons.dropFirst().first)
    #expect(session.explorer.lesson?.run.name == second.name)
    #expect(session.explorer.progress[second.name].pages == 2)
  }

  @Test func `a lesson goes on where it was left, and what lies before counts as it did`() throws {
    let second = try #require(Course.lessons.dropFirst().first)
    var session = try Session(
      lesson: second.text, named: second.name,
      progress: CourseProgress(text: "\(second.name) 3 missed 2\n"))
    #expect(session.screen.contains("page 3 of") && session.screen.contains("Here you left off"))
    try session.press("[]")
    #expect(session.explorer.progress.text == "\(second.name) 3 missed 2\n")
    let done = CourseProgress(text: "\(second.name) 3 done\n")
    session = try Session(lesson: second.text, named: second.name, progress: done)
    #expect(session.screen.contains("page 1 of"))
  }

  @Test func `progress is forgotten only when asked twice`() throws {
    var session = try Session("L<Enter>L", size: (80, 24))
    #expect(!session.explorer.progress.lessons.isEmpty)
    try session.press("R<Down>R")
    #expect(!session.explorer.progress.lessons.isEmpty)
    try session.press("R")
    #expect(session.explorer.progress.lessons.isEmpty)
  }

  @Test func `a missed question comes back before another lesson, and goes when it is answered`()
    throws
  {
    let first = try #require(Course.lessons.first)
    let question = try #require(
      try first.lesson().questions.first {
        if case .choose = $0.question.kind { true } else { false }
      })
    var progress = CourseProgress(text: "\(first.name) 3 missed \(question.page + 1)\n")
    var session = try Session(
      lesson: Session.shortLesson, named: "other", size: (80, 24), progress: progress)
    #expect(session.screen.contains("Once more"))
    #expect(session.explorer.lesson?.run.name == first.name)
    guard case .choose(let choices) = question.question.kind,
      let right = choices.firstIndex(where: \.isRight)
    else { return }
    try session.press(String(["a", "b", "c", "d", "e", "f"][right]))
    #expect(session.explorer.progress[first.name].missed.isEmpty)
    for _ in 0..<400 where session.explorer.lesson?.isReview == true { try session.press("N") }
    #expect(session.screen.contains("A domain fb for"))
    // Missed again, it stays to come back.
    progress = CourseProgress(text: "\(first.name) 3 missed \(question.page + 1)\n")
    session = try Session(
      lesson: Session.shortLesson, named: "other", "x", size: (80, 24), progress: progress)
    #expect(session.explorer.progress[first.name].missed == [question.page])
  }
}
