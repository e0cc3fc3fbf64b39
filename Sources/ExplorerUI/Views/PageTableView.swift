internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A domain's tables: the one with the cursor as a map, the one that its entry leads to below it,
/// and the entry under the cursor decoded.
struct PageTableView {
  private typealias Grid = TableMaps.Grid
  private typealias Stop = TableTrail.Stop

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

  /// An entry as memory holds it, written as wide as it is.
  private func text(_ word: UInt64) -> String { word.hex(digits: Int(format.entryBytes) * 2) }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let table = subject.table else {
      pen.write(
        "No table: " + (subject.domain == nil ? "no domain is attached here." : "it has none yet."),
        .dim, at: 2, 1, in: area)
      return
    }
    let trail = TableTrail(explorer.entryCursor, from: table, format, in: memory)
    let maps = TableMaps(trail, format, width: area.width, height: area.height)
    let stop = trail.stops[maps.upper]
    drawHeading(trail, maps, in: area, with: &pen)
    for line in 0..<maps.grid.rows {
      let first = line * maps.grid.marks * maps.grid.group
      let isUsed = drawRow(
        stop, maps.grid, line, hasCursor: true, at: 1 + line, in: area, with: &pen)
      // Wider addresses leave no room for the marks: there rows are numbered.
      if format.addressBits <= 32 {
        let address = stop.start | UInt64(first) << UInt64(format.entryBits(level: stop.level))
        pen.write(address.hex8, isUsed ? .iova : .dim, at: 1, 1 + line, in: area)
      } else {
        pen.write(label(first, stop), isUsed ? .iova : .dim, at: 1, 1 + line, in: area)
      }
    }
    var row = 1 + maps.grid.rows
    if maps.hasLegend {
      pen.write(legend(trail, maps), at: 1, row, in: area)
      row += 1
    }
    drawEntry(trail, maps, at: row, in: area, frame: frame, with: &pen)
  }

  // MARK: Around the map

  private func drawHeading(
    _ trail: TableTrail, _ maps: TableMaps, in area: Rect, with pen: inout Pen
  ) {
    let stop = trail.stops[maps.upper]
    let isNarrow = area.width < 70
    let bits = format.entryBits(level: stop.level)
    let group = maps.grid.group
    let groupBits = bits + group.trailingZeroBitCount
    var heading = Prose(format.tableName(level: stop.level).capitalizedFirst, .strong)
    heading += Prose(" at ", .dim) + Prose(stop.table.value.hex8, .physical)
    if isNarrow {
      heading += Prose(
        maps.upper == 0
          ? "  a mark is \(Self.size(bits: groupBits))" : "  mark \(Self.size(bits: groupBits))",
        .dim)
    } else {
      let count = format.entryCount(level: stop.level)
      heading += Prose("   \(count) entries of \(Self.size(bits: bits))", .dim)
      if group > 1 { heading += Prose("; a mark is \(group)", .dim) }
    }
    let end = pen.write(heading, at: 1, 0, in: area)
    drawTrail(trail, upTo: maps.upper, after: end, in: area, with: &pen)
  }

  /// The entries that lead to the table, each a link.
  private func drawTrail(
    _ trail: TableTrail, upTo depth: Int, after end: Int, in area: Rect, with pen: inout Pen
  ) {
    guard depth > 0 else { return }
    let indices = trail.stops[..<depth].map { UInt64($0.index).hex }
    let wide = " \(pen.glyphs.partOf) "
    let separator =
      indices.joined(separator: wide).count + end + 9 <= area.width
      ? wide : String(pen.glyphs.partOf)
    let lead = separator == wide ? "under " : ""
    let width = lead.count + indices.joined(separator: separator).count
    var column = max(end + 1, area.width - 1 - width)
    column = pen.write(lead, .dim, at: column, 0, in: area)
    for (place, index) in indices.enumerated() {
      if place > 0 { column = pen.write(separator, .dim, at: column, 0, in: area) }
      let start = column
      column = pen.write(index, .iova, at: column, 0, in: area)
      let stop = trail.stops[place]
      pen.link(
        Rect(column: area.column + start, row: area.row, width: column - start, height: 1)
          .intersection(area), to: .point(.entry(level: stop.level, index: stop.index)))
    }
  }

  /// A power of two of bytes as prose has it: `16 MiB`.
  private static func size(bits: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    return "\(1 << (bits % 10)) \(units[bits / 10])"
  }

  /// What the marks of the upper map mean, and of the lower one where it shows.
  private func legend(_ trail: TableTrail, _ maps: TableMaps) -> Prose {
    let stop = trail.stops[maps.upper]
    var legend = leaves(stop.level, group: maps.grid.group)
    if let next = format.level(after: stop.level) {
      legend += Prose("□", .old) + Prose(" \(format.tableName(level: next))  ", .dim)
    }
    legend += Prose("· unmapped", .dim)
    if let lower = maps.lower, maps.upper + 1 < trail.stops.count {
      let below = leaves(trail.stops[maps.upper + 1].level, group: lower.group)
      if !below.isEmpty { legend += Prose("   below ", .dim) + below }
    }
    return legend
  }

  private func leaves(_ level: Int, group: Int) -> Prose {
    var legend = Prose()
    for size in format.leafSizes(level: level) {
      let isOne = Int(size.bits) == format.entryBits(level: level)
      legend += Prose(isOne ? "■" : "█", .physical) + Prose(" \(size.bytes.sizeText)  ", .dim)
    }
    // Where there are no leaves, there are no groups of some.
    if group > 1, !legend.isEmpty {
      legend += Prose("▪", .physical) + Prose(" some of \(group)  ", .dim)
    }
    return legend
  }

  /// The number of an entry, as wide as the last one of its table.
  private func label(_ index: Int, _ stop: Stop) -> String {
    UInt64(index).hex(digits: (format.entryIndexBits(level: stop.level) + 3) / 4)
  }

  // MARK: The maps

  /// Draws a row of a map; whether anything in it is used.
  private func drawRow(
    _ stop: Stop, _ grid: Grid, _ line: Int, hasCursor: Bool, at row: Int, in area: Rect,
    with pen: inout Pen
  ) -> Bool {
    let left = 12
    let first = line * grid.marks * grid.group
    var isUsed = false
    for mark in 0..<grid.marks {
      let entry = first + mark * grid.group
      let (glyph, role) = glyph(stop, entry, grid.group, pen.glyphs)
      isUsed = isUsed || role != .faint
      var style = pen.theme.style(role)
      if isChanged(stop, entry, grid.group) { style = pen.theme.style(.changed) }
      if hasCursor, (entry..<entry + grid.group).contains(stop.index) {
        style.attributes.insert(.reverse)
      }
      pen.put(glyph, style, at: left + mark, row, in: area)
      pen.link(
        Rect(column: area.column + left + mark, row: area.row + row, width: 1, height: 1)
          .intersection(area),
        to: .point(.entry(level: stop.level, index: firstUsed(stop, entry, grid.group))))
    }
    return isUsed
  }

  private func word(_ stop: Stop, _ index: Int) -> UInt64 {
    format.entry(index, of: stop.table, in: memory)
  }

  /// A click on a mark goes to the first entry of its group that says something.
  private func firstUsed(_ stop: Stop, _ entry: Int, _ group: Int) -> Int {
    (entry..<entry + group).first { word(stop, $0) != 0 } ?? entry
  }

  private func isChanged(_ stop: Stop, _ entry: Int, _ group: Int) -> Bool {
    guard let index = explorer.timeline.currentEvent else { return false }
    let address: PhysicalAddress
    switch explorer.timeline.recording.events[index].change {
    case .memoryWrite(let place, _, _), .memoryWrite64(let place, _, _): address = place
    default: return false
    }
    let first = stop.table + UInt64(entry) * format.entryBytes
    return (first..<first + UInt64(group) * format.entryBytes).contains(address)
  }

  /// The mark of a group: its most telling kind.
  private func glyph(
    _ stop: Stop, _ entry: Int, _ group: Int, _ glyphs: Glyphs
  ) -> (Character, Prose.Role) {
    let bits = format.entryBits(level: stop.level)
    var (tables, large, single) = (0, 0, 0)
    for index in entry..<entry + group {
      let word = word(stop, index)
      if word == 0 { continue }
      switch format.decode(word, level: stop.level) {
      case .table: tables += 1
      case .leaf(let leaf): if Int(leaf.size.bits) > bits { large += 1 } else { single += 1 }
      case .invalid, .reserved: break
      }
    }
    if tables > 0 { return (glyphs.table, .old) }
    if large + single == 0 { return (glyphs.unmapped, .faint) }
    if large + single < group { return (glyphs.part, .physical) }
    return (single == 0 ? glyphs.supersection : glyphs.section, .physical)
  }

  // MARK: The entry under the cursor

  private func drawEntry(
    _ trail: TableTrail, _ maps: TableMaps, at row: Int, in area: Rect, frame: Rect,
    with pen: inout Pen
  ) {
    let stop = trail.stops[maps.upper]
    let focused = explorer.focus == .inspector
    let next = maps.upper + 1 < trail.stops.count ? trail.stops[maps.upper + 1] : nil
    let isNarrow = area.width < 70
    var title = Prose("Entry \(UInt64(stop.index).hex)", .strong)
    // Nothing stands below it to be in line with.
    title +=
      "  "
      + Prose(
        isNarrow ? stop.word.hex8 : text(stop.word), role(of: stop.address),
        to: .word(stop.address.value))
    let leads = next.map {
      Prose("\(format.tableName(level: $0.level)) at ", .dim)
        + Prose($0.table.value.hex8, .physical)
    }
    var right = leads ?? Prose("for ", .dim) + Prose(stop.iova.hex8, .iova)
    if title.width + right.width + 8 > frame.width { right = "" }
    pen.divider(
      title, right: right, row: area.row - frame.row + row, in: frame, focused: focused)
    let rest = Rect(
      column: area.column, row: area.row + row + 1, width: area.width,
      height: max(0, area.height - row - 1))
    guard let next, let lower = maps.lower else {
      drawWord(stop, legend: maps.hasLegend ? "" : legend(trail, maps), in: rest, with: &pen)
      drawRanges(
        at: trail.current.iova, below: row + 10, in: area, frame: frame, focused: focused,
        with: &pen)
      return
    }
    drawRanges(
      at: trail.current.iova, below: row + 11 + lower.rows, in: area, frame: frame,
      focused: focused, with: &pen)
    for line in 0..<lower.rows {
      _ = drawRow(
        next, lower, line, hasCursor: trail.depth > maps.upper, at: line, in: rest, with: &pen)
      pen.write(
        label(line * lower.marks * lower.group, next), .dim, at: 1, line, in: rest)
    }
    var line = Prose("Entry \(UInt64(next.index).hex)", .strong)
    line += "  " + Prose(text(next.word), role(of: next.address), to: .word(next.address.value))
    line += Prose("  for ", .dim) + Prose(next.iova.hex8, .iova)
    if trail.depth == maps.upper { line += Prose("   ↵ goes inside", .dim) }
    pen.write(line, at: 1, lower.rows, in: rest)
    let below = Rect(
      column: rest.column, row: rest.row + lower.rows + 1, width: rest.width,
      height: max(0, rest.height - lower.rows - 1))
    drawWord(next, legend: maps.hasLegend ? "" : legend(trail, maps), in: below, with: &pen)
  }

  /// What the tables map, folded into ranges, where there is room for it.
  private func drawRanges(
    at iova: UInt64, below row: Int, in area: Rect, frame: Rect, focused: Bool,
    with pen: inout Pen
  ) {
    guard area.height - row >= 4, let table = subject.table else { return }
    let mapped = explorer.mappings(from: table)
    // The run under the cursor is among those that show: moving the cursor scrolls them.
    let here = mapped.index(of: iova)
    let list = LineList(count: mapped.ranges.count, cursor: here, height: area.height - row - 1)
    pen.divider(
      Prose("Mapped ranges", .strong),
      right: list.hint.isEmpty
        ? Prose("\(mapped.bytes.prose) in \(mapped.count)", .dim) : list.hint,
      row: area.row - frame.row + row, in: frame, focused: focused)
    let columns = mapped.ranges.last.map { $0.iova.value.hex8.count } ?? 0
    for (line, index) in list.visible.enumerated() {
      let range = mapped.ranges[index]
      var prose =
        RangeLine.prose(range, columns: columns) + Prose("  \(range.leaf.rightsText)", .dim)
      if format.hasMemoryClasses { prose += Prose(" " + words(forClassOf: range.leaf), .dim) }
      pen.write(prose, at: 1, row + 1 + line, in: area)
      if range.iova.value <= iova, iova <= range.last {
        pen.select(row: row + 1 + line, in: area, focused: false)
      }
    }
  }

  /// What an entry was before this step, or before this operation.
  private func mark(at address: PhysicalAddress) -> (old: UInt64, isNow: Bool)? {
    let marks = Marks(explorer.timeline)
    var (old, isNow, isMarked) = (UInt64(0), false, false)
    for offset in stride(from: 0, to: format.entryBytes, by: 4) {
      let place = address + offset
      var half = UInt64(memory.word(at: place))
      if let mark = marks.word(at: place) {
        half = UInt64(mark.old)
        isNow = isNow || mark.isNow
        isMarked = true
      }
      old |= half << (8 * offset)
    }
    return isMarked ? (old, isNow) : nil
  }

  private func role(of address: PhysicalAddress) -> Prose.Role {
    mark(at: address)?.isNow == true ? .changed : .text
  }

  private func drawWord(_ stop: Stop, legend: Prose, in area: Rect, with pen: inout Pen) {
    guard area.height > 0 else { return }
    let fields = format.fields(of: stop.word, level: stop.level)
    var row = 0
    if let mark = mark(at: stop.address) {
      let old = area.width < 70 ? mark.old.hex8 : text(mark.old)
      let line =
        mark.isNow
        ? Prose("◀ ", .changed) + Prose("was \(old)", .old)
        : Prose("• ", .old) + Prose("was \(old) before this operation", .dim)
      pen.write(line, at: 1, row, in: area)
      row += 1
    }
    if area.height < 4, case .leaf(let leaf) = stop.descriptor {
      drawLeaf(leaf, legend: legend, at: row, in: area, with: &pen)
      return
    }
    if area.height - row < 2, case .table = stop.descriptor {
      let line = Prose("a table for ", .dim) + Prose(stop.iova.hex8, .iova)
      pen.write(line + Prose("   ↵ goes inside", .dim), at: 1, row, in: area)
      return
    }
    let brackets = fields.flatMap { field in field.bits.map { ($0, false) } }
    let diagram = WordDiagram(
      word: stop.word, bits: Int(format.entryBytes) * 8, fields: brackets)
    let rows = diagram.rows(for: area.width - 1)
    if stop.word != 0, area.height - row >= rows + 2 {
      diagram.draw(at: row, column: 1, in: area, with: &pen)
      row += rows
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
  private func drawLeaf(
    _ leaf: Leaf, legend: Prose, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    var line = Prose(leaf.size.bytes.sizeText, .strong) + " → "
    line += Prose(leaf.physical.value.hex8, .physical)
    line += Prose("  " + leaf.rightsText, .text)
    for remark in format.remarks(on: leaf) { line += Prose("  " + remark, .dim) }
    if format.hasMemoryClasses { line += Prose("  " + words(forClassOf: leaf), .dim) }
    pen.write(line, at: 1, row, in: area)
    if row == 0, area.height > 1, !legend.isEmpty { pen.write(legend, at: 1, 1, in: area) }
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

  /// The class, and what the bank's registers make of it.
  private func words(forClassOf leaf: Leaf) -> String {
    subject.memoryType(of: leaf)?.shortWords ?? "memory class \(leaf.memoryClass)"
  }
}

extension String {
  /// The same with a capital at its beginning.
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
