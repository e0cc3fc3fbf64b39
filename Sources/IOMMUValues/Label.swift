/// A text that is part of the program: a function's name, a question, a format.
///
/// It says where the text lies, which it does for as long as the program runs.
@usableFromInline
package struct Label: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  @usableFromInline let start: UInt
  @usableFromInline let count: UInt16

  @inlinable
  package init(stringLiteral text: StaticString) {
    start = UInt(bitPattern: text.utf8Start)
    count = UInt16(truncatingIfNeeded: text.utf8CodeUnitCount)
  }

  @usableFromInline package var description: String {
    let text = UnsafeBufferPointer(
      start: UnsafePointer<UInt8>(bitPattern: start), count: Int(count))
    return String(decoding: text, as: UTF8.self)
  }

  @usableFromInline
  package static func == (left: Label, right: Label) -> Bool {
    left.count == right.count
      && (left.start == right.start || left.description == right.description)
  }

  @usableFromInline
  package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
