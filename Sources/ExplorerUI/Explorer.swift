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
  package internal(set) var timeline: Timeline
  var registers: RegisterMap
  /// What the session is called in the status line.
  var title: String
  /// The files it may reach.
  let files: Files
  /// What a reset goes back to.
  var opened: Opened
  /// How many operations are in a file, from the first on; and the file that was saved last.
  var saved: Int
  var savedPath: String?
  /// The line of the prompt that was asked about: the same once more is a yes.
  var asked: String?
  /// A long script that is on its way in.
  var loading: Loading?

  let theme: Theme
  let glyphs: Glyphs
  package internal(set) var width = 80
  package internal(set) var height = 24

  package internal(set) var selection: Selection
  package internal(set) var view = ViewID.path
  package internal(set) var focus = Pane.system
  /// The pane that has the focus has the whole screen.
  var isZoomed = false
  var dividers = Dividers()
  /// The divider that the mouse holds.
  var held: Divider?
  /// What the second inspector was told to show.
  var secondView: ViewID?
  /// What it stays on, while something is pinned.
  var pinned: Place?
  /// The first row of the tree that shows.
  var treeTop = 0
  /// The IOMMUs that were folded or unfolded by hand.
  var folds: [Int: Bool] = [:]
  /// Places that were looked at before, the latest last; and those that one came back from.
  var visited: [Place] = []
  var left: [Place] = []

  var registerCursor = 0
  var entryCursor = EntryCursor()
  var walkCursor = 0
  /// The line that a list has its cursor on.
  var lineCursor = 0
  /// Which calls of the tree are open.
  var tree = TreeState()
  var memoryCursor = MemoryCursor()
  /// The address that path and walk look at, once a person chose one.
  var chosenAddress: IOVA?

  /// The devices at work, and whether they are being watched.
  package internal(set) var traffic = TrafficControl()

  package internal(set) var prompt: Prompt?
  /// Lines that were done before, the latest last; also those of earlier sessions.
  package internal(set) var history: PromptHistory
  /// The list of operations, or the form of one.
  var operating: Operating?
  /// The list that is open: what was found, or what works here.
  var picker: Picker?
  /// The whole why is open.
  var isWhyOpen = false
  /// A point of time to compare others with, and the list of what differs, while it is open.
  var marked: MarkedPoint?
  var comparison: ComparisonList?
  /// The comparison of the three designs, while it is open, and the cell that its cursor is on.
  var designs: DesignsCursor?
  /// The lesson that is being taken, and the map of the course, while it is open.
  var lesson: TakenLesson?
  var course: CourseCursor?
  /// How far the learner is with the course.
  package internal(set) var progress = CourseProgress()
  /// What the last operation or key came to; shown until the next key.
  package internal(set) var notice: Prose?
  var isMouseOn = true
  /// What is known of the whole machine as it is now.
  var survey = Survey()
  /// What was drawn last and may be shown again, what was said last, and the rows that it wants.
  var keptTimeline: KeptPane?
  var keptScreens = KeptScreens()
  var told: Told?
  var whyRows = 0
  var hits: [(area: Rect, action: Action)] = []
  /// What leads somewhere on the screen as it was drawn last.
  var links: [Link] = []
  var cursorRow: Int?
  /// The person picks one of the links by keys.
  var linkChoice: LinkChoice?

  /// An explorer of what has happened so far, which may be nothing; `title` is what the session is
  /// called.
  package init(
    _ timeline: Timeline, registers: RegisterMap, title: String, theme: Theme, glyphs: Glyphs,
    history: PromptHistory = PromptHistory(), files: Files = .none
  ) {
    self.timeline = timeline
    self.files = files
    saved = timeline.entries.count
    opened = Opened(
      source: timeline.entries.source, platform: timeline.machine.platform.name,
      position: timeline.position, title: title)
    self.registers = registers
    self.title = title
    self.theme = theme
    self.glyphs = glyphs
    self.history = history
    selection = .iommu(0)
    lookWhereItHappens()
    enterWhereTimeStands()
    refreshSurvey()
  }

  var machine: Machine {
    // Read in place, as the machine's board is.
    _read { yield timeline.machine }
  }

  // MARK: Events

  /// Takes one event in, and says what the loop has to do besides drawing.
  package mutating func handle(_ event: TerminalEvent) -> Effect {
    switch event {
    case .resize(let width, let height):
      (self.width, self.height) = (max(0, width), max(0, height))
      return .none
    case _ where loading != nil: return handleWhileLoading(event)
    case .paste(let text):
      if operating != nil {
        pasteIntoForm(text)
      } else if picker != nil {
        paste(intoPicker: text)
      } else {
        paste(text)
      }
      return .none
    case .mouse(let mouse): return handle(mouse)
    case .tick: return perform(.tick)
    case .key(let key): return handle(key)
    }
  }

  private mutating func handle(_ key: Key) -> Effect {
    if prompt != nil { return type(key) }
    notice = nil
    if operating != nil { return operate(by: key) }
    if linkChoice != nil { return chooseLink(by: key) }
    if picker != nil { return pick(by: key) }
    if comparison != nil { return handleInComparison(key) }
    if designs != nil { return handleInDesigns(key) }
    if course != nil { return handleInCourse(key) }
    if isWhyOpen { return readWhy(key) }
    if beginAnswer(with: key) { return .none }
    return Keymap.action(for: key, in: focus, view, during: modes).map {
      perform($0.by(key))
    } ?? .none
  }

  private mutating func handle(_ mouse: Mouse) -> Effect {
    if drag(mouse) { return .none }
    switch mouse.kind {
    case .press where mouse.button == .left:
      linkChoice = nil
      if prompt == nil, let link = links.last(where: { $0.area.contains(mouse.position) }) {
        notice = nil
        return perform(.follow(link.target))
      }
      guard let hit = hits.last(where: { $0.area.contains(mouse.position) }) else { return .none }
      if prompt == nil { notice = nil }
      return perform(hit.action)
    case .press where mouse.button == .back: return walkHistory(.goBack)
    case .press where mouse.button == .forward: return walkHistory(.goForward)
    case .press where mouse.button == .right: return operate(at: mouse.position)
    case .wheelUp: return wheel(-1, at: mouse.position)
    case .wheelDown: return wheel(1, at: mouse.position)
    default: return .none
    }
  }

  private mutating func wheel(_ amount: Int, at point: Point) -> Effect {
    if picker != nil {
      movePicked(amount)
      return .none
    }
    if operating != nil {
      turnOperating(amount)
      return .none
    }
    guard prompt == nil else { return .none }
    if comparison != nil {
      moveInComparison(amount)
      return .none
    }
    if designs != nil {
      moveInDesigns(amount < 0 ? .up : .down)
      return .none
    }
    if course != nil {
      moveInCourse(amount)
      return .none
    }
    let layout = layout
    if let second = layout.second, second.contains(point) { return perform(.scrollSecond(amount)) }
    let panes: [(Pane, Rect)] = [
      (.system, layout.system), (.inspector, layout.inspector), (.timeline, layout.timeline),
    ]
    guard let pane = panes.first(where: { $0.1.contains(point) })?.0 else { return .none }
    return perform(.scroll(pane, amount))
  }

  // MARK: Actions

  /// The one place where the state changes for a key or a click.
  package mutating func perform(_ action: Action) -> Effect {
    refreshSurvey()
    defer {
      keepTreeTop()
      stopInThePast()
      settleTree()
    }
    switch action {
    case .stepForward:
      if goOnInLesson() { break }
      if !stepForward() { notice = "This is the last step. : does something new." }
    case .mark: mark()
    case .compare: compare()
    case .stepInto: if !stepInto() { notice = "This is the last step. : does something new." }
    case .fold(let fold):
      focus = .timeline
      tree.hasCursor = true
      toggle(fold, at: treeLines.firstIndex { $0.fold == fold })
    case .stepBack: if !stepBack() { notice = "This is the beginning." }
    case .operationForward:
      if goOnInLesson() { break }
      if !timeline.forwardAccess() { notice = "This is the last operation. : does a new one." }
    case .operationBack: if !timeline.backAccess() { notice = "This is the beginning." }
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
      traffic.isOpen = false
      if view != target { go(to: selection, target) }
      if layout.inspector.isEmpty { focus = .inspector }
    case .nextView:
      traffic.isOpen = false
      turnView(1)
    case .focus(let pane): focus = pane
    case .nextPane: turnPane(1)
    case .previousPane: turnPane(-1)
    case .move(let direction): move(direction)
    case .open where isPointing && focus == .inspector: answerByPointing()
    case .open: open()
    case .goBack: if !takeBackItem() { goBack() }
    case .goForward: goForward()
    case .follow(let target): follow(target)
    case .chooseLink: startChoosingLink()
    case .zoom: zoom()
    case .find: openPicker(.find)
    case .go(let place): go(to: place)
    case .revisit(let index): goBack(toVisited: index)
    case .choose(let index):
      guard let index else { return .none }
      picker?.pick(index)
      return choose()
    case .why: isWhyOpen = true
    case .widen(let columns): widen(columns)
    case .heighten(let rows): heighten(rows)
    case .moveDivider(let divider, let size): move(divider, to: size)
    case .evenPanes:
      dividers = Dividers()
    case .secondView(let view): showSecond(view)
    case .nextSecondView: nextSecondView()
    case .swapViews: swapViews()
    case .pin: pin()
    case .pointPinned(let cursor): inPinned { $0.point(at: cursor) }
    case .scrollSecond(let amount): scrollSecond(amount)
    case .point(let cursor):
      let before = focus == .inspector && isPointing ? pointed : nil
      focus = .inspector
      point(at: cursor)
      answerBySecondClick(before)
    case .scroll(let pane, let amount): scroll(pane, amount)
    case .editAddress:
      prompt = Prompt(.address, text: Subject(selection, in: machine).address(in: self).value.hex8)
    case .run: toggleRunning()
    case .tick: tick()
    case .toggleTraffic: toggleTraffic()
    case .faster: changeSpeed(1)
    case .slower: changeSpeed(-1)
    case .editSeed: prompt = Prompt(.seed, text: String(traffic.seed))
    case .designs: toggleDesigns()
    case .designCell(let cell): pointAtDesign(cell)
    case .openDesign(let isHelped): return openDesign(isHelped: isHelped)
    case .scenes: openPicker(.scenes)
    case .lesson(let action): return perform(action)
    case .operate: openOperations()
    case .editWord: editWord()
    case .lastChange: goToLastChange()
    case .operating(let click): return operate(by: click)
    case .command:
      asked = nil
      prompt = Prompt(.operation, history: history.lines)
    case .compose(let text):
      asked = nil
      var prompt = Prompt(.operation, history: history.lines)
      prompt.insert(text)
      self.prompt = prompt
    case .help: openPicker(.actions)
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

  /// What keys mean everywhere, also while something lies over the panes.
  mutating func performOverPanes(_ action: Action?) -> Effect {
    switch action {
    case .leave?, .help?, .suspend?, .redraw?, .quit?: action.map { perform($0) } ?? .none
    default: .none
    }
  }

  mutating func leave() {
    let isOpen =
      prompt != nil || picker != nil || isWhyOpen || comparison != nil || operating != nil
      || designs != nil || course != nil
    (prompt, picker, isWhyOpen, comparison, operating) = (nil, nil, false, nil, nil)
    (designs, course) = (nil, nil)
    if isOpen { return }
    if isZoomed {
      isZoomed = false
    } else if traffic.isOpen {
      traffic.isOpen = false
    } else if view == .memory, memoryCursor.isInside {
      memoryCursor.isInside = false
    } else if view == .pageTable, let trail = entryTrail, trail.depth > 0 {
      entryCursor.depth = trail.depth - 1
    }
  }

  mutating func go(to target: Selection, _ view: ViewID) {
    if target != selection || view != self.view { remember() }
    let isNew = target != selection
    if view != self.view { lineCursor = 0 }
    selection = target
    self.view = view
    if case .bank(let iommu, _) = target { folds[iommu] = true }
    if isNew { resetCursors() }
  }
}

extension String {
  var trimmingBlanks: Substring { self[...].trimmed }
}
