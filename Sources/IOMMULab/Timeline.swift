package import IOMMUHardware
package import IOMMUModel

/// The operations of a session and a cursor in them, down to single steps.
///
/// The machine is always the one at the cursor. Moving by one step undoes or redoes events; nothing
/// is copied for an operation. A step is an event that is not just a function entered or left.
package struct Timeline: Sendable {
  /// One operation and what came of it.
  package struct Entry: Sendable {
    package let operation: Operation
    package let outcome: Outcome
    /// The line of the script it came from.
    package let line: Int?
    /// How many requests had been stopped by a fault when it was over, over all operations.
    package let faults: Int
    /// Nil once the budget made it go; it can be made again.
    package fileprivate(set) var recording: Recording?
  }

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

  package private(set) var machine: Machine
  package private(set) var entries: [Entry] = []
  package private(set) var position = Position(entry: -1, events: 0)
  /// Where the steps of the current operation end: counts of events, ascending.
  private var stepEnds: [Int] = []
  private var checkpoints: Checkpoints
  private let budget: Int
  private let checkpointInterval: Int
  /// How many events are kept, and between which entries.
  private var recordedEvents = 0
  private var oldestRecorded = 0
  private var newestRecorded = -1

  /// - Parameters:
  ///   - machine: The machine before the first operation.
  ///   - budget: The most events kept, over all operations.
  ///   - checkpointInterval: Operations between two checkpoints.
  package init(from machine: Machine, budget: Int = 4_000_000, checkpointInterval: Int = 256) {
    var machine = machine
    _ = machine.takeRecording()
    _ = machine.takeDirtyPages()
    self.machine = machine
    self.budget = budget
    self.checkpointInterval = checkpointInterval
    checkpoints = Checkpoints(origin: machine)
  }

  // MARK: Where we are

  /// The operation under the cursor.
  package var current: Entry? { position.entry >= 0 ? entries[position.entry] : nil }

  /// What the current operation did, also what lies ahead of the cursor.
  package var recording: Recording { current?.recording ?? Recording() }

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
    let kept = position.entry + 1
    let dropped = entries.count - kept
    if dropped > 0 {
      for entry in entries[kept...] { recordedEvents -= entry.recording?.events.count ?? 0 }
      entries.removeLast(dropped)
      checkpoints.truncate(to: kept)
      oldestRecorded = min(oldestRecorded, kept)
      newestRecorded = min(newestRecorded, kept - 1)
    }
    if kept - checkpoints.newest >= checkpointInterval { checkpoints.add(&machine, after: kept) }
    let outcome = machine.apply(operation)
    let recording = machine.takeRecording()
    entries.append(
      Entry(
        operation: operation, outcome: outcome, line: line, faults: faults(after: outcome),
        recording: nil))
    keep(recording, of: kept)
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

  private func faults(after outcome: Outcome) -> Int {
    let before = entries.last?.faults ?? 0
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
    let happened = happened.contains { if case .fault = $0.change { true } else { false } }
    return happened ? current.faults : before
  }

  private mutating func keep(_ recording: Recording, of entry: Int) {
    guard entries[entry].recording == nil else { return }
    entries[entry].recording = recording
    recordedEvents += recording.events.count
    oldestRecorded = min(oldestRecorded, entry)
    newestRecorded = max(newestRecorded, entry)
  }

  /// While too many events are kept, gives up the recording farthest from the cursor.
  private mutating func forgetFarthest() {
    while recordedEvents > budget, oldestRecorded <= newestRecorded {
      let before = position.entry - oldestRecorded
      let after = newestRecorded - position.entry
      if before == 0, after == 0 { break }
      let entry = before >= after ? oldestRecorded : newestRecorded
      recordedEvents -= entries[entry].recording?.events.count ?? 0
      entries[entry].recording = nil
      if before >= after { oldestRecorded += 1 } else { newestRecorded -= 1 }
    }
  }

  // MARK: Stepping

  /// One step on; from the end of an operation into the next.
  ///
  /// False at the very end.
  @discardableResult
  package mutating func forward() -> Bool {
    if let end = stepEnds.first(where: { $0 > position.events }) {
      advance(to: end == stepEnds.last ? recording.events.count : end)
      return true
    }
    guard position.entry + 1 < entries.count else { return false }
    enter(position.entry + 1, atEnd: false)
    guard recording.isComplete else {
      runWhole()
      return true
    }
    let first = stepEnds.count > 1 ? stepEnds.first : nil
    advance(to: first ?? recording.events.count)
    return true
  }

  /// One step back; from the first step of an operation to the end of the one before it.
  @discardableResult
  package mutating func back() -> Bool {
    guard position.entry >= 0 else { return false }
    let step = step
    if step > 1, recording.isComplete {
      retreat(to: stepEnds[step - 2])
    } else {
      leaveOperation()
    }
    return true
  }

  /// To the end of the current operation, or of the next one when that is done already.
  @discardableResult
  package mutating func forwardOperation() -> Bool {
    if !isOperationDone {
      finishOperation()
      return true
    }
    guard position.entry + 1 < entries.count else { return false }
    enter(position.entry + 1, atEnd: false)
    if recording.isComplete { finishOperation() } else { runWhole() }
    return true
  }

  /// Before the current operation: to the end of the one before it.
  @discardableResult
  package mutating func backOperation() -> Bool {
    guard position.entry >= 0 else { return false }
    leaveOperation()
    return true
  }

  /// Anywhere.
  ///
  /// The event count is brought to the end of a step.
  package mutating func jump(to target: Position) {
    let entry = max(-1, min(target.entry, entries.count - 1))
    if abs(entry - position.entry) > checkpointInterval { restore(atMost: entry) }
    while position.entry > entry { leaveOperation() }
    while position.entry < entry { forwardOperation() }
    guard entry >= 0, recording.isComplete else { return }
    let end = stepEnds.first { $0 >= target.events } ?? recording.events.count
    let events = end == stepEnds.last ? recording.events.count : end
    if events < position.events { retreat(to: events) } else { advance(to: events) }
  }

  package mutating func jumpToStart() { jump(to: Position(entry: -1, events: 0)) }

  package mutating func jumpToEnd() {
    jump(to: Position(entry: entries.count - 1, events: .max))
  }

  // MARK: Events

  private mutating func advance(to events: Int) {
    for index in position.events..<max(events, position.events) {
      machine.redo(recording.events[index].change)
    }
    position = Position(entry: position.entry, events: events)
  }

  private mutating func retreat(to events: Int) {
    let recording = recording
    for index in stride(from: position.events - 1, through: events, by: -1) {
      machine.undo(recording.events[index].change, images: recording.images)
    }
    position = Position(entry: position.entry, events: events)
  }

  private mutating func finishOperation() {
    if position.entry >= 0, recording.isComplete { advance(to: recording.events.count) }
  }

  /// Takes the rest of the current operation back and stands at the end of the one before.
  private mutating func leaveOperation() {
    let target = position.entry - 1
    if recording.isComplete {
      retreat(to: 0)
    } else {
      restore(atMost: target)
      while position.entry < target { runNext() }
    }
    enter(target, atEnd: true)
  }

  /// Makes an entry the current one; the machine stands at its beginning, or at its end.
  private mutating func enter(_ entry: Int, atEnd: Bool) {
    if entry >= 0, entries[entry].recording == nil { recover(entry) }
    let count = entry >= 0 ? entries[entry].recording?.events.count ?? 0 : 0
    moveCursor(to: entry, events: atEnd ? count : 0)
  }

  private mutating func moveCursor(to entry: Int, events: Int) {
    position = Position(entry: entry, events: events)
    let all = recording
    stepEnds =
      all.isComplete
      ? all.events.indices.filter { all.events[$0].change.isStep }.map { $0 + 1 }
      // Too much happened to keep: the operation is one step.
      : [all.events.count]
    forgetFarthest()
  }

  // MARK: The far past

  /// Runs the current operation, whose recording is cut short, from its beginning.
  private mutating func runWhole() {
    _ = machine.apply(entries[position.entry].operation)
    _ = machine.takeRecording()
    position = Position(entry: position.entry, events: recording.events.count)
  }

  /// Runs the next operation again and keeps what it recorded.
  private mutating func runNext() {
    let next = position.entry + 1
    _ = machine.apply(entries[next].operation)
    let recording = machine.takeRecording()
    keep(recording, of: next)
    position = Position(entry: next, events: recording.events.count)
    forgetFarthest()
  }

  /// Puts the machine of the last checkpoint that is not after an entry under the cursor.
  private mutating func restore(atMost entry: Int) {
    var (past, operations) = checkpoints.machine(atMost: entry + 1)
    past.adoptNames(of: machine)
    machine = past
    position = Position(entry: operations - 1, events: 0)
    if position.entry >= 0, entries[position.entry].recording == nil { recover(position.entry) }
    moveCursor(to: position.entry, events: recording.events.count)
  }

  /// Makes the recording of an entry again, on a machine of its own.
  private mutating func recover(_ entry: Int) {
    var (past, operations) = checkpoints.machine(atMost: entry)
    past.adoptNames(of: machine)
    for index in operations..<entry {
      _ = past.apply(entries[index].operation)
      _ = past.takeRecording()
    }
    _ = past.apply(entries[entry].operation)
    keep(past.takeRecording(), of: entry)
  }
}
