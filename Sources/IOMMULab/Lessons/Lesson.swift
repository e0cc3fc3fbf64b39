internal import IOMMUModel

/// A lesson: operations, and between them what is said, asked and aimed at.
///
/// The learner sees one page at a time. The text format is `assets/docs/lessons.md`.
package struct Lesson: Hashable, Sendable {
  package let title: String
  /// The part of the course, from 1; 0 is none.
  package let part: Int
  /// One sentence for the map of the course.
  package let about: String
  /// How many operations are done before the first page, unseen.
  package let prelude: Int
  package let pages: [Page]
  /// All operations, those of the solutions among them, on the lines where the lesson has them.
  package let script: Script
  /// The names of the domains that its operations make.
  package let domains: Set<String>

  /// What is seen at a time: text, perhaps a question, and the operations that follow.
  package struct Page: Hashable, Sendable {
    /// Where it begins, counted from 1.
    package let line: Int
    package let section: String
    /// Paragraphs, with their marks; see `LessonText`.
    package let text: [String]
    /// What the text stands on.
    package let sources: [String]
    package let show: Show?
    package let question: Question?
    /// The operations that solve a question of the kind `do`, as indices into the script's lines.
    package let solution: Range<Int>
    /// The operations that are stepped on this page.
    package let steps: Range<Int>
  }

  /// What is open beside a page.
  package struct Show: Hashable, Sendable {
    package let view: View
    /// A device, an IOMMU, a bank as in `mdp0/1`, or a domain.
    package let name: String?
    package let address: UInt64?
    package let line: Int
    package let column: Int
  }

  /// The views as a lesson calls them.
  package enum View: String, Hashable, Sendable, CaseIterable {
    case path, registers
    case pageTable = "page-table"
    case walk, tlb, memory, faults, domain, problems, designs
  }

  package struct Question: Hashable, Sendable {
    package let line: Int
    package let text: String
    /// More of it, in paragraphs.
    package let details: [String]
    package let kind: Kind
    package let hints: [String]
    /// What is hidden until it is answered.
    package let covers: Set<View>
  }

  package enum Kind: Hashable, Sendable {
    case choose([Choice])
    case type([TypedAnswer], otherwise: [String])
    case point([PointedAnswer], otherwise: [String])
    /// In the right order.
    case order([Item])
    case reach([Goal])
  }

  package struct Choice: Hashable, Sendable {
    package let text: String
    package let isRight: Bool
    package let explanation: [String]
  }

  package struct TypedAnswer: Hashable, Sendable {
    package let value: AnswerValue
    package let isRight: Bool
    package let explanation: [String]
  }

  package struct PointedAnswer: Hashable, Sendable {
    package let thing: NamedThing
    package let line: Int
    package let isRight: Bool
    package let explanation: [String]
  }

  package struct Item: Hashable, Sendable {
    package let text: String
    package let explanation: [String]
  }

  package struct Goal: Hashable, Sendable {
    package let condition: Condition
    /// As it is written.
    package let text: String
    package let line: Int
  }
}

extension Lesson {
  /// Whether a text is a lesson and not a bare script.
  package static func isLesson(_ text: String) -> Bool {
    var rest = text[...]
    while !rest.isEmpty {
      let line = rest.prefix { !$0.isNewline }
      rest = rest[line.endIndex...].dropFirst()
      let trimmed = line.drop { $0.isWhitespace || $0 == "\u{feff}" }
      if trimmed.isEmpty || trimmed.first == "#" { continue }
      return trimmed.prefix { !$0.isWhitespace } == "lesson"
    }
    return false
  }

  /// The pages with a question, by their index.
  package var questions: [(page: Int, question: Question)] {
    pages.enumerated().compactMap { index, page in page.question.map { (index, $0) } }
  }
}

extension Lesson.Question {
  /// It asks for a state of the machine.
  package var isToDo: Bool {
    if case .reach = kind { true } else { false }
  }
}
