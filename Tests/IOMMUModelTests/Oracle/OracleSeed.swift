import Foundation
import Testing

/// The machines that there is a second implementation of.
enum OraclePlatform: CaseIterable, Sendable {
  case msm8x60, traditional
}

/// A run: which seed, how many operations.
struct OracleSeed: CustomTestStringConvertible, Sendable {
  let seed: UInt64
  let operations: Int

  /// Even seeds also rewrite tables behind every driver's back.
  var isWild: Bool { seed % 2 == 0 }

  /// Whether to print how often what happened.
  static var printsCounts: Bool {
    ProcessInfo.processInfo.environment["ORACLE_COUNTS"] != nil
  }

  var testDescription: String { "seed \(seed), \(operations) operations" }

  /// Ten runs, or what the environment asks for: `ORACLE_SEED` alone, `ORACLE_OPERATIONS` each.
  static var all: [OracleSeed] {
    let environment = ProcessInfo.processInfo.environment
    let operations = environment["ORACLE_OPERATIONS"].flatMap { Int($0) } ?? 1200
    let seeds = environment["ORACLE_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? Array(1...10)
    return seeds.map { OracleSeed(seed: $0, operations: operations) }
  }
}
