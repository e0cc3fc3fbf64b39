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
  /// Takes one of both back; nil where it takes both.
  let eachDefaultColor: (text: Code, ground: Code)?
  /// What is erased has the background at hand.
  let erasesInColor: Bool
  /// The cursor may be moved while characters look other than plain.
  let movesInStyle: Bool
  /// After the last column the cursor is in the next row, and after the last row everything moves up.
  let wrapsAtOnce: Bool

  private let moveFormat: [CChar]
  private let rightFormat: CountFormat?
  private let eraseFormat: CountFormat?
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
    if case .parameters(let both)? = defaultColors, both == Array("39;49".utf8) {
      eachDefaultColor = (.parameters(Array("39".utf8)), .parameters(Array("49".utf8)))
    } else {
      eachDefaultColor = nil
    }
    erasesInColor = tigetflag("bce") > 0
    movesInStyle = tigetflag("msgr") > 0
    wrapsAtOnce = tigetflag("am") > 0 && tigetflag("xenl") <= 0
    let conflicts = max(0, tigetnum("ncv"))
    let bits: [(Int32, Style.Attributes)] = [
      (2, .underline), (4, .reverse), (16, .dim), (32, .bold), (32_768, .italic),
    ]
    shownInColor = bits.reduce(shown) { conflicts & $1.0 != 0 ? $0 & ~$1.1.rawValue : $0 }
    moveFormat = Self.format("cup") ?? [0]
    rightFormat = Self.format("cuf").map { CountFormat($0) }
    eraseFormat = Self.format("ech").map { CountFormat($0) }
    foregroundFormat = Self.format("setaf")
    backgroundFormat = Self.format("setab")
    let usual = Array("\u{1B}[%i%p1%d;%p2%dH".utf8).map { CChar(bitPattern: $0) }
    movesLikeANSI = moveFormat.dropLast() == usual[...]
  }

  var canMoveRight: Bool { rightFormat != nil }
  var canErase: Bool { eraseFormat != nil }

  func move(column: Int, row: Int, into bytes: inout [UInt8]) {
    guard movesLikeANSI else {
      bytes += Self.filled(moveFormat, row, column)
      return
    }
    bytes.append(0x1B)
    bytes.append(UInt8(ascii: "["))
    bytes.append(decimal: row + 1)
    bytes.append(UInt8(ascii: ";"))
    bytes.append(decimal: column + 1)
    bytes.append(UInt8(ascii: "H"))
  }

  /// To the right in the same row.
  func moveRight(_ columns: Int, into bytes: inout [UInt8]) {
    rightFormat?.append(columns, to: &bytes)
  }

  /// Blanks so many cells and leaves the cursor where it is.
  func erase(_ columns: Int, into bytes: inout [UInt8]) {
    eraseFormat?.append(columns, to: &bytes)
  }

  func foreground(_ color: Int32) -> Code? {
    foregroundFormat.map { Self.code(of: Self.filled($0, Int(color))) }
  }

  func background(_ color: Int32) -> Code? {
    backgroundFormat.map { Self.code(of: Self.filled($0, Int(color))) }
  }
}

/// A sequence with one number in it, which is nearly everywhere ESC [ number and a letter.
private struct CountFormat {
  private let format: [CChar]
  private let letter: UInt8?

  init(_ format: [CChar]) {
    self.format = format
    let usual = Array("\u{1B}[%p1%d".utf8).map { CChar(bitPattern: $0) }
    let isUsual = format.count == usual.count + 2 && format.starts(with: usual)
    letter = isUsual ? UInt8(bitPattern: format[usual.count]) : nil
  }

  func append(_ number: Int, to bytes: inout [UInt8]) {
    guard let letter else {
      bytes += Abilities.filled(format, number)
      return
    }
    bytes.append(0x1B)
    bytes.append(UInt8(ascii: "["))
    bytes.append(decimal: number)
    bytes.append(letter)
  }
}

extension Abilities {
  private static func format(_ name: String) -> [CChar]? {
    bytes(name).map { $0.map { CChar(bitPattern: $0) } + [0] }
  }

  fileprivate static func filled(_ format: [CChar], _ first: Int, _ second: Int = 0) -> [UInt8] {
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
