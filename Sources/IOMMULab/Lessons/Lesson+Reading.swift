package import IOMMUModel

extension Lesson {
  /// All that is wrong with a lesson's text, in the order of its lines.
  package struct Mistakes: Error, Hashable, Sendable {
    package let all: [ParseError]

    package init(all: [ParseError]) { self.all = all }

    /// A line for each, as compilers write them; of very many those that come first.
    package func lines(in file: String) -> [String] {
      all.prefix(Self.mostTold).map { "\(file):\($0.line):\($0.column): \($0.message)" }
        + (all.count > Self.mostTold ? ["\(file): and \(all.count - Self.mostTold) more"] : [])
    }

    private static let mostTold = 100
  }

  /// Reads a lesson; `platforms` are the names that `use` may name.
  package init(parsing text: String, platforms: [String]) throws(Mistakes) {
    var reader = LessonReader(text)
    reader.readAll()
    let script: Script
    do throws(ParseError) {
      script = try Script(parsing: reader.scriptText, platforms: platforms)
    } catch {
      throw Mistakes(
        all: (reader.mistakes + [error]).sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
    guard reader.mistakes.isEmpty else { throw Mistakes(all: reader.mistakes) }
    self.init(
      title: reader.title, part: reader.part, about: reader.about,
      prelude: reader.preludeCount, pages: reader.pages(lines: script.lines.map(\.number)),
      script: script, domains: Self.domains(in: script))
  }

  private static func domains(in script: Script) -> Set<String> {
    Set(
      script.lines.compactMap { line in
        switch line.operation {
        case .alloc(let name): name
        case .client(let operation): operation.domain
        default: nil
        }
      })
  }
}

/// The words that begin a line of a lesson; all other lines are the script's.
enum LessonKeyword: String, CaseIterable {
  case lesson, part, about, section
  case text = "|"
  case source, show
  case choose, type, point, order
  case toDo = "do"
  case right, wrong, otherwise, item, goal, hint, cover, solution
}

/// Reads a lesson line by line, and goes on after a mistake, so that all are told at once.
struct LessonReader {
  private let source: SourceText
  private(set) var mistakes: [ParseError] = []
  /// The text with nothing but the operations, each on the line and in the column where it stands.
  private(set) var scriptText = ""
  private(set) var title = ""
  private(set) var part = 0
  private(set) var about = ""
  private var section = ""
  private var drafts: [PageDraft] = []
  /// How many operations stand above the first page.
  private(set) var preludeCount = 0

  init(_ text: String) { source = SourceText(text) }

  mutating func readAll() {
    var isFirst = true
    for number in 1...source.count {
      let line = source.line(number)
      let content = line.withoutBlankEnds
      let word = content.prefix { $0 != " " && $0 != "\t" }
      let column = line.distance(from: line.startIndex, to: content.startIndex) + 1
      guard let keyword = LessonKeyword(rawValue: String(word)) else {
        if !content.isEmpty, content.first != "#" {
          if isFirst { note(number, column, "a lesson begins with its title: lesson TITLE") }
          isFirst = false
          noteOperation(number, isExpectation: word == "expect")
        }
        scriptText += line + "\n"
        continue
      }
      if isFirst, keyword != .lesson {
        note(number, column, "a lesson begins with its title: lesson TITLE")
      }
      isFirst = false
      noteControls(in: line, number)
      let rest = content[word.endIndex...].withoutBlankEnds
      let restColumn = line.distance(from: line.startIndex, to: rest.startIndex) + 1
      let here = Place(number: number, column: column, restColumn: restColumn)
      if keyword == .solution {
        // The operation stays in its column, so that a mistake in it is told where it is.
        scriptText += String(repeating: " ", count: restColumn - 1) + rest + "\n"
        noteSolution(number, here)
      } else {
        scriptText += "\n"
        do throws(ParseError) { try take(keyword, rest, here) } catch { mistakes.append(error) }
      }
    }
    finish()
  }

  struct Place {
    let number: Int
    let column: Int
    let restColumn: Int
  }

  private mutating func note(_ line: Int, _ column: Int, _ message: String) {
    mistakes.append(ParseError(line: line, column: column, message))
  }

  /// Text goes to a terminal: what steers one has no place in it.
  private mutating func noteControls(in line: Substring, _ number: Int) {
    let scalars = line.unicodeScalars
    guard
      let index = scalars.firstIndex(where: {
        $0 != "\t" && $0.properties.generalCategory == .control
      })
    else { return }
    note(
      number, line.distance(from: line.startIndex, to: index) + 1,
      "a control character, code \(scalars[index].value), is no text")
  }

  // MARK: Operations

  private mutating func noteOperation(_ number: Int, isExpectation: Bool) {
    guard !isExpectation else { return }
    if drafts.isEmpty { preludeCount += 1 } else { drafts[drafts.count - 1].steps.append(number) }
  }

  private mutating func noteSolution(_ number: Int, _ here: Place) {
    guard case .toDo = drafts.last?.question?.kind, drafts.last?.steps.isEmpty ?? false else {
      note(number, here.column, "a solution stands under a question that begins with do")
      return
    }
    drafts[drafts.count - 1].solution.append(number)
  }

  // MARK: Lines

  private mutating func take(
    _ keyword: LessonKeyword, _ rest: Substring, _ here: Place
  ) throws(ParseError) {
    switch keyword {
    case .lesson:
      guard title.isEmpty else { throw here.error("a lesson has one title") }
      title = try here.text(rest, "TITLE")
    case .part:
      guard part == 0 else { throw here.error("a lesson has one part") }
      guard let number = Int(rest), (1...Course.partTitles.count).contains(number) else {
        throw here.error("a part is a number from 1 to \(Course.partTitles.count)")
      }
      part = number
    case .about:
      guard about.isEmpty else { throw here.error("a lesson has one about") }
      about = try here.text(rest, "SENTENCE")
    case .section:
      section = try here.text(rest, "TITLE")
      drafts.append(PageDraft(line: here.number, section: section))
    case .text: takeText(String(rest), here)
    case .source:
      let source = try here.text(rest, "WHERE")
      page(here) { $0.sources.append(source) }
    case .show:
      let show = try Lesson.Show(rest, here)
      var isSecond = false
      page(here) { page in
        isSecond = page.show != nil
        page.show = show
      }
      if isSecond { throw here.error("a page shows one view: another show is above") }
    case .choose, .type, .point, .order, .toDo:
      let question = QuestionDraft(keyword, try here.text(rest, "QUESTION"), here)
      if drafts.last?.question != nil {
        drafts.append(PageDraft(line: here.number, section: section))
      }
      page(here) { $0.question = question }
    case .right, .wrong, .otherwise, .item, .goal, .hint, .cover:
      guard drafts.last?.steps.isEmpty ?? false, drafts.last?.question != nil else {
        throw here.error("\"\(keyword.rawValue)\" stands under a question")
      }
      try drafts[drafts.count - 1].question?.take(keyword, rest, here)
    case .solution: break
    }
  }

  /// Changes the page that a line belongs to: a new one behind operations.
  private mutating func page(_ here: Place, _ change: (inout PageDraft) -> Void) {
    if drafts.last.map({ !$0.steps.isEmpty }) ?? true {
      drafts.append(PageDraft(line: here.number, section: section))
    }
    change(&drafts[drafts.count - 1])
  }

  private mutating func takeText(_ text: String, _ here: Place) {
    page(here) { page in
      if page.question != nil {
        page.question?.add(text)
      } else {
        page.text.append(text)
      }
    }
  }

  // MARK: The end

  private mutating func finish() {
    if title.isEmpty, mistakes.isEmpty {
      note(1, 1, "a lesson begins with its title: lesson TITLE")
    }
    if drafts.isEmpty, mistakes.isEmpty { note(1, 1, "a lesson has one page at least") }
    for draft in drafts {
      guard let question = draft.question else { continue }
      mistakes += question.mistakes
      if question.kind == .toDo, draft.solution.isEmpty {
        note(question.line, question.column, "a question that begins with do needs solution lines")
      }
    }
    mistakes.sort { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// The pages, with their operations as indices into the script's, which stand on `lines`.
  func pages(lines: [Int]) -> [Lesson.Page] {
    var next = preludeCount
    func range(_ numbers: [Int]) -> Range<Int> {
      let first = next
      while next < lines.count, let last = numbers.last, lines[next] <= last { next += 1 }
      return first..<next
    }
    return drafts.map { draft in
      let solution = range(draft.solution)
      return Lesson.Page(
        line: draft.line, section: draft.section, text: draft.text.paragraphs,
        sources: draft.sources, show: draft.show, question: draft.question?.question,
        solution: solution, steps: range(draft.steps))
    }
  }
}

extension LessonReader.Place {
  func error(_ message: String) -> ParseError { ParseError(line: number, column: column, message) }

  func text(_ rest: Substring, _ what: String) throws(ParseError) -> String {
    guard !rest.isEmpty else {
      throw ParseError(line: number, column: restColumn, "\(what) is missing")
    }
    return String(rest)
  }

  func reader(_ rest: Substring) -> WordReader {
    WordReader(rest, line: number, column: restColumn)
  }
}

/// A page that is still being read.
private struct PageDraft {
  let line: Int
  let section: String
  var text: [String] = []
  var sources: [String] = []
  var show: Lesson.Show?
  var question: QuestionDraft?
  /// Lines of operations.
  var solution: [Int] = []
  var steps: [Int] = []
}

extension Lesson.Show {
  fileprivate init(_ rest: Substring, _ here: LessonReader.Place) throws(ParseError) {
    var reader = here.reader(rest)
    let start = reader
    let word = try reader.word("VIEW")
    guard let view = Lesson.View(rawValue: word) else { throw start.unknownView(word) }
    self.view = view
    (line, column) = (here.number, here.column)
    guard !reader.isAtEnd else {
      (name, address) = (nil, nil)
      return
    }
    let first = try reader.word("NAME")
    if let number = UInt64(number: first[...]) {
      (name, address) = (nil, number)
    } else {
      name = first
      address = reader.isAtEnd ? nil : try reader.number("ADDRESS")
    }
    try reader.finish()
  }
}

extension WordReader {
  func unknownView(_ word: String) -> ParseError {
    error(
      "no view is called \"\(word.shown)\"; there are: "
        + Lesson.View.allCases.map(\.rawValue).joined(separator: " "))
  }
}

extension Substring {
  /// A part of the same text, so that one can say where it stands.
  fileprivate var withoutBlankEnds: Substring {
    var text = self
    while let first = text.first, first.isWhitespace { text = text.dropFirst() }
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return text
  }
}

extension [String] {
  /// Lines joined to paragraphs; an empty one parts them.
  var paragraphs: [String] {
    split(separator: "", omittingEmptySubsequences: true).map { $0.joined(separator: " ") }
  }
}
