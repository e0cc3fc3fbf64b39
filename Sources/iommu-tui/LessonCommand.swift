internal import ArgumentParser
internal import ExplorerUI
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui lesson [NAME]`: the course, or one lesson of it.
struct LessonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson", abstract: "Take the course, or check a lesson that you write.")

  @Argument(help: "A lesson by name or number; without one the map of the course opens.")
  var name: String?

  @Option(help: "Say what is wrong with a lesson's file, with line and column; nothing else.")
  var check: String?

  @OptionGroup var screen: ScreenOptions

  mutating func run() throws {
    if let check {
      try checkFile(check)
      return
    }
    try screen.run { () throws(Opening.Failure) in Opening(study: try Self.study(name)) }
  }

  /// A lesson of the course, or its map.
  static func study(_ name: String?) throws(Opening.Failure) -> Opening.Study {
    guard let name else { return .map }
    guard let entry = Course.lesson(named: name) else {
      throw Opening.Failure(
        message: "iommu-tui: no lesson \"\(name.shown)\"; there are: "
          + Course.lessons.map(\.name).joined(separator: ", "), status: 2)
    }
    do throws(Lesson.Mistakes) {
      return .lesson(try entry.lesson(), name: entry.name)
    } catch {
      let first = error.all.first
      throw Opening.Failure(
        message: "iommu-tui: \(entry.name):\(first?.line ?? 1): \(first?.message ?? "")", status: 1)
    }
  }

  private func checkFile(_ file: String) throws {
    let shown = file == "-" ? "standard input" : file.shown
    let text: String
    switch readText(file) {
    case .success(let found): text = found
    case .failure(let problem):
      complain("\(shown): \(problem.message)")
      throw ExitCode(2)
    }
    let mistakes: [ParseError]
    do {
      let lesson = try Lesson(parsing: text, platforms: Library.platformNames)
      mistakes = (try LessonCheck(lesson).mistakes + LessonFit.mistakes(in: lesson))
        .sorted { ($0.line, $0.column) < ($1.line, $1.column) }
      if mistakes.isEmpty {
        let questions = lesson.questions.count
        print(
          "\(shown): \(lesson.title.shown): \(lesson.pages.count) pages, \(questions) questions, "
            + "\(lesson.script.lines.count) operations, nothing wrong")
      }
    } catch let error as Lesson.Mistakes {
      mistakes = error.all
    } catch let error as ParseError {
      mistakes = [error]
    }
    for line in Lesson.Mistakes(all: mistakes).lines(in: shown) { complain(line) }
    if !mistakes.isEmpty { throw ExitCode(1) }
  }
}
