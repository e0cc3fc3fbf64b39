internal import IOMMULab
internal import TerminalCore

/// What a key or a line came to, in the rows at the bottom; a long one grows over what is above.
///
/// It stays until the next key, so what it covers is not gone for long.
struct Answer {
  private static let mostRows = 5

  private let lines: [Prose]
  let area: Rect

  /// Fits `words` into `rows`, which end where they end, beginning at a column.
  init(_ words: Prose, at column: Int, in rows: Rect) {
    let all = Wrapped(words, width: max(1, rows.width - column - 1)).lines
    let most = max(rows.height, min(Self.mostRows, rows.maxRow - 1))
    var lines = Array(all.prefix(max(0, most)))
    if all.count > lines.count, let last = lines.popLast() {
      lines.append(last + Prose(" …", .dim))
    }
    self.lines = lines
    let height = max(rows.height, lines.count)
    area = Rect(
      column: rows.column + column, row: rows.maxRow - height,
      width: max(0, rows.width - column), height: height)
  }

  /// How many rows it takes.
  var height: Int { lines.count }

  func draw(with pen: inout Pen) {
    pen.clear(Rect(column: 0, row: area.row, width: area.maxColumn, height: area.height))
    for (row, line) in lines.enumerated() { pen.write(line, at: 0, row, in: area) }
  }
}
