internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// The text of a lesson with its marks turned into roles and links.
///
/// Backticks enclose what is in the language or on the screen; `iova:` and `pa:` before a number say
/// which kind of address it is.
package enum LessonText {
  /// A paragraph as prose; names are those of a machine, and `domains` that a lesson makes sooner or
  /// later.
  package static func prose(
    _ text: String, on machine: Machine, domains: Set<String> = []
  ) -> Prose {
    var prose = Prose()
    for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 0 {
        prose.add(String(part), .text)
      } else {
        prose += marked(part, machine, domains)
      }
    }
    return prose
  }

  /// The same without its marks.
  package static func plain(_ text: String) -> String {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      guard index % 2 == 1 else { return String(part) }
      return part.split(separator: " ", omittingEmptySubsequences: false).map { word in
        for mark in ["iova:", "pa:"] where word.hasPrefix(mark) {
          return String(word.dropFirst(mark.count))
        }
        return String(word)
      }.joined(separator: " ")
    }.joined()
  }

  /// A line of the language: each word by what it is.
  package static func language(
    _ text: String, on machine: Machine, domains: Set<String> = []
  ) -> Prose {
    marked(text[...], machine, domains)
  }

  private static func marked(
    _ text: Substring, _ machine: Machine, _ domains: Set<String>
  ) -> Prose {
    var prose = Prose()
    for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { prose.add(" ", .text) }
      prose += marked(word: word, machine, domains)
    }
    return prose
  }

  private static func marked(
    word: Substring, _ machine: Machine, _ domains: Set<String>
  ) -> Prose {
    if word.hasPrefix("iova:") { return Prose(String(word.dropFirst(5)), .iova) }
    if word.hasPrefix("pa:") { return Prose(String(word.dropFirst(3)), .physical) }
    let name = String(word)
    if domains.contains(name) || machine.system.domain(named: name) != nil {
      return Prose(name, .domain)
    }
    if machine.system.device(named: name) != nil || machine.index(ofIOMMU: name) != nil {
      return Prose(name, .strong, to: .named(name))
    }
    return Prose(name, .strong)
  }
}
