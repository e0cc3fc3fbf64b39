internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A form over the panes: fields, what would fit, and what will happen.
struct OperateFormView {
  let explorer: Explorer
  let form: OperateForm
  let layout: FormLayout

  init(_ explorer: Explorer, _ form: OperateForm) {
    (self.explorer, self.form) = (explorer, form)
    layout = FormLayout(
      form, width: explorer.width, height: explorer.height,
      whyRows: explorer.layout.why.height)
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let all = Rect(column: 0, row: 0, width: explorer.width, height: explorer.height)
    pen.link(all, to: .operating(.nothing))
    let area = layout.area
    pen.clear(area)
    let inside = pen.frame(
      area, title: form.title.strengthened, focused: true,
      right: area.width < 50 ? "" : Prose(form.form.counterpart, .dim))
    drawFields(in: inside, with: &pen)
    drawMiddle(in: inside, with: &pen)
    drawHappening(in: inside, with: &pen)
    pen.ground(area)
    drawBoxes(in: inside, with: &pen)
    drawWhy(with: &pen)
  }

  // MARK: Fields

  private var boxColumn: Int { layout.isNarrow ? 12 : 15 }
  private var boxWidth: Int { layout.isNarrow ? 16 : 20 }
  private var noteColumn: Int { boxColumn + boxWidth + 2 }

  /// The first field that shows.
  private var firstField: Int {
    max(0, min(form.current - layout.fieldRows / 2, form.form.fields.count - layout.fieldRows))
  }

  private func row(of field: Int) -> Int? {
    let line = field - firstField
    guard (0..<layout.fieldRows).contains(line) else { return nil }
    return layout.fieldsTop + line * layout.spacing
  }

  private func drawFields(in area: Rect, with pen: inout Pen) {
    for (index, field) in form.form.fields.enumerated() {
      guard let row = row(of: index) else { continue }
      pen.link(
        Rect(column: area.column, row: area.row + row, width: area.width, height: 1),
        to: .operating(.field(index)))
      pen.write(field.label, index == form.current ? .strong : .dim, at: 2, row, in: area)
      if index == form.current {
        pen.put(pen.glyphs.edge, pen.theme.style(.accent), at: 0, row, in: area)
      }
      drawNote(index, at: row, in: area, with: &pen)
    }
  }

  private func drawNote(_ index: Int, at row: Int, in area: Rect, with pen: inout Pen) {
    if form.form.fields[index].kind == .protection {
      drawRights(index, at: row, in: area, with: &pen)
      return
    }
    let isFine = if case .fine = form.checks[index] { true } else { false }
    if isFine, form.form.fields[index].kind == .size(.free) {
      drawSizes(index, at: row, in: area, with: &pen)
    } else {
      pen.write(note(index), at: noteColumn, row, in: area)
    }
  }

  /// The sizes of pages, to be clicked; the one that is meant stands out.
  private func drawSizes(_ index: Int, at row: Int, in area: Rect, with pen: inout Pen) {
    var column = noteColumn
    for (place, size) in form.surroundings.pageSizes.enumerated() {
      let text = size.sizeText
      let isMeant = text == form.contents.values[index]
      let end = pen.write(text, isMeant ? .strong : .dim, at: column, row, in: area)
      pen.link(
        Rect(column: area.column + column, row: area.row + row, width: end - column, height: 1)
          .intersection(area), to: .operating(.put(field: index, place)))
      column = end + 2
    }
    if column + 12 < area.width { pen.write(" or any sum", .dim, at: column, row, in: area) }
  }

  private func note(_ index: Int) -> Prose {
    let isCurrent = index == form.current
    switch form.checks[index] {
    case .wrong(let reason): return Prose("✗ " + reason, .fault)
    case .warning(let note): return Prose("! ", .half) + note
    case .fine(let note):
      if isCurrent, case .flag = form.form.fields[index].kind {
        return Prose("Space toggles", .dim)
      }
      if isCurrent, case .choice(let words) = form.form.fields[index].kind {
        return Prose(words.joined(separator: "  "), .dim)
      }
      if isCurrent, !note.isEmpty { return Prose("✓ ", .live) + note }
      if form.given[index], note.isEmpty { return Prose("from the selection", .dim) }
      return note.all(.dim)
    }
  }

  /// The letters of a protection, each on or off.
  private func drawRights(_ index: Int, at row: Int, in area: Rect, with pen: inout Pen) {
    let number = FamilyWords.protectionNumber(form.contents.values[index])
    guard let number else {
      pen.write(note(index), at: noteColumn, row, in: area)
      return
    }
    var column = noteColumn
    for (place, letter) in "rwc".enumerated() {
      let isOn = number >> UInt32(place) & 1 == 1
      let isHere = index == form.current && place == form.place
      let start = column
      column = pen.write(isOn ? "✓ " : "○ ", isOn ? .live : .dim, at: column, row, in: area)
      column = pen.write(String(letter), isHere ? .key : .text, at: column, row, in: area)
      pen.link(
        Rect(column: area.column + start, row: area.row + row, width: 3, height: 1),
        to: .operating(.toggle(letter)))
      column += 2
    }
    pen.write(Prose(" prot \(number)", .dim), at: column, row, in: area)
  }

  /// The boxes that are typed into; drawn last, for they have a ground of their own.
  private func drawBoxes(in area: Rect, with pen: inout Pen) {
    let theme = pen.theme
    for (index, field) in form.form.fields.enumerated() {
      guard let row = row(of: index) else { continue }
      let box = Rect(
        column: area.column + boxColumn, row: area.row + row, width: boxWidth, height: 1
      ).intersection(area)
      let isCurrent = index == form.current
      let value = form.contents.values[index]
      var text = value
      if case .flag(let word) = field.kind { text = (value.isEmpty ? "○ " : "✓ ") + word }
      let cursor = DisplayWidth.of(String(value.prefix(form.cursor)))
      let shift = isCurrent ? max(0, cursor + 2 - box.width) : 0
      pen.write(text, .text, at: 1 - shift, 0, in: box)
      if isCurrent {
        pen.restyle(box) { $0 = theme.tab }
        if case .flag = field.kind { continue }
        pen.cursor = Point(min(box.maxColumn - 1, box.column + 1 + cursor - shift), box.row)
      } else {
        pen.restyle(box) { theme.field(&$0) }
      }
    }
  }

  // MARK: What would fit

  private func drawMiddle(in area: Rect, with pen: inout Pen) {
    guard layout.middleRows > 0 else { return }
    let rows = Rect(
      column: area.column, row: area.row + layout.middle, width: area.width,
      height: layout.middleRows)
    if form.field.kind == .value {
      pen.divider(
        Prose("Bit by bit", .strong),
        right: layout.isNarrow ? "" : Prose("←→ choose a bit   Space flips it", .dim),
        row: layout.middle, in: layout.area, focused: true)
      drawWord(in: rows, with: &pen)
      return
    }
    let count = form.suggestions.count
    pen.divider(
      Prose(count == 0 ? "Type it" : "What would fit", .strong),
      right: count == 0 ? "" : Prose("↑↓ take one", .dim), row: layout.middle, in: layout.area,
      focused: true)
    drawSuggestions(in: rows, with: &pen)
  }

  private func drawSuggestions(in area: Rect, with pen: inout Pen) {
    let all = form.suggestions
    guard !all.isEmpty else {
      pen.write(
        form.field.isOptional ? "Nothing has to stand here." : "Nothing is known that would fit.",
        .dim, at: 2, 0, in: area)
      return
    }
    let picked = form.picked ?? 0
    let first = max(0, min(picked - area.height / 2, all.count - area.height))
    let wide = all.map(\.text.count).max() ?? 0
    for (row, index) in (first..<min(all.count, first + area.height)).enumerated() {
      pen.write(all[index].text, .iova, at: 2, row, in: area)
      pen.write(all[index].note, at: 5 + wide, row, in: area)
      if index == form.picked { pen.select(row: row, in: area, focused: true) }
      pen.link(
        Rect(column: area.column, row: area.row + row, width: area.width, height: 1),
        to: .operating(.suggestion(index)))
    }
    if all.count > first + area.height {
      pen.writeRight(
        Prose(" \(all.count - first - area.height) more ↓", .dim), inset: 1, area.height - 1,
        in: area)
    }
  }

  // MARK: Why

  private func drawWhy(with pen: inout Pen) {
    let area = explorer.layout.why
    guard !area.isEmpty else { return }
    pen.clear(area)
    pen.write(" why", .accent, at: 0, 0, in: area)
    let text = Rect(
      column: area.column + 6, row: area.row, width: max(0, area.width - 7), height: area.height)
    WhyLines.draw(WhyLines.fitted(why, in: text), in: text, with: &pen)
  }

  private var why: Prose {
    let later = explorer.timeline.entries.count - 1 - explorer.timeline.position.entry
    if later > 0 {
      return Prose(
        "Enter does it here and gives up the \(later) after it: End goes there first.", .half)
    }
    if form.form.verb == .map,
      let access = form.form.fields.firstIndex(where: { $0.kind == .protection })
    {
      let words = explorer.machine.words.protection(form.contents.values[access])
      if !words.isEmpty { return words }
    }
    let purpose = form.form.verb.purpose
    let end = purpose.hasSuffix("?") ? "" : "."
    return Prose(purpose.prefix(1).uppercased() + purpose.dropFirst() + end)
  }
}

extension Explorer {
  /// Draws the list of operations, or the form, over all else.
  func drawOperating(with pen: inout Pen) {
    switch operating {
    case .menu(let menu): OperateMenuView(explorer: self, menu: menu).draw(with: &pen)
    case .form(let form): OperateFormView(self, form).draw(with: &pen)
    case nil: break
    }
  }
}
