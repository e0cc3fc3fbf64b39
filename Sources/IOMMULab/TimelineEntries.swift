internal import IOMMUHardware

/// The operations of a timeline and what came of each, kept small: a million of them must fit.
///
/// An operation is kept as its line, in the script it came from or among what was typed, and read
/// again when it is asked for; of what came of it, the usual answers are one number.
package struct TimelineEntries: RandomAccessCollection, Sendable {
  private struct Record: Sendable {
    /// Where its line ends among what was typed.
    let textEnd: UInt32
    /// The line of the script; 0 is none.
    let line: UInt32
    let kind: OutcomeKind
    /// What came of it, or its place among the unusual outcomes.
    let value: UInt64
    let faults: Int
    let cost: Cost
    /// The outcome was added to the unusual ones for this operation.
    let isNew: Bool
    /// It is a device's own request, or the question where one would go.
    let isRequest: Bool

    var newPlace: Int? { isNew ? Int(value) : nil }
  }

  private enum OutcomeKind: UInt8, Sendable { case done, reached, other }

  /// The script that lines are of.
  package let source: SourceText?
  private var records: [Record] = []
  private var typed: [UInt8] = []
  private var others: [Outcome] = []
  /// Where refusals and errors that came more than once stand: their reasons are long.
  private var known: [Outcome: Int] = [:]
  private static let mostKnown = 1024
  /// The operations during which a request was stopped, in their order.
  private var stopped: [UInt32] = []

  /// What went wrong in the latest operations that something went wrong in, each kind of each once.
  package private(set) var mistakes: [Mistake] = []
  private static let mostMistakes = 2048

  init(source: SourceText?) { self.source = source }

  package var startIndex: Int { 0 }
  package var endIndex: Int { records.count }

  package subscript(index: Int) -> Timeline.Entry { Timeline.Entry(index: index, in: self) }

  // MARK: One

  func operation(at index: Int) -> Operation {
    let record = records[index]
    if record.textEnd == textStart(of: index), let source,
      let operation = source.operation(at: Int(record.line))
    {
      return operation
    }
    let text = Substring(decoding: typed[textStart(of: index)..<Int(record.textEnd)], as: UTF8.self)
    guard let operation = try? Operation(parsing: text) else {
      preconditionFailure("\(text) was written by an operation")
    }
    return operation
  }

  private func textStart(of index: Int) -> Int {
    index > 0 ? Int(records[index - 1].textEnd) : 0
  }

  func outcome(at index: Int) -> Outcome {
    let record = records[index]
    return switch record.kind {
    case .done: .done(record.value)
    case .reached: .reached(PhysicalAddress(record.value), isBypass: false, word: 0)
    case .other: others[Int(record.value)]
    }
  }

  func line(at index: Int) -> Int? { records[index].line > 0 ? Int(records[index].line) : nil }

  func isRequest(at index: Int) -> Bool { records[index].isRequest }

  func faults(at index: Int) -> Int { records[index].faults }

  func cost(at index: Int) -> Cost { records[index].cost }

  /// It was typed, and is no line of the script.
  func isTyped(at index: Int) -> Bool {
    source == nil || Int(records[index].textEnd) > textStart(of: index)
  }

  /// The latest operations before `end` that a fault stopped, at most so many, the newest first.
  package func stopped(before end: Int, atMost count: Int) -> [Int] {
    var (low, high) = (0, stopped.count)
    while low < high {
      let middle = (low + high) / 2
      if Int(stopped[middle]) < end { low = middle + 1 } else { high = middle }
    }
    return stopped[..<low].suffix(count).reversed().map(Int.init)
  }

  // MARK: Changing

  mutating func append(
    _ operation: Operation, _ outcome: Outcome, line: Int?, faults: Int, cost: Cost,
    mistakes: [Mistake]
  ) {
    let number = line.flatMap { UInt32(exactly: $0) } ?? 0
    if source == nil || number == 0 { typed += operation.text.utf8 }
    let before = others.count
    let (kind, value) = encode(outcome)
    self.mistakes += mistakes
    // Now and then the oldest half goes.
    if self.mistakes.count > Self.mostMistakes {
      self.mistakes.removeFirst(self.mistakes.count - Self.mostMistakes / 2)
    }
    if outcome.hasFault, operation.verb != .walk {
      stopped.append(UInt32(truncatingIfNeeded: records.count))
    }
    records.append(
      Record(
        textEnd: UInt32(truncatingIfNeeded: typed.count), line: number, kind: kind, value: value,
        faults: faults, cost: cost, isNew: others.count > before,
        isRequest: operation.request != nil))
  }

  private mutating func encode(_ outcome: Outcome) -> (OutcomeKind, UInt64) {
    switch outcome {
    case .done(let value): return (.done, value)
    case .reached(let address, false, 0): return (.reached, address.value)
    case .refused, .error, .stalled:
      if let place = known[outcome] { return (.other, UInt64(place)) }
      if known.count < Self.mostKnown { known[outcome] = others.count }
    case .reached, .traffic, .fault: break
    }
    others.append(outcome)
    return (.other, UInt64(others.count - 1))
  }

  mutating func truncate(to count: Int) {
    guard count < records.count else { return }
    // Outcomes were added in order: what those that stay refer to lies before the rest.
    let end = records[count...].lazy.compactMap(\.newPlace).first ?? others.count
    others.removeSubrange(end...)
    known = known.filter { $0.value < end }
    typed.removeSubrange(textStart(of: count)...)
    records.removeSubrange(count...)
    while let last = stopped.last, last >= count { stopped.removeLast() }
    while let last = mistakes.last, last.entry >= count { mistakes.removeLast() }
  }
}

extension Outcome {
  /// A request was stopped: the one that it is about, or one of a device's own.
  fileprivate var hasFault: Bool {
    switch self {
    case .fault: true
    case .traffic(let result): result.faults > 0
    case .done, .reached, .refused, .stalled, .error: false
    }
  }
}

extension Timeline {
  /// One operation and what came of it.
  package struct Entry: Sendable {
    private let index: Int
    private let entries: TimelineEntries

    init(index: Int, in entries: TimelineEntries) { (self.index, self.entries) = (index, entries) }

    /// Read anew each time.
    package var operation: Operation { entries.operation(at: index) }
    /// The request that it is, or asks about; to tell that it is none nothing is read.
    package var request: Operation.DeviceRequest? {
      guard entries.isRequest(at: index) else { return nil }
      return entries.operation(at: index).request
    }
    package var outcome: Outcome { entries.outcome(at: index) }
    /// The line of the script it came from.
    package var line: Int? { entries.line(at: index) }
    /// How many requests had been stopped by a fault when it was over, over all operations.
    package var faults: Int { entries.faults(at: index) }
    package var cost: Cost { entries.cost(at: index) }

    /// What the script's remarks say about it.
    package var remarks: [Substring] {
      guard let line, let source = entries.source else { return [] }
      return source.remarks(about: line)
    }

    /// What the script expects of it.
    package var expectations: [Expectation] {
      guard let line, let source = entries.source else { return [] }
      return source.expectations(below: line)
    }
  }
}
