internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMULab
package import IOMMUModel
package import TerminalCore

/// The explorer: a timeline, and how a person looks at it.
///
/// Events go in, a canvas comes out. All changes of this state happen in `perform(_:)`; drawing
/// changes nothing but the list of what can be clicked.
package struct Explorer: Sendable {
  package private(set) var timeline: Timeline
  let registers: RegisterMap
  /// What the session is called in the status line.
  let title: String

  let theme: Theme
  let glyphs: Glyphs
  package private(set) var width = 80
  package private(set) var height = 24

  package private(set) var selection: Selection
  package private(set) var view = ViewID.path
  package private(set) var focus = Pane.system
  private(set) var isZoomed = false
  /// The IOMMUs that were folded or unfolded by hand.
  private(set) var folds: [Int: Bool] = [:]
  /// Places that were looked at before, the latest last.
  private var visited: [(selection: Selection, view: ViewID)] = []

  private(set) var registerCursor = 0
  private(set) var entryCursor = EntryCursor()
  private(set) var walkCursor = 0
  /// The address that path and walk look at, once a person chose one.
  private(set) var chosenAddress: IOVA?

  package private(set) var prompt: Prompt?
  private var history: [String] = []
  private(set) var helpScroll: Int?
  /// What the last operation or key came to; shown until the next key.
  package private(set) var notice: Prose?
  private var isMouseOn = true
  private var hits: [(area: Rect, action: Action)] = []

  /// Where the page-table view's cursor is.
  package struct EntryCursor: Hashable, Sendable {
    var first = 0
    var second = 0
    /// The second level has the cursor.
    var isInside = false
  }

  /// An explorer of what has happened so far, which may be nothing; `title` is what the session is
  /// called.
  package init(
    _ timeline: Timeline, registers: RegisterMap, title: String, theme: Theme, glyphs: Glyphs
  ) {
    self.timeline = timeline
    self.registers = registers
    self.title = title
    self.theme = theme
    self.glyphs = glyphs
    selection = .iommu(0)
    lookWhereItHappens()
  }

  var machine: Machine { timeline.machine }

  var layout: Layout { Layout(width: width, height: height, focus: focus, isZoomed: isZoomed) }

  // MARK: Events

  /// Takes one event in, and says what the loop has to do besides drawing.
  package mutating func handle(_ event: TerminalEvent) -> Effect {
    switch event {
    case .resize(let width, let height):
      (self.width, self.height) = (max(0, width), max(0, height))
      return .none
    case .paste(let text):
      prompt?.insert(text)
      return .none
    case .mouse(let mouse): return handle(mouse)
    case .key(let key): return handle(key)
    }
  }

  private mutating func handle(_ key: Key) -> Effect {
    if prompt != nil { return type(key) }
    notice = nil
    if helpScroll != nil { return handleInHelp(key) }
    return Keymap.action(for: key).map { perform($0) } ?? .none
  }

  private mutating func handle(_ mouse: Mouse) -> Effect {
    switch mouse.kind {
    case .press where mouse.button == .left:
      guard let hit = hits.last(where: { $0.area.contains(mouse.position) }) else { return .none }
      if prompt == nil { notice = nil }
      return perform(hit.action)
    case .wheelUp: return wheel(-1, at: mouse.position)
    case .wheelDown: return wheel(1, at: mouse.position)
    default: return .none
    }
  }

  private mutating func wheel(_ amount: Int, at point: Point) -> Effect {
    if let scroll = helpScroll {
      helpScroll = max(0, scroll + amount)
      return .none
    }
    guard prompt == nil else { return .none }
    let layout = layout
    let panes: [(Pane, Rect)] = [
      (.system, layout.system), (.inspector, layout.inspector), (.timeline, layout.timeline),
    ]
    guard let pane = panes.first(where: { $0.1.contains(point) })?.0 else { return .none }
    return perform(.scroll(pane, amount))
  }

  private mutating func handleInHelp(_ key: Key) -> Effect {
    switch Keymap.action(for: key) {
    case .move(let direction):
      let amount =
        switch direction {
        case .up, .left: -1
        case .down, .right: 1
        case .pageUp: -10
        case .pageDown: 10
        }
      helpScroll = max(0, (helpScroll ?? 0) + amount)
    case .suspend: return .suspend
    case .redraw: return .redraw
    case .quit where key.modifiers.contains(.control): return .quit
    default: helpScroll = nil
    }
    return .none
  }

  // MARK: Typing

  private mutating func type(_ key: Key) -> Effect {
    if key == Key(.character("z"), .control) { return .suspend }
    if key == Key(.character("l"), .control) { return .redraw }
    guard var prompt else { return .none }
    let completion = Completion(machine: machine, platforms: Library.platformNames)
    let isOperation = prompt.purpose == .operation
    let result = prompt.handle(key) { isOperation ? completion.words(after: $0) : [] }
    self.prompt = prompt
    switch result {
    case .submitted(let text): submit(text)
    case .cancelled: self.prompt = nil
    case .edited: break
    }
    return .none
  }

  private mutating func submit(_ text: String) {
    guard !text.allSatisfy({ $0 == " " }) else {
      prompt = nil
      return
    }
    if prompt?.purpose == .address {
      chooseAddress(text)
      return
    }
    do throws(ParseError) {
      // The prompt stays open until all went well: a platform may not be there.
      try run(try Operation(parsing: text))
      history.append(text)
      prompt = nil
    } catch {
      prompt?.mistake = error
      prompt?.moveCursor(toColumn: error.column)
    }
  }

  private mutating func chooseAddress(_ text: String) {
    let bits = machine.platform.addressBits
    guard let number = UInt64(number: text.trimmingBlanks),
      bits >= 64 || number >> UInt64(bits) == 0
    else {
      prompt?.mistake = ParseError(
        line: 1, column: 1, "an address of \(bits) bits is needed, like 0x10000123")
      return
    }
    chosenAddress = IOVA(number)
    walkCursor = 0
    prompt = nil
  }

  /// Does an operation at the cursor, and tells what came of it.
  private mutating func run(_ operation: Operation) throws(ParseError) {
    if case .use(let platform, _) = operation {
      timeline = Timeline(from: Machine(unprobed: try Library.platform(platform)))
      selection = .iommu(0)
      (folds, visited) = ([:], [])
    }
    let (outcome, dropped) = timeline.perform(operation)
    var notice = Prose(operation.text + "  ", .strong)
    notice += Prose(outcome.words(in: machine), outcome.isOK ? .live : .fault)
    if dropped > 0 {
      notice += Prose("  \(dropped) later operation\(dropped == 1 ? "" : "s") given up", .dim)
    }
    self.notice = notice
    if case .walk(let request) = operation { chosenAddress = IOVA(request.iova) }
    show(operation)
  }

  /// Turns to what an operation was about.
  private mutating func show(_ operation: Operation) {
    let target: Selection?
    switch operation {
    case .attach(_, let device), .detach(_, let device): target = place(of: device)
    case .probe(let name): target = name.flatMap { place(of: $0) }
    case .read(let request), .write(let request, _): target = place(of: request.device)
    case .walk(let request):
      target = place(of: request.device)
      go(to: target ?? selection, .walk)
      return
    case .map(let domain, _, _, _, _), .unmap(let domain, _, _), .alloc(let domain),
      .iovaToPhys(let domain, _):
      target = machine.system.domain(named: domain).map { _ in .domain(domain) }
    case .dump(let name):
      target =
        machine.system.domain(named: name) != nil ? .domain(name) : place(of: name)
      if let target { go(to: target, view == .pageTable ? .pageTable : .registers) }
      return
    case .use, .free: target = nil
    }
    if let target { go(to: target, view) }
  }

  private func place(of name: String) -> Selection? {
    guard let device = machine.system.device(named: name) else { return nil }
    let found = machine.system.devices[device.index]
    return found.bank.map { .bank(iommu: found.iommu, bank: $0) } ?? .iommu(found.iommu)
  }

  /// Selects what the operation under the cursor is about.
  private mutating func lookWhereItHappens() {
    guard let operation = timeline.current?.operation else { return }
    show(operation)
    visited = []
  }

  // MARK: Actions

  /// The one place where the state changes for a key or a click.
  package mutating func perform(_ action: Action) -> Effect {
    switch action {
    case .stepForward:
      if !timeline.forward() { notice = "This is the last step. : does something new." }
    case .stepBack: if !timeline.back() { notice = "This is the beginning." }
    case .operationForward:
      if !timeline.forwardOperation() { notice = "This is the last operation. : does a new one." }
    case .operationBack: if !timeline.backOperation() { notice = "This is the beginning." }
    case .toStart: timeline.jumpToStart()
    case .toEnd: timeline.jumpToEnd()
    case .jump(let position):
      focus = .timeline
      timeline.jump(to: position)
    case .select(let target):
      focus = .system
      go(to: target, view)
    case .toggle(let iommu):
      focus = .system
      folds[iommu] = !isOpen(iommu)
      go(to: .iommu(iommu), view)
    case .view(let target):
      if view != target { go(to: selection, target) }
      if focus == .system, layout.shape == .single || isZoomed { focus = .inspector }
    case .nextView: turnView(1)
    case .previousView: turnView(-1)
    case .focus(let pane): focus = pane
    case .nextPane: turnPane(1)
    case .previousPane: turnPane(-1)
    case .move(let direction): move(direction)
    case .open: open()
    case .goBack:
      if let last = visited.popLast() { (selection, view) = last }
    case .zoom:
      isZoomed.toggle()
      if isZoomed { focus = .inspector }
    case .point(let cursor):
      focus = .inspector
      point(at: cursor)
    case .scroll(let pane, let amount): scroll(pane, amount)
    case .editAddress:
      prompt = Prompt(.address, text: Subject(selection, in: machine).address(in: self).value.hex8)
    case .command: prompt = Prompt(.operation, history: history)
    case .help: helpScroll = 0
    case .leave: leave()
    case .quit: return .quit
    case .suspend: return .suspend
    case .redraw: return .redraw
    case .toggleMouse:
      isMouseOn.toggle()
      notice =
        isMouseOn
        ? "The mouse clicks here again."
        : "The mouse is the terminal's: it can mark text. m takes it back."
      return .mouse(isMouseOn)
    }
    return .none
  }

  private mutating func leave() {
    prompt = nil
    helpScroll = nil
    if isZoomed { isZoomed = false } else if entryCursor.isInside { entryCursor.isInside = false }
  }

  private mutating func go(to target: Selection, _ view: ViewID) {
    if target != selection || view != self.view {
      visited.append((selection, self.view))
      if visited.count > 100 { visited.removeFirst() }
    }
    let isNew = target != selection
    selection = target
    self.view = view
    if case .bank(let iommu, _) = target { folds[iommu] = true }
    if isNew { resetCursors() }
  }

  /// Puts the views' cursors where a new selection is best looked at.
  private mutating func resetCursors() {
    walkCursor = 0
    entryCursor = EntryCursor()
    findFirstEntry()
  }

  /// Puts the page-table cursor on the first entry that maps something.
  private mutating func findFirstEntry() {
    guard let table = Subject(selection, in: machine).table else { return }
    let count = machine.platform.format.entryCount(level: 1)
    let memory = machine.board.memory
    let first = (0..<count).first { memory.word(at: table + UInt64($0 * 4)) != 0 }
    entryCursor = EntryCursor(first: first ?? 0)
  }

  private mutating func turnView(_ step: Int) {
    let all = ViewID.allCases
    let index = (all.firstIndex(of: view) ?? 0) + step + all.count
    go(to: selection, all[index % all.count])
  }

  private mutating func turnPane(_ step: Int) {
    let all = isZoomed && layout.shape == .panes ? [Pane.inspector, .timeline] : Pane.allCases
    let index = (all.firstIndex(of: focus) ?? 0) + step + all.count
    focus = all[index % all.count]
  }

  // MARK: Moving

  private mutating func move(_ direction: Direction) {
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

  private mutating func moveInSystem(_ direction: Direction) {
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

  private mutating func moveSelection(_ step: Int) {
    let all = systemRows.compactMap(\.selection)
    guard !all.isEmpty else { return }
    let index = all.firstIndex(of: selection) ?? 0
    selection = all[max(0, min(all.count - 1, index + step))]
    resetCursors()
  }

  private mutating func moveInInspector(_ direction: Direction) {
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

  private mutating func moveEntry(_ direction: Direction) {
    let format = machine.platform.format
    let count = format.entryCount(level: entryCursor.isInside ? 2 : 1)
    let grid = PageTableView.Grid(layout.inspector.inset(columns: 2, rows: 1))
    let row = entryCursor.isInside ? grid.marks : grid.marks * grid.group
    let step =
      switch direction {
      case .left: entryCursor.isInside ? -1 : -grid.group
      case .right: entryCursor.isInside ? 1 : grid.group
      case .up: -row
      case .down: row
      case .pageUp: -4 * row
      case .pageDown: 4 * row
      }
    if entryCursor.isInside {
      entryCursor.second = max(0, min(count - 1, entryCursor.second + step))
    } else {
      entryCursor.first = max(0, min(count - 1, entryCursor.first + step))
      entryCursor.second = 0
    }
  }

  private mutating func point(at cursor: ViewCursor) {
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

  private mutating func open() {
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

  private mutating func scroll(_ pane: Pane, _ amount: Int) {
    let direction: Direction = amount < 0 ? .up : .down
    switch pane {
    case .system: moveSelection(amount)
    case .inspector: moveInInspector(direction)
    case .timeline: _ = amount < 0 ? timeline.back() : timeline.forward()
    }
  }

  // MARK: The tree

  /// An IOMMU shows its context banks.
  func isOpen(_ iommu: Int) -> Bool { folds[iommu] ?? (height >= 50) }

  // MARK: Drawing

  /// Draws the screen; the only thing that changes is what a click will mean.
  package mutating func draw() -> (canvas: Canvas, cursor: Point?) {
    var pen = Pen(width: width, height: height, theme: theme, glyphs: glyphs)
    draw(with: &pen)
    hits = pen.hits
    return (pen.canvas, pen.cursor)
  }
}

extension String {
  var trimmingBlanks: Substring { self[...].trimmed }
}
