package import IOMMUHardware
package import IOMMUModel

/// The operations of a session and a cursor in them, down to single steps.
///
/// The machine is always the one at the cursor. Moving by one step undoes or redoes events; nothing
/// is copied for an operation. A step is an event that is not just a function entered or left.
package struct Timeline: Sendable {
  /// Where the cursor is: in which operation, and how many of its events have happened.
  package struct Position: Hashable, Comparable, Sendable {
    /// -1 is before the first operation.
    package let entry: Int
    package let events: Int

    package init(entry: Int, events: Int) { (self.entry, self.events) = (entry, events) }

    package static func < (left: Position, right: Position) -> Bool {
      (left.entry, left.events) < (right.entry, right.events)
    }
  }

  package internal(set) var machine: Machine
  package internal(set) var entries: TimelineEntries
  package internal(set) var position = Position(entry: -1, events: 0)
  /// Counts what was done: with the position it tells one state of the machine from any other.
  package private(set) var revision = 0
  /// Where the steps of the current operation end: counts of events, ascending.
  var stepEnds: [Int] = []
  var checkpoints: Checkpoints
  let budget: Int
  /// What was recorded, of the operations around the cursor.
  var recordings = Recordings()
  private(set) var ledger = TrafficLedger()

  /// - Parameters:
  ///   - machine: The machine before the first operation.
  ///   - source: The script that lines of operations are of, if there is one.
  ///   - budget: The most events kept, over all operations.
  ///   - checkpointInterval: Operations between two checkpoints; while there are many, more.
  package init(
    from machine: Machine, source: SourceText? = nil, budget: Int = 1_000_000,
    checkpointInterval: Int = 256
  ) {
    var machine = machine
    _ = machine.takeRecording()
    _ = machine.takeDirtyPages()
    self.machine = machine
    self.budget = budget
    entries = TimelineEntries(source: source)
    checkpoints = Checkpoints(origin: machine, interval: checkpointInterval)
  }

  // MARK: Where we are

  /// The operation under the cursor.
  package var current: Entry? { position.entry >= 0 ? entries[position.entry] : nil }

  /// What the current operation did, also what lies ahead of the cursor.
  package var recording: Recording { recordings[position.entry] ?? Recording() }

  /// What an operation did, as far as that is still known.
  package func recording(of entry: Int) -> Recording? { recordings[entry] }

  /// The events of the current operation that have happened.
  package var happened: ArraySlice<Event> { recording.events.prefix(position.events) }

  /// How many steps the current operation has, and how many of them are done.
  package var stepCount: Int { stepEnds.count }
  package var step: Int { stepEnds.firstIndex { $0 > position.events } ?? stepEnds.count }

  /// The index of the event that the cursor's step is; nil before the first.
  package var currentEvent: Int? {
    let step = step
    return step > 0 ? stepEnds[step - 1] - 1 : nil
  }

  package var isAtEnd: Bool {
    position.entry == entries.count - 1 && isOperationDone
  }

  package var isAtStart: Bool { position.entry < 0 }

  /// All of the current operation has happened.
  package var isOperationDone: Bool { position.events == recording.events.count }

  // MARK: Doing

  /// Finishes the current operation, gives up those after it, and does a new one.
  ///
  /// - Returns: What came of it, and how many operations were given up.
  @discardableResult
  package mutating func perform(
    _ operation: Operation, line: Int? = nil
  ) -> (outcome: Outcome, dropped: Int) {
    finishOperation()
    revision += 1
    let kept = position.entry + 1
    let dropped = entries.count - kept
    if dropped > 0 {
      entries.truncate(to: kept)
      recordings.truncate(to: kept)
      checkpoints.truncate(to: kept)
      ledger.truncate(to: kept, of: entries)
    }
    if kept - checkpoints.newest >= checkpoints.interval { checkpoints.add(&machine, after: kept) }
    let outcome = machine.apply(operation)
    let recording = machine.takeRecording()
    let cost = Cost(of: recording, on: machine.board)
    entries.append(
      operation, outcome, line: line, faults: faults(after: operation, outcome), cost: cost,
      mistakes: cost.mistakes > 0 ? recording.mistakes(of: kept) : [])
    ledger.add(operation, outcome, at: kept)
    recordings.keep(recording, of: kept)
    moveCursor(to: kept, events: recording.events.count)
    return (outcome, dropped)
  }

  /// What an operation would come to that changes nothing: one that looks, or cannot be tried.
  ///
  /// Nil for any other. It is tried on the machine as the current operation leaves it.
  package func outcomeOfLooking(_ operation: Operation) -> Outcome? {
    var trial = self
    trial.finishOperation()
    let outcome = trial.machine.apply(operation)
    switch (operation, outcome) {
    case (.walk, _), (.dump, _), (.readWord, _), (.register(_, _, nil), _), (_, .error):
      return outcome
    default: return nil
    }
  }

  private func faults(after operation: Operation, _ outcome: Outcome) -> Int {
    let before = entries.last?.faults ?? 0
    // Who only asks where a request would go stops nothing.
    if case .walk = operation { return before }
    switch outcome {
    case .fault: return before + 1
    case .traffic(let result): return before + Int(result.faults)
    default: return before
    }
  }

  /// How many requests have been stopped by a fault up to the cursor.
  package var faults: Int {
    guard let current else { return 0 }
    if isOperationDone { return current.faults }
    let before = position.entry > 0 ? entries[position.entry - 1].faults : 0
    let happened = happened.count { if case .fault = $0.change { true } else { false } }
    return min(before + happened, current.faults)
  }

}
