internal import IOMMUHardware
internal import IOMMULab

/// The events of one operation as lines: a call is one line or its own events, and many alike one
/// after the other are one line.
struct CallTree {
  struct Line {
    enum Kind {
      /// The operation itself, where no kernel function is involved.
      case title
      case open(Int)
      case folded(Int, steps: Int)
      case step(Int)
      /// Many calls of one function, or many writes of one kind, from one event to another.
      case run(Int, last: Int, count: Int, steps: Int)
      case openRun(Int, last: Int, count: Int)
      /// What the kernel, or the program, said instead of doing it.
      case refusal
    }

    let kind: Kind
    let depth: Int
    /// For each depth up to its own, by bits: more lines of that depth follow below.
    fileprivate(set) var continues: UInt64 = 0
    /// How many events have happened before it, and when it is done.
    let start: Int
    let end: Int
    var isCurrent = false

    func continues(at depth: Int) -> Bool { depth < 64 && continues >> UInt64(depth) & 1 == 1 }

    /// The last one under its call.
    var isLast: Bool { !continues(at: depth) }

    var isRoot: Bool {
      if case .open = kind { depth == 0 } else { false }
    }

    /// What opens or folds it; nil for a line that does neither.
    var fold: Fold? {
      switch kind {
      case .open(let index) where depth > 0: .call(index)
      case .folded(let index, _): .call(index)
      case .run(let index, _, _, _), .openRun(let index, _, _): .run(index)
      case .open, .title, .step, .refusal: nil
      }
    }

    var isOpen: Bool {
      switch kind {
      case .open, .openRun: true
      case .title, .folded, .step, .run, .refusal: false
      }
    }

    /// It stands for what happened itself: going over it is one step.
    var isLeaf: Bool {
      switch kind {
      case .folded, .step, .run: true
      case .title, .open, .openRun, .refusal: false
      }
    }
  }

  typealias Fold = TreeFold

  private(set) var lines: [Line] = []
  private let shape: EventShape
  private let isOpen: (Fold) -> Bool?

  /// The tree when so many events are `done`; `isOpen` says what was opened or folded, nil is as usual.
  init(_ shape: EventShape, done: Int, isOpen: @escaping (Fold) -> Bool?) {
    self.shape = shape
    self.isOpen = isOpen
    add(0..<shape.events.count, depth: 0)
    let here = min(done, shape.lastStepEnd(before: shape.events.count))
    if let current = lines.firstIndex(where: { $0.isLeaf && $0.end >= here }), here > 0 {
      lines[current].isCurrent = true
    }
    var follows: UInt64 = 0
    for index in lines.indices.reversed() {
      let bit = UInt64(1) << UInt64(min(63, lines[index].depth))
      follows &= bit << 1 &- 1
      lines[index].continues = follows
      follows |= bit
    }
  }

  private mutating func add(_ range: Range<Int>, depth: Int) {
    var index = range.lowerBound
    while index < range.upperBound {
      let run = shape.run(from: index, in: range)
      // A run that a person opened stands as a line of its own, what it is made of below it.
      if run.count >= Self.shortestRun {
        let end = shape.lastStepEnd(before: run.end)
        let last = run.last
        if isOpen(.run(index)) ?? false {
          lines.append(
            Line(
              kind: .openRun(index, last: last, count: run.count), depth: max(1, depth),
              start: index, end: end))
          addEach(index..<run.end, depth: max(1, depth) + 1)
        } else {
          lines.append(
            Line(
              kind: .run(
                index, last: last, count: run.count, steps: shape.steps(in: index..<run.end)),
              depth: max(1, depth), start: index, end: end))
        }
        index = run.end
      } else {
        let end = shape.end(of: index, before: range.upperBound)
        addOne(index..<end, in: range, depth: depth)
        index = end
      }
    }
  }

  private static let shortestRun = 4

  private mutating func addEach(_ range: Range<Int>, depth: Int) {
    var index = range.lowerBound
    while index < range.upperBound {
      let end = shape.end(of: index, before: range.upperBound)
      addOne(index..<end, in: range, depth: depth)
      index = end
    }
  }

  private mutating func addOne(_ range: Range<Int>, in outer: Range<Int>, depth: Int) {
    let index = range.lowerBound
    switch shape.events[index].change {
    case .call(_, let subject):
      // An access of a device's own is no function: it hangs under the operation's line.
      let isAccess = if case .access = subject { true } else { false }
      let depth = isAccess ? max(1, depth) : depth
      let steps = shape.steps(in: range)
      let end = shape.lastStepEnd(before: range.upperBound)
      if depth == 0 && index == 0
        || isOpen(.call(index)) ?? (depth == 1 && shape.isOnlyCall(range, in: outer))
      {
        lines.append(Line(kind: .open(index), depth: depth, start: index, end: end))
        add(index + 1..<range.upperBound, depth: depth + 1)
      } else if steps > 0 {
        lines.append(
          Line(kind: .folded(index, steps: steps), depth: depth, start: index, end: end))
      }
    case .return: break
    default:
      // Events without a call around them hang under the operation's own line.
      lines.append(Line(kind: .step(index), depth: max(1, depth), start: index, end: index + 1))
    }
  }
}

extension Explorer {
  /// Which calls are open where the timeline stands, and where the cursor of the tree is.
  struct TreeState: Hashable, Sendable {
    struct Place: Hashable, Sendable {
      let entry: Int
      let fold: CallTree.Fold
    }

    /// What was opened or folded by hand.
    var byHand: [Place: Bool] = [:]
    /// The calls and runs that the cursor of time went into, and has not left.
    var entered: Set<CallTree.Fold> = []
    /// The operation that the rest is about.
    var entry = -1
    /// The pane's cursor is in the tree, not among the operations.
    var hasCursor = false
    /// The line it is on; nil is where time stands.
    var line: Int?
  }

  /// The tree of the current operation.
  var callTree: CallTree {
    let tree = tree
    let entry = timeline.position.entry
    return CallTree(EventShape(timeline.recording.events), done: timeline.position.events) {
      tree.byHand[TreeState.Place(entry: entry, fold: $0)]
        ?? (tree.entry == entry && tree.entered.contains($0) ? true : nil)
    }
  }

  /// The tree's lines as they are shown: a heading where no function is called, and the refusal.
  var treeLines: [CallTree.Line] {
    guard let current = timeline.current else { return [] }
    var lines = callTree.lines
    if lines.first?.isRoot != true {
      lines.insert(CallTree.Line(kind: .title, depth: 0, start: 0, end: 0), at: 0)
    }
    if !timeline.recording.isComplete { lines = [lines[0]] }
    if current.outcome.isRefusal, timeline.isOperationDone {
      lines.append(CallTree.Line(kind: .refusal, depth: 1, start: 0, end: 0))
    }
    return lines
  }
}
