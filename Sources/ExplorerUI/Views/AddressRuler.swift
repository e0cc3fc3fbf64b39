internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// An address as bits, split where a walk splits it.
struct AddressRuler {
  private let iova: IOVA
  private let format: FormatID
  /// What the walk came to; nil where there is none.
  private let outcome: WalkOutcome?

  init(_ iova: IOVA, _ format: FormatID, _ outcome: WalkOutcome?) {
    (self.iova, self.format, self.outcome) = (iova, format, outcome)
  }

  /// A run of the address's bits, and what the walker does with it.
  private struct Part {
    let high: Int
    let low: Int
    let name: String
    let short: String
    var count: Int { high - low + 1 }
  }

  /// How the bits stand: each for itself, in groups of four, or as a number where there is no room.
  private enum Style: CaseIterable {
    case spaced, grouped, number

    func width(of part: Part) -> Int {
      switch self {
      case .spaced: part.count * 2 - 1 + (part.count - 1) / 4
      case .grouped: part.count + (part.count - 1) / 4
      case .number: max(7, (part.count + 3) / 4 + 2)
      }
    }

    var gap: Int {
      switch self {
      case .spaced: 4
      case .grouped: 3
      case .number: 1
      }
    }

    func width(of parts: [Part]) -> Int {
      parts.reduce(0) { $0 + width(of: $1) } + gap * (parts.count - 1)
    }
  }

  /// The parts that this walk splits the address into; a large leaf needs no index below it.
  private var parts: [Part] {
    let top = format.addressBits
    let beyond = top >= 64 ? 0 : iova.value >> UInt64(top)
    if case .bypassed = outcome {
      let words = "not taken apart: it passes as it is"
      return [Part(high: beyond == 0 ? top - 1 : 63, low: 0, name: words, short: words)]
    }
    var size: PageSize?
    if case .translated(_, let entry, _) = outcome { size = entry.size }
    var parts: [Part] = []
    if beyond != 0 { parts.append(Part(high: 63, low: top, name: "too high", short: "beyond")) }
    var low = top
    for level in format.levels {
      // A leaf of several entries is found by the first of them.
      if let size, low <= Int(size.bits) { break }
      let high = low - 1
      low = format.entryBits(level: level)
      parts.append(
        Part(
          high: high, low: low, name: format.indexName(level: level),
          short: format.shortIndexName(level: level)))
    }
    var place = "the \(size.map { format.word(for: $0) } ?? "page")"
    // Of a group of entries that map one page, the lowest bits of the index are bytes of it too.
    if let size, Int(size.bits) > low { place = "its \((1 << UInt64(low) as UInt64).sizeText)" }
    parts.append(Part(high: low - 1, low: 0, name: "byte in \(place)", short: "byte"))
    return parts
  }

  /// The address's bits, split where the walker splits them; returns how many rows they took.
  func draw(at row: Int, in area: Rect, with pen: inout Pen) -> Int {
    let parts = parts
    let style = Style.allCases.first { $0.width(of: parts) + 2 < area.width } ?? .number
    var column = 2
    for part in parts {
      let width = style.width(of: part)
      let low = String(part.low)
      pen.write(String(part.high), .dim, at: column, row, in: area)
      pen.write(low, .dim, at: column + width - low.count, row, in: area)
      let value = iova.value >> UInt64(part.low) & (part.count >= 64 ? .max : 1 << part.count - 1)
      var place = column
      if style != .number {
        for bit in stride(from: part.high, through: part.low, by: -1) {
          let isOne = iova.value >> UInt64(bit) & 1 == 1
          pen.write(isOne ? "1" : "0", isOne ? .strong : .faint, at: place, row + 1, in: area)
          place += style == .grouped ? 1 : 2
          if (bit - part.low) % 4 == 0 { place += 1 }
        }
      }
      let below = row + (style == .number ? 1 : 2)
      let text = value.hex.count + 4 > width ? value.hex : " \(value.hex) "
      drawBracket(text, at: column, width: width, below, in: area, with: &pen)
      let name = style == .spaced || part.name.count <= width ? part.name : part.short
      let shift = max(0, (width - name.count) / 2)
      pen.write(name, .dim, at: column + shift, below + 1, in: area)
      column += width + style.gap
    }
    return style == .number ? 3 : 4
  }

  private func drawBracket(
    _ text: String, at column: Int, width: Int, _ row: Int, in area: Rect, with pen: inout Pen
  ) {
    let style = pen.theme.style(.accent)
    for place in 0..<width {
      let glyph =
        place == 0
        ? pen.glyphs.fieldLeft : place == width - 1 ? pen.glyphs.fieldRight : pen.glyphs.horizontal
      pen.put(glyph, style, at: column + place, row, in: area)
    }
    pen.write(text, .iova, at: column + max(1, (width - text.count) / 2), row, in: area)
  }
}
