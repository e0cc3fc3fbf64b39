/// A mistake in a text that a person wrote: what is wrong, where, and what would be right.
package struct ParseError: Error, Hashable, Sendable {
  /// Counted from 1.
  package let line: Int
  /// Counted from 1, in characters.
  package let column: Int
  package let message: String

  package init(line: Int, column: Int, _ message: String) {
    (self.line, self.column, self.message) = (line, column, message)
  }
}

/// A word of a line, and where it stands.
package struct Token: Hashable, Sendable {
  package let text: Substring
  /// Counted from 1, in characters.
  package let column: Int

  package init(text: Substring, column: Int) { (self.text, self.column) = (text, column) }

  /// The words of a line, without its comment.
  package static func tokens(of line: Substring) -> [Token] {
    if let tokens = asciiTokens(of: line) { return tokens }
    var tokens: [Token] = []
    var column = 1
    var start: Substring.Index?
    var startColumn = 1
    var index = line.startIndex
    while index < line.endIndex, line[index] != "#" {
      let isBlank = line[index] == " " || line[index] == "\t" || line[index] == "\r"
      if isBlank, let first = start {
        tokens.append(Token(text: line[first..<index], column: startColumn))
        start = nil
      } else if !isBlank, start == nil {
        (start, startColumn) = (index, column)
      }
      index = line.index(after: index)
      column += 1
    }
    if let first = start { tokens.append(Token(text: line[first..<index], column: startColumn)) }
    return tokens
  }

  /// The same by bytes, which are characters here: most lines are long read before characters are
  /// told apart.
  ///
  /// Nil for a line with others.
  private static func asciiTokens(of line: Substring) -> [Token]? {
    var tokens: [Token] = []
    let bytes = line.utf8
    var (start, startColumn, column) = (bytes.startIndex, 0, 1)
    var index = bytes.startIndex
    while index < bytes.endIndex, bytes[index] != UInt8(ascii: "#") {
      let byte = bytes[index]
      guard byte < 0x80 else { return nil }
      let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 13
      if isBlank, startColumn > 0 {
        tokens.append(Token(text: line[start..<index], column: startColumn))
        startColumn = 0
      } else if !isBlank, startColumn == 0 {
        (start, startColumn) = (index, column)
      }
      index = bytes.index(after: index)
      column += 1
    }
    // What joins the sign behind the last word would be part of it.
    if index < bytes.endIndex, bytes.index(after: index) < bytes.endIndex,
      bytes[bytes.index(after: index)] >= 0x80
    {
      return nil
    }
    if startColumn > 0 { tokens.append(Token(text: line[start..<index], column: startColumn)) }
    return tokens
  }
}

/// One line of a data file of ours: a keyword, and what follows as words or `key=value`.
struct DataLine {
  let number: Int
  let tokens: [Token]

  /// The lines of a text that say something.
  static func lines(of text: String) -> [DataLine] {
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .compactMap {
        let tokens = Token.tokens(of: Substring($1))
        return tokens.isEmpty ? nil : DataLine(number: $0 + 1, tokens: tokens)
      }
  }

  var keyword: Substring { tokens.first?.text ?? "" }

  func error(_ message: String, at token: Int = 0) -> ParseError {
    ParseError(
      line: number, column: token < tokens.count ? tokens[token].column : 1, message)
  }

  /// The word at a place, counted from the keyword.
  func word(_ index: Int, _ what: String) throws(ParseError) -> String {
    guard index < tokens.count else { throw error("\(what) is missing after \"\(keyword)\"") }
    return String(tokens[index].text)
  }

  /// The value of `key=value`.
  func value(of key: String) throws(ParseError) -> Substring {
    for token in tokens where token.text.hasPrefix(key + "=") {
      return token.text.dropFirst(key.count + 1)
    }
    throw error("\"\(key)=\" is missing")
  }

  func number(of key: String) throws(ParseError) -> UInt64 {
    let text = try value(of: key)
    guard let number = UInt64(number: text) else {
      throw error("\(key)=\(text) is not a number; decimal or 0x hex would be right")
    }
    return number
  }
}

extension UInt64 {
  /// A number as people write it: decimal or `0x` hex, `_` between digits; nil for anything else.
  package init?(number text: some StringProtocol) {
    // Byte by byte: scripts, data files and every line of a timeline come through here.
    var (value, radix) = (UInt64(0), UInt64(10))
    var (place, digits, endsInBar) = (0, 0, false)
    for byte in String(text).utf8 {
      place += 1
      if place == 2, digits == 1, value == 0, byte | 0x20 == UInt8(ascii: "x") {
        (radix, digits) = (16, 0)
        continue
      }
      endsInBar = byte == UInt8(ascii: "_")
      if endsInBar, digits > 0 { continue }
      guard let digit = Self.digit(byte), digit < radix else { return nil }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: radix)
      let (sum, isPastEnd) = product.addingReportingOverflow(digit)
      if isTooLarge || isPastEnd { return nil }
      (value, digits) = (sum, digits + 1)
    }
    if digits == 0 || endsInBar { return nil }
    self = value
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
