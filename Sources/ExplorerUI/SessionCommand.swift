internal import IOMMULab
internal import IOMMUModel

/// What the prompt understands beside the language: the session as a whole, and its files.
struct SessionCommand: Hashable, Sendable {
  enum Verb: String, Hashable, Sendable, CaseIterable {
    case save, open, reset, export

    var usage: String {
      switch self {
      case .save: "save FILE"
      case .open: "open [FILE|SCENE]"
      case .reset: "reset"
      case .export: "export FILE.svg|FILE.txt"
      }
    }

    var purpose: String {
      switch self {
      case .save: "write the session as a script; save! replaces a file"
      case .open: "play a script from its first step; alone, list the scenes"
      case .reset: "start over: what was opened, as it was"
      case .export: "write the screen as a picture, or as text"
      }
    }
  }

  let verb: Verb
  /// What would be asked about is done: the verb ends in an exclamation mark.
  let isForced: Bool
  let path: String
  /// Where the path begins in the line, counted from 1.
  let pathColumn: Int

  /// Reads a line; nil when it begins with no such verb.
  init?(_ line: String) throws(ParseError) {
    let blanks = line.prefix { $0 == " " }.count
    let word = line.dropFirst(blanks).prefix { $0 != " " }
    guard let verb = Self.verb(word) else { return nil }
    self.verb = verb
    isForced = word.hasSuffix("!")
    let rest = line.dropFirst(blanks + word.count)
    pathColumn = blanks + word.count + rest.prefix { $0 == " " }.count + 1
    path = String(rest.trimmed)
    if verb == .reset {
      guard path.isEmpty else {
        throw ParseError(
          line: 1, column: pathColumn, "\"\(path.shown)\" is too much; right: \(verb.usage)")
      }
    } else if path.isEmpty, verb != .open {
      throw ParseError(
        line: 1, column: max(pathColumn, word.count + 2), "FILE is missing; right: \(verb.usage)")
    }
  }

  /// The verb that a word is, with or without its exclamation mark.
  static func verb(_ word: Substring) -> Verb? {
    Verb(rawValue: String(word.hasSuffix("!") ? word.dropLast() : word))
  }

  /// The words of the language's prompt that are these verbs.
  static let words = Verb.allCases.map(\.rawValue)
}
