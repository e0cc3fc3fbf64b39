internal import ArgumentParser
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui practice [TOPIC]`: problems without end.
struct PracticeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "practice", abstract: "Solve problems without end: walks, words, faults, errnos.",
    discussion: "The same topic and seed give the same problems. Topics:\n"
      + Practice.Topic.allCases.map { "  \($0.rawValue): \($0.purpose)" }.joined(separator: "\n"))

  @Argument(help: "walk, decode, fault or errno; without one all of them in turn.")
  var topic: String?

  @Option(help: "Which problems; without one others each time.")
  var seed: UInt64?

  @Flag(help: "Ask on standard output, and read the answers from standard input.")
  var text = false

  @OptionGroup var screen: ScreenOptions

  mutating func run() throws {
    var chosen: Practice.Topic?
    if let topic {
      guard let found = Practice.Topic(rawValue: topic) else {
        complain(
          "iommu-tui: no topic \"\(topic.shown)\"; there are: "
            + Practice.Topic.allCases.map(\.rawValue).joined(separator: ", "))
        throw ExitCode(2)
      }
      chosen = found
    }
    // A short one can be told to somebody else.
    let seed = seed ?? UInt64.random(in: 1...9999)
    let practice = Practice(chosen, seed: seed)
    guard !text else {
      var dialogue = PracticeDialogue(practice)
      var output = StandardOutput()
      // What cannot be written is asked no more.
      dialogue.run(
        ask: {
          output.flush()
          return output.problem == nil ? readLine() : nil
        }, write: { output.write($0 + "\n") })
      output.flush()
      if let problem = output.problem {
        complain("standard output: \(problem.message)")
        throw ExitCode(1)
      }
      return
    }
    try screen.run { Opening(study: .practice(practice)) }
  }
}
