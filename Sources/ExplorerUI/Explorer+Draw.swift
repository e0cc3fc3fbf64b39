internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
package import TerminalCore

/// Arranges the panes and asks each view to draw.
extension Explorer {
  /// Draws the screen; the only thing that changes is what a click will mean.
  package mutating func draw() -> (canvas: Canvas, cursor: Point?) {
    refreshSurvey()
    refreshTold()
    let (moment, looking) = (Moment(timeline), looking)
    if let looking, let screen = keptScreens.screen(of: looking, at: moment) {
      (hits, links, cursorRow) = (screen.hits, screen.links, screen.cursorRow)
      return (screen.canvas, nil)
    }
    var pen = Pen(width: width, height: height, theme: theme, glyphs: glyphs)
    draw(with: &pen)
    // What lies under a form leads nowhere, and what stands in one is about its fields.
    (hits, links, cursorRow) = (pen.hits, operating == nil ? pen.links : [], pen.cursorRow)
    if let linkChoice { linkChoice.draw(links, with: &pen) }
    if let looking {
      let screen = KeptScreens.Screen(
        canvas: pen.canvas, hits: hits, links: links, cursorRow: cursorRow)
      keptScreens.keep(screen, of: looking, at: moment)
    }
    return (pen.canvas, pen.cursor)
  }

  mutating func draw(with pen: inout Pen) {
    let layout = layout
    guard layout.shape != .sentence else {
      let all = Rect(column: 0, row: 0, width: width, height: height)
      let sentence: Prose =
        "iommu-tui needs 40 columns and 10 rows; here are \(width) and \(height). q quits."
      for (row, line) in Wrapped(sentence, width: width).lines.enumerated() {
        pen.write(line, at: 0, row, in: all)
      }
      return
    }
    StatusLine(self).draw(with: &pen)
    let marks = Marks(timeline)
    if !layout.system.isEmpty {
      if let lesson, isReading {
        LessonView(self, lesson).draw(in: layout.system, with: &pen)
      } else {
        SystemView(self, marks).draw(in: layout.system, with: &pen)
      }
    }
    if !layout.inspector.isEmpty, traffic.isOpen {
      TrafficView(self).draw(in: layout.inspector, with: &pen)
    } else if !layout.inspector.isEmpty {
      drawInspector(view, in: layout.inspector, isSecond: false, with: &pen)
    }
    if let second = layout.second, let pinned {
      drawPinned(pinned, in: second, with: &pen)
    } else if let second = layout.second {
      drawInspector(shownSecondView, in: second, isSecond: true, with: &pen)
    }
    if !layout.timeline.isEmpty, isWatchingTraffic {
      TrafficPlots(self).draw(in: layout.timeline, with: &pen)
    } else if !layout.timeline.isEmpty {
      drawTimeline(in: layout.timeline, with: &pen)
    }
    if !layout.why.isEmpty { WhyLines(self).draw(in: layout.why, with: &pen) }
    if let comparison {
      ComparisonView(comparison, width: width, height: height).draw(with: &pen)
    }
    if let designs { DesignsView(self, designs).draw(with: &pen) }
    if let course { CourseView(self, course).draw(with: &pen) }
    if isWhyOpen { WhyView(self).draw(with: &pen) }
    if let picker { PickerView(self, picker).draw(with: &pen) }
    drawOperating(with: &pen)
    if let prompt {
      PromptLine(explorer: self, prompt: prompt).draw(with: &pen)
    } else if let notice, layout.why.isEmpty {
      // One pane at a time has no row for the why: an answer takes the keys' row until the next key.
      Answer(notice, at: 1, in: layout.keys).draw(with: &pen)
    } else {
      KeysRow(self).draw(in: layout.keys, with: &pen)
    }
  }

  func drawInspector(
    _ view: ViewID, in area: Rect, isSecond: Bool, with pen: inout Pen
  ) {
    let focused = focus == .inspector && !isSecond
    let subject = Subject(selection, in: machine)
    let title = subject.breadcrumb(glyphs)
    var right = isSecond ? secondHint : zoomHint(for: .inspector)
    if right.isEmpty { right = numbersHint(beside: title, in: area.width - 2) }
    let hint = right
    if !isSecond {
      right = HistoryButtons(self).hint(after: hint, beside: title, in: area.width)
    }
    pen.link(area, to: .focus(.inspector))
    let inside = pen.frame(area, title: title, focused: focused, right: right)
    if right != hint { HistoryButtons(self).link(in: area, with: &pen) }
    drawTabs(view, in: inside, isSecond: isSecond, with: &pen)
    let body = Rect(
      column: inside.column, row: inside.row + 1, width: inside.width, height: inside.height - 1)
    if isCovered(view) {
      CoveredView().draw(in: body, with: &pen)
      return
    }
    switch view {
    case .path: PathView(self, subject).draw(in: body, with: &pen)
    case .registers: RegistersView(self, subject).draw(in: body, frame: area, with: &pen)
    case .pageTable: PageTableView(self, subject).draw(in: body, frame: area, with: &pen)
    case .walk: WalkView(self, subject).draw(in: body, with: &pen)
    case .tlb: TLBView(self, subject).draw(in: body, frame: area, with: &pen)
    case .memory: MemoryView(self).draw(in: body, frame: area, with: &pen)
    case .faults: FaultsView(self).draw(in: body, frame: area, with: &pen)
    case .domain: DomainView(self, subject).draw(in: body, frame: area, with: &pen)
    case .problems: ProblemsView(self).draw(in: body, frame: area, with: &pen)
    }
  }

  func drawTabs(
    _ open: ViewID?, in area: Rect, isSecond: Bool, with pen: inout Pen
  ) {
    var column = 0
    for (view, text) in Self.tabs(fitting: area.width, open: open) {
      // The blank after the open one belongs to it: the next one begins with a blank of its own.
      let start = open.map { view.rawValue == $0.rawValue + 1 } ?? false ? column + 1 : column
      let isOpen = view == open
      var end = column + text.count
      if isOpen {
        pen.write(text + " ", style: theme.tab, at: column, 0, in: area)
      } else {
        let number = text.hasPrefix(" \(view.rawValue)") ? String(view.rawValue) : ""
        let next = pen.write(number, .key, at: start > column ? start : start + 1, 0, in: area)
        end = pen.write(String(text.dropFirst(1 + number.count)), .dim, at: next, 0, in: area)
      }
      pen.link(
        Rect(column: area.column + column, row: area.row, width: end - column, height: 1)
          .intersection(area), to: isSecond ? .secondView(view) : .view(view))
      column = end
    }
  }

  /// How a view is chosen, for the frame of a pane whose tabs have no room for their numbers.
  private func numbersHint(beside title: Prose, in width: Int) -> Prose {
    let isNumbered = Self.tabs(fitting: width, open: view).allSatisfy {
      $0.text.hasPrefix(" \($0.view.rawValue)")
    }
    let hint = Prose("1-9", .key)
    return isNumbered || title.width + hint.width + 8 > width ? "" : hint
  }

  /// The tabs as long as there is room for all of them.
  ///
  /// A short name that can be read is worth more than its number; where there is no room even for
  /// those, all but the open one are numbers.
  private static func tabs(fitting width: Int, open: ViewID?) -> [(view: ViewID, text: String)] {
    let forms: [(ViewID) -> String] = [
      { " \($0.rawValue) \($0.title) " }, { " \($0.rawValue) \($0.mediumTitle)" },
      { " \($0.rawValue) \($0.shortTitle)" }, { " \($0.shortTitle)" },
      { " \($0.rawValue)\($0 == open ? $0.shortTitle : "")" },
    ]
    let rows = forms.map { form in ViewID.allCases.map { (view: $0, text: form($0)) } }
    return rows.first { $0.reduce(0) { $0 + $1.text.count } <= width } ?? rows[rows.count - 1]
  }
}
