/// How a cell looks: two palette colours and the attributes on top of them.
package struct Style: Hashable, Sendable {
  /// A palette index from 0 to 255, or −1 for the terminal's own text colour.
  package var foreground: Int16

  /// A palette index from 0 to 255, or −1 for the terminal's own background.
  package var background: Int16

  package var attributes: Attributes

  package init(foreground: Int16 = -1, background: Int16 = -1, attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// The terminal's own colours and nothing else.
  package static let plain = Style()

  /// What a terminal can do to a character besides colouring it; it may ignore what it lacks.
  package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// The same as for any set of options, without a look at types at run time: every style that is
    /// made comes through here.
    package init(arrayLiteral elements: Attributes...) {
      rawValue = elements.reduce(0) { $0 | $1.rawValue }
    }

    /// What shows on a blank.
    package static let onBlank = Attributes(rawValue: 1 << 2 | 1 << 3)

    package static let bold = Attributes(rawValue: 1 << 0)
    package static let dim = Attributes(rawValue: 1 << 1)
    package static let underline = Attributes(rawValue: 1 << 2)
    package static let reverse = Attributes(rawValue: 1 << 3)
    package static let italic = Attributes(rawValue: 1 << 4)
  }
}
