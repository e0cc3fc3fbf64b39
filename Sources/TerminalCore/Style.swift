/// How a cell looks: two palette colours and the attributes on top of them.
///
/// All of it is one number: screens are copied and compared cell by cell.
package struct Style: Hashable, Sendable {
  /// From the lowest bit on: foreground, background, attributes.
  @usableFromInline var bits: UInt64

  /// A palette index from 0 to 255, or −1 for the terminal's own text colour.
  @inlinable package var foreground: Int16 {
    get { Int16(truncatingIfNeeded: bits) }
    set { bits = bits & ~0xFFFF | UInt64(UInt16(bitPattern: newValue)) }
  }

  /// A palette index from 0 to 255, or −1 for the terminal's own background.
  @inlinable package var background: Int16 {
    get { Int16(truncatingIfNeeded: bits >> 16) }
    set { bits = bits & ~0xFFFF_0000 | UInt64(UInt16(bitPattern: newValue)) << 16 }
  }

  @inlinable package var attributes: Attributes {
    get { Attributes(rawValue: UInt8(truncatingIfNeeded: bits >> 32)) }
    set { bits = bits & 0xFFFF_FFFF | UInt64(newValue.rawValue) << 32 }
  }

  @inlinable package init(
    foreground: Int16 = -1, background: Int16 = -1, attributes: Attributes = []
  ) {
    bits =
      UInt64(UInt16(bitPattern: foreground)) | UInt64(UInt16(bitPattern: background)) << 16
      | UInt64(attributes.rawValue) << 32
  }

  @inlinable package static func == (left: Style, right: Style) -> Bool { left.bits == right.bits }

  /// The terminal's own colours and nothing else.
  package static let plain = Style()

  /// What a terminal can do to a character besides colouring it; it may ignore what it lacks.
  package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// The same as for any set of options, without a look at types at run time: every style that is
    /// made comes through here.
    @inlinable package init(arrayLiteral elements: Attributes...) {
      rawValue = elements.reduce(0) { $0 | $1.rawValue }
    }

    /// What shows on a blank.
    @inlinable package static var onBlank: Attributes { Attributes(rawValue: 1 << 2 | 1 << 3) }

    package static let bold = Attributes(rawValue: 1 << 0)
    package static let dim = Attributes(rawValue: 1 << 1)
    package static let underline = Attributes(rawValue: 1 << 2)
    package static let reverse = Attributes(rawValue: 1 << 3)
    package static let italic = Attributes(rawValue: 1 << 4)
  }
}
