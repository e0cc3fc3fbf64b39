extension Key {
  /// The key of a byte below 0x80 that is not ESC.
  init(byte: UInt8) {
    switch byte {
    case 0x00: self.init(.character(" "), .control)
    case 0x08, 0x7F: self.init(.backspace)
    case 0x09: self.init(.tab)
    case 0x0A, 0x0D: self.init(.enter)
    case 0x01...0x1A: self.init(.character(Character(Unicode.Scalar(byte + 0x60))), .control)
    case 0x1B: self.init(.escape)
    case 0x1C...0x1F: self.init(.character(Character(Unicode.Scalar(byte + 0x40))), .control)
    default: self.init(.character(Character(Unicode.Scalar(byte))))
    }
  }

  /// The key of the letter that ends ESC [ or ESC O.
  init?(letter: UInt8) {
    switch Unicode.Scalar(letter) {
    case "A": self.init(.up)
    case "B": self.init(.down)
    case "C": self.init(.right)
    case "D": self.init(.left)
    case "F": self.init(.end)
    case "H": self.init(.home)
    case "P": self.init(.function(1))
    case "Q": self.init(.function(2))
    case "R": self.init(.function(3))
    case "S": self.init(.function(4))
    default: return nil
    }
  }

  /// The key of the number in ESC [ number ~.
  ///
  /// The numbers of the function keys have gaps, where a VT220 keyboard had them.
  init?(number: Int) {
    switch number {
    case 1, 7: self.init(.home)
    case 2: self.init(.insert)
    case 3: self.init(.delete)
    case 4, 8: self.init(.end)
    case 5: self.init(.pageUp)
    case 6: self.init(.pageDown)
    case 11...15: self.init(.function(number - 10))
    case 17...21: self.init(.function(number - 11))
    case 23...26: self.init(.function(number - 12))
    case 28...29: self.init(.function(number - 13))
    case 31...34: self.init(.function(number - 14))
    default: return nil
    }
  }
}

extension Mouse {
  /// Reads a mouse report with its position counted from 1.
  ///
  /// The code's bits: 1 and 2 the button (3 is none), 4 Shift, 8 Alt, 16 Control, 32 motion, 64 the
  /// wheel, 128 further buttons, of which the first two are those at a mouse's side.
  init?(code: Int, column: Int, row: Int, isRelease: Bool) {
    guard code >= 0, code < 128 || (code & ~0b11100) - 128 < 2 else { return nil }
    let low = code & 3
    var kind: Kind
    var button: Button = [.left, .middle, .right, .none][low]
    if code & 128 != 0 {
      button = low == 0 ? .back : .forward
      kind = isRelease ? .release : .press
    } else if code & 64 != 0 {
      // A wheel has no release, but some terminals send one.
      guard !isRelease, code & 32 == 0 else { return nil }
      kind = [.wheelUp, .wheelDown, .wheelLeft, .wheelRight][low]
      button = .none
    } else if code & 32 != 0 {
      kind = button == .none ? .move : .drag
    } else {
      kind = isRelease || button == .none ? .release : .press
    }
    var modifiers: Modifiers = []
    if code & 4 != 0 { modifiers.insert(.shift) }
    if code & 8 != 0 { modifiers.insert(.alt) }
    if code & 16 != 0 { modifiers.insert(.control) }
    self.init(
      kind: kind,
      button: button,
      position: Point(max(0, column - 1), max(0, row - 1)),
      modifiers: modifiers)
  }
}
