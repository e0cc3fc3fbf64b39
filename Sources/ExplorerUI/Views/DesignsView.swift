internal import IOMMUAPI
internal import IOMMULab
internal import IOMMUModel
internal import IOMMUValues
internal import TerminalCore

/// The pop-up that compares the three designs over client and platform; every cell was run.
struct DesignsView {
  private enum Row: Hashable {
    case platform(String)
    case client(Int)
  }

  private let explorer: Explorer
  private let cursor: DesignsCursor

  init(_ explorer: Explorer, _ cursor: DesignsCursor) {
    (self.explorer, self.cursor) = (explorer, cursor)
  }

  private var rows: [Row] {
    var rows: [Row] = []
    for row in 0..<DesignsCursor.rowCount {
      guard let subject = DesignsCursor.subject(ofRow: row) else { continue }
      if !rows.contains(.platform(subject.platform)) { rows.append(.platform(subject.platform)) }
      rows.append(.client(row))
    }
    return rows
  }

  /// Where it lies: what is told of a cell has the same room for each, so that nothing jumps.
  private var area: Rect {
    let (width, height) = (explorer.width, explorer.height)
    let columns = width < 100 ? width : min(width - 8, 112)
    let wanted = rows.count + 4 + 11
    let lines = max(3, min(height - 2, wanted))
    return Rect(
      column: (width - columns) / 2, row: max(1, (height - 1 - lines) / 2), width: columns,
      height: lines)
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let area = area
    pen.link(
      Rect(column: 0, row: 0, width: explorer.width, height: explorer.height), to: .leave)
    pen.clear(area)
    let inside = pen.frame(
      area, title: Prose("The three designs", .strong), focused: true,
      right: area.width < 90 ? "" : Prose("how does a domain learn its IOMMU?", .dim))
    pen.cover(area, with: .designCell(cursor))
    let rows = rows
    let room = max(1, inside.height - 1)
    let listHeight = max(1, min(rows.count, max(room / 2, room - 12)))
    drawHeadings(in: inside, with: &pen)
    let chosen = rows.firstIndex(of: .client(cursor.row)) ?? 0
    let list = LineList(count: rows.count, cursor: chosen, height: listHeight)
    for (line, index) in list.visible.enumerated() {
      draw(rows[index], at: 1 + line, in: inside, with: &pen)
    }
    drawDetails(below: 1 + list.visible.count, in: inside, frame: area, with: &pen)
    pen.ground(area)
  }

  // MARK: The table

  /// Where the column of a design begins, and how wide it is.
  private func column(of design: Design, in area: Rect) -> (start: Int, width: Int) {
    let first = area.width >= 70 ? 30 : max(12, area.width - 24)
    let width = max(4, (area.width - first) / Design.allCases.count)
    return (first + (Design.allCases.firstIndex(of: design) ?? 0) * width, width)
  }

  private func drawHeadings(in area: Rect, with pen: inout Pen) {
    for design in Design.allCases {
      let (start, width) = column(of: design, in: area)
      let cell = Rect(column: area.column + start, row: area.row, width: width - 1, height: 1)
      let isInForce = design == explorer.machine.system.design
      let name = design.name.uppercased()
      pen.write(
        Prose(name, .strong) + Prose(isInForce && width >= 14 ? "  in force" : "", .dim), at: 0, 0,
        in: cell)
    }
  }

  private func draw(_ row: Row, at line: Int, in area: Rect, with pen: inout Pen) {
    switch row {
    case .platform(let name): pen.write(name, .strong, at: 1, line, in: area)
    case .client(let index):
      guard let subject = DesignsCursor.subject(ofRow: index) else { return }
      let label = Rect(
        column: area.column + 1, row: area.row + line,
        width: column(of: .a, in: area).start - 2, height: 1)
      pen.write(Prose(subject.client.rawValue), at: 2, 0, in: label)
      for design in Design.allCases {
        draw(DesignsCursor(row: index, design: design), at: line, in: area, with: &pen)
      }
      if index == cursor.row { pen.select(row: line, in: area, focused: false) }
      drawCursor(index, at: line, in: area, with: &pen)
    }
  }

  private func draw(
    _ place: DesignsCursor, at line: Int, in area: Rect, with pen: inout Pen
  ) {
    guard let verdict = place.cell?.verdict else { return }
    let (start, width) = column(of: place.design, in: area)
    let cell = Rect(
      column: area.column + start, row: area.row + line, width: width - 1, height: 1)
    pen.write(Prose(verdict.sign(width: width - 1), verdict.role), at: 0, 0, in: cell)
    // The cell under the cursor opens; another is chosen first.
    pen.link(cell, to: place == cursor ? .openDesign(isHelped: false) : .designCell(place))
  }

  private func drawCursor(_ index: Int, at line: Int, in area: Rect, with pen: inout Pen) {
    guard index == cursor.row else { return }
    let (start, width) = column(of: cursor.design, in: area)
    let theme = pen.theme
    pen.restyle(
      Rect(column: area.column + start, row: area.row + line, width: width - 1, height: 1)
    ) { $0 = theme.tab }
  }

  // MARK: The cell under the cursor

  private func drawDetails(below row: Int, in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let cell = cursor.cell, row + 1 < area.height else { return }
    pen.divider(
      Prose(
        "\(cell.client.rawValue), \(cell.platform), design \(cell.design.name.uppercased())",
        .strong),
      right: area.width < 70 ? "" : Prose(cell.verdict.rawValue, cell.verdict.role),
      row: row + 1, in: frame, focused: true)
    let lines = details(of: cell, width: area.width - 3)
    let height = area.height - row - 1
    for (line, text) in lines.prefix(height).enumerated() {
      let isCut = line == height - 1 && lines.count > height
      pen.write(isCut ? text + Prose(" …", .dim) : text, at: 2, row + 1 + line, in: area)
    }
  }

  private func details(of cell: DesignComparison.Cell, width: Int) -> [Prose] {
    var lines = told(cell.plain, as: "plain", width: width)
    if let helped = cell.helped {
      lines += told(helped, as: "with code", width: width)
    }
    return lines + Wrapped(cell.design.meaning, width: width).lines.map { $0.all(.dim) }
  }

  /// How a run went: the line that failed, the call that could not be made, and why.
  private func told(_ run: DesignComparison.Run, as name: String, width: Int) -> [Prose] {
    let indent = 11
    let label = Prose(name, .dim).padded(to: indent)
    guard let failure = run.failure else {
      return [label + Prose("✓ ", .live) + "all \(run.lines.count) lines do as they should"]
    }
    var line = Prose("✗ ", .fault) + Prose(failure.line, .strong)
    if let call = failure.call { line += Prose(" in ", .dim) + Prose(call + "()", .text) }
    var why = Prose(failure.reason + ".", .fault)
    if !failure.why.isEmpty { why += " " + failure.why.all(.text) }
    if !failure.source.isEmpty { why += Prose(" " + failure.source, .dim) }
    let lines =
      Wrapped(line, width: max(1, width - indent)).lines
      + Wrapped(why, width: max(1, width - indent)).lines
    return lines.enumerated().map { index, line in
      (index == 0 ? label : Prose(String(repeating: " ", count: indent))) + line
    }
  }
}

extension DesignComparison.Verdict {
  var role: Prose.Role {
    switch self {
    case .works: .live
    case .needsPlatformCode: .half
    case .breaks: .fault
    }
  }

  /// A sign and as many words as there is room for.
  func sign(width: Int) -> String {
    let (glyph, short) =
      switch self {
      case .works: ("✓", "works")
      case .needsPlatformCode: ("◐", "needs code")
      case .breaks: ("✗", "breaks")
      }
    let all = glyph + " " + rawValue
    if all.count <= width { return all }
    return 2 + short.count <= width ? glyph + " " + short : glyph
  }
}
