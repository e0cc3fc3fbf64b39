internal import IOMMUHardware

/// Moving the cursor: by single steps, by operations, and anywhere.
extension Timeline {
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
    let next = position.entry + 1
    guard next < entries.count else { return false }
    guard recordings[next] != nil else {
      // The machine stands where it begins: doing it again tells what it did.
      runNext()
      moveCursor(to: next, events: recording.events.count)
      return true
    }
    enter(next, atEnd: false)
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
    if abs(entry - position.entry) > checkpoints.interval { restore(atMost: entry) }
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
}
