import IOMMUBench
import IOMMULab
import Testing

/// The bench compares like with like.
@Suite struct `The bench` {
  @Test(arguments: Library.platformNames)
  func `the simulator and the plain loop come to the same answers in every row`(
    name: String
  ) throws {
    let platform = try Library.platform(name)
    let spaces = RecordedSpaces(parsing: Library.recordedAddresses)
    #expect(spaces.count > 600)
    let rows = try Bench.run(
      on: platform, pages: 1000, lookups: 3000, rounds: 2, spaces: spaces, churn: 1024)
    #expect(rows.count == 15)
    #expect(rows.allSatisfy { $0.ours > 0 && $0.plain > 0 })
  }
}
