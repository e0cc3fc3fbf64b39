internal import IOMMULab
internal import TerminalCore

/// Looking for a line that was done before, by a part of it: Ctrl-R.
struct PromptSearch: Hashable, Sendable {
  /// The part that is looked for.
  var part = ""
  /// Where in the history the line is that shows; nil while none has the part.
  var found: Int?
  /// What was being typed before.
  let draft: String

  var hint: Prose {
    let what = Prose("older lines with ", .dim) + Prose(part.isEmpty ? "…" : part, .strong)
    let keys = Prose("   Ctrl-R an older one   ↵ does it   → edits it   Esc back", .dim)
    return part.isEmpty || found != nil
      ? what + keys : Prose("no line has \(part)", .fault) + Prose("   Esc back", .dim)
  }
}

extension Prompt {
  mutating func startSearch() {
    search = PromptSearch(draft: String(text))
  }

  /// Takes a key while one looks for a line; nil when the key is the prompt's again.
  mutating func lookFor(_ key: Key) -> Result? {
    guard var search else { return nil }
    switch (key.code, key.modifiers) {
    case (.escape, _), (.character("g"), .control), (.character("c"), .control):
      self.search = nil
      replace(with: search.draft)
      return .edited
    case (.character("r"), .control), (.up, _): find(&search, before: search.found ?? history.count)
    case (.backspace, _):
      if !search.part.isEmpty { search.part.removeLast() }
      find(&search, before: history.count)
    case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
      guard search.part.count < 100, character != "\u{7f}" else { return .edited }
      search.part.append(character)
      find(&search, before: (search.found ?? history.count - 1) + 1)
    default:
      // Whatever else one does is done with the line that was found.
      self.search = nil
      return nil
    }
    self.search = search
    return .edited
  }

  /// Shows the latest line before a place that has the part.
  private mutating func find(_ search: inout PromptSearch, before place: Int) {
    let part = search.part
    guard !part.isEmpty else { return }
    if let found = history.prefix(max(0, place)).lastIndex(where: { $0.contains(part) }) {
      search.found = found
      replace(with: history[found])
    } else if search.found.map({ !history[$0].contains(part) }) ?? true {
      search.found = nil
    }
  }
}
