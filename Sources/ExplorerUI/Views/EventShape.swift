internal import IOMMUHardware
internal import IOMMULab

/// Where calls end and how many steps there are, for one operation's events: told once, asked often.
struct EventShape {
  let events: [Event]
  /// For a call, the index after its return.
  private var ends: [Int32]
  /// How many steps lie before an event.
  private var stepsBefore: [Int32]
  /// How many mistakes lie before an event; empty where there are none at all.
  private var mistakesBefore: [Int32] = []

  init(_ events: [Event]) {
    self.events = events
    ends = Array(repeating: 0, count: events.count)
    stepsBefore = Array(repeating: 0, count: events.count + 1)
    var open: [Int] = []
    for (index, event) in events.enumerated() {
      stepsBefore[index + 1] = stepsBefore[index] + (event.change.isStep ? 1 : 0)
      switch event.change {
      case .call: open.append(index)
      case .return: if let call = open.popLast() { ends[call] = Int32(index + 1) }
      default: break
      }
    }
    countMistakes()
    // Of what was cut short, all calls that were going on end with it.
    for call in open { ends[call] = Int32(events.count) }
  }

  private mutating func countMistakes() {
    var scan = MistakeScan()
    for (index, event) in events.enumerated() where scan.isMistake(event) {
      if mistakesBefore.isEmpty {
        mistakesBefore = Array(repeating: 0, count: events.count + 1)
      }
      mistakesBefore[index + 1] = 1
    }
    for index in mistakesBefore.indices.dropFirst() {
      mistakesBefore[index] += mistakesBefore[index - 1]
    }
  }

  func mistakes(in range: Range<Int>) -> Int {
    guard !mistakesBefore.isEmpty else { return 0 }
    let end = min(range.upperBound, events.count)
    return Int(mistakesBefore[end] - mistakesBefore[min(range.lowerBound, end)])
  }

  /// Where the event ends that begins there: a call with its return, any other by itself.
  func end(of index: Int, before limit: Int) -> Int {
    guard case .call = events[index].change else { return index + 1 }
    return max(index + 1, min(limit, Int(ends[index])))
  }

  func steps(in range: Range<Int>) -> Int {
    Int(stepsBefore[range.upperBound] - stepsBefore[range.lowerBound])
  }

  /// How many events have happened when the last step before an index is done.
  func lastStepEnd(before index: Int) -> Int {
    var end = index
    while end > 0, !events[end - 1].change.isStep { end -= 1 }
    return end
  }

  /// No other call beside this one, in the call around it, does anything.
  func isOnlyCall(_ call: Range<Int>, in range: Range<Int>) -> Bool {
    var index = range.lowerBound
    while index < range.upperBound {
      let end = end(of: index, before: range.upperBound)
      if case .call = events[index].change, index != call.lowerBound, steps(in: index..<end) > 0 {
        return false
      }
      index = end
    }
    return true
  }

  /// The calls, and the runs, that an event lies in.
  func folds(around event: Int) -> [CallTree.Fold] {
    var folds: [CallTree.Fold] = []
    var range = 0..<events.count
    var index = range.lowerBound
    while index < range.upperBound {
      let run = run(from: index, in: range)
      let isRun = run.count >= 4
      let end = isRun ? run.end : self.end(of: index, before: range.upperBound)
      guard (index..<end).contains(event) else {
        index = end
        continue
      }
      if isRun { folds.append(.run(index)) }
      // The member of the run that it lies in, or the call itself.
      var member = index
      while self.end(of: member, before: end) <= event {
        member = self.end(of: member, before: end)
      }
      guard case .call = events[member].change, member != event else { return folds }
      folds.append(.call(member))
      range = member + 1..<self.end(of: member, before: end)
      index = range.lowerBound
    }
    return folds
  }

  // MARK: Runs

  /// How far things alike follow one another from an event on; 1 is the event alone.
  func run(
    from index: Int, in range: Range<Int>
  ) -> (count: Int, last: Int, end: Int) {
    var (count, last) = (1, index)
    var end = end(of: index, before: range.upperBound)
    if case .call = events[index].change, steps(in: index..<end) == 0 { return (1, index, end) }
    while end < range.upperBound {
      let next = self.end(of: end, before: range.upperBound)
      guard Self.isAlike(events[last].change, events[end].change) else { break }
      if case .call = events[end].change, steps(in: end..<next) == 0 { break }
      (count, last, end) = (count + 1, end, next)
    }
    return (count, last, end)
  }

  /// The second is the first once more: the same function, question or register, or the next word.
  private static func isAlike(_ one: Change, _ next: Change) -> Bool {
    switch (one, next) {
    // What a device asks for is walked through one by one.
    case (.call(_, .access), .call(_, .access)): false
    case (.call(let function, _), .call(let other, _)): function == other
    case (.check(let question, _), .check(let other, _)): question == other
    case (
      .registerWrite(let iommu, let offset, _, _, _),
      .registerWrite(let otherIOMMU, let otherOffset, _, _, _)
    ):
      iommu == otherIOMMU && offset == otherOffset
    case (.memoryWrite(let address, _, _), .memoryWrite(let other, _, _)):
      other.value == address.value &+ 4
    case (.memoryWrite64(let address, _, _), .memoryWrite64(let other, _, _)):
      other.value == address.value &+ 8
    case (.memoryRead(let address, _, 0), .memoryRead(let other, _, 0)):
      other.value == address.value &+ 4 || other.value == address.value &+ 8
    default: false
    }
  }
}
