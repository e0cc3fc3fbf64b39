/// How a device goes through the memory that is mapped for it, left to itself.
package enum AccessPattern: String, Hashable, Sendable, CaseIterable {
  /// One line after the other, as a display reads its picture.
  case scan
  /// Small blocks here and there, read and then written, as a video codec does.
  case blocks
  /// Anywhere, now and then where nothing is mapped, as a GPU may.
  case random

  /// Of devices about which a platform says nothing.
  static let usual = AccessPattern.blocks

  /// What a line of a platform says about its device.
  init(of line: DataLine) throws(ParseError) {
    guard let index = line.tokens.firstIndex(where: { $0.text.hasPrefix("pattern=") }) else {
      self = .usual
      return
    }
    let word = try line.value(of: "pattern")
    guard let known = AccessPattern(rawValue: String(word)) else {
      let all = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw line.error("no pattern \"\(word)\"; there are: \(all)", at: index)
    }
    self = known
  }
}
