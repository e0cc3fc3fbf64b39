internal import IOMMUModel

/// What a person types to find something: words that all have to be there, in any order.
package struct TextQuery: Hashable, Sendable {
  /// Lower-case ASCII; other letters as they are.
  let words: [[UInt8]]
  package let text: String

  package init(_ text: String) {
    self.text = text
    words = text.utf8.split(separator: UInt8(ascii: " ")).map { $0.map(Self.lower) }
  }

  package var isEmpty: Bool { words.isEmpty }

  /// The number that it is, with `0x`, or as five hex digits and more, or the short `#7`.
  package var address: UInt64? {
    guard words.count == 1, let word = text.split(separator: " ").first else { return nil }
    let isBare =
      word.utf8.count >= 5 && word.utf8.count <= 16 && word.allSatisfy(\.isHexDigit)
    return UInt64(number: isBare ? "0x" + word : word)
  }

  /// The number of an operation: `7` or `#7`.
  var ordinal: Int? {
    guard words.count == 1, let word = text.split(separator: " ").first else { return nil }
    return Int(word.hasPrefix("#") ? word.dropFirst() : word)
  }

  /// Whatever answers this also answered `other`.
  func refines(_ other: TextQuery) -> Bool {
    !other.isEmpty && other.words.allSatisfy { old in words.contains { $0.starts(with: old) } }
  }

  static func lower(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}

/// How well a text answers a query, and which of its letters do.
package struct TextMatch: Hashable, Sendable {
  /// Offsets of characters in the text, ascending.
  package private(set) var marked: [Int] = []
  /// Less is better: the start of the text, then of a word, then inside one, then letters apart.
  package private(set) var cost = 0

  /// How strictly a text is compared.
  package enum Manner: Hashable, Sendable {
    /// A short name: letters may stand apart, as long as they come in order.
    case name
    /// A longer text: each word of the query stands in it as it is.
    case sentence
  }

  private struct Hit {
    let marked: [Int]
    let cost: Int
  }

  package init?(_ query: TextQuery, in text: String, _ manner: Manner) {
    let lower = text.utf8.map(TextQuery.lower)
    var marked: Set<Int> = []
    for word in query.words {
      guard
        let hit = Self.whole(word, in: lower)
          ?? (manner == .name ? Self.scattered(word, in: lower) : nil)
      else { return nil }
      marked.formUnion(hit.marked)
      cost += hit.cost
    }
    cost = cost * 64 + min(63, lower.count)
    self.marked = marked.sorted()
    if lower.contains(where: { $0 >= 0x80 }) {
      self.marked = Self.characters(self.marked, in: text)
    }
  }

  /// The word as it is, at the best place.
  private static func whole(_ word: [UInt8], in text: [UInt8]) -> Hit? {
    guard let first = word.first, text.count >= word.count else { return nil }
    var best: Hit?
    for start in 0...(text.count - word.count) where text[start] == first {
      guard text[start..<start + word.count].elementsEqual(word) else { continue }
      let cost = start == 0 ? 0 : startsWord(start, in: text) ? 1 : 3
      if best.map({ cost < $0.cost }) ?? true {
        best = Hit(marked: Array(start..<start + word.count), cost: cost)
      }
      if cost < 3 { break }
    }
    return best
  }

  /// The letters of the word in their order with others between them, as close as can be.
  private static func scattered(_ word: [UInt8], in text: [UInt8]) -> Hit? {
    guard word.count > 1 else { return nil }
    var best: Hit?
    for start in text.indices where text[start] == word[0] {
      var marked = [start]
      var place = start + 1
      for byte in word.dropFirst() {
        guard let next = text[place...].firstIndex(of: byte) else { return best }
        marked.append(next)
        place = next + 1
      }
      let gaps = place - start - word.count
      let cost = 8 + gaps + (startsWord(start, in: text) ? 0 : 4)
      if best.map({ cost < $0.cost }) ?? true { best = Hit(marked: marked, cost: cost) }
    }
    return best
  }

  private static func startsWord(_ index: Int, in text: [UInt8]) -> Bool {
    guard index > 0 else { return true }
    let isLetter = { (byte: UInt8) in
      byte >= 0x80 || Character(Unicode.Scalar(byte)).isLetter
        || Character(Unicode.Scalar(byte)).isNumber
    }
    return !isLetter(text[index - 1])
  }

  /// Offsets of bytes as offsets of the characters that they are in.
  private static func characters(_ bytes: [Int], in text: String) -> [Int] {
    var ends: [Int] = []
    var end = 0
    for character in text {
      end += character.utf8.count
      ends.append(end)
    }
    let found = bytes.compactMap { byte in ends.firstIndex { byte < $0 } }
    return Set(found).sorted()
  }
}
