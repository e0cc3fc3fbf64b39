internal import IOMMULab
internal import TerminalCore

/// In the place of a view that would give an answer away.
struct CoveredView {
  func draw(in area: Rect, with pen: inout Pen) {
    let width = min(area.width - 4, 44)
    guard width > 8 else { return }
    let box = Rect(column: area.column + 2, row: area.row + 1, width: width, height: 3)
    let style = pen.theme.style(.faint)
    let glyphs = pen.glyphs
    for row in [0, 2] {
      pen.line(
        glyphs.dashedHorizontal, style, from: (0, row), columns: width, rows: 1, in: box)
    }
    for column in [0, width - 1] {
      pen.line(glyphs.dashedVertical, style, from: (column, 1), columns: 1, rows: 1, in: box)
    }
    pen.write("??????????", .strong, at: 2, 1, in: box)
    let words: Prose =
      "What you are asked about stays covered until you answer. \(Prose("x", .key)) shows it; the answer then comes with the steps."
    for (row, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
      pen.write(line, at: 2, 5 + row, in: area)
    }
  }
}

extension Explorer {
  /// A view would give an answer away.
  func isCovered(_ view: ViewID) -> Bool {
    lesson?.run.covers.contains { $0.shown == view } ?? false
  }
}
