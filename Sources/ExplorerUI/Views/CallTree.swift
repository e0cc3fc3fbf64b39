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
      /// What the kernel, or the program, said instead of doing it.
      case refusal
    }

    let kind: Kind
    let depth: Int
    /// For each depth above its own, and its own last: more lines of that depth follow below.
    fileprivate(set) var continues: [Bool] = []
    /// How many events have happened when this line is done.
    let end: Int
    var isCurrent = false

    /// The last one under its call.
    var isLast: Bool { continues.last != true }

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
    var follows: [Bool] = []
    for index in lines.indices.reversed() {
      let depth = lines[index].depth
      follows = (0...depth).map { $0 < follows.count && follows[$0] }
      lines[index].continues = follows
      follows[depth] = true
    }
  }

  /// The open calls among the first lines, outermost first, as indices of their events.
  func openCalls(before line: Int) -> [Int] {
    lines.prefix(line).compactMap { if case .open(let index) = $0.kind { index } else { nil } }
  }

  private mutating func add(_ range: Range<Int>, depth: Int) {
    var index = range.lowerBound
    while index < range.upperBound {
      let event = events[index]
      switch event.change {
      case .call:
        let end = self.end(ofCallAt: index, before: range.upperBound)
        let steps = events[index..<end].count { $0.change.isStep }
        let isInside = cursor.map { (index..<end).contains($0) } ?? false
        // An access of a device's own is no function: it hangs under the operation's line.
        let isAccess = if case .call(_, .access) = event.change { true } else { false }
        let depth = isAccess ? max(1, depth) : depth
        if isInside || depth == 0 && index == 0 {
          lines.append(Line(kind: .open(index), depth: depth, end: end))
          add(index + 1..<end, depth: depth + 1)
        } else if steps > 0 {
          lines.append(Line(kind: .folded(index, steps: steps), depth: depth, end: end))
        }
        index = end
      case .return: index += 1
      default:
        // Events without a call around them hang under the operation's own line.
        lines.append(
          Line(
            kind: .step(index), depth: max(1, depth), end: index + 1, isCurrent: index == cursor))
        index += 1
      }
    }
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
