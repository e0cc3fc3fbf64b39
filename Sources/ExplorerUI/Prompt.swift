internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The command line at the bottom: editing, history, completion.
package struct Prompt: Hashable, Sendable {
  package enum Purpose: Hashable, Sendable { case operation, address, seed, answer }

  enum Result { case edited, submitted(String), cancelled }

  let purpose: Purpose
  private(set) var text: [Character] = []
  /// Where the next character goes, from 0.
  private(set) var cursor = 0
  /// What is wrong with the text, once it was submitted.
  var mistake: ParseError?
  /// Pasted lines that come after this one.
  private(set) var waiting: ArraySlice<String> = []
  /// Lines of a paste were done up to one that was refused; until the next key.
  var hasStopped = false
  /// The text is a suggestion: the first character typed takes its place.
  private var isSuggestion: Bool
  let history: [String]
  /// An older line is being looked for.
  var search: PromptSearch?
  /// Where in the history the text comes from; `history.count` is the text being typed.
  private var place: Int
  private var draft: [Character] = []
  /// The words that would fit here, and the one that Tab put there.
  private(set) var candidates: [Suggestion] = []
  private(set) var candidate: Int?
  private static let longest = 400

  init(_ purpose: Purpose, history: [String] = [], text: String = "") {
    self.purpose = purpose
    self.history = history
    place = history.count
    isSuggestion = !text.isEmpty
    self.text = Array(text)
    cursor = self.text.count
  }

  var sign: String {
    switch purpose {
    case .operation where search != nil: "search"
    case .operation: ":"
    case .address: "address"
    case .seed: "seed"
    case .answer: "answer"
    }
  }

  /// The column of the cursor on screen, from the start of the text.
  var cursorColumn: Int { DisplayWidth.of(String(text[..<cursor])) }

  /// Takes a key; `words` are what fits after a text, of the beginning of a word.
  mutating func handle(
    _ key: Key, words: (_ before: String, _ typed: String) -> [Suggestion]
  ) -> Result {
    if search != nil, let result = lookFor(key) { return result }
    let result = edit(key, words)
    switch key.code {
    case .tab, .backTab: break
    default: offer(words)
    }
    return result
  }

  private mutating func edit(_ key: Key, _ words: (String, String) -> [Suggestion]) -> Result {
    if isSuggestion, case .character = key.code, key.modifiers.subtracting(.shift).isEmpty {
      replace(with: "")
    }
    isSuggestion = false
    hasStopped = false
    switch (key.code, key.modifiers) {
    case (.escape, _), (.character("c"), .control): return .cancelled
    case (.backspace, _) where text.isEmpty: return .cancelled
    case (.enter, _): return .submitted(String(text))
    case (.tab, _): complete(words, forward: true)
    case (.backTab, _): complete(words, forward: false)
    case (.backspace, _): delete(at: cursor - 1)
    case (.delete, _): delete(at: cursor)
    case (.left, _): cursor = max(0, cursor - 1)
    case (.right, _): cursor = min(text.count, cursor + 1)
    case (.home, _), (.character("a"), .control): cursor = 0
    case (.end, _), (.character("e"), .control): cursor = text.count
    case (.up, _): recall(place - 1)
    case (.down, _): recall(place + 1)
    case (.character("r"), .control) where purpose == .operation: startSearch()
    case (.character("u"), .control): replace(with: "")
    case (.character("w"), .control): deleteWord()
    case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
      insert(String(character))
    default: break
    }
    return .edited
  }

  /// Adds text at the cursor; line ends and other control characters become blanks.
  mutating func insert(_ added: String) {
    let room = max(0, Self.longest - text.count)
    let clean = added.map { character in
      let isControl = character.unicodeScalars.contains {
        $0.properties.generalCategory == .control
      }
      return isControl ? " " : character
    }.prefix(room)
    text.insert(contentsOf: clean, at: cursor)
    cursor += clean.count
    mistake = nil
  }

  /// Takes pasted text: its first line at the cursor, the others to be done after it.
  ///
  /// Of several lines those stay away that are no operation: empty ones, comments, and what a
  /// script expects. An address is one line.
  mutating func paste(_ pasted: String) {
    if isSuggestion { replace(with: "") }
    isSuggestion = false
    hasStopped = false
    let lines = pasted.split(whereSeparator: \.isNewline)
    let operations = lines.filter { line in
      let first = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).first ?? ""
      return !first.isEmpty && first.first != "#" && first != "expect"
    }
    guard lines.count > 1, let first = operations.first else {
      insert(String(lines.first ?? ""))
      return
    }
    insert(String(first))
    if purpose == .operation { waiting = operations.dropFirst().map { String($0) } + waiting }
  }

  /// Puts the next waiting line in place of the text; false if there is none.
  mutating func takeNext() -> Bool {
    guard let next = waiting.popFirst() else { return false }
    replace(with: "")
    insert(next)
    place = history.count
    return true
  }

  /// Puts the cursor on a column of the text, counted from 1.
  mutating func moveCursor(toColumn column: Int) { cursor = min(text.count, max(0, column - 1)) }

  private mutating func delete(at index: Int) {
    guard text.indices.contains(index) else { return }
    text.remove(at: index)
    if index < cursor { cursor -= 1 }
    mistake = nil
  }

  private mutating func deleteWord() {
    while cursor > 0, text[cursor - 1] == " " { delete(at: cursor - 1) }
    while cursor > 0, text[cursor - 1] != " " { delete(at: cursor - 1) }
  }

  mutating func replace(with new: String) {
    text = Array(new)
    cursor = text.count
    mistake = nil
  }

  private mutating func recall(_ index: Int) {
    guard index >= 0, index <= history.count, index != place else { return }
    if place == history.count { draft = text }
    place = index
    replace(with: index == history.count ? String(draft) : history[index])
  }

  // MARK: Completion

  /// Where the word begins that is being typed.
  private var wordStart: Int { text[..<cursor].lastIndex(of: " ").map { $0 + 1 } ?? 0 }

  /// The column of that word on screen, from the start of the text.
  var wordColumn: Int { DisplayWidth.of(String(text[..<wordStart])) }

  /// Shows what would fit at the cursor while one types.
  mutating func offer(_ words: (String, String) -> [Suggestion]) {
    candidate = nil
    candidates = []
    guard purpose == .operation, search == nil, !text.isEmpty, cursor == text.count else { return }
    let typed = String(text[wordStart...])
    let fitting = words(String(text[..<wordStart]), typed)
    // What stands there already needs no list.
    if fitting.count > 1 || fitting.first.map({ $0.text != typed }) ?? false {
      candidates = fitting
    }
  }

  private mutating func complete(_ words: (String, String) -> [Suggestion], forward: Bool) {
    guard purpose == .operation else { return }
    let start = wordStart
    if candidate == nil {
      candidates = words(String(text[..<start]), String(text[start..<cursor]))
    }
    guard !candidates.isEmpty else { return }
    // The word so far, or the candidate before, goes out again.
    while cursor > start { delete(at: cursor - 1) }
    let count = candidates.count
    let next = candidate.map { ($0 + (forward ? 1 : count - 1)) % count } ?? 0
    candidate = next
    insert(candidates[next].text)
    if count == 1 {
      // Into a folder one goes on.
      if candidates[0].text.last != "/" { insert(" ") }
      (candidates, candidate) = ([], nil)
    }
  }
}
