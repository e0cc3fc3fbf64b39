internal import IOMMULab

/// The lines that were done, oldest first: what the prompt recalls, also in the next session.
///
/// A file of them is text, one a line; reading and writing it is the program's business.
package struct PromptHistory: Hashable, Sendable {
  package private(set) var lines: [String] = []

  /// The most lines kept.
  package static let mostLines = 1000
  /// A longer line was not typed by a person.
  private static let longest = 400

  package init() {}

  /// Takes the lines of a text, whatever it holds.
  package init(text: String) {
    // A line end may be one of several characters; a carriage return is none of ours.
    for line in text.split(whereSeparator: \.isNewline).suffix(Self.mostLines) {
      add(String(line))
    }
  }

  /// The same as a text.
  package var text: String { lines.map { $0 + "\n" }.joined() }

  /// Adds a line at the end; one that says the same as the last is not kept twice.
  package mutating func add(_ line: String) {
    let clean = String(line.prefix(Self.longest)).withoutControls
    guard !clean.allSatisfy({ $0 == " " }), clean != lines.last else { return }
    lines.append(clean)
    if lines.count > Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
  }
}

extension String {
  /// With blanks for what would not show, or would steer the terminal.
  fileprivate var withoutControls: String {
    String(
      map { character in
        let isControl = character.unicodeScalars.contains {
          switch $0.properties.generalCategory {
          case .control, .lineSeparator, .paragraphSeparator: true
          default: false
          }
        }
        return isControl ? " " : character
      })
  }
}
