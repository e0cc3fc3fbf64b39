internal import IOMMULab
internal import IOMMUModel

/// The scenes that ship with the program: listed, found by typing, and opened.
extension Explorer {
  /// Does what `:open NAME` does, the question about unsaved operations included.
  mutating func open(shipped name: String) -> Effect {
    asked = nil
    var prompt = Prompt(.operation, history: history.lines)
    prompt.insert("open \(name)")
    self.prompt = prompt
    return submit("open \(name)")
  }

  /// All scenes that a query fits, the best first; without one machine by machine.
  static func sceneRows(_ query: TextQuery) -> [Picker.Row] {
    let found = matches(query)
    guard query.isEmpty else { return found.map { .item($0.item) } }
    return Library.platformNames.flatMap { platform in
      let items = found.filter { $0.platform == platform }.map { Picker.Row.item($0.item) }
      return items.isEmpty ? [] : [.heading("on \(platform)")] + items
    }
  }

  /// The scenes among all else that was found.
  static func foundScenes(_ query: TextQuery) -> [Picker.Row] {
    let found = matches(query).prefix(6)
    return found.isEmpty ? [] : [.heading("scenes")] + found.map { .item($0.item) }
  }

  private static func matches(
    _ query: TextQuery
  ) -> [(platform: String, item: PickerItem)] {
    let found = Library.scenes.compactMap { scene in
      TextMatch(query, in: scene.title + "  " + scene.name, .sentence).map { (scene, $0) }
    }
    // Equal ones stay in their order.
    let sorted = found.enumerated().sorted {
      ($0.element.1.cost, $0.offset) < ($1.element.1.cost, $1.offset)
    }
    return sorted.map { _, found in
      let (scene, match) = found
      let item = PickerItem(
        label: "scene", isKey: false, words: Prose(scene.title), marked: match.marked,
        detail: Prose(scene.name, .dim), run: .scene(scene.name))
      return (scene.platform, item)
    }
  }
}
