package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A text in the language, read as a whole: nothing of it runs when a line cannot be read.
///
/// All of it is read once, to find what is wrong. What is kept is the text and where its operations
/// stand; a line is read again when it is asked for.
package struct Script: Hashable, Sendable {
  package struct Line: Hashable, Sendable {
    /// Counted from 1.
    package let number: Int
    package let operation: Operation
    package let expectations: [Expectation]
  }

  package let lines: Lines

  package var source: SourceText { lines.source }

  /// Reads a whole text; `platforms` are the names that `use` may name.
  package init(
    parsing text: String, platforms: [String], watcher: Progress.Watcher? = nil
  ) throws(ParseError) {
    let source = SourceText(text)
    var numbers: [UInt32] = []
    for number in 1...source.count {
      if let watcher, number.isMultiple(of: Progress.stride) {
        watcher(Progress(work: .reading, done: number, all: source.count))
      }
      let line = source.line(number)
      guard var reader = try LineReader(line, line: number) else { continue }
      if reader.verb == .expect {
        let column = Token.tokens(of: line).first?.column ?? 1
        guard !numbers.isEmpty else {
          throw ParseError(
            line: number, column: column, "expect is about the operation above it; there is none")
        }
        _ = try Expectation(&reader, line: number, column: column)
        continue
      }
      let start = reader
      let operation = try Operation(&reader)
      if case .use(let platform, _) = operation {
        guard numbers.isEmpty else {
          throw ParseError(
            line: number, column: 1, "use starts a machine, so it can only be the first line")
        }
        guard platforms.contains(platform) else {
          throw start.error(
            "no platform \"\(platform)\"; there are: \(platforms.joined(separator: ", "))")
        }
      }
      numbers.append(UInt32(truncatingIfNeeded: number))
    }
    lines = Lines(source: source, numbers: numbers)
  }

  /// The operation that picks the machine; nil where the script leaves that open.
  package var start: (platform: String, isProbed: Bool)? {
    if case .use(let platform, let isProbed) = lines.first?.operation {
      return (platform, isProbed)
    }
    return nil
  }
}

extension Script {
  /// The lines that do something, each with what is expected of it.
  package struct Lines: RandomAccessCollection, Hashable, Sendable {
    fileprivate let source: SourceText
    fileprivate let numbers: [UInt32]

    package var startIndex: Int { 0 }
    package var endIndex: Int { numbers.count }

    package subscript(index: Int) -> Line {
      let (number, operation) = operation(index)
      return Line(
        number: number, operation: operation, expectations: source.expectations(below: number))
    }

    /// A line without what is expected of it.
    func operation(_ index: Int) -> (line: Int, operation: Operation) {
      let number = Int(numbers[index])
      guard let operation = source.operation(at: number) else {
        preconditionFailure("line \(number) was read when the script was")
      }
      return (number, operation)
    }
  }
}

/// What the lines of a script say; of lines that cannot be read, nothing.
extension SourceText {
  /// The operation on a line.
  func operation(at number: Int) -> Operation? { try? Operation(parsing: line(number)) }

  /// What is expected of the operation on a line, by the lines below it.
  func expectations(below number: Int) -> [Expectation] {
    var expectations: [Expectation] = []
    var next = number + 1
    while next <= count {
      let line = line(next)
      if !line.saysNothing {
        guard var reader = try? LineReader(line, line: next), reader.verb == .expect else { break }
        let column = Token.tokens(of: line).first?.column ?? 1
        if let found = try? Expectation(&reader, line: next, column: column) {
          expectations.append(found)
        }
      }
      next += 1
    }
    return expectations
  }

  /// What the remarks say that stand above a line, below whatever else stands there, and beside it.
  func remarks(about number: Int) -> [Substring] {
    var remarks: [Substring] = []
    var above = number - 1
    while above >= 1, line(above).saysNothing, remarks.count < Self.mostRemarks {
      if let remark = line(above).remark { remarks.append(remark) }
      above -= 1
    }
    remarks.reverse()
    if let remark = line(number).remark { remarks.append(remark) }
    return remarks.filter { !$0.isEmpty }
  }

  private static let mostRemarks = 40
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
