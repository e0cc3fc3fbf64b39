internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// Steps as the timeline shows them: the next line, so that a folded call is one step.
extension Explorer {
  /// One line on; from the end of an operation to the first line of the next.
  ///
  /// - Returns: False at the very end.
  mutating func stepForward() -> Bool {
    if timeline.current != nil, timeline.recording.isComplete,
      let next = callTree.lines.first(where: { $0.isLeaf && $0.end > timeline.position.events })
    {
      jump(to: next)
      return true
    }
    let before = timeline.position.entry
    guard timeline.forward() else { return false }
    guard timeline.position.entry != before else { return true }
    settleTree(isFresh: true)
    if timeline.recording.isComplete,
      let first = callTree.lines.first(where: { $0.isLeaf && $0.end >= timeline.position.events })
    {
      jump(to: first)
    }
    return true
  }

  /// One line back; from the first line of an operation to the end of the one before it.
  mutating func stepBack() -> Bool {
    guard timeline.current != nil, timeline.recording.isComplete else { return timeline.back() }
    let leaves = callTree.lines.filter(\.isLeaf)
    let here = min(timeline.position.events, leaves.last?.end ?? 0)
    let current = leaves.firstIndex { $0.end >= here } ?? 0
    guard current > 0 else { return timeline.backOperation() }
    jump(to: leaves[current - 1])
    return true
  }

  /// Opens what lies ahead, and makes the first step in it.
  mutating func stepInto() -> Bool {
    if timeline.isOperationDone, !timeline.isAtEnd {
      _ = timeline.forward()
      settleTree(isFresh: true)
      // The first step of all may lie deep inside: everything around it opens.
      if timeline.recording.isComplete { openAround(timeline.position.events - 1) }
      return true
    }
    guard timeline.current != nil, timeline.recording.isComplete,
      let next = callTree.lines.first(where: { $0.isLeaf && $0.end > timeline.position.events }),
      next.fold != nil
    else { return stepForward() }
    let events = timeline.recording.events
    guard
      let step = (max(next.start, timeline.position.events)..<next.end).first(where: {
        events[$0].change.isStep
      })
    else { return stepForward() }
    timeline.jump(
      to: Timeline.Position(entry: timeline.position.entry, events: step + 1))
    openAround(step)
    return true
  }

  /// Opens the calls around the step that one came to by a jump, also when it is their last.
  mutating func enterWhereTimeStands() {
    if !timeline.isOperationDone, let event = timeline.currentEvent,
      timeline.recording.isComplete
    {
      openAround(event)
    }
    settleTree()
  }

  private mutating func openAround(_ event: Int) {
    tree.entry = timeline.position.entry
    tree.entered.formUnion(EventShape(timeline.recording.events).folds(around: event))
  }

  private mutating func jump(to line: CallTree.Line) {
    timeline.jump(to: Timeline.Position(entry: timeline.position.entry, events: line.end))
  }

  /// Opens the calls that time has come to stand inside of, and folds those that it has left.
  ///
  /// What was entered stays open up to its last step, so that this step shows too.
  mutating func settleTree(isFresh: Bool = false) {
    let (entry, events) = (timeline.position.entry, timeline.position.events)
    if tree.entry != entry || isFresh {
      tree.entry = entry
      tree.entered = []
      tree.line = nil
    }
    guard !isFresh, entry >= 0, timeline.recording.isComplete, events > 0 else { return }
    let shape = EventShape(timeline.recording.events)
    let here = shape.lastStepEnd(before: events)
    guard here > 0 else { return }
    let around = shape.folds(around: here - 1)
    let ahead = timeline.isOperationDone ? [] : aheadFolds(shape, from: events)
    tree.entered = Set(around.filter { tree.entered.contains($0) || ahead.contains($0) })
  }

  /// The calls and runs that the step after this one lies in.
  private func aheadFolds(_ shape: EventShape, from events: Int) -> [CallTree.Fold] {
    guard let next = (events..<shape.events.count).first(where: { shape.events[$0].change.isStep })
    else { return [] }
    return shape.folds(around: next)
  }

  // MARK: The cursor in the tree

  /// The timeline shows operations and tree side by side.
  var hasTwoColumns: Bool {
    let inside = layout.timeline.inset(columns: 1, rows: 1)
    return inside.height >= 2 && inside.width >= TimelineView.narrowest
  }

  /// The pane's keys move over lines of the tree.
  var isInTree: Bool {
    let inside = layout.timeline.inset(columns: 1, rows: 1)
    guard inside.height >= 2 else { return false }
    return tree.hasCursor || !hasTwoColumns
  }

  /// The line that the cursor is on.
  var treeLine: Int {
    let lines = treeLines
    let here = lines.firstIndex(where: \.isCurrent) ?? max(0, lines.count - 1)
    return max(0, min(lines.count - 1, tree.line ?? here))
  }

  mutating func moveInTimeline(_ direction: Direction) {
    guard isInTree else {
      switch direction {
      case .up: _ = timeline.backOperation()
      case .down: _ = timeline.forwardOperation()
      case .pageUp: jumpOperations(-8)
      case .pageDown: jumpOperations(8)
      case .left: break
      case .right: tree.hasCursor = hasTwoColumns && timeline.current != nil
      }
      return
    }
    let lines = treeLines
    let here = treeLine
    guard lines.indices.contains(here) else {
      tree.hasCursor = false
      return
    }
    switch direction {
    case .up, .down, .pageUp, .pageDown:
      let next = here + direction.steps(across: 0, down: 1) * (direction.isPage ? 2 : 1)
      tree.line = max(0, min(lines.count - 1, next))
    case .right: if let fold = lines[here].fold, !lines[here].isOpen { toggle(fold, at: here) }
    case .left:
      if let fold = lines[here].fold, lines[here].isOpen {
        toggle(fold, at: here)
      } else if let outer = lines[..<here].lastIndex(where: { $0.depth < lines[here].depth }),
        lines[here].depth > 1
      {
        tree.line = outer
      } else {
        tree.hasCursor = false
        tree.line = nil
      }
    }
  }

  private mutating func jumpOperations(_ count: Int) {
    let entry = timeline.position.entry + count
    if entry < 0 {
      timeline.jumpToStart()
    } else {
      timeline.jump(to: Timeline.Position(entry: entry, events: .max))
    }
  }

  /// Enter in the timeline: into the tree; there it opens and folds, and goes to a step.
  mutating func openInTimeline() {
    guard isInTree else {
      if hasTwoColumns, timeline.current != nil {
        tree.hasCursor = true
      } else {
        _ = timeline.forwardOperation()
      }
      return
    }
    let lines = treeLines
    let here = treeLine
    guard lines.indices.contains(here) else { return }
    if let fold = lines[here].fold {
      toggle(fold, at: here)
    } else if case .step(let index) = lines[here].kind {
      if lines[here].isCurrent {
        // One stands there already: on to what it is about.
        let change = timeline.recording.events[index].change
        if let target = EventLine(self).target(of: change) { follow(target) }
      } else {
        jump(to: lines[here])
      }
    } else if lines[here].end > 0 {
      jump(to: lines[here])
    }
  }

  /// Opens or folds a line of the tree; time stays where it is.
  mutating func toggle(_ fold: CallTree.Fold, at line: Int?) {
    let isOpen = treeLines.first { $0.fold == fold }?.isOpen ?? false
    let place = TreeState.Place(entry: timeline.position.entry, fold: fold)
    tree.byHand[place] = !isOpen
    if let line { tree.line = line }
  }
}

extension Direction {
  fileprivate var isPage: Bool { self == .pageUp || self == .pageDown }
}
