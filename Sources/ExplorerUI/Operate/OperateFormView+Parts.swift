internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The lower parts of a form: a word bit by bit, and what will happen.
extension OperateFormView {
  // MARK: Bit by bit

  func drawWord(in area: Rect, with pen: inout Pen) {
    guard let word = WordFields(form) else {
      pen.write("A word of \(form.bits) bits is needed.", .dim, at: 2, 0, in: area)
      return
    }
    let diagram = word.diagram(around: form.place)
    let width = area.width - 2
    let rows = diagram.rows(for: width)
    guard rows <= area.height else {
      pen.write(line(of: word), at: 2, 0, in: area)
      return
    }
    diagram.draw(at: 0, column: 2, in: area, with: &pen)
    for bit in 0..<word.bits {
      let place = diagram.place(of: bit, width: width)
      let cell = Rect(
        column: area.column + 2 + place.column, row: area.row + place.row, width: 1, height: 1)
      pen.link(cell, to: .operating(.bit(bit)))
      let theme = pen.theme
      if bit == form.place { pen.restyle(cell) { $0 = theme.tab } }
    }
    let room = area.height - rows
    let here = word.index(ofBit: form.place) ?? 0
    let first = max(0, min(here - room / 2, word.fields.count - room))
    for (row, index) in (first..<min(word.fields.count, first + room)).enumerated() {
      pen.write(word.fields[index].line, at: 1, rows + row, in: area)
      if index == word.index(ofBit: form.place) {
        pen.put(pen.glyphs.current, pen.theme.style(.accent), at: 1, rows + row, in: area)
      }
    }
    guard room > 0 else { return }
    if first > 0 { pen.writeRight(Prose("  \(first) more ↑", .dim), inset: 1, rows, in: area) }
    let after = word.fields.count - first - room
    if after > 0 {
      pen.writeRight(Prose("  \(after) more ↓", .dim), inset: 1, rows + room - 1, in: area)
    }
  }

  /// Where there is no room for the diagram: the bit and its field.
  private func line(of word: WordFields) -> Prose {
    let bit = Prose("bit \(form.place) is \(word.word >> UInt64(form.place) & 1)   ", .strong)
    return bit + (word.index(ofBit: form.place).map { word.fields[$0].line } ?? "")
  }

  // MARK: What will happen

  func drawHappening(in area: Rect, with pen: inout Pen) {
    let gone = form.isRefused ? Prose("this cannot be done yet", .fault) : Prose()
    pen.divider(
      Prose("What will happen", .strong), right: gone, row: layout.happening, in: layout.area,
      focused: true)
    let top = layout.happening
    let column = 11
    func label(_ text: String, _ row: Int) { pen.write(text, .dim, at: 2, row, in: area) }
    label("line", top)
    pen.write(lineWords, at: column, top, in: area)
    let (lines, more) = form.preview.effects(layout.effectRows, registers: explorer.registers)
    for (row, line) in lines.enumerated() {
      if row == 0 { label("then", top + 1) }
      pen.write(line, at: column, top + 1 + row, in: area)
    }
    if more > 0, layout.effectRows > 0 {
      pen.writeRight(
        Prose("  and \(more) more", .dim), inset: 1, top + layout.effectRows + 1, in: area)
    }
    drawAnswer(at: top + 1 + layout.effectRows, column, in: area, with: &pen)
    guard layout.hasKeys else { return }
    drawKeys(at: area.height - 1, in: area, with: &pen)
  }

  /// What it would answer, and over the rows for writes where nothing is written: the whole reason.
  private func drawAnswer(at row: Int, _ column: Int, in area: Rect, with pen: inout Pen) {
    var answer = form.preview.answer
    if let wrong = form.checks.firstIndex(where: \.isWrong),
      case .wrong(let reason) = form.checks[wrong]
    {
      answer = Prose("✗ \(form.form.fields[wrong].label): \(reason)", .fault)
    }
    if let hazard = form.preview.hazards.first { answer += Prose(", but: \(hazard)", .fault) }
    let lines = Wrapped(answer, width: area.width - column - 1).lines
    let isAlone = form.preview.effects(1, registers: explorer.registers).lines.isEmpty
    let top = isAlone ? max(layout.happening + 1, row + 1 - lines.count) : row
    pen.write("answer", .dim, at: 2, top, in: area)
    for (index, line) in lines.prefix(row - top + 1).enumerated() {
      pen.write(line, at: column, top + index, in: area)
    }
  }

  /// The line of the language, in the colours of what it names.
  private var lineWords: Prose {
    switch form.preview {
    case .tried(let operation, _), .untried(let operation): operation.prose.strengthened
    case .missing: Prose(form.line, .dim)
    }
  }

  private func drawKeys(at row: Int, in area: Rect, with pen: inout Pen) {
    let all: [(String, String, OperatingClick)] = [
      ("Enter", "run", .run), ("Tab", "next field", .nextField), (":", "as text", .asText),
      ("Esc", layout.isNarrow ? "leave" : "leave, nothing done", .leave),
    ]
    var column = 2
    for (key, word, click) in all {
      let start = column
      column = pen.write(key, .key, at: column, row, in: area)
      column = pen.write(" " + word, .dim, at: column, row, in: area)
      pen.link(
        Rect(column: area.column + start, row: area.row + row, width: column - start, height: 1),
        to: .operating(click))
      column += 3
    }
  }
}
