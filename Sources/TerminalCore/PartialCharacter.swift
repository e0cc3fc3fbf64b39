/// A UTF-8 character of which some bytes may still be missing.
struct PartialCharacter: Sendable {
  private var value: UInt32 = 0
  private var missing = 0

  /// What the next byte may be: only the first of the following bytes has a narrower range, which
  /// keeps out overlong forms, surrogates and what lies above U+10FFFF.
  private var allowed: ClosedRange<UInt8> = 0x80...0xBF

  /// What became of the character with one more byte.
  enum Progress {
    case incomplete
    case complete(Unicode.Scalar)

    /// The byte does not belong to the character; it may begin the next one.
    case invalid
  }

  /// Starts a character, unless `byte` cannot start one.
  mutating func begin(with byte: UInt8) -> Bool {
    allowed = 0x80...0xBF
    switch byte {
    case 0xC2...0xDF: (missing, value) = (1, UInt32(byte & 0x1F))
    case 0xE0...0xEF: (missing, value) = (2, UInt32(byte & 0x0F))
    case 0xF0...0xF4: (missing, value) = (3, UInt32(byte & 0x07))
    default: return false
    }
    switch byte {
    case 0xE0: allowed = 0xA0...0xBF
    case 0xED: allowed = 0x80...0x9F
    case 0xF0: allowed = 0x90...0xBF
    case 0xF4: allowed = 0x80...0x8F
    default: break
    }
    return true
  }

  mutating func take(_ byte: UInt8) -> Progress {
    guard allowed.contains(byte) else { return .invalid }
    allowed = 0x80...0xBF
    value = value << 6 | UInt32(byte & 0x3F)
    missing -= 1
    if missing > 0 { return .incomplete }
    return Unicode.Scalar(value).map { .complete($0) } ?? .invalid
  }
}
