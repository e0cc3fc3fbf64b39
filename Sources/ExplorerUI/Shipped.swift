internal import IOMMULab

/// What `:open` finds without a file: a scene, or a run of the comparison of designs.
///
/// These names go before files of the same name; `./NAME` is the file.
struct Shipped {
  let title: String
  let text: String
  /// Where to begin; nil is the first operation.
  let position: Timeline.Position?

  init?(named name: String) {
    if let scene = Library.scenes.first(where: { $0.name == name }) {
      (title, text, position) = (scene.title, scene.text, nil)
      return
    }
    guard name.hasPrefix("designs/"), let run = DesignComparison.shipped?.run(named: name)
    else { return nil }
    (title, text) = (name, run.lines.joined(separator: "\n") + "\n")
    position = run.failure?.position ?? Timeline.Position(entry: .max, events: .max)
  }

  /// The names that begin like a text, and what they are.
  static func suggestions(for typed: String) -> [Suggestion] {
    let scenes = Library.scenes.map { Suggestion($0.name, Prose($0.title, .dim)) }
    var all = scenes
    if typed.hasPrefix("designs") {
      for cell in DesignComparison.shipped?.cells ?? [] {
        all.append(Suggestion(cell.name, Prose(cell.verdict.rawValue, .dim)))
        if cell.helped != nil {
          all.append(Suggestion(cell.name + "/helped", "with code about the platform"))
        }
      }
    }
    return all.filter { $0.text.hasPrefix(typed) }
  }
}
