internal import IOMMULab
internal import TerminalCore

/// Prose broken into lines at blanks, each piece keeping its role.
struct Wrapped {
  private(set) var lines: [Prose] = []

  init(_ prose: Prose, width: Int) {
    guard width > 0 else { return }
    var line = Prose()
    var used = 0
    for word in Self.words(of: prose) {
      let length = word.width
      if used > 0, used + 1 + length > width {
        lines.append(line)
        (line, used) = (Prose(), 0)
      }
      if used > 0 {
        line += Prose(" ", .text)
        used += 1
      }
      line += word
      used += length
    }
    if !line.isEmpty { lines.append(line) }
  }

  /// The words between blanks; one word may have pieces of several roles.
  private static func words(of prose: Prose) -> [Prose] {
    var words: [Prose] = []
    var word = Prose()
    for piece in prose.pieces {
      var isFirst = true
      for part in piece.text.split(separator: " ", omittingEmptySubsequences: false) {
        if !isFirst, !word.isEmpty {
          words.append(word)
          word = Prose()
        }
        word.add(String(part), of: piece)
        isFirst = false
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}

extension Prose {
  /// Columns on screen.
  var width: Int { DisplayWidth.of(text) }

  /// With blanks up to a width.
  func padded(to columns: Int) -> Prose {
    self + Prose(String(repeating: " ", count: max(0, columns - width)), .text)
  }
}
