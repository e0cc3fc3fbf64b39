import IOMMUBench
import IOMMULab
import Testing

/// The bench compares like with like.
@Suite struct `The bench` {
  @Test func `the simulator and the plain loop come to the same answers in every row`() throws {
    let platform = try Library.platform("msm8x60")
    let rows = try Bench.run(on: platform, pages: 1000, lookups: 3000, rounds: 2)
    #expect(rows.count == 12)
    #expect(rows.allSatisfy { $0.ours > 0 && $0.plain > 0 })
  }
}
