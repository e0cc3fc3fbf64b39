internal import TerminalCore

/// A line between panes that a person can move.
package enum Divider: Hashable, Sendable, CaseIterable {
  /// Between the tree and the inspector.
  case system
  /// Between the two inspectors of a wide screen.
  case second
  /// Above the timeline.
  case timeline
}

/// Where a person moved the dividers to; nil is where they are by themselves.
///
/// What was moved stays as it was wished, also while a screen is too small for it.
struct Dividers: Hashable, Sendable {
  /// The width of the tree.
  var system: Int?
  /// The width of the second inspector.
  var second: Int?
  /// The rows of the timeline.
  var timeline: Int?
}

/// Where the panes are, for a size of screen.
struct Layout: Hashable {
  enum Shape: Hashable {
    /// Too small for anything but a sentence.
    case sentence
    /// One pane at a time.
    case single
    case panes
  }

  private static let leastSystem = 20
  private static let leastInspector = 40
  private static let leastPaneRows = 8
  private static let leastTimeline = 3
  /// What the timeline keeps when the why wants rows of it, and the most it gives.
  private static let leastBesideWhy = 5
  private static let mostGiven = 3

  let shape: Shape
  let width: Int
  let height: Int
  private(set) var system = Rect(column: 0, row: 0, width: 0, height: 0)
  private(set) var inspector = Rect(column: 0, row: 0, width: 0, height: 0)
  /// A second view of the same thing, where there is room.
  private(set) var second: Rect?
  private(set) var timeline = Rect(column: 0, row: 0, width: 0, height: 0)
  private(set) var why = Rect(column: 0, row: 0, width: 0, height: 0)
  /// How many of the why's rows are the timeline's own.
  private var lent = 0
  let keys: Rect

  /// With `hasText`, a lesson's text stands in the place of the tree, over its whole height.
  ///
  /// `whyRows` is how many rows the words above the keys would fill: the timeline lends what it can.
  init(
    width: Int, height: Int, focus: Pane, isZoomed: Bool, dividers: Dividers = Dividers(),
    hasText: Bool = false, whyRows wished: Int = 0
  ) {
    (self.width, self.height) = (width, height)
    keys = Rect(column: 0, row: max(0, height - 1), width: width, height: min(1, height))
    guard width >= 40, height >= 10 else {
      shape = .sentence
      return
    }
    guard width >= 80, height >= 24 else {
      shape = .single
      show(focus, alone: Rect(column: 0, row: 1, width: width, height: height - 2))
      return
    }
    shape = .panes
    let whyRows = height >= 30 ? 2 : 1
    let rows = height - 2 - whyRows
    why = Rect(column: 0, row: height - 1 - whyRows, width: width, height: whyRows)
    guard !isZoomed else {
      zoom(focus, rows: rows)
      lendRows(wished - whyRows)
      return
    }
    let timelineRows = Self.fit(
      dividers.timeline ?? (height >= 50 ? 13 : height >= 30 ? 11 : 7),
      Self.leastTimeline...(rows - Self.leastPaneRows))
    arrange(paneRows: rows - timelineRows, dividers, hasText: hasText)
    timeline = Rect(
      column: 0, row: 1 + rows - timelineRows, width: width, height: timelineRows)
    if hasText {
      system.height = rows
      timeline.column = system.width
      timeline.width -= system.width
    } else {
      lendRows(wished - whyRows)
    }
  }

  /// The timeline's last rows go to the why; nothing above them moves.
  private mutating func lendRows(_ wished: Int) {
    let count = max(0, min(wished, Self.mostGiven, timeline.height - Self.leastBesideWhy))
    timeline = Rect(
      column: timeline.column, row: timeline.row, width: timeline.width,
      height: timeline.height - count)
    why = Rect(column: 0, row: why.row - count, width: width, height: why.height + count)
    lent = count
  }

  private mutating func show(_ pane: Pane, alone area: Rect) {
    switch pane {
    case .system: system = area
    case .inspector: inspector = area
    case .timeline: timeline = area
    }
  }

  /// One pane has the screen; under tree and inspector, the current operation keeps one line.
  private mutating func zoom(_ pane: Pane, rows: Int) {
    let line = pane == .timeline ? 0 : 3
    show(pane, alone: Rect(column: 0, row: 1, width: width, height: rows - line))
    if line > 0 { timeline = Rect(column: 0, row: 1 + rows - line, width: width, height: line) }
  }

  private mutating func arrange(paneRows: Int, _ dividers: Dividers, hasText: Bool) {
    let hasSecond = width >= 180
    let systemWidth = Self.fit(
      dividers.system ?? (hasText ? max(40, min(60, width / 2 - 2)) : width >= 110 ? 38 : 27),
      Self.leastSystem...(width - Self.leastInspector * (hasSecond ? 2 : 1)))
    let rest = width - systemWidth
    let secondWidth =
      hasSecond
      ? Self.fit(
        dividers.second ?? rest * 78 / 162, Self.leastInspector...(rest - Self.leastInspector)) : 0
    system = Rect(column: 0, row: 1, width: systemWidth, height: paneRows)
    inspector = Rect(column: systemWidth, row: 1, width: rest - secondWidth, height: paneRows)
    if hasSecond {
      second = Rect(column: width - secondWidth, row: 1, width: secondWidth, height: paneRows)
    }
  }

  private static func fit(_ wish: Int, _ range: ClosedRange<Int>) -> Int {
    max(range.lowerBound, min(range.upperBound, wish))
  }

  // MARK: Dividers

  /// The divider that a press at a cell takes hold of: frames on both sides of it count.
  func divider(at point: Point) -> Divider? {
    guard shape == .panes, !system.isEmpty else { return nil }
    func isBetween(_ edge: Int) -> Bool { point.column == edge || point.column == edge - 1 }
    let isBesideText = point.column < timeline.column - 1
    if !isBesideText, point.row == timeline.row || point.row == timeline.row - 1 {
      return .timeline
    }
    guard point.row >= system.row, point.row < system.maxRow else { return nil }
    if isBetween(inspector.column) { return .system }
    if let second, isBetween(second.column) { return .second }
    return nil
  }

  /// How far a divider is from the edge that it is measured from.
  func size(of divider: Divider) -> Int {
    switch divider {
    case .system: system.width
    case .second: second?.width ?? 0
    case .timeline: timeline.height + lent
    }
  }

  /// The size that puts a divider on a cell.
  func size(of divider: Divider, at point: Point) -> Int {
    // A person may hold it anywhere, also outside the screen: no sum here may trap.
    let column = max(-1, min(width, point.column))
    let row = max(-1, min(height, point.row))
    return switch divider {
    case .system: column
    case .second: width - column
    case .timeline: timeline.maxRow + lent - row
    }
  }
}

extension Dividers {
  subscript(divider: Divider) -> Int? {
    get {
      switch divider {
      case .system: system
      case .second: second
      case .timeline: timeline
      }
    }
    set {
      switch divider {
      case .system: system = newValue
      case .second: second = newValue
      case .timeline: timeline = newValue
      }
    }
  }
}
