internal import ArgumentParser
internal import IOMMULab
internal import IOMMUModel

/// `iommu-tui designs`: the three designs of 2010, compared by running clients under each.
struct Designs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the clients under each of the three designs of 2010, and say what breaks.")

  mutating func run() throws {
    do throws(ParseError) {
      for line in try DesignComparison().lines { print(line) }
    } catch {
      complain("iommu-tui: \(error.message)")
      throw ExitCode(1)
    }
  }
}
