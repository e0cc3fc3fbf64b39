/// What a call of a driver came to that stored one entry of a table and did nothing else: enough to
/// record it afterwards, all at once.
@usableFromInline package struct StoredEntry: Sendable {
  /// The driver's function.
  @usableFromInline let function: Label
  /// What it asked on the way, if anything; the answer was no.
  @usableFromInline let question: Label?
  @usableFromInline let address: PhysicalAddress
  @usableFromInline let old: UInt64
  @usableFromInline let new: UInt64
  /// The entry has 64 bits.
  @usableFromInline let isDouble: Bool

  /// An entry of 32 bits.
  @inlinable @inline(__always)
  package init(
    _ function: Label, asking question: Label?, at address: PhysicalAddress, old: UInt32,
    new: UInt32
  ) {
    (self.function, self.question, self.address) = (function, question, address)
    (self.old, self.new, isDouble) = (UInt64(old), UInt64(new), false)
  }

  /// An entry of 64 bits.
  @inlinable @inline(__always)
  package init(
    _ function: Label, at address: PhysicalAddress, old: UInt64, new: UInt64
  ) {
    (self.function, question, self.address) = (function, nil, address)
    (self.old, self.new, isDouble) = (old, new, true)
  }

  var change: Change {
    isDouble
      ? .memoryWrite64(address, old: old, new: new)
      : .memoryWrite(
        address, old: UInt32(truncatingIfNeeded: old), new: UInt32(truncatingIfNeeded: new))
  }
}

extension Journal {
  /// Records a stored entry, with the calls of the driver's function and of the one around it, which
  /// asked a question first; its answer was yes.
  ///
  /// One test for room and one for sharing, where `enter`, `ask` and `leave` make one for each event.
  @usableFromInline @inline(never)
  package mutating func note(
    _ stored: StoredEntry, within function: Label, asking question: Label, _ subject: Subject
  ) {
    guard isOn else { return }
    guard depth < .max - 2, recording.events.count &+ 7 <= capacity else {
      return noteOneByOne(stored, within: function, asking: question, subject)
    }
    let (outer, middle, inner) = (depth, depth &+ 1, depth &+ 2)
    recording.events.append(addingCapacity: 7) { events in
      events.append(Event(.call(function, subject), depth: outer))
      events.append(Event(.check(question, answer: 1), depth: middle))
      events.append(Event(.call(stored.function, subject), depth: middle))
      if let question = stored.question {
        events.append(Event(.check(question, answer: 0), depth: inner))
      }
      events.append(Event(stored.change, depth: inner))
      events.append(Event(.return(0), depth: middle))
      events.append(Event(.return(0), depth: outer))
    }
  }

  @inline(never)
  private mutating func noteOneByOne(
    _ stored: StoredEntry, within function: Label, asking question: Label, _ subject: Subject
  ) {
    enter(function, subject)
    ask(question, true)
    enter(stored.function, subject)
    if let question = stored.question { ask(question, false) }
    append(stored.change)
    leave()
    leave()
  }
}
