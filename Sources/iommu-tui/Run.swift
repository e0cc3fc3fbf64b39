internal import ArgumentParser
internal import Glibc
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui run FILE|-`: a script without a screen.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a script, or the solution of a lesson, without a screen.",
    discussion: """
      Exit status: 0 when every expect held and nothing was refused or faulted unexpectedly, \
      1 otherwise, 2 for a script that cannot be read (of which nothing is run).
      """)

  @Argument(help: "The script, or - for standard input.")
  var file: String

  @Flag(help: "One JSON object a line for each operation.")
  var json = false

  @Flag(help: "Add everything that happened, in order.")
  var events = false

  mutating func run() throws {
    let name = file == "-" ? "standard input" : file.shown
    let text: String
    switch readText(file) {
    case .success(let found): text = found
    case .failure(let problem):
      complain("\(name): \(problem.message)")
      throw ExitCode(2)
    }
    var failures: [ScriptRunner.Failure] = []
    var unwritten: FileProblem?
    let lesson = try lesson(text, name)
    do throws(ParseError) {
      let script =
        if let lesson { lesson.script } else {
          try Script(parsing: text, platforms: Library.platformNames)
        }
      let machine = try Library.machine(for: script)
      var runner = ScriptRunner(
        machine, registers: try Library.registers(of: machine.platform.family),
        options: .init(isJSON: json, showsEvents: events))
      var output = StandardOutput()
      failures = runner.run(script) { output.write($0) }
      if let lesson {
        let check = try LessonCheck(lesson)
        failures += check.unreached.map {
          .init(line: $0.line, column: 1, reason: "the solution does not reach: \($0.text.shown)")
        }
        let reached = check.goalCount - check.unreached.count
        if !json { output.write("      \(reached) of \(check.goalCount) goals reached\n") }
      }
      output.flush()
      unwritten = output.problem
    } catch {
      complain("\(name):\(error.line):\(error.column): \(error.message)")
      throw ExitCode(2)
    }
    if let unwritten {
      complain("standard output: \(unwritten.message)")
      throw ExitCode(1)
    }
    for failure in failures {
      complain("\(name):\(failure.line):\(failure.column): \(failure.reason)")
    }
    if !failures.isEmpty { throw ExitCode(1) }
  }

  /// The lesson that a text is, if it is one: what is played then is its solution.
  private func lesson(_ text: String, _ name: String) throws -> Lesson? {
    guard Lesson.isLesson(text) else { return nil }
    do throws(Lesson.Mistakes) {
      return try Lesson(parsing: text, platforms: Library.platformNames)
    } catch {
      for line in error.lines(in: name) { complain(line) }
      throw ExitCode(2)
    }
  }
}
