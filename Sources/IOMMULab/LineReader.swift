internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// Reads the words of one line of the language from left to right.
struct LineReader {
  private let tokens: [Token]
  private let line: Int
  private var next = 1
  let verb: Verb

  /// Takes a line apart; nil when it says nothing.
  init?(_ text: Substring, line: Int) throws(ParseError) {
    tokens = Token.tokens(of: text)
    self.line = line
    guard let first = tokens.first else { return nil }
    guard let verb = Verb(rawValue: String(first.text)) else {
      throw ParseError(
        line: line, column: first.column,
        "\"\(first.text.shown)\" is no verb; there are: "
          + Verb.allCases.map(\.rawValue).joined(separator: " "))
    }
    self.verb = verb
  }

  var isAtEnd: Bool { next >= tokens.count }

  /// The column of the word that would be read next, or just after the line's end.
  var column: Int {
    if next < tokens.count { return tokens[next].column }
    return tokens.last.map { $0.column + $0.text.count + 1 } ?? 1
  }

  func error(_ message: String) -> ParseError {
    ParseError(line: line, column: column, message)
  }

  func usageError(_ what: String) -> ParseError { error("\(what); right: \(verb.usage)") }

  mutating func word(_ what: String) throws(ParseError) -> Substring {
    guard let token = peek() else { throw usageError("\(what) is missing") }
    next += 1
    return token
  }

  func peek() -> Substring? { next < tokens.count ? tokens[next].text : nil }

  /// Takes the next word if it is this one.
  mutating func take(_ word: String) -> Bool {
    guard peek().map({ $0 == word }) ?? false else { return false }
    next += 1
    return true
  }

  /// Nothing may follow.
  func finish() throws(ParseError) {
    if let extra = peek() { throw usageError("\"\(extra.shown)\" is too much") }
  }

  // MARK: Kinds of words

  /// The number after `key=`, if that is the next word.
  mutating func value(of key: String) throws(ParseError) -> UInt64? {
    guard let word = peek(), word.hasPrefix(key + "=") else { return nil }
    guard let number = UInt64(written: word.dropFirst(key.count + 1)) else {
      throw usageError("\"\(word.shown)\" has no number, which is like \(key)=1")
    }
    next += 1
    return number
  }

  /// A name: letters, digits and `_ . : -`, at most 64, and no keyword.
  mutating func name(_ what: String) throws(ParseError) -> String {
    let start = self
    return try checkedName(try word(what), at: start)
  }

  private func checkedName(
    _ text: Substring, at start: LineReader
  ) throws(ParseError) -> String {
    guard text.unicodeScalars.count <= 64 else {
      throw start.error("a name of \(text.unicodeScalars.count) characters; 64 are the most")
    }
    guard !text.isEmpty, text.allSatisfy(Self.isNameCharacter) else {
      throw start.error(
        "\"\(text.shown)\" is no name; names are made of letters, digits and _ . : -")
    }
    guard !Self.keywords.contains(String(text)) else {
      throw start.error("\"\(text)\" is a word of the language; take another name")
    }
    return String(text)
  }

  static func isNameCharacter(_ character: Character) -> Bool {
    if character.isASCII {
      return character.isLetter || character.isNumber || "_.:-".contains(character)
    }
    // What joins or reorders letters is invisible, and no part of a name.
    return character.isLetter
      && character.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0.properties.generalCategory == .nonspacingMark
      }
  }

  /// The verbs, and the words that stand where names do.
  static let keywords = Set(
    Verb.allCases.map(\.rawValue) + ["all", "unprobed", "ok", "tlb", "faults"])

  /// The name of an IOMMU, or of one of its context banks, as in `mdp0/1`.
  mutating func bankName(_ what: String) throws(ParseError) -> Operation.BankName {
    let start = self
    guard let text = peek(), let slash = text.firstIndex(of: "/") else {
      return Operation.BankName(try name(what))
    }
    next += 1
    let name = try checkedName(text[..<slash], at: start)
    guard let bank = UInt64(written: text[slash...].dropFirst()) else {
      throw start.error("\"\(text.shown)\" names no context, which is like \(name)/0")
    }
    return Operation.BankName(name, bank: bank)
  }

  /// A number, decimal or hex.
  ///
  /// One that 64 bits cannot hold becomes the largest one: it is refused by the machine as too
  /// wide, like any other that its words cannot hold.
  mutating func number(_ what: String) throws(ParseError) -> UInt64 {
    let start = self
    let text = try word(what)
    guard let number = UInt64(written: text) else {
      throw start.usageError(
        "\"\(text.shown)\" is no number for \(what), which is decimal or 0x and hex digits")
    }
    return number
  }

  /// A number of bytes, which may end in K, M or G.
  mutating func size(_ what: String) throws(ParseError) -> UInt64 {
    let start = self
    let text = try word(what)
    let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
    let unit: UInt64 =
      switch text.last {
      case "K", "k": 1 << 10
      case "M", "m": 1 << 20
      case "G", "g": 1 << 30
      default: 1
      }
    guard let number = UInt64(written: unit == 1 ? text : text.dropLast()), !(isHex && unit > 1)
    else {
      throw start.usageError(
        "\"\(text.shown)\" is no size; a number is right, or one with K, M or G like 64K")
    }
    let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    return isTooMuch ? .max : bytes
  }

  /// What a mapping allows: some of r, w and c, or the kernel's number.
  mutating func protection() throws(ParseError) -> Protection {
    let start = self
    let text = try word("PROT")
    if let number = UInt64(written: text), let bits = UInt32(exactly: number) {
      return Protection(rawValue: bits)
    }
    var protection: Protection = []
    for letter in text {
      let flag: Protection? =
        switch letter {
        case "r": .read
        case "w": .write
        case "c": .cache
        default: nil
        }
      guard let flag, !protection.contains(flag) else {
        throw start.usageError("\"\(text.shown)\" is no PROT, which is like rw, rwc or a number")
      }
      protection.insert(flag)
    }
    return protection
  }
}

extension UInt64 {
  /// A number as people write it; the largest one for what 64 bits cannot hold; nil for no number.
  init?(written text: some StringProtocol) {
    if let number = UInt64(number: text) {
      self = number
      return
    }
    let isHex = text.hasPrefix("0x") || text.hasPrefix("0X")
    let body = isHex ? text.dropFirst(2) : text.dropFirst(0)
    let digits = body.filter { $0 != "_" }
    guard !digits.isEmpty, body.first != "_", body.last != "_",
      digits.allSatisfy({ $0.isASCII && (isHex ? $0.isHexDigit : $0.isNumber) })
    else { return nil }
    self = .max
  }
}

extension StringProtocol {
  /// Safe to print: without control characters, and not endless.
  package var shown: String {
    let clean = String(
      unicodeScalars.prefix(80).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
          .privateUse:
          "\u{fffd}"
        default: Character(scalar)
        }
      })
    return unicodeScalars.count > 80 ? clean + "…" : clean
  }
}
