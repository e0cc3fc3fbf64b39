internal import ArgumentParser
internal import ExplorerUI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalNcurses

/// `iommu-tui [FILE]`: the explorer, on the shipped scene or on a script.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explore", abstract: "Open the explorer (this is what happens without a command).")

  enum Background: String, ExpressibleByArgument, CaseIterable { case dark, light }

  @Argument(help: "A script to open at its first step; without one, a small scene is open.")
  var file: String?

  @Option(help: "The machine of a session that names none: one of the shipped platforms.")
  var platform = Library.usualPlatform

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The terminal's background: dark or light.")
  var theme = Background.dark

  @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.")
  var leavesMouse = false

  mutating func run() throws {
    let (timeline, registers, title) = try session()
    do throws(TerminalFailure) {
      let signal = try EventLoop.run(mouse: !leavesMouse) { (colors, isUnicode) in
        Explorer(
          timeline, registers: registers, title: title,
          theme: Theme(colors: colors, isLight: theme == .light),
          glyphs: Glyphs(isASCII: ascii || !isUnicode))
      }
      if let signal { Terminal.die(of: signal) }
    } catch {
      complain("iommu-tui: \(error.message)")
      throw ExitCode(1)
    }
  }

  /// Reads and runs the script, or the scene that ships with the program.
  private func session() throws -> (Timeline, RegisterMap, title: String) {
    guard Library.platformNames.contains(platform) else {
      complain(
        "iommu-tui: no platform \"\(platform.shown)\"; there are: "
          + Library.platformNames.joined(separator: ", "))
      throw ExitCode(2)
    }
    var (name, text) = Library.openingScene(of: platform)
    if let file {
      name = file
      switch readText(file) {
      case .success(let found): text = found
      case .failure(let problem):
        complain("\(file.shown): \(problem.message)")
        throw ExitCode(2)
      }
    }
    do throws(ParseError) {
      let script = try Script(parsing: text, platforms: Library.platformNames)
      var timeline = try Timeline(playing: script, on: platform)
      if file == nil {
        timeline.stopAtFirstTable()
      } else {
        timeline.jumpToStart()
        timeline.forward()
      }
      let registers = try Library.registers(of: timeline.machine.platform.family)
      return (timeline, registers, name.split(separator: "/").last.map(String.init) ?? name)
    } catch {
      complain("\(name.shown):\(error.line):\(error.column): \(error.message)")
      throw ExitCode(2)
    }
  }
}
