internal import IOMMULab
internal import TerminalCore

/// Back and forward for the mouse: at the right end of the inspector's title, once there is a way.
struct HistoryButtons {
  private let explorer: Explorer
  private let glyphs: Glyphs

  init(_ explorer: Explorer) {
    self.explorer = explorer
    glyphs = explorer.glyphs
  }

  /// What stands at the end of a frame whose title and hint leave room for it.
  func hint(after hint: Prose, beside title: Prose, in width: Int) -> Prose {
    guard !explorer.visited.isEmpty || !explorer.left.isEmpty else { return hint }
    let gap = hint.isEmpty ? "" : "   "
    let whole =
      hint + Prose(gap) + button(glyphs.before, explorer.visited) + " "
      + button(glyphs.after, explorer.left)
    return title.width + whole.width + 8 > width ? hint : whole
  }

  private func button(_ glyph: Character, _ places: [Place]) -> Prose {
    Prose(String(glyph), places.isEmpty ? .faint : .key)
  }

  /// Makes the buttons of a frame mean what they show.
  func link(in frame: Rect, with pen: inout Pen) {
    // The frame's corner, a piece of its line and a blank come after the last one.
    let last = frame.maxColumn - 4
    pen.link(Rect(column: last - 2, row: frame.row, width: 1, height: 1), to: .goBack)
    pen.link(Rect(column: last, row: frame.row, width: 1, height: 1), to: .goForward)
  }
}

extension Explorer {
  /// The mouse's own buttons go through the history, while nothing lies above the panes.
  mutating func walkHistory(_ action: Action) -> Effect {
    guard prompt == nil, picker == nil, operating == nil, comparison == nil, designs == nil else {
      return .none
    }
    notice = nil
    return perform(action)
  }
}
