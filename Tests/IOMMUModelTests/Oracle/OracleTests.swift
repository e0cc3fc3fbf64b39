import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// The model against a second implementation that shares no line with it.
@Suite struct `An oracle of its own` {
  @Test(arguments: OraclePlatform.allCases, OracleSeed.all)
  func `answers, words, pages, registers and TLBs agree after every random operation`(
    platform: OraclePlatform, run: OracleSeed
  ) throws {
    print("oracle: \(platform), seed \(run.seed), \(run.operations) operations")
    switch platform {
    case .msm8x60: try compare(OracleRun(), run)
    case .traditional: try compare(OracleVTDRun(), run)
    }
  }

  private func compare<Run: OracleRunning>(_ start: Run, _ run: OracleSeed) throws {
    var random = Run.Operations(seed: run.seed, isWild: run.isWild)
    var both = start
    var operations: [Operation] = []
    // The machine before every 300th operation.
    var milestones: [Machine] = []
    for step in 0..<run.operations {
      if step % 300 == 0 { milestones.append(both.machine) }
      let operation = random.next(both.plain)
      operations.append(operation)
      var complaints = both.perform(operation)
      if step % 300 == 299 || step == run.operations - 1 {
        both.checkAllWords()
        complaints = both.complaints
      }
      guard complaints.isEmpty else {
        Issue.record(
          """
          seed \(run.seed), step \(step): \(operation.text)
          \(complaints.prefix(8).joined(separator: "\n"))
          """)
        return
      }
    }
    try travel(both, milestones, run)
    replay(operations, from: start.machine, to: both.machine, run)
    if run.operations >= 1000 { expectBusy(both, run) }
  }

  /// Undone to the start it is the first machine again; done again, the last.
  private func travel(
    _ both: some OracleRunning, _ milestones: [Machine], _ run: OracleSeed
  ) throws {
    var both = both
    let last = both.machine
    #expect(both.recordings.allSatisfy { $0.isComplete }, "seed \(run.seed)")
    for step in both.recordings.indices.reversed() {
      both.undo(both.recordings[step])
      guard step % 300 == 0 else { continue }
      let isEqual = both.machine == milestones[step / 300]
      try #require(isEqual, "seed \(run.seed), undone to before step \(step)")
    }
    for step in both.recordings.indices {
      if step % 300 == 0 {
        let isEqual = both.machine == milestones[step / 300]
        try #require(isEqual, "seed \(run.seed), redone to step \(step)")
      }
      both.redo(both.recordings[step])
    }
    let isLast = both.machine == last
    #expect(isLast, "seed \(run.seed), redone to the end")
  }

  /// A fresh machine that records nothing comes to the same end.
  private func replay(
    _ operations: [Operation], from first: Machine, to last: Machine, _ run: OracleSeed
  ) {
    var machine = first
    machine.setRecording(false)
    for operation in operations { _ = machine.apply(operation) }
    let isLast = machine == last
    #expect(isLast, "seed \(run.seed), replayed")
  }

  /// The run met what it is there to meet.
  private func expectBusy<Run: OracleRunning>(_ both: Run, _ run: OracleSeed) {
    for what in Run.expected.always + (run.isWild ? Run.expected.wild : []) {
      #expect(both.counts[what, default: 0] > 0, "seed \(run.seed): \(what)")
    }
    if OracleSeed.printsCounts {
      print("oracle: seed \(run.seed): \(both.counts.sorted { $0.key < $1.key })")
    }
  }
}
