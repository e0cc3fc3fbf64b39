internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A form: an operation being filled in, with what would fit, what is wrong, and what would happen.
struct OperateForm: Sendable {
  let form: VerbForm
  /// The title, the thing operated on being named in it.
  let title: Prose
  let surroundings: Surroundings
  private(set) var contents: FormContents
  /// The words that came from the selection.
  let given: [Bool]
  /// The level of the table whose entry is edited, where that is known.
  let level: Int?
  /// The words that a person put there, which stay what they are.
  private var isChosen: [Bool]
  /// The field that is being edited.
  private(set) var current = 0
  /// Where the next character of it goes.
  private(set) var cursor = 0
  /// The suggestion taken last.
  private(set) var picked: Int?
  /// What was typed into the field; suggestions that fit it are shown.
  private var typed = ""
  /// The first character typed takes the place of what is there.
  private var isFresh = true
  /// The bit that Space flips, or the letter that it toggles.
  private(set) var place = 0
  /// Enter was pressed although something is wrong.
  private(set) var isRefused = false

  private(set) var suggestions: [Suggestion] = []
  private(set) var checks: [FieldCheck] = []
  private(set) var preview = Preview.missing("")

  /// The most characters of a field.
  private static let longest = 80

  init(
    _ form: VerbForm, title: Prose, _ surroundings: Surroundings, given: [Int: String],
    current: Int? = nil, level: Int? = nil
  ) {
    (self.form, self.title, self.surroundings) = (form, title, surroundings)
    self.level = level
    contents = FormContents(form)
    self.given = form.fields.indices.map { given[$0] != nil }
    isChosen = self.given
    for (index, text) in given where contents.values.indices.contains(index) {
      contents.values[index] = text
    }
    for (index, field) in form.fields.enumerated()
    where contents.values[index].isEmpty && !field.isOptional {
      contents.values[index] =
        surroundings.suggestions(for: field, in: contents).first?.text ?? ""
      if case .size(.free) = field.kind {
        contents.values[index] = surroundings.usualSize.sizeText
      }
      if field.kind == .value, let place = contents.word {
        // What is there now: the bits that one does not touch stay.
        contents.values[index] = surroundings.machine.word(at: PhysicalAddress(place))
          .hex(digits: bits / 4)
      }
    }
    go(to: current ?? form.fields.indices.first { !self.given[$0] } ?? 0)
  }

  var field: FormField { form.fields[current] }

  var value: String { contents.values[current] }

  var line: String { contents.line }

  enum Answer: Hashable {
    case stay, leave
    case run(String), asText(String)
  }

  // MARK: Keys

  mutating func handle(_ key: Key) -> Answer {
    isRefused = false
    switch (key.code, key.modifiers) {
    case (.escape, _), (.character("c"), .control): return .leave
    case (.enter, _): return submit()
    case (.tab, _): go(to: (current + 1) % form.fields.count)
    case (.backTab, _): go(to: (current + form.fields.count - 1) % form.fields.count)
    case (.up, _): suggest(-1)
    case (.down, _): suggest(1)
    case (.pageUp, _): suggest(-5)
    case (.pageDown, _): suggest(5)
    case (.left, _): side(-1)
    case (.right, _): side(1)
    case (.home, _), (.character("a"), .control): cursor = 0
    case (.end, _), (.character("e"), .control): cursor = value.count
    case (.backspace, _): delete(at: cursor - 1)
    case (.delete, _): delete(at: cursor)
    case (.character("u"), .control), (.character("w"), .control): replace("", isTyped: true)
    case (.character(":"), _) where !field.isName || isFresh: return .asText(line)
    case (.character(" "), _) where !field.isSeveralWords: toggle()
    case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
      type(String(character))
    default: break
    }
    return .stay
  }

  mutating func submit() -> Answer {
    guard let wrong = checks.firstIndex(where: \.isWrong) else {
      guard preview.canRun else {
        isRefused = true
        return .stay
      }
      return .run(line)
    }
    go(to: wrong)
    isRefused = true
    return .stay
  }

  /// Text typed or pasted at the cursor.
  mutating func type(_ text: String) {
    if case .flag = field.kind { return }
    if field.kind == .protection, text.count == 1, let letter = text.first, "rwc".contains(letter) {
      toggleRight(letter)
      return
    }
    let old = isFresh ? "" : value
    let at = isFresh ? 0 : min(cursor, old.count)
    let clean = text.filter { character in
      (character != " " || field.isSeveralWords)
        && !character.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }.prefix(Self.longest - min(Self.longest, old.count))
    var characters = Array(old)
    characters.insert(contentsOf: clean, at: at)
    replace(String(characters), isTyped: true)
    cursor = at + clean.count
  }

  private mutating func delete(at index: Int) {
    var characters = Array(value)
    guard characters.indices.contains(index) else { return }
    characters.remove(at: index)
    let after = index < cursor ? cursor - 1 : cursor
    replace(String(characters), isTyped: true)
    cursor = after
  }

  /// Changes the field's word.
  private mutating func replace(_ text: String, isTyped: Bool) {
    contents.values[current] = text
    isChosen[current] = true
    cursor = text.count
    if case .size = field.kind { followSize() }
    isFresh = false
    if isTyped {
      typed = text
      picked = nil
    }
    refresh()
  }

  /// Another size has other places where it fits: those that nobody chose move there.
  private mutating func followSize() {
    guard contents.size != nil else { return }
    for (index, field) in form.fields.enumerated() where !isChosen[index] {
      guard field.kind == .iova(.free) || field.kind == .memory else { continue }
      contents.values[index] =
        surroundings.suggestions(for: field, in: contents).first?.text ?? contents.values[index]
    }
  }

  mutating func go(to index: Int) {
    guard form.fields.indices.contains(index) else { return }
    current = index
    cursor = value.count
    (picked, typed, isFresh, place) = (nil, "", true, 0)
    refresh()
    picked = suggestions.firstIndex { $0.text == value }
  }

  // MARK: Suggestions

  private mutating func suggest(_ step: Int) {
    guard !suggestions.isEmpty else {
      // Where nothing is suggested, the arrows go from field to field.
      go(to: (current + (step < 0 ? form.fields.count - 1 : 1)) % form.fields.count)
      return
    }
    let next = picked.map { max(0, min(suggestions.count - 1, $0 + step)) }
    take(next ?? (step < 0 ? suggestions.count - 1 : 0))
  }

  mutating func take(_ index: Int) {
    guard suggestions.indices.contains(index) else { return }
    picked = index
    replace(suggestions[index].text, isTyped: false)
    isFresh = true
  }

  // MARK: Toggles

  /// Moves the cursor, or among letters and bits what Space is about.
  private mutating func side(_ step: Int) {
    switch field.kind {
    case .protection: place = max(0, min(2, place + step))
    case .value: place = max(0, min(bits - 1, place - step))
    case .flag: break
    default:
      isFresh = false
      cursor = max(0, min(value.count, cursor + step))
    }
  }

  mutating func toggle() {
    switch field.kind {
    case .flag(let word): replace(value.isEmpty ? word : "", isTyped: false)
    case .protection: toggleRight(Array("rwc")[place])
    case .value: flip(place)
    case .choice: take(((picked ?? -1) + 1) % max(1, suggestions.count))
    default: break
    }
  }

  mutating func toggleRight(_ letter: Character) {
    let bit: UInt32 = letter == "r" ? 1 : letter == "w" ? 2 : 4
    let now = (FamilyWords.protectionNumber(value) ?? 0) ^ bit
    let letters = zip("rwc", [1, 2, 4] as [UInt32]).filter { now & $0.1 != 0 }.map(\.0)
    replace(letters.isEmpty ? "0" : String(letters), isTyped: false)
    place = letter == "r" ? 0 : letter == "w" ? 1 : 2
    picked = suggestions.firstIndex { $0.text == value }
  }

  /// How many bits the word that is edited has.
  var bits: Int {
    contents.verb == .reg || surroundings.machine.platform.wordBytes < 8 ? 32 : 64
  }

  /// The word that is edited; nil while it is none.
  var word: UInt64? {
    guard let index = form.fields.firstIndex(where: { $0.kind == .value }) else { return nil }
    let text = contents.values[index]
    guard let number = UInt64(number: text.isEmpty ? "0" : text) else { return nil }
    return bits == 64 || number >> 32 == 0 ? number : nil
  }

  mutating func flip(_ bit: Int) {
    guard field.kind == .value, let word, (0..<bits).contains(bit) else { return }
    place = bit
    replace((word ^ 1 << UInt64(bit)).hex(digits: bits / 4), isTyped: false)
    isFresh = true
  }

  // MARK: What follows from it

  private mutating func refresh() {
    let all = surroundings.suggestions(for: field, in: contents)
    let fitting = all.filter { $0.begins(with: typed) }
    suggestions = fitting.isEmpty ? all : fitting
    checks = form.fields.indices.map { surroundings.check($0, of: contents) }
    preview = Preview(
      of: line, on: surroundings.machine, isWrong: checks.contains(where: \.isWrong))
  }
}
