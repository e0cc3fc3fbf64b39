internal import TerminalCore

/// A short text being typed into a pop-up: what is looked for.
struct QueryField: Hashable, Sendable {
  private(set) var characters: [Character] = []
  /// Where the next character goes, from 0.
  private(set) var cursor = 0
  private static let longest = 200

  var text: String { String(characters) }

  /// The column of the cursor on screen, from the start of the text.
  var cursorColumn: Int { DisplayWidth.of(String(characters[..<cursor])) }

  /// Takes a key that edits; answers whether it was one.
  mutating func handle(_ key: Key) -> Bool {
    switch (key.code, key.modifiers) {
    case (.left, _): cursor = max(0, cursor - 1)
    case (.right, _): cursor = min(characters.count, cursor + 1)
    case (.character("a"), .control): cursor = 0
    case (.character("e"), .control): cursor = characters.count
    case (.character("u"), .control): (characters, cursor) = ([], 0)
    case (.character("w"), .control): deleteWord()
    case (.backspace, _): delete(at: cursor - 1)
    case (.delete, _): delete(at: cursor)
    case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
      insert(String(character))
    default: return false
    }
    return true
  }

  /// Adds text at the cursor; line ends and other control characters become blanks.
  mutating func insert(_ added: String) {
    let clean = added.map { character in
      character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        ? " " : character
    }.prefix(max(0, Self.longest - characters.count))
    characters.insert(contentsOf: clean, at: cursor)
    cursor += clean.count
  }

  private mutating func delete(at index: Int) {
    guard characters.indices.contains(index) else { return }
    characters.remove(at: index)
    if index < cursor { cursor -= 1 }
  }

  private mutating func deleteWord() {
    while cursor > 0, characters[cursor - 1] == " " { delete(at: cursor - 1) }
    while cursor > 0, characters[cursor - 1] != " " { delete(at: cursor - 1) }
  }
}
