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

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The terminal's background: dark or light; remembered for the next start.")
  var theme: Opening.Background?

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var leavesMouse = false

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
      dialogue.run(ask: { readLine() }, write: { print($0) })
      return
    }
    do throws(Opening.Failure) {
      try Opening(
        isASCII: ascii, background: theme, leavesMouse: leavesMouse, study: .practice(practice)
      ).run()
    } catch {
      complain(error.message)
      throw ExitCode(error.status)
    }
  }
}
