internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// A list that is filtered by typing, to choose one thing of it: what was found, or what can be done.
struct Picker: Sendable {
  enum Purpose: Hashable, Sendable {
    /// Anything that has a name, an address or a text.
    case find
    /// What can be done here.
    case actions
    /// The scenes that ship with the program.
    case scenes
  }

  enum Row: Hashable, Sendable {
    case heading(String)
    case note(Prose)
    case item(PickerItem)

    var item: PickerItem? { if case .item(let item) = self { item } else { nil } }
  }

  let purpose: Purpose
  var field = QueryField()
  private(set) var rows: [Row] = []
  /// How many things there are to choose from, filtered or not.
  private(set) var count = 0
  /// The chosen item, counted among items.
  private(set) var picked = 0
  /// What finds; nil where the list is made from the table of keys.
  var finder: Finder?
  /// Something was not looked at yet.
  var looksOn = false

  init(_ purpose: Purpose) { self.purpose = purpose }

  var items: [PickerItem] { rows.compactMap(\.item) }

  var item: PickerItem? {
    let items = items
    return items.indices.contains(picked) ? items[picked] : nil
  }

  /// Shows other rows; the choice starts anew, or stays where it is.
  mutating func show(_ rows: [Row], of count: Int, keepsChoice: Bool = false) {
    (self.rows, self.count) = (rows, count)
    picked = keepsChoice ? max(0, min(items.count - 1, picked)) : 0
  }

  mutating func move(_ step: Int) { picked = max(0, min(items.count - 1, picked + step)) }

  mutating func pick(_ index: Int) { picked = max(0, min(items.count - 1, index)) }
}

/// One thing to choose: a key and what it does, or something that was found.
struct PickerItem: Hashable, Sendable {
  enum Run: Hashable, Sendable {
    case action(Action)
    case found(Found.Place)
    /// A place that was looked at before, by its index in the history.
    case visited(Int)
    /// A scene, by its name.
    case scene(String)
  }

  /// The keys that do the same, or what kind of thing it is.
  let label: String
  /// The label is a key, to be shown as one.
  let isKey: Bool
  let words: Prose
  /// The characters of the words that were typed.
  var marked: [Int] = []
  /// What is at stake; at the right.
  var detail: Prose = ""
  /// Why it cannot be done now.
  var obstacle: String?
  let run: Run
}
