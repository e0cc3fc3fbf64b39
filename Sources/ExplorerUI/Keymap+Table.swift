extension Keymap {
  /// The table of bindings for people who read it in a file: README's.
  package static var table: String {
    let rows = bindings.map { binding in
      let keys = binding.label.split(separator: " ").map { "`\($0)`" }.joined(separator: " ")
      return "| \(keys) | \(binding.place) | \(binding.help) |"
    }
    return (["| key | where | what it does |", "| --- | --- | --- |"] + rows)
      .joined(separator: "\n")
  }
}

extension Binding {
  /// Where it works, in words; empty where it works everywhere.
  var place: String {
    switch (pane, view) {
    case (nil, nil): mode?.title ?? ""
    case (let pane?, nil): mode?.title ?? pane.title
    case (nil, let view?): view.title
    case (let pane?, let view?): "\(pane.title), \(view.title)"
    }
  }
}

extension Binding.Mode {
  var title: String {
    switch self {
    case .traffic: "Traffic"
    case .lesson, .reading, .choosing: "Lesson"
    }
  }
}
