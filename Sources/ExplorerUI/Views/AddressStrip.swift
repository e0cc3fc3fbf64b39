internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// A stretch of device addresses in a row of marks: what is mapped, and where the holes are.
struct AddressStrip {
  let first: UInt64
  let last: UInt64
  private let mapped: Mappings
  /// What nobody gets: windows that something else answers, and what waits for a flush.
  var reserved: [ClosedRange<UInt64>] = []
  var waiting: [ClosedRange<UInt64>] = []

  /// All that is used, or the surroundings of one run: as much again on each side.
  init?(_ mapped: Mappings, around index: Int? = nil) {
    guard let low = mapped.ranges.first, let high = mapped.ranges.last else { return nil }
    self.mapped = mapped
    guard let index, mapped.ranges.indices.contains(index) else {
      (first, last) = (low.iova.value, high.last)
      return
    }
    let range = mapped.ranges[index]
    let margin = max(range.length, 4096 * 8)
    first = range.iova.value > margin ? range.iova.value - margin : 0
    let (end, isOver) = range.last.addingReportingOverflow(margin)
    last = isOver ? .max : end
  }

  /// How many addresses a mark of so many stands for: whole pages.
  func step(marks: Int) -> UInt64 {
    let span = (last - first) / UInt64(max(1, marks)) + 1
    return (span + 4095) & ~4095
  }

  /// The same in words, without decimals that say nothing.
  func stepText(marks: Int) -> String {
    let text = step(marks: marks).shortProse
    guard let dot = text.firstIndex(of: "."), text[dot...].hasPrefix(".00") else { return text }
    return String(text[..<dot] + text[dot...].dropFirst(3))
  }

  func draw(
    at row: Int, column: Int, marks: Int, cursor: MappedRange?, in area: Rect, with pen: inout Pen
  ) {
    let step = step(marks: marks)
    for mark in 0..<marks {
      let (offset, isOver) = UInt64(mark).multipliedReportingOverflow(by: step)
      guard !isOver, offset <= last - first else { return }
      let start = first + offset
      let end = min(
        last, start.addingReportingOverflow(step - 1).overflow ? .max : start + step - 1)
      let (glyph, role) = glyph(start, end, pen.glyphs)
      var style = pen.theme.style(role)
      if let cursor, cursor.iova.value <= end, cursor.last >= start {
        style.attributes.insert(.reverse)
      }
      pen.put(glyph, style, at: column + mark, row, in: area)
    }
  }

  /// The mark of a stretch: mapped from end to end, in parts, or not at all.
  private func glyph(_ start: UInt64, _ end: UInt64, _ glyphs: Glyphs) -> (Character, Prose.Role) {
    var index = mapped.index(of: start)
    var next = start
    var isTouched = false
    // A stretch may hold very many runs: so many are enough to say that there are holes.
    for _ in 0..<64 {
      guard index < mapped.ranges.count else { break }
      let range = mapped.ranges[index]
      guard range.iova.value <= end else { break }
      isTouched = true
      guard range.iova.value <= next else { break }
      if range.last >= end { return (glyphs.section, .physical) }
      next = range.last &+ 1
      index += 1
    }
    if isTouched { return (glyphs.part, .physical) }
    if Self.meets(waiting, start, end) { return (glyphs.waiting, .stale) }
    if Self.meets(reserved, start, end) { return (glyphs.reserved, .dim) }
    return (glyphs.unmapped, .faint)
  }

  private static func meets(_ ranges: [ClosedRange<UInt64>], _ start: UInt64, _ end: UInt64) -> Bool
  {
    ranges.contains { $0.lowerBound <= end && $0.upperBound >= start }
  }

  /// What the marks stand for that not every strip has.
  func legend(_ glyphs: Glyphs) -> String {
    (Self.meets(reserved, first, last) ? "  \(glyphs.reserved) reserved" : "")
      + (Self.meets(waiting, first, last) ? "  \(glyphs.waiting) waits" : "")
  }
}
