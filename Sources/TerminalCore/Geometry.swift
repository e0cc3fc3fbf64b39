/// A cell's place: columns to the right, rows downwards, both from 0.
package struct Point: Hashable, Sendable {
  package var column: Int
  package var row: Int

  package init(_ column: Int, _ row: Int) {
    self.column = column
    self.row = row
  }
}

/// A block of cells; it may lie partly or wholly outside the canvas it is used on.
package struct Rect: Hashable, Sendable {
  package var column: Int
  package var row: Int
  package var width: Int
  package var height: Int

  /// Creates a block; a negative size becomes 0.
  package init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = max(0, width)
    self.height = max(0, height)
  }

  /// The first column to the right of the block.
  package var maxColumn: Int { end(of: column, width) }

  /// The first row below the block.
  package var maxRow: Int { end(of: row, height) }

  package var isEmpty: Bool { width <= 0 || height <= 0 }

  package func contains(_ p: Point) -> Bool {
    p.column >= column && p.column < maxColumn && p.row >= row && p.row < maxRow
  }

  /// The cells both blocks have; empty when there are none.
  package func intersection(_ other: Rect) -> Rect {
    let left = max(column, other.column)
    let top = max(row, other.row)
    return Rect(
      column: left,
      row: top,
      width: distance(from: left, to: min(maxColumn, other.maxColumn)),
      height: distance(from: top, to: min(maxRow, other.maxRow)))
  }

  /// The block without `columns` at its left and right and `rows` at its top and bottom.
  ///
  /// Negative values make it larger. What is taken away beyond the middle leaves it empty.
  package func inset(columns: Int, rows: Int) -> Rect {
    Rect(
      column: column + columns,
      row: row + rows,
      width: width - 2 * columns,
      height: height - 2 * rows)
  }

  /// Sums stop at the largest number, so that a huge size means "to the end" and never traps.
  private func end(of start: Int, _ length: Int) -> Int {
    let (sum, overflow) = start.addingReportingOverflow(length)
    return overflow ? .max : sum
  }

  private func distance(from start: Int, to end: Int) -> Int {
    let (difference, overflow) = end.subtractingReportingOverflow(start)
    return overflow ? .max : difference
  }
}
