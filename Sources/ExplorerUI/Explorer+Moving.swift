internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Moving the selection and the cursors of the views, by keys and by the wheel.
extension Explorer {
  mutating func move(_ direction: Direction) {
    switch focus {
    case .system: moveInSystem(direction)
    case .inspector: moveInInspector(direction)
    case .timeline:
      switch direction {
      case .up, .pageUp: _ = timeline.backOperation()
      case .down, .pageDown: _ = timeline.forwardOperation()
      case .left: _ = timeline.back()
      case .right: _ = timeline.forward()
      }
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
    switch view {
    case .path:
      if direction == .left || direction == .right { turnView(direction == .left ? -1 : 1) }
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
    }
  }

  mutating func moveEntry(_ direction: Direction) {
    let format = machine.platform.format
    let body = layout.inspector.inset(columns: 1, rows: 1)
    let grid = PageTableView.Grid(
      Rect(column: body.column, row: body.row + 1, width: body.width, height: body.height - 1))
    if entryCursor.isInside {
      let last = format.entryCount(level: 2) - 1
      let step = direction.steps(across: 1, down: grid.marks)
      entryCursor.second = max(0, min(last, entryCursor.second + step))
      return
    }
    let last = format.entryCount(level: 1) - 1
    switch direction {
    case .left, .right:
      let next = nextTellingEntry(direction == .right, group: grid.group)
      entryCursor.first = max(0, min(last, next))
    case .up, .down, .pageUp, .pageDown:
      let step = direction.steps(across: grid.group, down: grid.marks * grid.group)
      entryCursor.first = max(0, min(last, entryCursor.first + step))
    }
    entryCursor.second = 0
  }

  /// The next entry that is used, but no farther than the start of the next mark.
  private func nextTellingEntry(_ isForward: Bool, group: Int) -> Int {
    let here = entryCursor.first
    guard let table = Subject(selection, in: machine).table else { return here }
    let memory = machine.board.memory
    let isUsed = { (entry: Int) in memory.word(at: table + UInt64(entry * 4)) != 0 }
    if isForward {
      let edge = (here / group + 1) * group
      return (here + 1..<max(here + 1, edge)).first(where: isUsed) ?? edge
    }
    let edge = here % group == 0 ? here - group : here - here % group
    return (max(0, edge)..<max(0, here)).last(where: isUsed) ?? edge
  }

  mutating func point(at cursor: ViewCursor) {
    switch cursor {
    case .register(let index): registerCursor = index
    case .walkStep(let index): walkCursor = index
    case .entry(let level, let index):
      entryCursor.isInside = level == 2
      if level == 2 {
        entryCursor.second = index
      } else {
        entryCursor.first = index
        entryCursor.second = 0
      }
    }
  }

  mutating func open() {
    switch (focus, selection) {
    case (.system, .iommu(let iommu)): folds[iommu] = !isOpen(iommu)
    case (.system, _): focus = .inspector
    case (.inspector, _) where view == .pageTable:
      if PageTableView(self, Subject(selection, in: machine)).secondLevel != nil {
        entryCursor.isInside.toggle()
      }
    case (.inspector, _): turnView(1)
    case (.timeline, _): _ = timeline.forwardOperation()
    }
  }

  mutating func scroll(_ pane: Pane, _ amount: Int) {
    let direction: Direction = amount < 0 ? .up : .down
    switch pane {
    case .system: moveSelection(amount)
    case .inspector: moveInInspector(direction)
    case .timeline: _ = amount < 0 ? timeline.back() : timeline.forward()
    }
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
