/// The columns a text takes on a terminal.
///
/// Layout and output must count alike, or columns drift. The answers are those of the C library's
/// `wcwidth` in a UTF-8 locale (glibc 2.36, Unicode 15), which is what curses asks; they are kept
/// here as a table so that drawing needs neither a locale nor C.
package enum DisplayWidth {
  /// The columns of one scalar: 0 for what combines with the one before, −1 for what has no place
  /// on a screen (controls, unassigned).
  package static func of(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 {
      if value < 0x20 { return value == 0 ? 0 : -1 }
      return (0x7F..<0xA0).contains(value) ? -1 : 1
    }
    if (0x2500...0x25FC).contains(value) { return 1 }
    return tableWidth(value)
  }

  /// The columns `Canvas` gives to a character: 1 or 2.
  ///
  /// What has no place on a screen is drawn as U+FFFD and counts 1.
  package static func of(_ character: Character) -> Int {
    character.unicodeScalars.first.map { max(1, of($0)) } ?? 1
  }

  /// Tells whether a scalar takes one column and never joins another of its kind into a character.
  ///
  /// A part of those that do: printable ASCII, and the arrows, signs, lines and blocks that screens
  /// are drawn with. A text of nothing else need not be taken apart into characters.
  static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F, 0xB7, 0xD7, 0x2013...0x2014, 0x2022, 0x2026, 0x203A, 0x2190...0x2193, 0x21B5,
      0x2260, 0x2500...0x25FA, 0x2713, 0x2717:
      true
    default: false
    }
  }

  /// The columns `Canvas` gives to a text of one line.
  package static func of(_ text: String) -> Int {
    let bytes = text.utf8
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return bytes.count }
    if text.unicodeScalars.allSatisfy(standsAlone(_:)) { return text.unicodeScalars.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// Returns the text if it fits, else as much of its start as fits with the ellipsis behind it.
  ///
  /// The result is never wider than `columns`; it is empty where not even the ellipsis fits.
  package static func truncate(_ text: String, to columns: Int, ellipsis: Character) -> String {
    // No text has more columns than bytes, so that the common case is decided without counting.
    if text.utf8.count <= columns || of(text) <= columns { return text }
    var room = columns - of(ellipsis)
    if room < 0 { return "" }
    var result = ""
    for character in text {
      let width = of(character)
      if width > room { break }
      room -= width
      result.append(character)
    }
    result.append(ellipsis)
    return result
  }

  /// Tells whether a scalar may stand in a cell after the first one.
  ///
  /// The joiner and the emoji variation selector have no width either, but they change the width of
  /// their neighbours on some terminals only.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x300 && scalar.value != 0x200D && scalar.value != 0xFE0F && of(scalar) == 0
  }

  /// Finds the last run that starts at or before the value.
  private static func tableWidth(_ value: UInt32) -> Int {
    var low = 0
    var high = runs.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if runs[middle] >> 4 <= value { low = middle } else { high = middle }
    }
    let width = Int(runs[low] & 0xF)
    return width == 0xF ? -1 : width
  }
}
