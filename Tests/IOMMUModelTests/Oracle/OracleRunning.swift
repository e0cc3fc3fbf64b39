import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel

/// The model and a plain machine side by side: each operation is done to both, then compared.
protocol OracleRunning {
  associatedtype Plain
  associatedtype Operations: OracleChoosing where Operations.Plain == Plain

  var machine: Machine { get set }
  var plain: Plain { get }
  /// What the model recorded of each operation.
  var recordings: [Recording] { get set }
  /// What is wrong with the operation at hand, each in a sentence.
  var complaints: [String] { get set }
  /// How often something worth counting happened, to see that a run was not idle.
  var counts: [String: Int] { get set }
  /// What a long run must have met; a wild one also the second part.
  static var expected: (always: [String], wild: [String]) { get }

  /// A booted machine.
  init() throws

  /// Forgets what the plain machine noted of the operation before.
  mutating func prepare()
  /// Does an operation to the plain machine, and compares the answers.
  mutating func follow(_ operation: Operation, _ outcome: Outcome, _ recording: Recording)
  /// Compares what both have become.
  mutating func check(_ recording: Recording)
  /// Compares every word of the whole memory.
  mutating func checkAllWords()
}

/// Operations at random, in answer to what the plain machine has become.
protocol OracleChoosing {
  associatedtype Plain

  /// A wild one also rewrites tables behind the driver's back.
  init(seed: UInt64, isWild: Bool)
  mutating func next(_ plain: Plain) -> Operation
}

extension OracleRunning {
  /// Does an operation to both and answers what is wrong, or nothing.
  mutating func perform(_ operation: Operation) -> [String] {
    complaints = []
    prepare()
    let outcome = machine.apply(operation)
    let recording = machine.takeRecording()
    recordings.append(recording)
    count(operation, outcome, recording)
    follow(operation, outcome, recording)
    check(recording)
    return complaints
  }

  mutating func undo(_ recording: Recording) {
    for event in recording.events.reversed() {
      machine.undo(event.change, images: recording.images)
    }
  }

  mutating func redo(_ recording: Recording) {
    for event in recording.events { machine.redo(event.change) }
  }

  private mutating func count(
    _ operation: Operation, _ outcome: Outcome, _ recording: Recording
  ) {
    note(operation.verb.rawValue)
    if case .refused(let errno, _) = outcome { note(errno.name) }
    for event in recording.events {
      switch event.change {
      case .tlbHit: note("hit")
      case .tlbEvict: note("evict")
      case .fault(let fault):
        note("\(fault.kind)")
        if fault.reason != 0 { note("reason \(fault.reason)") }
      case .hazard(let hazard, _, _): note("\(hazard)")
      default: break
      }
    }
  }

  mutating func note(_ what: String) { counts[what, default: 0] += 1 }

  mutating func complain(_ what: String) { complaints.append(what) }
}
