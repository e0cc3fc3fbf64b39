internal import ArgumentParser
internal import Glibc

/// The program: without a command it is the explorer.
@main
struct IOMMUTui: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iommu-tui",
    abstract: "Shows how IOMMUs really work: click through contexts and page tables, step every "
      + "operation write by write.",
    usage:
      "iommu-tui [FILE] [--scene NAME] [--platform NAME] [--ascii] [--theme dark|light] [--no-mouse]\niommu-tui lesson [NAME] [--check FILE]\niommu-tui practice [TOPIC] [--seed N] [--text]\niommu-tui run FILE|- [--json] [--events]\niommu-tui picture [FILE] [--size 120x36] [--keys KEYS] [--output FILE.svg|FILE.txt]\niommu-tui designs\niommu-tui bench [--check]",
    discussion:
      "Without a file, a small scene is open. `iommu-tui explore --help` lists the options.",
    version: "0.1.0",
    subcommands: [
      Explore.self, Run.self, PictureCommand.self, Designs.self, BenchCommand.self,
      LessonCommand.self, PracticeCommand.self,
    ],
    defaultSubcommand: Explore.self)

  /// Most starts ask for nothing, and the parser takes as long as everything up to the first screen.
  static func main() {
    guard CommandLine.argc <= 1 else { return main(nil) }
    do throws(Opening.Failure) {
      try Opening().run()
    } catch {
      complain(error.message)
      Glibc.exit(error.status)
    }
  }
}
