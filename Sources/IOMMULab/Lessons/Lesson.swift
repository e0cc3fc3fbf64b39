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
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let trimmed = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{feff}" || $0 == "\r" }
      if trimmed.isEmpty || trimmed.first == "#" { continue }
      return trimmed.prefix { $0 != " " && $0 != "\r" } == "lesson"
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

/// What is typed as an answer: a number in any writing, or a word in any case.
package struct AnswerValue: Hashable, Sendable {
  package let text: String
  private let number: UInt64?

  package init(_ text: some StringProtocol) {
    self.text = String(Substring(text).trimmed)
    number = UInt64(size: self.text)
  }

  package func isSame(as other: AnswerValue) -> Bool {
    if let number, let theirs = other.number { return number == theirs }
    return Self.plain(text) == Self.plain(other.text)
  }

  /// The same digits, meant as hex.
  package var asHex: AnswerValue? {
    text.hasPrefix("0x") || text.hasPrefix("0X") ? nil : AnswerValue("0x" + text)
  }

  // The kernel's errors are negative, and their names are often written so.
  private static func plain(_ text: String) -> String {
    (text.hasPrefix("-") ? String(text.dropFirst()) : text).lowercased()
  }
}

extension UInt64 {
  /// A number that may end in K, M or G.
  init?(size text: String) {
    if let number = UInt64(number: text[...]) {
      self = number
      return
    }
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let last = text.last?.uppercased().first, let unit = units[last],
      let number = UInt64(number: text.dropLast()), !text.hasPrefix("0x")
    else { return nil }
    let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    guard !isTooMuch else { return nil }
    self = bytes
  }
}
