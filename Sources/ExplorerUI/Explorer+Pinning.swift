internal import IOMMULab
internal import TerminalCore

/// The second inspector of a wide screen, when it stays on one thing while the first goes elsewhere.
extension Explorer {
  /// Pins the second inspector to what it shows, or lets it go.
  mutating func pin() {
    guard hasSecond() else { return }
    guard pinned == nil else {
      pinned = nil
      notice = "The second inspector shows what the first one does again."
      return
    }
    pinned = place(in: shownSecondView)
    let name = Subject(selection, in: machine).breadcrumb(glyphs)
    notice =
      Prose("Pinned: ", .live) + name
      + " stays at the right while you look elsewhere. \(strong: ".") lets it go."
  }

  /// Shows another view of what is pinned.
  mutating func showPinned(_ view: ViewID) {
    inPinned {
      if $0.view != view { $0.lineCursor = 0 }
      $0.view = view
    }
  }

  /// Does something to what is pinned as if it were in the first inspector.
  mutating func inPinned(_ change: (inout Explorer) -> Void) {
    guard let pinned else { return }
    let here = place
    take(pinned)
    change(&self)
    self.pinned = place
    take(here)
  }

  /// What is pinned comes to the first inspector, and what was there is pinned.
  mutating func swapPinned() {
    guard let pinned else { return }
    let here = place
    remember()
    take(pinned)
    self.pinned = here
  }

  /// Draws what is pinned; a click in it moves the cursor there, a link leads on in the first one.
  func drawPinned(_ pinned: Place, in area: Rect, with pen: inout Pen) {
    var other = self
    other.take(pinned)
    other.focus = .system
    let before = pen.hits.count
    other.drawInspector(pinned.view, in: area, isSecond: true, with: &pen)
    pen.redirect(hitsFrom: before) {
      if case .point(let cursor) = $0 { .pointPinned(cursor) } else { $0 }
    }
  }

  /// What the keys do in the second inspector, for its frame.
  var secondHint: Prose {
    pinned == nil
      ? Prose("s next view   S swap   . pin", .dim)
      : Prose("pinned", .accent) + Prose("   . lets it go", .dim)
  }
}
