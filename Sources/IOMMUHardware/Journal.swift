/// Where the primitives write down what they did.
///
/// Switched off, it costs one test a change. An operation that does more than `capacity` things is
/// recorded up to there; such an operation steps whole in its middle and is undone by running its
/// predecessors again from a checkpoint.
@usableFromInline package struct Journal: Sendable {
  @usableFromInline package var isOn = true
  /// The most events kept of one operation.
  package var capacity = 200_000
  var recording = Recording()
  private(set) var depth: UInt8 = 0

  private static let mostReserved = 8192

  package init() {}

  @inline(__always)
  package mutating func append(_ change: Change) {
    guard isOn else { return }
    guard recording.events.count < capacity else {
      recording.isComplete = false
      return
    }
    recording.events.append(Event(change, depth: depth))
  }

  /// Records that a function is entered: what follows is deeper, until ``leave(_:)``.
  @usableFromInline
  package mutating func enter(_ function: Label, _ subject: Subject = .none) {
    guard isOn else { return }
    append(.call(function, subject))
    if depth < .max { depth += 1 }
  }

  @usableFromInline
  package mutating func leave(_ value: Int64 = 0) {
    guard isOn else { return }
    if depth > 0 { depth -= 1 }
    append(.return(value))
  }

  /// Records a question that the code asks, and its answer.
  @usableFromInline
  package mutating func ask(_ question: Label, _ answer: Bool) {
    append(.check(question, answer: answer ? 1 : 0))
  }

  /// Records that something went wrong, and counts it also while nothing else is recorded.
  @usableFromInline
  package mutating func warn(_ hazard: Hazard, at address: PhysicalAddress, word: UInt32 = 0) {
    recording.count(hazard, at: address)
    append(.hazard(hazard, at: address, word: word))
  }

  /// Keeps the words of a page that is about to be cleared, and returns where; -1 for all zero.
  package mutating func keepImage(_ words: [UInt32]?) -> Int32 {
    guard isOn, recording.isComplete, let words else { return -1 }
    recording.images.append(words)
    return Int32(recording.images.count - 1)
  }

  /// Hands over what was recorded and starts afresh.
  package mutating func take() -> Recording {
    let taken = recording
    recording = Recording()
    // One operation is often like the one before.
    recording.events.reserveCapacity(min(taken.events.count, Self.mostReserved))
    depth = 0
    return taken
  }
}

/// What one operation did, in order.
package struct Recording: Hashable, Sendable {
  package var events: [Event] = []
  /// The former words of pages that were cleared while they held something.
  package var images: [[UInt32]] = []
  /// Nothing is missing: the events can be undone and redone.
  package var isComplete = true
  /// What went wrong without anybody noticing, each kind once; also of events that are missing.
  package private(set) var hazards: [HazardCount] = []

  package init() {}

  fileprivate mutating func count(_ hazard: Hazard, at address: PhysicalAddress) {
    if let index = hazards.firstIndex(where: { $0.hazard == hazard }) {
      hazards[index].count += 1
    } else {
      hazards.append(HazardCount(hazard: hazard, first: address))
    }
  }
}

/// How often something went wrong in one operation, and where it did first.
package struct HazardCount: Hashable, Sendable {
  package let hazard: Hazard
  package let first: PhysicalAddress
  package fileprivate(set) var count = 1
}
