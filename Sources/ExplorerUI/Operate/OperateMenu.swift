internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The operations that fit what is selected, each with a letter.
struct OperateMenu: Sendable {
  /// What choosing an entry does.
  enum Choice: Hashable, Sendable {
    /// Opens a form, some of its fields filled in.
    case form(Verb, given: [Int: String], current: Int? = nil, level: Int? = nil)
    case follow(Prose.Target)
    /// Goes to where this was written last.
    case lastChange(StatePlace)
    case walk(UInt64)
  }

  struct Item: Sendable {
    let key: Character
    let words: Prose
    /// The line of the language, the words to be filled in in capitals.
    let line: String
    let choice: Choice
    /// The heading that it stands under.
    let section: String

    /// The verb whose form it opens as the table has it, not for the word under the cursor.
    fileprivate var verb: Verb? {
      if case .form(let verb, _, nil, _) = choice { verb } else { nil }
    }
  }

  private(set) var items: [Item] = []
  var picked = 0
  /// Where it opens, by the mouse.
  let anchor: Point?

  init(_ things: OperateThings, anchor: Point? = nil) {
    self.anchor = anchor
    addCursor(things)
    for thing in VerbForm.Thing.allCases {
      for form in VerbForm.all where form.on == thing { add(form, things) }
    }
  }

  private mutating func add(_ form: VerbForm, _ things: OperateThings) {
    guard !things.unfit.contains(form.verb), let name = things.name(of: form.on),
      !items.contains(where: { $0.verb == form.verb })
    else { return }
    let given = things.given(for: form)
    let words = Prose(naming: form.words, name, isDomain: form.on == .domain)
    add(
      form.key, words, line: things.line(of: form, given), things.section(of: form.on),
      .form(form.verb, given: given))
  }

  private mutating func addCursor(_ things: OperateThings) {
    guard let cursor = things.cursor else { return }
    if let edit = things.edit {
      add("e", "Edit this word, bit by bit", line: things.editLine, cursor, edit)
    }
    if let place = things.place {
      add("c", "Go to the last change of it", line: "", cursor, .lastChange(place))
    }
    if let iova = things.iova {
      add("j", "Walk \(iova: IOVA(iova)) step by step", line: "", cursor, .walk(iova))
    }
    if let table = things.table {
      add(
        "g", "Go to the table at \(physical: PhysicalAddress(table))", line: "", cursor,
        .follow(.physical(table)))
    }
    if let entry = things.entry {
      add("h", "Go to the operation that asked", line: "", cursor, .follow(.operation(entry)))
    }
  }

  private mutating func add(
    _ key: Character, _ words: Prose, line: String, _ section: String, _ choice: Choice
  ) {
    let taken = Set(items.map(\.key))
    let all = [key] + Array("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    guard let free = all.first(where: { !taken.contains($0) }) else { return }
    items.append(Item(key: free, words: words, line: line, choice: choice, section: section))
  }

  enum Answer: Hashable { case stay, leave, choose(Int) }

  mutating func handle(_ key: Key) -> Answer {
    switch (key.code, key.modifiers) {
    case (.enter, _): return items.indices.contains(picked) ? .choose(picked) : .leave
    case (.up, _), (.backTab, _): picked = max(0, picked - 1)
    case (.down, _), (.tab, _): picked = max(0, min(items.count - 1, picked + 1))
    case (.pageUp, _): picked = max(0, picked - 8)
    case (.pageDown, _): picked = max(0, min(items.count - 1, picked + 8))
    case (.home, _): picked = 0
    case (.end, _): picked = max(0, items.count - 1)
    case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
      if let index = items.firstIndex(where: { $0.key == character }) { return .choose(index) }
    case (.escape, _), (.backspace, _), (.character("c"), .control): return .leave
    default: break
    }
    return .stay
  }
}

extension Prose {
  /// A sentence with the thing that it is about in the place of `{}`.
  init(naming sentence: String, _ name: String, isDomain: Bool) {
    guard let place = sentence.firstRange(of: "{}") else {
      self.init(sentence)
      return
    }
    self.init(String(sentence[..<place.lowerBound]))
    add(name, isDomain ? .domain : .strong)
    add(String(sentence[place.upperBound...]), .text)
  }
}
