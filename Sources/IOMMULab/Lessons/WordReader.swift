internal import IOMMUModel

/// Reads the words of one line of a lesson from left to right.
struct WordReader {
  private let tokens: [Token]
  private let line: Int
  private let end: Int
  private var next = 0

  /// The words of a part of a line that begins at a column.
  init(_ text: Substring, line: Int, column: Int) {
    tokens = Token.tokens(of: text).map {
      Token(text: $0.text, column: $0.column + column - 1)
    }
    self.line = line
    end = column + text.count
  }

  var isAtEnd: Bool { next >= tokens.count }

  func error(_ message: String) -> ParseError {
    ParseError(
      line: line, column: next < tokens.count ? tokens[next].column : end, message)
  }

  mutating func word(_ what: String) throws(ParseError) -> String {
    guard next < tokens.count else { throw error("\(what) is missing") }
    next += 1
    return String(tokens[next - 1].text)
  }

  /// Takes the next words if they are these.
  mutating func take(_ words: String...) -> Bool {
    guard tokens.count - next >= words.count,
      zip(words, tokens[next...]).allSatisfy({ $0 == $1.text })
    else { return false }
    next += words.count
    return true
  }

  mutating func number(_ what: String) throws(ParseError) -> UInt64 {
    let start = self
    let text = try word(what)
    guard let number = UInt64(size: text) else {
      throw start.error("\"\(text.shown)\" is no number for \(what)")
    }
    return number
  }

  /// An IOMMU, perhaps with one of its banks: `mdp0/1`.
  mutating func bank(_ what: String) throws(ParseError) -> (iommu: String, bank: UInt64?) {
    let start = self
    let text = try word(what)
    guard let slash = text.firstIndex(of: "/") else { return (text, nil) }
    guard let bank = UInt64(number: text[slash...].dropFirst()) else {
      throw start.error("\"\(text.shown)\" names no context, which is like mdp0/1")
    }
    return (String(text[..<slash]), bank)
  }

  func finish() throws(ParseError) {
    guard isAtEnd else { throw error("\"\(tokens[next].text.shown)\" is too much") }
  }
}
