internal import ArgumentParser

/// What every command that opens the explorer understands.
struct ScreenOptions: ParsableArguments {
  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The terminal's background: dark or light; remembered for the next start.")
  var theme: Opening.Background?

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var leavesMouse = false

  /// Opens the explorer, and stays until the person leaves.
  ///
  /// - Throws: The exit status of a failure that was told.
  func run(_ opening: () throws(Opening.Failure) -> Opening) throws {
    do throws(Opening.Failure) {
      var opening = try opening()
      opening.isASCII = ascii
      opening.background = theme
      opening.leavesMouse = leavesMouse
      try opening.run()
    } catch {
      complain(error.message)
      throw ExitCode(error.status)
    }
  }
}

extension Opening.Background: ExpressibleByArgument {}
