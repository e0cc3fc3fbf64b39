/// The marks the explorer draws with: Unicode, or ASCII where the terminal has no more.
package struct Glyphs: Hashable, Sendable {
  package let isASCII: Bool

  package init(isASCII: Bool) { self.isASCII = isASCII }

  private func pick(_ unicode: Character, _ ascii: Character) -> Character {
    isASCII ? ascii : unicode
  }

  // MARK: States

  var refused: Character { pick("✗", "!") }
  var current: Character { pick("▶", ">") }
  var changed: Character { pick("◀", "<") }
  var folded: Character { pick("▸", "+") }
  var open: Character { pick("▾", "-") }
  var edge: Character { pick("▌", ">") }
  var cut: Character { pick("…", "~") }

  // MARK: Relations

  var partOf: Character { pick("›", ">") }
  /// The buttons that go through what was looked at.
  var before: Character { pick("‹", "<") }
  var after: Character { pick("›", ">") }

  // MARK: Frames

  var topLeft: Character { pick("╭", "+") }
  var topRight: Character { pick("╮", "+") }
  var bottomLeft: Character { pick("╰", "+") }
  var bottomRight: Character { pick("╯", "+") }
  var horizontal: Character { pick("─", "-") }
  var vertical: Character { pick("│", "|") }
  var teeRight: Character { pick("├", "+") }
  var teeLeft: Character { pick("┤", "+") }
  var teeDown: Character { pick("┬", "+") }
  var teeUp: Character { pick("┴", "+") }
  var branch: Character { pick("├", "|") }
  var lastBranch: Character { pick("└", "`") }
  var dashedHorizontal: Character { pick("╌", ".") }
  var dashedVertical: Character { pick("┊", ":") }
  var fieldLeft: Character { pick("└", "`") }
  var fieldRight: Character { pick("┘", "'") }
  var progress: Character { pick("━", "=") }

  // MARK: Page-table map

  var supersection: Character { pick("█", "%") }
  var section: Character { pick("■", "#") }
  var part: Character { pick("▪", ":") }
  var table: Character { pick("□", "T") }
  var unmapped: Character { pick("·", ".") }
  /// Handed to nobody; unmapped, and not free before a flush.
  var reserved: Character { pick("×", "x") }
  var waiting: Character { pick("≠", "!") }

  // MARK: Plots

  /// From little to much, in one cell.
  var bars: [Character] { isASCII ? Array(".:#") : Array("▁▂▃▄▅▆▇█") }

  /// The bar for a share of a whole; something is never nothing, and nothing is a blank.
  func bar(_ part: UInt64, of whole: UInt64) -> Character {
    guard part > 0, whole > 0 else { return " " }
    let count = UInt64(bars.count)
    return bars[Int(min(count - 1, (min(part, whole) * count - 1) / whole))]
  }

  /// Text of our own with its arrows and dots as this terminal can show them.
  package func plain(_ text: String) -> String {
    guard isASCII, text.unicodeScalars.contains(where: { !$0.isASCII }) else { return text }
    var plain = ""
    for character in text {
      switch character {
      case "→": plain += ">"
      case "←": plain += "="
      case "›": plain += ">"
      case "↑": plain += "^"
      case "↓": plain += "v"
      case "↵": plain += "Enter"
      case "…": plain += "~"
      case "×": plain += "x"
      case "●": plain += "*"
      case "◐": plain += "%"
      case "○": plain += "o"
      case "▸": plain += "+"
      case "▾": plain += "-"
      case "█": plain += "%"
      case "■": plain += "#"
      case "▪": plain += ":"
      case "□": plain += "T"
      case "·": plain += "."
      case "◀": plain += "<"
      case "▶": plain += ">"
      case "•": plain += "*"
      case "✓": plain += "v"
      case "✗", "≠": plain += "!"
      default: plain.append(character.isASCII ? character : "?")
      }
    }
    return plain
  }
}
