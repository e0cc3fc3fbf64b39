package import Foundation

/// What real code answered, one JSON object a line, as the test bundle holds it.
package enum Recorded {
  /// The cases of a file in the bundle's folder `Recorded`.
  package static func cases<Case: Decodable>(
    _ name: String, in bundle: Bundle, as type: Case.Type = Case.self
  ) throws -> [Case] {
    guard
      let url = bundle.url(
        forResource: name, withExtension: "jsonl", subdirectory: "Recorded")
    else { throw MissingFile(name: name) }
    let decoder = JSONDecoder()
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      try decoder.decode(Case.self, from: Data($0.utf8))
    }
  }

  /// A file that should be in the bundle and is not.
  package struct MissingFile: Error {
    package let name: String
  }
}

/// A number that is written as a number, as a hex string or, between other things, as null.
package struct Number: Decodable, Hashable, Sendable {
  package let value: Int64

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int64.self) {
      value = number
      return
    }
    let text = try container.decode(String.self)
    guard text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(text) is no number")
    }
    value = Int64(bitPattern: number)
  }

  package var word: UInt32 { UInt32(truncatingIfNeeded: value) }
  package var long: UInt64 { UInt64(bitPattern: value) }
}
