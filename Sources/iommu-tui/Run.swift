internal import ArgumentParser
internal import Glibc
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui run FILE|-`: a script without a screen.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a script without a screen.",
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
    do throws(ParseError) {
      let script = try Script(parsing: text, platforms: Library.platformNames)
      let machine = try Library.machine(for: script)
      var runner = ScriptRunner(
        machine, registers: try Library.registers(of: machine.platform.family),
        options: .init(isJSON: json, showsEvents: events))
      var output = StandardOutput()
      failures = runner.run(script) { output.write($0) }
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
}
