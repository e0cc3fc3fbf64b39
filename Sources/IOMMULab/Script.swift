package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A text in the language, read as a whole: nothing of it runs when a line cannot be read.
package struct Script: Hashable, Sendable {
  package struct Line: Hashable, Sendable {
    /// Counted from 1.
    package let number: Int
    package let operation: Operation
    package internal(set) var expectations: [Expectation] = []
  }

  package private(set) var lines: [Line] = []

  /// Reads a whole text; `platforms` are the names that `use` may name.
  package init(parsing text: String, platforms: [String]) throws(ParseError) {
    var number = 0
    // Some editors begin a file with a byte-order mark.
    let text =
      text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
    for line in text.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
    {
      number += 1
      guard var reader = try LineReader(line, line: number) else { continue }
      if reader.verb == .expect {
        let column = Token.tokens(of: line).first?.column ?? 1
        guard !lines.isEmpty else {
          throw ParseError(
            line: number, column: column, "expect is about the operation above it; there is none")
        }
        lines[lines.count - 1].expectations.append(
          try Expectation(&reader, line: number, column: column))
        continue
      }
      let start = reader
      let operation = try Operation(&reader)
      if case .use(let platform, _) = operation {
        guard lines.isEmpty else {
          throw ParseError(
            line: number, column: 1, "use starts a machine, so it can only be the first line")
        }
        guard platforms.contains(platform) else {
          throw start.error(
            "no platform \"\(platform)\"; there are: \(platforms.joined(separator: ", "))")
        }
      }
      lines.append(Line(number: number, operation: operation))
    }
  }

  /// The operation that picks the machine; nil where the script leaves that open.
  package var start: (platform: String, isProbed: Bool)? {
    if case .use(let platform, let isProbed) = lines.first?.operation {
      return (platform, isProbed)
    }
    return nil
  }
}

/// What a line of a script says that the operation above it must answer.
package struct Expectation: Hashable, Sendable {
  package enum Answer: Hashable, Sendable {
    case ok
    case errno(Errno)
    case value(UInt64)
    /// nil is any kind.
    case fault(FaultKind?)
    case bypass, stalled, error
  }

  package let answer: Answer
  package let line: Int
  package let column: Int

  init(_ reader: inout LineReader, line: Int, column: Int) throws(ParseError) {
    (self.line, self.column) = (line, column)
    let start = reader
    let word = try reader.word("what to expect")
    switch word {
    case "ok": answer = .ok
    case "bypass": answer = .bypass
    case "stalled": answer = .stalled
    case "error": answer = .error
    case "fault":
      guard let kind = reader.peek() else {
        answer = .fault(nil)
        return
      }
      guard let known = FaultKind.allCases.first(where: { $0.name == kind }) else {
        throw reader.usageError(
          "no fault is called \"\(kind.shown)\"; there are: "
            + FaultKind.allCases.map(\.name).joined(separator: ", "))
      }
      _ = try reader.word("a kind")
      answer = .fault(known)
    default:
      if let errno = Errno.allCases.first(where: { $0.name == word }) {
        answer = .errno(errno)
      } else if let value = UInt64(written: word) {
        answer = .value(value)
      } else {
        throw start.usageError("\"\(word.shown)\" is nothing to expect")
      }
    }
    try reader.finish()
  }

  package func holds(for outcome: Outcome) -> Bool {
    switch (answer, outcome) {
    case (.ok, _): outcome.isOK
    case (.errno(let expected), .refused(let errno, _)): errno == expected
    case (.value(let expected), _): outcome.result == expected
    case (.fault(let expected), .fault(let fault)): expected.map { $0 == fault.kind } ?? true
    case (.bypass, .reached(_, let isBypass, _)): isBypass
    case (.stalled, .stalled), (.error, .error): true
    default: false
    }
  }

  /// The answer as it is written.
  package var text: String {
    switch answer {
    case .ok: "ok"
    case .errno(let errno): errno.name
    case .value(let value): value.hex
    case .fault(let kind): kind.map { "fault \($0.name)" } ?? "fault"
    case .bypass: "bypass"
    case .stalled: "stalled"
    case .error: "error"
    }
  }
}

extension FaultKind: CaseIterable {
  package static var allCases: [FaultKind] {
    [.translation, .accessFlag, .permission, .tlbMiss, .externalAbort, .configuration]
  }

  /// The name that scripts and JSON use.
  package var name: String {
    switch self {
    case .translation: "translation"
    case .accessFlag: "access-flag"
    case .permission: "permission"
    case .tlbMiss: "tlb-miss"
    case .externalAbort: "external-abort"
    case .configuration: "configuration"
    }
  }
}
