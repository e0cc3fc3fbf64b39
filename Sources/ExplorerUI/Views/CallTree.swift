internal import IOMMUHardware

/// The events of one operation as lines: calls around the cursor are open, all others folded.
struct CallTree {
  struct Line {
    enum Kind {
      /// The operation itself, where no kernel function is involved.
      case title
      case open(Int)
      case folded(Int, steps: Int)
      case step(Int)
    }

    let kind: Kind
    let depth: Int
    var isLast: Bool
    /// How many events have happened when this line is done.
    let end: Int
    var isCurrent = false

    var isRoot: Bool {
      if case .open = kind { depth == 0 } else { false }
    }
  }

  private(set) var lines: [Line] = []
  private let events: [Event]
  private let cursor: Int?

  init(_ events: [Event], cursor: Int?) {
    self.events = events
    self.cursor = cursor
    add(0..<events.count, depth: 0)
  }

  private mutating func add(_ range: Range<Int>, depth: Int) {
    var index = range.lowerBound
    var last: Int?
    while index < range.upperBound {
      let event = events[index]
      switch event.change {
      case .call:
        let end = self.end(ofCallAt: index, before: range.upperBound)
        let steps = events[index..<end].count { $0.change.isStep }
        let isInside = cursor.map { (index..<end).contains($0) } ?? false
        if isInside || depth == 0 && index == 0 {
          last = lines.count
          lines.append(Line(kind: .open(index), depth: depth, isLast: false, end: end))
          add(index + 1..<end, depth: depth + 1)
        } else if steps > 0 {
          last = lines.count
          lines.append(
            Line(kind: .folded(index, steps: steps), depth: depth, isLast: false, end: end))
        }
        index = end
      case .return: index += 1
      default:
        last = lines.count
        // Events without a call around them hang under the operation's own line.
        lines.append(
          Line(
            kind: .step(index), depth: max(1, depth), isLast: false, end: index + 1,
            isCurrent: index == cursor))
        index += 1
      }
    }
    if let last { lines[last].isLast = true }
  }

  /// The index after the return that belongs to a call.
  private func end(ofCallAt index: Int, before limit: Int) -> Int {
    let depth = events[index].depth
    var next = index + 1
    while next < limit {
      if case .return = events[next].change, events[next].depth == depth { return next + 1 }
      next += 1
    }
    return limit
  }
}
