internal import IOMMUValues
internal import IOMMULab
internal import TerminalCore

/// The screens that were drawn last at one moment, shown again when a person comes back to one.
///
/// Who looks around goes down a list and up again, and opens a view and leaves it: nothing has
/// changed then, and what was drawn once is right as it is. Another moment forgets all of them.
struct KeptScreens: Sendable {
  /// All that a screen with nothing on top of its panes depends on, besides the moment and what an
  /// explorer never changes.
  struct Looking: Hashable, Sendable {
    let width: Int
    let height: Int
    let selection: Selection
    let view: ViewID
    let secondView: ViewID?
    let pinned: Place?
    /// There is a way back, and forward again.
    let ways: [Bool]
    let focus: Pane
    let isZoomed: Bool
    let dividers: Dividers
    let treeTop: Int
    let folds: [Int: Bool]
    let registerCursor: Int
    let entryCursor: EntryCursor
    let walkCursor: Int
    let lineCursor: Int
    let tree: Explorer.TreeState
    let memoryCursor: MemoryCursor
    let chosenAddress: IOVA?
    let traffic: TrafficControl
    let notice: Prose?
    let whyRows: Int
  }

  /// A whole screen with all that it leads to.
  struct Screen: Sendable {
    let canvas: Canvas
    let hits: [(area: Rect, action: Action)]
    let links: [Link]
    let cursorRow: Int?
  }

  /// As many as a list has rows that one looks through for something.
  private static let most = 12

  private var moment: Moment?
  /// The one that was shown last is the last one.
  private var screens: [(looking: Looking, screen: Screen)] = []

  /// The screen of a state, if it was drawn lately.
  mutating func screen(of looking: Looking, at moment: Moment) -> Screen? {
    guard self.moment == moment,
      let index = screens.lastIndex(where: { $0.looking == looking })
    else { return nil }
    let found = screens.remove(at: index)
    screens.append(found)
    return found.screen
  }

  mutating func keep(_ screen: Screen, of looking: Looking, at moment: Moment) {
    if self.moment != moment {
      self.moment = moment
      screens = []
    }
    if screens.count == Self.most { screens.removeFirst() }
    screens.append((looking, screen))
  }
}

extension Explorer {
  /// What the screen depends on; nil while something lies on top of the panes, or a lesson has a
  /// say in what they show.
  var looking: KeptScreens.Looking? {
    guard prompt == nil, operating == nil, picker == nil, comparison == nil, designs == nil,
      course == nil, lesson == nil, linkChoice == nil, !isWhyOpen
    else { return nil }
    return KeptScreens.Looking(
      width: width, height: height, selection: selection, view: view, secondView: secondView,
      pinned: pinned, ways: [visited.isEmpty, left.isEmpty], focus: focus, isZoomed: isZoomed,
      dividers: dividers, treeTop: treeTop, folds: folds,
      registerCursor: registerCursor, entryCursor: entryCursor, walkCursor: walkCursor,
      lineCursor: lineCursor, tree: tree, memoryCursor: memoryCursor,
      chosenAddress: chosenAddress, traffic: traffic, notice: notice, whyRows: whyRows)
  }
}
