/// One place of the screen: a character, its combining marks, and a style.
///
/// The scalars are packed, 21 bits each, so that a screen is one flat piece of memory that is copied
/// and compared without reference counting. A terminal composes a character from one scalar with a
/// width and marks without one, four at most; of richer characters (families, flags) the first
/// scalar and its marks stay, because that is the only part whose width all terminals agree on.
package struct Cell: Hashable, Sendable {
  /// The base scalar and the first two marks, or 0 for the right half of a wide character.
  @usableFromInline var low: UInt64

  /// The third and the fourth mark.
  @usableFromInline var high: UInt64

  package var style: Style

  /// Creates a cell.
  ///
  /// A character that begins with a control, a combining mark or an unassigned scalar becomes
  /// U+FFFD: it would move the cursor or the columns.
  package init(_ character: Character, _ style: Style = .plain) {
    self.style = style
    low = 0
    high = 0
    var room = Cell.maximumMarks
    for (index, scalar) in character.unicodeScalars.enumerated() {
      if index == 0 {
        low = UInt64(DisplayWidth.of(scalar) > 0 ? scalar.value : Cell.replacement)
        if low == Cell.replacement { break }
      } else if room > 0, DisplayWidth.isMark(scalar) {
        appendMark(scalar.value, at: Cell.maximumMarks - room)
        room -= 1
      }
    }
  }

  /// Creates the cell of a printable ASCII character without looking at tables.
  init(ascii: UInt8, _ style: Style) {
    low = UInt64(ascii)
    high = 0
    self.style = style
  }

  /// Creates the cell of a scalar that stands alone.
  init(alone scalar: Unicode.Scalar, _ style: Style) {
    low = UInt64(scalar.value)
    high = 0
    self.style = style
  }

  private init(low: UInt64, style: Style) {
    self.low = low
    high = 0
    self.style = style
  }

  /// A space in the terminal's own colours.
  package static let blank = Cell(ascii: 0x20, .plain)

  /// The right half of a wide character, which itself is in the cell to the left.
  static func continuation(_ style: Style) -> Cell { Cell(low: 0, style: style) }

  @inlinable package var isContinuation: Bool { low == 0 }

  /// The first scalar's value; 0 for the right half of a wide character.
  @inlinable package var base: UInt32 { UInt32(truncatingIfNeeded: low & Cell.mask) }

  @inlinable package var hasMarks: Bool { low >> 21 != 0 }

  /// The values of the combining marks in order, 0 where there is none.
  package var marks: (UInt32, UInt32, UInt32, UInt32) {
    (part(low >> 21), part(low >> 42), part(high), part(high >> 21))
  }

  /// The columns the character takes: 1 or 2, and 0 for the right half of a wide one.
  package var width: Int {
    if low < 0x80 { return low == 0 ? 0 : 1 }
    return max(0, Unicode.Scalar(base).map(DisplayWidth.of(_:)) ?? 1)
  }

  /// The character as text; empty for the right half of a wide one.
  package var text: String {
    if isContinuation { return "" }
    var scalars = String.UnicodeScalarView()
    for value in [base, marks.0, marks.1, marks.2, marks.3] where value != 0 {
      if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
    }
    return String(scalars)
  }

  /// Appends the character as the bytes that a terminal is sent for it.
  package func appendText(to bytes: inout [UInt8]) {
    if !hasMarks, !isContinuation, let units = Unicode.Scalar(base).flatMap(UTF8.encode(_:)) {
      bytes += units
    } else {
      bytes += text.utf8
    }
  }

  /// It is so many words of 64 bits and nothing between them, so that cells compare as memory does.
  static let words = MemoryLayout<Cell>.stride / MemoryLayout<UInt64>.stride

  private static let maximumMarks = 4
  @usableFromInline static var mask: UInt64 { 0x1F_FFFF }
  private static let replacement: UInt32 = 0xFFFD

  private func part(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits & Cell.mask) }

  private mutating func appendMark(_ value: UInt32, at index: Int) {
    switch index {
    case 0: low |= UInt64(value) << 21
    case 1: low |= UInt64(value) << 42
    case 2: high |= UInt64(value)
    default: high |= UInt64(value) << 21
    }
  }
}

extension Cell {
  @inlinable @inline(__always) package static func == (left: Cell, right: Cell) -> Bool {
    left.low == right.low && left.high == right.high && left.style == right.style
  }

  /// Only its background can be seen.
  @inlinable package var isBlank: Bool {
    low == 0x20 && style.attributes.rawValue & Style.Attributes.onBlank.rawValue == 0
  }

  /// It looks as after an erasure in the terminal's own colours.
  @inlinable package var isPlainBlank: Bool { isBlank && style.background == -1 }

  /// A person sees no difference.
  @inlinable @inline(__always) package func looksLike(_ other: Cell) -> Bool {
    self == other || low == 0 && other.low == 0
      || isBlank && other.isBlank && style.background == other.style.background
  }
}
