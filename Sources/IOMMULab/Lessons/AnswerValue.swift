internal import IOMMUAPI
internal import IOMMUModel

/// What is typed as an answer: a number in any writing, or a word in any case.
package struct AnswerValue: Hashable, Sendable {
  package let text: String
  private let number: UInt64?

  package init(_ text: some StringProtocol) {
    self.text = String(Substring(text).trimmed)
    number = UInt64(size: self.text) ?? UInt64(size: Self.withoutUnit(self.text))
  }

  package func isSame(as other: AnswerValue) -> Bool {
    if let number, let theirs = other.number { return number == theirs }
    return plain == other.plain
  }

  /// The same digits, meant as hex.
  package var asHex: AnswerValue? {
    text.hasPrefix("0x") || text.hasPrefix("0X") ? nil : AnswerValue("0x" + text)
  }

  // The kernel's errors are negative, and written by name or by number: -EBUSY is -16.
  private var plain: String {
    let lower = text.lowercased()
    guard lower.hasPrefix("-") else { return lower }
    let rest = String(lower.dropFirst())
    if let code = Int32(rest), let errno = Errno(rawValue: code) { return errno.name.lowercased() }
    return rest.first?.isLetter ?? false ? rest : lower
  }

  /// `16 KiB`, `16 kB`, `16,384 bytes`: as people write numbers besides.
  private static func withoutUnit(_ text: String) -> String {
    guard text.first?.isNumber ?? false, !text.lowercased().hasPrefix("0x") else { return text }
    var plain = text.lowercased().filter { $0 != " " && $0 != "," }
    for unit in ["bytes", "byte", "ib", "b"] where plain.hasSuffix(unit) {
      plain.removeLast(unit.count)
      break
    }
    return plain
  }
}

extension UInt64 {
  /// A number that may end in K, M or G.
  init?(size text: String) {
    if let number = UInt64(number: text[...]) {
      self = number
      return
    }
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let last = text.last?.uppercased().first, let unit = units[last],
      let number = UInt64(number: text.dropLast()), !text.hasPrefix("0x")
    else { return nil }
    let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    guard !isTooMuch else { return nil }
    self = bytes
  }
}
