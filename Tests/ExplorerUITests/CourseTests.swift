import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// All lessons that ship with the program.
@Suite struct `The course` {
  static let names = Course.lessons.map(\.name)

  private func lesson(_ name: String) throws -> Lesson {
    try #require(Course.lesson(named: name)).lesson()
  }

  @Test func `it has four parts and at least fourteen lessons, each with its own name and title`() {
    let lessons = Course.lessons
    #expect(lessons.count >= 14)
    #expect(lessons.map(\.part) == lessons.map(\.part).sorted())
    #expect(Set(lessons.map(\.part)) == [1, 2, 3, 4])
    #expect(Set(lessons.map(\.name)).count == lessons.count)
    #expect(Set(lessons.map(\.title)).count == lessons.count)
    #expect(lessons.allSatisfy { !$0.about.isEmpty && $0.title.count <= 30 })
  }

  @Test(arguments: names)
  func `every solution reaches its goals, and every answer is what it says`(name: String) throws {
    #expect(try LessonCheck(try lesson(name)).mistakes == [])
  }

  @Test(arguments: names)
  func `nothing is too long for 80 by 24`(name: String) throws {
    #expect(try LessonFit.mistakes(in: try lesson(name)) == [])
  }

  @Test func `every kind of question is asked in every part`() throws {
    for part in 1...4 {
      var kinds: Set<String> = []
      for entry in Course.lessons where entry.part == part {
        for (_, question) in try entry.lesson().questions {
          switch question.kind {
          case .choose: kinds.insert("choose")
          case .type: kinds.insert("type")
          case .point: kinds.insert("point")
          case .order: kinds.insert("order")
          case .reach: kinds.insert("do")
          }
        }
      }
      #expect(kinds == ["choose", "type", "point", "order", "do"], "part \(part)")
    }
  }

  /// The words that stand in a session's text, whatever its lines are.
  private func words(_ session: Session) throws -> String {
    let taken = try #require(session.explorer.lesson)
    let lines = session.explorer.lines(of: taken, in: session.explorer.layout.system)
    let height = session.explorer.layout.system.height - 2
    let top = LessonView.top(lines, taken, height: height)
    let shown = lines.lines.dropFirst(top).prefix(height).map(\.prose.text)
    return shown.joined(separator: " ").split(separator: " ").joined(separator: " ")
  }

  private func plain(_ text: String) -> String {
    LessonText.plain(text).split(separator: " ").joined(separator: " ")
  }

  /// A session that stands at a question.
  private func session(_ lesson: Lesson, page: Int) throws -> Session {
    var session = try Session()
    session.begin(lesson)
    for _ in 0..<page { session.perform(.lesson(.nextPage)) }
    return session
  }

  @Test(arguments: names)
  func `each wrong answer's explanation and each hint can be read`(name: String) throws {
    let lesson = try lesson(name)
    for (page, question) in lesson.questions {
      let start = try session(lesson, page: page)
      var helped = start
      for hint in question.hints {
        helped.perform(.lesson(.hint))
        #expect(try words(helped).contains(plain(hint)), "\(name): \(hint)")
      }
      func expect(_ explanation: [String], after answer: (inout Session) throws -> Void) throws {
        var session = start
        try answer(&session)
        for paragraph in explanation {
          #expect(try words(session).contains(plain(paragraph)), "\(name): \(paragraph)")
        }
      }
      switch question.kind {
      case .choose(let choices):
        for (index, choice) in choices.enumerated() {
          try expect(choice.explanation) { $0.perform(.lesson(.choose(index))) }
        }
      case .type(let answers, let otherwise):
        for answer in answers {
          try expect(answer.explanation) { try $0.press("<Enter>'\(answer.value.text)'<Enter>") }
        }
        try expect(otherwise) { try $0.press("<Enter>'no such answer'<Enter>") }
      case .point(let answers, _):
        for answer in answers {
          try expect(answer.explanation) { $0.point(at: answer.thing) }
        }
      case .order(let items):
        // Each item but the first is misplaced when it comes first.
        let order = question.shownOrder
        for (item, text) in items.enumerated().dropFirst() {
          try expect(text.explanation) { session in
            for next in [item] + items.indices.filter({ $0 != item }) {
              session.perform(.lesson(.choose(order.firstIndex(of: next) ?? 0)))
            }
          }
        }
      case .reach: break
      }
    }
  }

  @Test(arguments: names)
  func `it can be taken from the first page to the last`(name: String) throws {
    let lesson = try lesson(name)
    var session = try Session()
    session.begin(lesson)
    var steps = 0
    while session.explorer.lesson?.run.isDone == false, steps < 2000 {
      let isAsking = session.explorer.lesson?.run.isAsking ?? false
      session.perform(isAsking ? .lesson(.skip) : .operationForward)
      steps += 1
    }
    #expect(session.explorer.lesson?.run.isDone == true)
  }
}

/// Practice in the explorer.
@Suite struct `Practice in the explorer` {
  @Test func `one problem follows the other, and those answered at once are counted`() throws {
    var session = try Session(size: (120, 36))
    session.practise(Practice(.walk, seed: 5))
    #expect(session.screen.contains("practice 1  seed 5"))
    try session.press("x")
    for _ in 0..<20 where session.screen.contains("practice 1 ") { try session.press("N") }
    #expect(session.screen.contains("practice 2  seed 5"))
    #expect(session.screen.contains("0 of 1 answered at once"))
  }

  @Test func `what was set up before a problem is not told by the timeline`() throws {
    var session = try Session(size: (120, 36))
    session.practise(Practice(.decode, seed: 5))
    #expect(session.explorer.timeline.entries.isEmpty)
    #expect(!session.machine.liveDomains.isEmpty)
  }

  @Test(arguments: Practice.Topic.allCases)
  func `no problem is too long for 80 by 24`(topic: Practice.Topic) throws {
    for seed in 1...15 as ClosedRange<UInt64> {
      var practice = Practice(topic, seed: seed)
      for _ in 0..<4 { #expect(try LessonFit.mistakes(in: practice.next()) == []) }
    }
  }
}
