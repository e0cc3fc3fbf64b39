internal import ArgumentParser
internal import IOMMULab

/// `iommu-tui [FILE]`: the explorer, on the shipped scene or on a script.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore", abstract: "Open the explorer (this is what happens without a command).")

  @Argument(help: "A script to open at its first step; without one, a small scene is open.")
  var file: String?

  @Option(help: "A scene to open at its first step: one of the shipped ones.")
  var scene: String?

  @Option(help: "The machine of a session that names none: one of the shipped platforms.")
  var platform = Library.usualPlatform

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The terminal's background: dark or light; remembered for the next start.")
  var theme: Opening.Background?

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var leavesMouse = false

  mutating func run() throws {
    do throws(Opening.Failure) {
      try Opening(
        file: file, scene: scene, platform: platform, isASCII: ascii, background: theme,
        leavesMouse: leavesMouse
      ).run()
    } catch {
      complain(error.message)
      throw ExitCode(error.status)
    }
  }
}

extension Opening.Background: ExpressibleByArgument {}
