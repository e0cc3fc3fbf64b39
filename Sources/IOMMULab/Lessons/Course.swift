internal import Assets
internal import IOMMUModel

/// The lessons that ship with the program, in their order.
package enum Course {
  /// A lesson as the map of the course shows it.
  package struct Entry: Hashable, Sendable {
    /// As a person names it: `sharing`.
    package let name: String
    package let part: Int
    package let title: String
    package let about: String
    /// From 1.
    package let number: Int
    package let text: String
    /// The name of its file, without the end.
    package let file: String
  }

  package static let partTitles = ["One IOMMU", "Many", "Down to the bits", "The argument"]

  package static let lessons: [Entry] = Assets.names(in: "scenarios")
    .filter { $0.first?.isNumber ?? false }
    .compactMap { file in Library.scene(file).map { (file, $0) } }
    .enumerated().map { index, file in
      Entry(file: file.0, text: file.1, number: index + 1)
    }

  /// The lesson of a name, of its file's name, or of its number.
  package static func lesson(named name: String) -> Entry? {
    lessons.first { $0.name == name || $0.file == name || String($0.number) == name }
  }
}

extension Course.Entry {
  fileprivate init(file: String, text: String, number: Int) {
    self.file = file
    let lines = text.split(separator: "\n").prefix(20)
    func value(_ keyword: String) -> String {
      let line = lines.first { $0.hasPrefix(keyword + " ") }
      return line.map { String($0.dropFirst(keyword.count + 1).trimmed) } ?? ""
    }
    name = String(file.drop { $0.isNumber || $0 == "-" })
    part = Int(value("part")) ?? 0
    title = value("lesson")
    about = value("about")
    self.number = number
    self.text = text
  }

  /// Reads it.
  package func lesson() throws(Lesson.Mistakes) -> Lesson {
    try Lesson(parsing: text, platforms: Library.platformNames)
  }
}
