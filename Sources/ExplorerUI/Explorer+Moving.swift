internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Moving the selection and the cursors of the views, by keys and by the wheel.
extension Explorer {
  mutating func move(_ direction: Direction) {
    switch focus {
    case .system where isReading: moveInLesson(direction)
    case .system: moveInSystem(direction)
    case .inspector: moveInInspector(direction)
    case .timeline where traffic.isOpen: moveInTraffic(direction)
    case .timeline: moveInTimeline(direction)
    }
  }

  mutating func moveInSystem(_ direction: Direction) {
    switch direction {
    case .up: moveSelection(-1)
    case .down: moveSelection(1)
    case .pageUp: moveSelection(-8)
    case .pageDown: moveSelection(8)
    case .left:
      switch selection {
      case .bank(let iommu, _): go(to: .iommu(iommu), view)
      case .iommu(let iommu): folds[iommu] = false
      case .domain: turnView(-1)
      }
    case .right:
      if case .iommu(let iommu) = selection { folds[iommu] = true } else { turnView(1) }
    }
  }

  mutating func moveSelection(_ step: Int) {
    let all = systemRows.compactMap(\.selection)
    guard !all.isEmpty else { return }
    let index = all.firstIndex(of: selection) ?? 0
    selection = all[max(0, min(all.count - 1, index + step))]
    resetCursors()
  }

  mutating func moveInInspector(_ direction: Direction) {
    guard !traffic.isOpen else {
      moveAmongDevices(direction)
      return
    }
    switch view {
    case .path:
      if direction == .left || direction == .right {
        turnView(direction == .left ? -1 : 1)
      } else {
        moveLine(direction, count: PathView(self, Subject(selection, in: machine)).lines.count)
      }
    case .registers:
      let count = RegistersView(self, Subject(selection, in: machine)).rows.count
      let step =
        switch direction {
        case .up, .left: -1
        case .down, .right: 1
        case .pageUp: -8
        case .pageDown: 8
        }
      registerCursor = max(0, min(count - 1, registerCursor + step))
    case .pageTable: moveEntry(direction)
    case .walk:
      let count = WalkView(self, Subject(selection, in: machine)).lines.count
      let isBack = direction == .up || direction == .left || direction == .pageUp
      walkCursor = max(0, min(count - 1, walkCursor + (isBack ? -1 : 1)))
    case .tlb:
      moveLine(direction, count: TLBView(self, Subject(selection, in: machine)).lines.count)
    case .memory: moveInMemory(direction)
    case .faults: moveLine(direction, count: FaultsView(self).lines.count)
    case .domain:
      moveLine(direction, count: DomainView(self, Subject(selection, in: machine)).count)
    case .problems: moveLine(direction, count: ProblemsView(self).count)
    }
  }

  private mutating func moveLine(_ direction: Direction, count: Int) {
    let here = max(0, min(count - 1, lineCursor))
    lineCursor = max(0, min(count - 1, here + direction.steps(across: 0, down: 1)))
  }

  /// The tables that the page-table cursor leads through; nil without a table.
  var entryTrail: TableTrail? {
    Subject(selection, in: machine).table.map {
      TableTrail(entryCursor, from: $0, machine.platform.format, in: machine.board.memory)
    }
  }

  /// Puts the page-table cursor on the first used entries of the tables from a depth down.
  mutating func settleEntry(from depth: Int) {
    guard let table = Subject(selection, in: machine).table else { return }
    entryCursor.settle(
      from: depth, below: table, machine.platform.format, in: machine.board.memory)
  }

  mutating func moveEntry(_ direction: Direction) {
    guard let trail = entryTrail else { return }
    let format = machine.platform.format
    let body = layout.inspector.inset(columns: 1, rows: 1)
    let grid = TableMaps(trail, format, width: body.width, height: body.height - 1)
      .grid(at: trail.depth)
    let here = trail.current
    let next: Int
    switch direction {
    case .left, .right: next = nextTellingEntry(direction == .right, here, group: grid.group)
    case .up, .down, .pageUp, .pageDown:
      next = here.index + direction.steps(across: grid.group, down: grid.marks * grid.group)
    }
    let last = format.entryCount(level: here.level) - 1
    point(depth: trail.depth, index: max(0, min(last, next)))
  }

  /// The next entry that is used, but no farther than the start of the next mark.
  private func nextTellingEntry(
    _ isForward: Bool, _ stop: TableTrail.Stop, group: Int
  ) -> Int {
    let here = stop.index
    let format = machine.platform.format
    let memory = machine.board.memory
    let isUsed = { (entry: Int) in format.entry(entry, of: stop.table, in: memory) != 0 }
    if isForward {
      let edge = (here / group + 1) * group
      return (here + 1..<max(here + 1, edge)).first(where: isUsed) ?? edge
    }
    let edge = here % group == 0 ? here - group : here - here % group
    return (max(0, edge)..<max(0, here)).last(where: isUsed) ?? edge
  }

  /// Puts the page-table cursor on an entry; in the tables below it starts anew.
  private mutating func point(depth: Int, index: Int) {
    entryCursor.depth = depth
    guard entryCursor[depth] != index else { return }
    entryCursor[depth] = index
    settleEntry(from: depth + 1)
  }

  mutating func point(at cursor: ViewCursor) {
    switch cursor {
    case .register(let index): registerCursor = index
    case .walkStep(let index): walkCursor = index
    case .line(let index) where traffic.isOpen: select(device: index)
    case .line(let index): lineCursor = index
    case .word(let address, let isInside):
      memoryCursor = MemoryCursor(address: address, isInside: isInside)
    case .entry(let level, let index):
      guard let depth = machine.platform.format.levels.firstIndex(of: level) else { return }
      point(depth: depth, index: index)
    }
  }

  mutating func open() {
    switch (focus, selection) {
    case (.inspector, _) where traffic.isOpen: inspectFromTraffic()
    case (.system, .iommu(let iommu)): folds[iommu] = !isOpen(iommu)
    case (.system, _): focus = .inspector
    case (.inspector, _) where view == .pageTable:
      guard let trail = entryTrail else { return }
      // Below the last table there is nothing: there the key comes out again.
      let isLast = trail.depth == machine.platform.format.levels.count - 1
      if trail.leadsOn || isLast {
        entryCursor.depth = trail.depth + (isLast ? -1 : 1)
      } else {
        notice = "This entry leads to no table."
      }
    case (.inspector, _) where view == .faults:
      let lines = FaultsView(self).lines
      guard lines.indices.contains(lineCursor) else { return }
      goToFault(of: lines[lineCursor].entry)
    case (.inspector, _) where view == .memory: openMemory()
    case (.inspector, _) where view == .problems:
      if let cause = ProblemsView(self).chosen?.cause {
        remember()
        follow(cause.target)
      } else if !followCursorLine() {
        notice = "Where this began is no longer recorded."
      }
    case (.inspector, _) where view == .registers:
      // A form would run at the next Enter: looking around must not write a register.
      if !followCursorLine() {
        notice =
          "This register leads nowhere. \(strong: "=") edits it, \(strong: "c") goes to its last change."
      }
    case (.inspector, _):
      if !followCursorLine() { startChoosingLink() }
    case (.timeline, _): openInTimeline()
    }
  }

  /// To the last request that an operation was stopped at.
  ///
  /// A device that goes on after it leaves no trace of it at the end.
  private mutating func goToFault(of entry: Int) {
    guard case .traffic = timeline.entries[entry].outcome,
      let recording = timeline.recording(of: entry), recording.isComplete,
      let last = recording.events.lastIndex(where: { $0.change.isFault })
    else {
      timeline.jump(to: Timeline.Position(entry: entry, events: .max))
      return
    }
    timeline.jump(to: Timeline.Position(entry: entry, events: last + 1))
    enterWhereTimeStands()
  }

  mutating func scroll(_ pane: Pane, _ amount: Int) {
    let direction: Direction = amount < 0 ? .up : .down
    switch pane {
    case .system where isReading: scrollLesson(amount)
    case .system: moveSelection(amount)
    case .inspector: moveInInspector(direction)
    case .timeline: _ = amount < 0 ? stepBack() : stepForward()
    }
  }

  /// Puts the views' cursors where a new selection is best looked at.
  mutating func resetCursors() {
    walkCursor = 0
    lineCursor = 0
    memoryCursor = MemoryCursor()
    entryCursor = EntryCursor()
    findFirstEntry()
  }

  /// Puts the page-table cursor on the first entry that maps something, however deep.
  mutating func findFirstEntry() {
    guard let table = Subject(selection, in: machine).table else { return }
    settleEntry(from: 0)
    let format = machine.platform.format
    entryCursor.depth =
      TableTrail(entryCursor, from: table, format, in: machine.board.memory).stops.count - 1
  }

  mutating func turnView(_ step: Int) {
    let all = ViewID.allCases
    let index = (all.firstIndex(of: view) ?? 0) + step + all.count
    go(to: selection, all[index % all.count])
  }

  mutating func turnPane(_ step: Int) {
    let all = Pane.allCases
    let index = (all.firstIndex(of: focus) ?? 0) + step + all.count
    focus = all[index % all.count]
  }
}

extension Direction {
  /// How many entries a move goes, in a grid whose rows are `down` apart.
  func steps(across: Int, down: Int) -> Int {
    switch self {
    case .left: -across
    case .right: across
    case .up: -down
    case .down: down
    case .pageUp: -4 * down
    case .pageDown: 4 * down
    }
  }
}
