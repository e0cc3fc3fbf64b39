internal import ArgumentParser

/// The program: without a command it is the explorer.
@main
struct IOMMUTui: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iommu-tui",
    abstract: "Shows how IOMMUs really work: click through contexts and page tables, step every "
      + "operation write by write.",
    usage:
      "iommu-tui [FILE] [--platform NAME] [--ascii] [--theme dark|light] [--no-mouse]\niommu-tui run FILE|- [--json] [--events]\niommu-tui bench [--check]",
    discussion:
      "Without a file, a small scene is open. `iommu-tui explore --help` lists the options.",
    version: "0.1.0",
    subcommands: [Explore.self, Run.self, BenchCommand.self],
    defaultSubcommand: Explore.self)
}
