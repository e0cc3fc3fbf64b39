import CNcurses
import TerminalCore

/// What the terminal's description says about drawing, without the delays in it.
///
/// Read once; nothing here is assumed of a terminal that does not say it.
struct Abilities {
  /// How to change the way characters look: parameters of ESC [ … m, or something of its own.
  enum Code {
    case parameters([UInt8])
    case other([UInt8])
  }

  /// Clears the screen; the cursor is in the upper left corner then.
  let clear: [UInt8]?
  /// Erases to the end of the row.
  let eraseToEnd: [UInt8]?
  let showCursor: [UInt8]
  let hideCursor: [UInt8]
  /// Takes everything back; colours too, where it is of parameters.
  let plain: Code?
  /// Each with its bit in `Style.Attributes`.
  let attributes: [(UInt8, Code)]
  /// Attributes that are shown, and those that a coloured character can have.
  let shown: UInt8
  let shownInColor: UInt8
  /// Takes both colours back; nil where colours have no default.
  let defaultColors: Code?
  /// What is erased has the background at hand.
  let erasesInColor: Bool
  /// The cursor may be moved while characters look other than plain.
  let movesInStyle: Bool
  /// After the last column the cursor is in the next row, and after the last row everything moves up.
  let wrapsAtOnce: Bool

  private let moveFormat: [CChar]
  private let rightFormat: [CChar]?
  private let eraseFormat: [CChar]?
  private let foregroundFormat: [CChar]?
  private let backgroundFormat: [CChar]?
  /// Rows and columns go into the sequence as they do nearly everywhere.
  private let movesLikeANSI: Bool

  /// Reads the description that `setupterm` has loaded.
  init() {
    clear = Self.bytes("clear")
    eraseToEnd = Self.bytes("el")
    showCursor = Self.bytes("cnorm") ?? []
    hideCursor = Self.bytes("civis") ?? []
    plain = Self.code("sgr0")
    // A terminal that spends a cell on every change of style shows none.
    let isSpendingCells = tigetnum("xmc") >= 0
    let names: [(Style.Attributes, String)] = [
      (.bold, "bold"), (.dim, "dim"), (.underline, "smul"), (.reverse, "rev"), (.italic, "sitm"),
    ]
    attributes =
      plain == nil || isSpendingCells
      ? [] : names.compactMap { (bit, name) in Self.code(name).map { (bit.rawValue, $0) } }
    shown = attributes.reduce(0) { $0 | $1.0 }
    defaultColors = Self.code("op")
    erasesInColor = tigetflag("bce") > 0
    movesInStyle = tigetflag("msgr") > 0
    wrapsAtOnce = tigetflag("am") > 0 && tigetflag("xenl") <= 0
    let conflicts = max(0, tigetnum("ncv"))
    let bits: [(Int32, Style.Attributes)] = [
      (2, .underline), (4, .reverse), (16, .dim), (32, .bold), (32_768, .italic),
    ]
    shownInColor = bits.reduce(shown) { conflicts & $1.0 != 0 ? $0 & ~$1.1.rawValue : $0 }
    moveFormat = Self.format("cup") ?? [0]
    rightFormat = Self.format("cuf")
    eraseFormat = Self.format("ech")
    foregroundFormat = Self.format("setaf")
    backgroundFormat = Self.format("setab")
    let usual = Array("\u{1B}[%i%p1%d;%p2%dH".utf8).map { CChar(bitPattern: $0) }
    movesLikeANSI = moveFormat.dropLast() == usual[...]
  }

  func move(column: Int, row: Int) -> [UInt8] {
    if movesLikeANSI {
      var bytes: [UInt8] = [0x1B, UInt8(ascii: "[")]
      bytes.append(decimal: row + 1)
      bytes.append(UInt8(ascii: ";"))
      bytes.append(decimal: column + 1)
      bytes.append(UInt8(ascii: "H"))
      return bytes
    }
    return Self.filled(moveFormat, row, column)
  }

  /// To the right in the same row.
  func moveRight(_ columns: Int) -> [UInt8]? { rightFormat.map { Self.filled($0, columns) } }

  /// Blanks so many cells and leaves the cursor where it is.
  func erase(_ columns: Int) -> [UInt8]? { eraseFormat.map { Self.filled($0, columns) } }

  func foreground(_ color: Int32) -> Code? {
    foregroundFormat.map { Self.code(of: Self.filled($0, Int(color))) }
  }

  func background(_ color: Int32) -> Code? {
    backgroundFormat.map { Self.code(of: Self.filled($0, Int(color))) }
  }
}

extension Abilities {
  private static func format(_ name: String) -> [CChar]? {
    bytes(name).map { $0.map { CChar(bitPattern: $0) } + [0] }
  }

  private static func filled(_ format: [CChar], _ first: Int, _ second: Int = 0) -> [UInt8] {
    guard let text = nc_filled(format, Int32(first), Int32(second)) else { return [] }
    return Array(String(cString: text).utf8)
  }

  private static func code(_ name: String) -> Code? { bytes(name).map { code(of: $0) } }

  /// Looks whether it is ESC [ parameters m, which can be joined with others.
  ///
  /// Around it some descriptions choose the ordinary character set, which we never leave.
  private static func code(of bytes: [UInt8]) -> Code {
    var inner = bytes[...]
    if inner.starts(with: [0x1B, UInt8(ascii: "("), UInt8(ascii: "B")]) {
      inner = inner.dropFirst(3)
    }
    if inner.last == 0x0F { inner = inner.dropLast() }
    guard inner.starts(with: [0x1B, UInt8(ascii: "[")]), inner.last == UInt8(ascii: "m") else {
      return .other(bytes)
    }
    let parameters = inner.dropFirst(2).dropLast()
    let isPlain = parameters.allSatisfy { $0 == UInt8(ascii: ";") || (0x30...0x39).contains($0) }
    return isPlain ? .parameters(Array(parameters)) : .other(bytes)
  }

  /// A string of the terminal's description without its delays, `$<…>`.
  static func bytes(_ name: String) -> [UInt8]? {
    guard let string = nc_string(name) else { return nil }
    var result: [UInt8] = []
    var isDelay = false
    for character in String(cString: string).utf8 {
      if character == UInt8(ascii: "<"), result.last == UInt8(ascii: "$") {
        result.removeLast()
        isDelay = true
      } else if isDelay {
        isDelay = character != UInt8(ascii: ">")
      } else {
        result.append(character)
      }
    }
    return result.isEmpty ? nil : result
  }
}

extension [UInt8] {
  /// Appends a number that is not negative.
  mutating func append(decimal number: Int) {
    if number >= 10 { append(decimal: number / 10) }
    append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
  }
}
