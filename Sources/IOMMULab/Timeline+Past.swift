internal import IOMMUHardware
internal import IOMMUModel

/// How the machine gets to another place: by undoing and redoing events, and further away by running
/// operations again from a checkpoint.
extension Timeline {
  mutating func advance(to events: Int) {
    for index in position.events..<max(events, position.events) {
      machine.redo(recording.events[index].change)
    }
    position = Position(entry: position.entry, events: events)
  }

  mutating func retreat(to events: Int) {
    let recording = recording
    for index in stride(from: position.events - 1, through: events, by: -1) {
      machine.undo(recording.events[index].change, images: recording.images)
    }
    position = Position(entry: position.entry, events: events)
  }

  mutating func finishOperation() {
    if position.entry >= 0, recording.isComplete { advance(to: recording.events.count) }
  }

  /// Takes the rest of the current operation back and stands at the end of the one before.
  mutating func leaveOperation() {
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
  mutating func enter(_ entry: Int, atEnd: Bool) {
    if entry >= 0, recordings[entry] == nil { recover(entry) }
    let count = entry >= 0 ? recordings[entry]?.events.count ?? 0 : 0
    moveCursor(to: entry, events: atEnd ? count : 0)
  }

  mutating func moveCursor(to entry: Int, events: Int) {
    position = Position(entry: entry, events: events)
    let all = recording
    stepEnds =
      all.isComplete
      ? all.events.indices.filter { all.events[$0].change.isStep }.map { $0 + 1 }
      // Too much happened to keep: the operation is one step.
      : [all.events.count]
    recordings.forgetFarthest(from: position.entry, beyond: budget)
  }

  // MARK: The far past

  /// Runs the current operation, whose recording is cut short, from its beginning.
  mutating func runWhole() {
    _ = machine.apply(entries[position.entry].operation)
    _ = machine.takeRecording()
    position = Position(entry: position.entry, events: recording.events.count)
  }

  /// Runs the next operation again and keeps what it recorded.
  mutating func runNext() {
    let next = position.entry + 1
    _ = machine.apply(entries[next].operation)
    let recording = machine.takeRecording()
    recordings.keep(recording, of: next)
    position = Position(entry: next, events: recording.events.count)
    recordings.forgetFarthest(from: position.entry, beyond: budget)
  }

  /// Puts the machine of the last checkpoint that is not after an entry under the cursor.
  mutating func restore(atMost entry: Int) {
    var (past, operations) = checkpoints.machine(atMost: entry + 1)
    past.adoptNames(of: machine)
    machine = past
    position = Position(entry: operations - 1, events: 0)
    if position.entry >= 0, recordings[position.entry] == nil { recover(position.entry) }
    moveCursor(to: position.entry, events: recording.events.count)
  }

  /// Makes the recording of an entry again, on a machine of its own.
  ///
  /// Whoever asks for it goes on from there: those before it are kept too, as far as there is room.
  mutating func recover(_ entry: Int) {
    recordings.forgetFarthest(from: entry, beyond: budget / 2)
    var (past, operations) = checkpoints.machine(atMost: entry)
    past.adoptNames(of: machine)
    for index in operations..<entry {
      _ = past.apply(entries[index].operation)
      let recording = past.takeRecording()
      if recordings.weight < budget { recordings.keep(recording, of: index) }
    }
    _ = past.apply(entries[entry].operation)
    recordings.keep(past.takeRecording(), of: entry)
  }
}
