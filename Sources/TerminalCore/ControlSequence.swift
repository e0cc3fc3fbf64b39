/// The middle of an ESC [ sequence: the numbers between the introducer and the final letter.
struct ControlSequence: Sendable {
  /// At most this many numbers and digits are kept; no key and no mouse report needs more.
  private static let maximumNumbers = 8
  private static let maximumValue = 65_535

  /// `<`, `?`, `>` or `=` in front of the numbers; 0 when there is none.
  private var prefix: UInt8 = 0
  private var numbers: [Int] = []
  private(set) var isEmpty = true

  /// A colon begins details of a number, which are read over.
  private var isInDetail = false

  /// It has something between numbers and final letter, as no key has.
  private var isForeign = false

  mutating func append(_ byte: UInt8) {
    defer { isEmpty = false }
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      if isInDetail { return }
      if numbers.isEmpty { numbers.append(0) }
      let last = numbers.count - 1
      numbers[last] = min(
        numbers[last] * 10 + Int(byte - UInt8(ascii: "0")), ControlSequence.maximumValue)
    case UInt8(ascii: ";"):
      isInDetail = false
      if numbers.isEmpty { numbers.append(0) }
      if numbers.count < ControlSequence.maximumNumbers {
        numbers.append(0)
      } else {
        isForeign = true
      }
    case UInt8(ascii: ":"): isInDetail = true
    case UInt8(ascii: "<")...UInt8(ascii: "?"):
      if isEmpty { prefix = byte } else { isForeign = true }
    default: isForeign = true
    }
  }

  func startsPaste(_ final: UInt8) -> Bool {
    final == UInt8(ascii: "~") && prefix == 0 && !isForeign && numbers.first == 200
  }

  /// What the whole sequence means, if anything.
  func event(final: UInt8) -> TerminalEvent? {
    if isForeign { return nil }
    if prefix == UInt8(ascii: "<") { return mouse(final).map { .mouse($0) } }
    if prefix != 0 { return nil }
    return key(final).map { .key($0) }
  }

  private func mouse(_ final: UInt8) -> Mouse? {
    let isRelease = final == UInt8(ascii: "m")
    guard numbers.count == 3, isRelease || final == UInt8(ascii: "M") else { return nil }
    return Mouse(code: numbers[0], column: numbers[1], row: numbers[2], isRelease: isRelease)
  }

  private func key(_ final: UInt8) -> Key? {
    var key: Key?
    if final == UInt8(ascii: "~") {
      key = numbers.first.flatMap(Key.init(number:))
    } else if final == UInt8(ascii: "Z") {
      key = Key(.backTab)
    } else {
      key = Key(letter: final)
    }
    if numbers.count > 1 { key?.modifiers = Modifiers(parameter: numbers[1]) }
    if key?.code == .backTab { key?.modifiers.remove(.shift) }
    return key
  }
}

extension Modifiers {
  /// Reads the modifier number of a key sequence: 1, plus 1 for Shift, 2 for Alt, 4 for Control and
  /// 8 for Meta, which is Alt here.
  fileprivate init(parameter: Int) {
    let bits = max(0, parameter - 1)
    self = []
    if bits & 1 != 0 { insert(.shift) }
    if bits & 0b1010 != 0 { insert(.alt) }
    if bits & 4 != 0 { insert(.control) }
  }
}
