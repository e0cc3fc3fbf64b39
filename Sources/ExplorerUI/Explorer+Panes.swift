internal import IOMMULab
internal import TerminalCore

/// Panes that grow, shrink and take the whole screen, and what the second inspector shows.
extension Explorer {
  var layout: Layout {
    // What is typed, chosen or answered has its own place, and needs the rows more.
    let isCalm = notice == nil && prompt == nil && operating == nil && picker == nil
    return Layout(
      width: width, height: height, focus: focus, isZoomed: isZoomed, dividers: dividers,
      hasText: isReading, whyRows: isCalm ? whyRows : 0)
  }

  // MARK: Zoom

  mutating func zoom() {
    if layout.shape == .panes {
      isZoomed.toggle()
    } else {
      notice = "One pane has the screen already: Tab shows the next one."
    }
  }

  /// How to come back, for the title of a pane that has the whole screen.
  func zoomHint(for pane: Pane) -> Prose {
    isZoomed && focus == pane && layout.shape == .panes ? Prose("z back to panes", .dim) : ""
  }

  // MARK: Dividers

  /// Takes hold of a divider, drags it, or lets go; answers whether the mouse was about one.
  mutating func drag(_ mouse: Mouse) -> Bool {
    switch mouse.kind {
    case .press:
      let isFree = prompt == nil && picker == nil && mouse.button == .left
      held = isFree ? layout.divider(at: mouse.position) : nil
      return false
    case .drag:
      guard let held else { return false }
      let size = layout.size(of: held, at: mouse.position)
      if size != layout.size(of: held) { _ = perform(.moveDivider(held, to: size)) }
      return true
    case .release:
      held = nil
      return false
    default: return false
    }
  }

  /// Puts a divider where a person wants it, as far as the panes beside it have room.
  mutating func move(_ divider: Divider, to size: Int) {
    guard layout.shape == .panes, !isZoomed, layout.size(of: divider) > 0 else { return }
    var dividers = dividers
    dividers[divider] = max(0, min(10_000, size))
    self.dividers = dividers
    // What did not fit is not kept: the next key moves it at once.
    self.dividers[divider] = layout.size(of: divider)
    notice = paneSizes(divider)
  }

  /// What puts the dividers back from where one stands: some views have that key for words.
  private var wayBack: String {
    let key = Keymap.action(for: Key(.character("=")), in: focus, view)
    return key == .evenPanes ? "= puts all back." : "Tab, then = puts all back."
  }

  private func paneSizes(_ divider: Divider) -> Prose {
    let layout = layout
    func columns(_ name: String, _ width: Int) -> Prose {
      Prose(name + " ", .dim) + Prose("\(width)", .strong)
    }
    return switch divider {
    case .system:
      columns("System", layout.system.width) + columns(", inspector", layout.inspector.width)
        + Prose(" columns. \(wayBack)", .dim)
    case .second:
      columns("Inspector", layout.inspector.width)
        + columns(", second", layout.second?.width ?? 0)
        + Prose(" columns. \(wayBack)", .dim)
    case .timeline:
      columns("Panes", layout.inspector.height) + columns(", timeline", layout.timeline.height)
        + Prose(" rows. \(wayBack)", .dim)
    }
  }

  /// Makes the focused pane wider, or narrower by a negative number.
  mutating func widen(_ columns: Int) {
    guard canMoveDividers() else { return }
    switch focus {
    case .inspector where layout.second != nil:
      move(.second, to: layout.size(of: .second) - columns)
    case .inspector: move(.system, to: layout.size(of: .system) - columns)
    case .system, .timeline: move(.system, to: layout.size(of: .system) + columns)
    }
  }

  /// Makes the focused pane higher, or lower by a negative number.
  mutating func heighten(_ rows: Int) {
    guard canMoveDividers() else { return }
    move(.timeline, to: layout.size(of: .timeline) + (focus == .timeline ? rows : -rows))
  }

  private mutating func canMoveDividers() -> Bool {
    guard let obstacle = obstacle(to: .evenPanes) else { return true }
    notice = "No divider moves here: \(obstacle)."
    return false
  }

  // MARK: The second inspector

  /// What the second inspector shows: what was chosen, or else what goes well with the first.
  var shownSecondView: ViewID {
    if let pinned { return pinned.view }
    if let secondView, secondView != view { return secondView }
    return view == .pageTable ? .registers : .pageTable
  }

  mutating func nextSecondView() {
    guard hasSecond() else { return }
    let others = ViewID.allCases.filter { pinned != nil || $0 != view }
    let index = (others.firstIndex(of: shownSecondView) ?? -1) + 1
    let next = others[index % others.count]
    if pinned == nil { secondView = next } else { showPinned(next) }
  }

  /// Shows a view in the second inspector; the first one takes the other's, where both would show it.
  mutating func showSecond(_ view: ViewID) {
    if pinned != nil {
      showPinned(view)
    } else if view == self.view {
      swapViews()
    } else {
      secondView = view
    }
  }

  mutating func swapViews() {
    guard hasSecond() else { return }
    guard pinned == nil else { return swapPinned() }
    let other = shownSecondView
    secondView = view
    go(to: selection, other)
  }

  mutating func hasSecond() -> Bool {
    if layout.second != nil { return true }
    notice = "A second inspector needs 180 columns and no zoom; here are \(width) columns."
    return false
  }

  /// Moves what the second inspector shows.
  mutating func scrollSecond(_ amount: Int) {
    guard pinned == nil else {
      return inPinned { $0.moveInInspector(amount < 0 ? .up : .down) }
    }
    let first = view
    view = shownSecondView
    moveInInspector(amount < 0 ? .up : .down)
    view = first
  }

  // MARK: The why

  /// Takes a key while the whole why is open: steps go on under it, all else closes it.
  mutating func readWhy(_ key: Key) -> Effect {
    let action = Keymap.action(for: key, in: focus, view)
    switch action {
    case .stepForward, .stepBack, .operationForward, .operationBack, .toStart, .toEnd, .redraw,
      .suspend:
      return action.map { perform($0) } ?? .none
    case .quit where !key.modifiers.contains(.control):
      isWhyOpen = false
      return .none
    case .why, .leave, .open, nil:
      isWhyOpen = false
      return .none
    case let action?:
      isWhyOpen = false
      return perform(action)
    }
  }
}
