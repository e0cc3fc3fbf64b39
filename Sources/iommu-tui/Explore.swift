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

  @OptionGroup var screen: ScreenOptions

  mutating func run() throws {
    try screen.run { Opening(file: file, scene: scene, platform: platform) }
  }
}
