internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Both levels of a domain's table: the first as one map, the second beside or below it, and the
/// entry under the cursor decoded.
struct PageTableView {
  /// How many marks a row of the map has, and how many entries one mark stands for.
  struct Grid {
    let marks: Int
    let rows: Int
    let group: Int

    init(_ area: Rect) {
      marks = area.width >= 76 ? 64 : 32
      let wanted = area.height >= 36 && marks == 64 ? 16 : 8
      rows = wanted
      group = 4096 / (marks * wanted)
    }
  }

  private let explorer: Explorer
  private let subject: Subject
  private let machine: Machine
  private let memory: PhysicalMemory
  private let format: FormatID

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    machine = explorer.machine
    memory = machine.board.memory
    format = machine.platform.format
  }

  /// The second-level table under the cursor, if the entry there is one.
  var secondLevel: PhysicalAddress? {
    guard let table = subject.table else { return nil }
    if case .table(let next) = format.decode(word(table, explorer.entryCursor.first), level: 1) {
      return next
    }
    return nil
  }

  private func word(_ table: PhysicalAddress, _ index: Int) -> UInt64 {
    format.entry(index, of: table, in: memory)
  }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let table = subject.table else {
      pen.write(
        "No table: " + (subject.domain == nil ? "no domain is attached here." : "it was freed."),
        .dim, at: 2, 1, in: area)
      return
    }
    let grid = Grid(area)
    let focused = explorer.focus == .inspector
    var heading = Prose("First level", .strong) + Prose(" at ", .dim)
    heading += Prose(table.value.hex8, .physical)
    heading += Prose(
      area.width >= 70
        ? "   4096 entries of 1 MiB; a mark is \(grid.group)" : "  a mark is \(grid.group) MiB",
      .dim)
    pen.write(heading, at: 1, 0, in: area)
    drawFirst(table, grid, at: 1, in: area, with: &pen)
    var row = 1 + grid.rows
    if area.height >= 18 {
      pen.write(legend(grid), at: 1, row, in: area)
      row += 1
    }
    drawEntry(table, at: row, in: area, frame: frame, focused: focused, with: &pen)
  }

  private func legend(_ grid: Grid) -> Prose {
    var legend = Prose("█", .physical) + Prose(" 16M  ", .dim)
    legend += Prose("■", .physical) + Prose(" 1M  ", .dim)
    legend += Prose("▪", .physical) + Prose(" some of \(grid.group)  ", .dim)
    legend += Prose("□", .old) + Prose(" second level  ", .dim)
    return legend + Prose("· unmapped", .dim)
  }

  // MARK: The map

  private func drawFirst(
    _ table: PhysicalAddress, _ grid: Grid, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    let left = 12
    for line in 0..<grid.rows {
      let first = line * grid.marks * grid.group
      var isUsed = false
      for mark in 0..<grid.marks {
        let entry = first + mark * grid.group
        let (glyph, role) = glyph(table, entry, grid.group, pen.glyphs)
        isUsed = isUsed || role != .faint
        var style = pen.theme.style(role)
        let holdsCursor = (entry..<entry + grid.group).contains(explorer.entryCursor.first)
        if isChanged(table, entry, grid.group) { style = pen.theme.style(.changed) }
        if holdsCursor {
          style.attributes.insert(.reverse)
        }
        pen.put(glyph, style, at: left + mark, row + line, in: area)
        pen.link(
          Rect(column: area.column + left + mark, row: area.row + row + line, width: 1, height: 1)
            .intersection(area),
          to: .point(.entry(level: 1, index: firstUsed(table, entry, grid.group))))
      }
      let address = UInt64(first) << UInt64(format.entryBits(level: 1))
      pen.write(address.hex8, isUsed ? .iova : .dim, at: 1, row + line, in: area)
    }
  }

  /// A click on a mark goes to the first entry of its group that says something.
  private func firstUsed(_ table: PhysicalAddress, _ entry: Int, _ group: Int) -> Int {
    (entry..<entry + group).first { word(table, $0) != 0 } ?? entry
  }

  private func isChanged(_ table: PhysicalAddress, _ entry: Int, _ group: Int) -> Bool {
    guard let index = explorer.timeline.currentEvent,
      case .memoryWrite(let address, _, _) = explorer.timeline.recording.events[index].change
    else { return false }
    return (table + UInt64(entry * 4)..<table + UInt64((entry + group) * 4)).contains(address)
  }

  /// The mark of a group: its most telling kind.
  private func glyph(
    _ table: PhysicalAddress, _ entry: Int, _ group: Int, _ glyphs: Glyphs
  ) -> (Character, Prose.Role) {
    var (tables, large, sections) = (0, 0, 0)
    for index in entry..<entry + group {
      let word = word(table, index)
      if word == 0 { continue }
      switch format.decode(word, level: 1) {
      case .table: tables += 1
      case .leaf(let leaf): if leaf.size == .size16M { large += 1 } else { sections += 1 }
      case .invalid, .reserved: break
      }
    }
    if tables > 0 { return (glyphs.table, .old) }
    if large + sections == 0 { return (glyphs.unmapped, .faint) }
    if large + sections < group { return (glyphs.part, .physical) }
    return (sections == 0 ? glyphs.supersection : glyphs.section, .physical)
  }

  // MARK: The entry under the cursor

  private func drawEntry(
    _ table: PhysicalAddress, at row: Int, in area: Rect, frame: Rect, focused: Bool,
    with pen: inout Pen
  ) {
    let cursor = explorer.entryCursor
    let word = word(table, cursor.first)
    let address = table + UInt64(cursor.first * 4)
    var title = Prose("Entry \(UInt64(cursor.first).hex)", .strong)
    title += Prose("  \(word.hex8)", role(of: address))
    let iova = UInt64(cursor.first) << UInt64(format.entryBits(level: 1))
    var right = Prose("for ", .dim) + Prose(iova.hex8, .iova)
    if let second = secondLevel {
      right = Prose("second level at ", .dim) + Prose(second.value.hex8, .physical)
    }
    pen.divider(
      title, right: right, row: area.row - frame.row + row, in: frame, focused: focused)
    let rest = Rect(
      column: area.column, row: area.row + row + 1, width: area.width,
      height: max(0, area.height - row - 1))
    guard let second = secondLevel else {
      drawWord(word, level: 1, at: address, in: rest, with: &pen)
      drawRanges(table, below: row + 10, in: area, frame: frame, focused: focused, with: &pen)
      return
    }
    drawRanges(table, below: row + 15, in: area, frame: frame, focused: focused, with: &pen)
    let rows = drawSecond(second, in: rest, with: &pen)
    let inner = self.word(second, cursor.second)
    let innerAddress = second + UInt64(cursor.second * 4)
    let innerIOVA = iova | UInt64(cursor.second) << UInt64(format.entryBits(level: 2))
    var line = Prose("Entry \(UInt64(cursor.second).hex)", .strong)
    line += Prose("  \(inner.hex8)", role(of: innerAddress))
    line += Prose("  for ", .dim) + Prose(innerIOVA.hex8, .iova)
    if !cursor.isInside { line += Prose("   ↵ goes inside", .dim) }
    pen.write(line, at: 1, rows, in: rest)
    let below = Rect(
      column: rest.column, row: rest.row + rows + 1, width: rest.width,
      height: max(0, rest.height - rows - 1))
    drawWord(inner, level: 2, at: innerAddress, in: below, with: &pen)
  }

  /// What the table maps, folded into ranges, where there is room for it.
  private func drawRanges(
    _ table: PhysicalAddress, below row: Int, in area: Rect, frame: Rect, focused: Bool,
    with pen: inout Pen
  ) {
    guard area.height - row >= 4 else { return }
    let ranges = MappedRange.all(from: table, in: machine)
    let total = ranges.reduce(0) { $0 + $1.length }
    pen.divider(
      Prose("Mapped ranges", .strong), right: Prose("\(total.prose) in \(ranges.count)", .dim),
      row: area.row - frame.row + row, in: frame, focused: focused)
    for (line, range) in ranges.prefix(area.height - row - 1).enumerated() {
      pen.write(RangeLine.prose(range), at: 1, row + 1 + line, in: area)
    }
  }

  private func role(of address: PhysicalAddress) -> Prose.Role {
    Marks(explorer.timeline).word(at: address)?.isNow == true ? .changed : .text
  }

  /// The 256 entries of a second level, one mark each; returns how many rows they took.
  private func drawSecond(_ table: PhysicalAddress, in area: Rect, with pen: inout Pen) -> Int {
    let marks = area.width >= 76 ? 64 : 32
    let rows = 256 / marks
    for line in 0..<rows {
      pen.write(
        UInt64(line * marks).hex(digits: 2), .dim, at: 1, line, in: area)
      for mark in 0..<marks {
        let index = line * marks + mark
        let (glyph, role): (Character, Prose.Role) =
          switch format.decode(word(table, index), level: 2) {
          case .leaf(let leaf) where leaf.size == .size64K: (pen.glyphs.section, .physical)
          case .leaf: (pen.glyphs.part, .physical)
          case .table, .invalid, .reserved: (pen.glyphs.unmapped, .faint)
          }
        var style = pen.theme.style(role)
        if isChanged(table, index, 1) { style = pen.theme.style(.changed) }
        if index == explorer.entryCursor.second, explorer.entryCursor.isInside {
          style.attributes.insert(.reverse)
        }
        pen.put(glyph, style, at: 12 + mark, line, in: area)
        pen.link(
          Rect(column: area.column + 12 + mark, row: area.row + line, width: 1, height: 1)
            .intersection(area), to: .point(.entry(level: 2, index: index)))
      }
    }
    return rows
  }

  private func drawWord(
    _ word: UInt64, level: Int, at address: PhysicalAddress, in area: Rect, with pen: inout Pen
  ) {
    guard area.height > 0 else { return }
    let mark = Marks(explorer.timeline).word(at: address)
    let fields = format.fields(of: word, level: level)
    var row = 0
    if let mark {
      let line =
        mark.isNow
        ? Prose("◀ ", .changed) + Prose("was \(mark.old.hex8)", .old)
        : Prose("• ", .old) + Prose("was \(mark.old.hex8) before this operation", .dim)
      pen.write(line, at: 1, row, in: area)
      row += 1
    }
    if area.height < 4, case .leaf(let leaf) = format.decode(word, level: level) {
      drawLeaf(leaf, at: row, in: area, with: &pen)
      return
    }
    if word != 0, area.height - row >= 5 {
      let brackets = fields.flatMap { field in field.bits.map { ($0, false) } }
      WordDiagram(word: UInt32(truncatingIfNeeded: word), fields: brackets).draw(
        at: row, column: 1, in: area, with: &pen)
      row += 3
    }
    guard area.height > row else { return }
    let columns = area.width >= 76 && fields.count > 2 ? 2 : 1
    let height = min(area.height - row, (fields.count + columns - 1) / columns)
    for (index, field) in fields.prefix(height * columns).enumerated() {
      let column = 1 + index / height * (area.width / 2)
      let room = Rect(
        column: area.column, row: area.row,
        width: index / height == 0 && columns == 2 ? area.width / 2 : area.width,
        height: area.height)
      pen.write(prose(field), at: column, row + index % height, in: room)
    }
  }

  /// A leaf in a line, where there is no room for its fields.
  private func drawLeaf(_ leaf: Leaf, at row: Int, in area: Rect, with pen: inout Pen) {
    var line = Prose(leaf.size.bytes.sizeText, .strong) + " → "
    line += Prose(leaf.physical.value.hex8, .physical)
    line += Prose(
      leaf.rights.contains(.userWrite)
        ? "  rw" : leaf.rights.contains(.userRead) ? "  r" : "  no access", .text)
    line +=
      Prose(leaf.isGlobal ? "  global" : "  nG", .dim) + Prose(leaf.isShared ? "  S" : "", .dim)
    line += Prose("  " + words(forClassOf: leaf), .dim)
    pen.write(line, at: 1, row, in: area)
    if row == 0, area.height > 1 { pen.write(legend(Grid(area)), at: 1, 1, in: area) }
  }

  private func prose(_ field: DescriptorField) -> Prose {
    let bits = field.bits.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.upperBound):\($0.lowerBound)"
    }.joined(separator: ",")
    var line = Prose(String(repeating: " ", count: max(0, 8 - bits.count)) + bits + " ", .dim)
    line += Prose(field.name, .strong).padded(to: 8)
    switch field.meaning {
    case .address(let address): line += Prose(address.value.hex8, .physical)
    case .words(let words):
      line += binary(field) + Prose(words, .dim)
    case .memoryClass(let leaf):
      line += binary(field) + Prose(words(forClassOf: leaf), .dim)
    }
    return line
  }

  private func binary(_ field: DescriptorField) -> Prose {
    let binary = String(field.value, radix: 2)
    let count = field.bits.reduce(0) { $0 + $1.count }
    return Prose(String(repeating: "0", count: max(0, count - binary.count)) + binary, .iova)
      .padded(to: 5)
  }

  /// The class, and what the bank's PRRR and NMRR make of it.
  private func words(forClassOf leaf: Leaf) -> String {
    subject.memoryType(of: leaf)?.shortWords ?? "memory class \(leaf.memoryClass)"
  }
}
