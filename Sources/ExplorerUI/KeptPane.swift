internal import IOMMULab
internal import TerminalCore

/// A pane as it was drawn last, shown again as long as nothing that it shows has changed.
///
/// Most keys are about one pane, and the timeline is the dearest of all to draw.
struct KeptPane: Sendable {
  /// All that the timeline's pane depends on, besides what an explorer never changes.
  struct Key: Hashable, Sendable {
    let moment: Moment
    let area: Rect
    let width: Int
    let height: Int
    let focus: Pane
    let isZoomed: Bool
    let tree: Explorer.TreeState
  }

  let key: Key
  let picture: Pen.Picture
}

/// A state of a session's machine: with another number of things done, or elsewhere in time, it is
/// another one.
struct Moment: Hashable, Sendable {
  let revision: Int
  let position: Timeline.Position

  init(_ timeline: Timeline) { (revision, position) = (timeline.revision, timeline.position) }
}

/// What the explorer has told of the current step, so that it is worded once for each step.
struct Told: Sendable {
  let moment: Moment
  let sentence: Prose
  let source: String
  /// The rows it was fitted into, and whether there was more to say.
  let area: Rect
  let isCut: Bool
}

extension Explorer {
  /// Draws the timeline, or shows it as it was drawn last.
  mutating func drawTimeline(in area: Rect, with pen: inout Pen) {
    let key = KeptPane.Key(
      moment: Moment(timeline), area: area, width: width, height: height, focus: focus,
      isZoomed: isZoomed, tree: tree)
    if let keptTimeline, keptTimeline.key == key {
      pen.show(keptTimeline.picture)
      return
    }
    let before = pen.mark
    TimelineView(self).draw(in: area, with: &pen)
    keptTimeline = KeptPane(key: key, picture: pen.picture(of: area, since: before))
  }

  /// Words the current step, if that has not been done.
  mutating func refreshTold() {
    let moment = Moment(timeline)
    if let told, told.moment == moment, told.area == layout.why, !isWatchingTraffic { return }
    told = nil
    let room = max(0, width - 7)
    let remark = isWatchingTraffic ? Remark() : remark
    let remarkRows = remark.isEmpty ? 0 : Wrapped(remark.words, width: room).lines.count
    let (sentence, source) = isWatchingTraffic ? ("", "") : narration
    let all = Wrapped(sentence, width: room).lines.count
    // Inside an operation nothing is to move; at its end a thought is to stand there whole.
    let isWhole = ending != nil || remark.isEmpty
    let ended = timeline.isOperationDone && !isWatchingTraffic && isWhole
    let least = ending == nil ? Wrapped(sentence.firstSentence, width: room).lines.count : all
    whyRows = remarkRows + (ended ? least : 0)
    let area = layout.why
    guard !area.isEmpty, !isWatchingTraffic else { return }
    let isCut = remarkRows + all > area.height
    told = Told(moment: moment, sentence: sentence, source: source, area: area, isCut: isCut)
  }

  /// Another session's moments may be called the same.
  mutating func forgetDrawn() {
    survey = Survey()
    (keptTimeline, keptScreens, told) = (nil, KeptScreens(), nil)
  }
}

extension Pen {
  /// A part of the screen with all that it leads to.
  struct Picture: Sendable {
    fileprivate let area: Rect
    fileprivate let cells: [Cell]
    fileprivate let hits: [(area: Rect, action: Action)]
    fileprivate let links: [Link]
    fileprivate let cursorRow: Int?
  }

  /// How far the lists of what leads somewhere had come.
  struct Mark {
    fileprivate let hits: Int
    fileprivate let links: Int
    fileprivate let cursorRow: Int?
  }

  var mark: Mark { Mark(hits: hits.count, links: links.count, cursorRow: cursorRow) }

  /// What was drawn in an area that was blank before.
  func picture(of area: Rect, since mark: Mark) -> Picture {
    Picture(
      area: area, cells: canvas.cells(in: area), hits: Array(hits.dropFirst(mark.hits)),
      links: Array(links.dropFirst(mark.links)),
      cursorRow: cursorRow == mark.cursorRow ? nil : cursorRow)
  }

  /// Shows a part as it was, in its place.
  mutating func show(_ picture: Picture) {
    put(picture.cells, in: picture.area)
    add(picture.hits, picture.links, cursorRow: picture.cursorRow)
  }
}
