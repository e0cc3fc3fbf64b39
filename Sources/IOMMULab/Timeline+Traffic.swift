internal import IOMMUHardware

/// What one tick's traffic came to: one operation for each device.
package struct TrafficTick: Hashable, Sendable {
  package let number: Int
  package fileprivate(set) var totals = TrafficTotals()
}

/// Traffic along the timeline, as far as the cursor: counts, ticks, and single accesses.
extension Timeline {
  // MARK: Counts

  /// The traffic up to the cursor.
  package var traffic: TrafficTotals {
    guard isInTraffic, !isOperationDone else {
      return ledger.totals(before: position.entry + 1, of: entries)
    }
    var totals = ledger.totals(before: position.entry, of: entries)
    if let turn = ledger.turns.dropLast(ledger.turns.count - turnCount).last {
      totals.add(happenedResult, of: ledger.names[turn.name])
    }
    return totals
  }

  /// How many turns of devices have begun up to the cursor.
  private var turnCount: Int { ledger.count(before: position.entry + 1) }

  /// How many ticks of traffic have begun up to the cursor.
  package var tick: Int {
    let count = turnCount
    return count > 0 ? ledger.turns[count - 1].tick : 0
  }

  /// The operation under the cursor is a device's traffic.
  package var isInTraffic: Bool {
    let count = turnCount
    return count > 0 && ledger.turns[count - 1].entry == position.entry
  }

  /// What the latest ticks came to, the oldest first, up to the cursor.
  package func latestTicks(_ most: Int) -> [TrafficTick] {
    var ticks: [TrafficTick] = []
    for turn in ledger.turns.prefix(turnCount).reversed() {
      guard case .traffic(let whole) = entries.outcome(at: turn.entry) else { continue }
      if ticks.last?.number != turn.tick {
        if ticks.count >= most { break }
        ticks.append(TrafficTick(number: turn.tick))
      }
      let isPart = turn.entry == position.entry && !isOperationDone
      ticks[ticks.count - 1].totals.add(
        isPart ? happenedResult : whole, of: ledger.names[turn.name])
    }
    return ticks.reversed()
  }

  /// What the current operation's traffic came to as far as it has happened.
  private var happenedResult: TrafficResult {
    var result = TrafficResult()
    for access in TrafficAccess.latest(.max, in: recording, happened: position.events) {
      result.count(access.outcome)
    }
    return result
  }

  // MARK: Accesses

  /// An access of a device's own, and the operation and tick that it was part of.
  package struct PastAccess: Hashable, Sendable {
    package let access: TrafficAccess
    package let entry: Int
    package let tick: Int
  }

  /// The latest accesses up to the cursor, the latest first, as far as they are still known.
  package func latestAccesses(_ most: Int) -> [PastAccess] {
    var found: [PastAccess] = []
    for turn in ledger.turns.prefix(turnCount).reversed() {
      guard found.count < most, let recording = recording(of: turn.entry) else { break }
      let isPart = turn.entry == position.entry
      let happened = isPart ? position.events : recording.events.count
      found += TrafficAccess.latest(
        most - found.count, in: recording, happened: happened
      ).map { PastAccess(access: $0, entry: turn.entry, tick: turn.tick) }
    }
    return found
  }

  /// To the end of the next access; where there are none, of the next operation.
  @discardableResult
  package mutating func forwardAccess() -> Bool {
    guard isOperationDone else {
      guard let end = accessEnds.first(where: { $0 > position.events }) else {
        return forwardOperation()
      }
      jump(to: Position(entry: position.entry, events: end))
      return true
    }
    guard position.entry + 1 < entries.count, entries[position.entry + 1].operation.isTraffic,
      forward()
    else { return forwardOperation() }
    if !isOperationDone { forwardAccess() }
    return true
  }

  /// Before the current access: to the end of the one before it.
  @discardableResult
  package mutating func backAccess() -> Bool {
    guard isInTraffic, recording.isComplete,
      let end = accessEnds.last(where: { $0 < position.events })
    else { return backOperation() }
    jump(to: Position(entry: position.entry, events: end))
    return true
  }

  /// How many events have happened when an access of the current operation is over, with all that
  /// the kernel did about it; but for the last one, which ends with the operation.
  private var accessEnds: [Int] {
    var ends: [Int] = []
    var lastStep = 0
    for (index, event) in recording.events.enumerated() {
      if case .call(_, .access) = event.change, lastStep > 0 { ends.append(lastStep) }
      if event.change.isStep { lastStep = index + 1 }
    }
    return ends
  }
}

extension Operation {
  package var isTraffic: Bool { if case .traffic = self { true } else { false } }
}
