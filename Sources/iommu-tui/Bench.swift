internal import ArgumentParser
internal import IOMMUBench
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui bench`: how fast the simulator is, beside a plain C loop in the same run.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure maps, lookups and unmaps beside a plain C loop.",
    discussion: """
      Use a release build. Times are the least of several rounds, in nanoseconds for one call. \
      Exit status: 0, or with --check 1 when a goal is missed.
      """)

  @Flag(help: "Exit with 1 when a goal is missed.")
  var check = false

  mutating func run() throws {
    print(BenchReport.heading)
    var isMet = true
    for name in Library.platformNames {
      print("\n\(name)")
      for pages in [65_536, 900_000] {
        do {
          let rows = try Bench.run(
            on: try Library.platform(name), pages: pages,
            spaces: RecordedSpaces(parsing: Library.recordedAddresses))
          print(BenchReport.table(of: rows, pages: pages))
          isMet = isMet && rows.allSatisfy(\.isMet)
        } catch {
          complain("iommu-tui: the bench did not run: \(error)")
          throw ExitCode(1)
        }
      }
    }
    if check && !isMet { throw ExitCode(1) }
  }
}
