internal import ArgumentParser

/// The program: without a command it is the explorer.
@main
struct IOMMUTui: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "iommu-tui",
    abstract: "Shows how IOMMUs really work: click through contexts and page tables, step every "
      + "operation write by write.",
    subcommands: [Explore.self, Run.self],
    defaultSubcommand: Explore.self)
}
