internal import TerminalCore

/// Where the panes are, for a size of screen.
struct Layout: Hashable {
  enum Shape: Hashable {
    /// Too small for anything but a sentence.
    case sentence
    /// One pane at a time.
    case single
    case panes
  }

  let shape: Shape
  let width: Int
  let height: Int
  private(set) var system = Rect(column: 0, row: 0, width: 0, height: 0)
  private(set) var inspector = Rect(column: 0, row: 0, width: 0, height: 0)
  /// A second view of the same thing, where there is room.
  private(set) var second: Rect?
  private(set) var timeline = Rect(column: 0, row: 0, width: 0, height: 0)
  private(set) var why = Rect(column: 0, row: 0, width: 0, height: 0)
  let keys: Rect

  init(width: Int, height: Int, focus: Pane, isZoomed: Bool) {
    (self.width, self.height) = (width, height)
    keys = Rect(column: 0, row: max(0, height - 1), width: width, height: min(1, height))
    guard width >= 40, height >= 10 else {
      shape = .sentence
      return
    }
    guard width >= 80, height >= 24 else {
      shape = .single
      let all = Rect(column: 0, row: 1, width: width, height: height - 2)
      switch focus {
      case .system: system = all
      case .inspector: inspector = all
      case .timeline: timeline = all
      }
      return
    }
    shape = .panes
    let whyRows = height >= 30 ? 2 : 1
    let timelineRows = isZoomed ? 3 : height >= 50 ? 13 : height >= 30 ? 11 : 7
    let paneRows = height - 2 - whyRows - timelineRows
    why = Rect(column: 0, row: height - 1 - whyRows, width: width, height: whyRows)
    timeline = Rect(column: 0, row: 1 + paneRows, width: width, height: timelineRows)
    if isZoomed {
      inspector = Rect(column: 0, row: 1, width: width, height: paneRows)
      return
    }
    let systemWidth = width >= 110 ? 38 : 27
    let rest = width - systemWidth
    system = Rect(column: 0, row: 1, width: systemWidth, height: paneRows)
    let secondWidth = width >= 180 ? rest * 78 / 162 : 0
    inspector = Rect(column: systemWidth, row: 1, width: rest - secondWidth, height: paneRows)
    if secondWidth > 0 {
      second = Rect(column: width - secondWidth, row: 1, width: secondWidth, height: paneRows)
    }
  }
}
