package import IOMMUHardware

/// A line of text whose parts say what kind of thing they are, so that a view can give them their
/// colour.
///
/// Written by interpolation: `"reads \(iova: address) of \(domain: name)"`.
package struct Prose: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// What kind of thing a piece of text is, or how it stands.
  ///
  /// Colour says kind, weight importance.
  package enum Role: Hashable, Sendable, CaseIterable {
    case text, strong, dim, faint
    case accent, key
    case iova, physical, domain
    /// Live, done, agrees.
    case live
    /// Changed by the current step; and what it was before.
    case changed, old
    case stale
    /// A fault, a refusal.
    case fault
    /// Half set up.
    case half
  }

  package struct Piece: Hashable, Sendable {
    package let text: String
    package let role: Role
  }

  package private(set) var pieces: [Piece] = []

  package init() {}

  package init(_ text: String, _ role: Role = .text) { add(text, role) }

  package init(stringLiteral text: String) { add(text, .text) }

  package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  package mutating func add(_ text: String, _ role: Role) {
    if !text.isEmpty { pieces.append(Piece(text: text, role: role)) }
  }

  package static func + (left: Prose, right: Prose) -> Prose {
    var sum = left
    sum.pieces += right.pieces
    return sum
  }

  package static func += (left: inout Prose, right: Prose) { left.pieces += right.pieces }

  /// The words alone.
  package var text: String { pieces.map(\.text).joined() }

  package var isEmpty: Bool { pieces.isEmpty }

  /// The same words, all of one kind.
  package func all(_ role: Role) -> Prose { Prose(text, role) }

  package struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    private mutating func add(_ text: String, _ role: Role) {
      if !text.isEmpty { pieces.append(Piece(text: text, role: role)) }
    }

    package mutating func appendLiteral(_ text: String) { add(text, .text) }
    package mutating func appendInterpolation(_ text: String) { add(text, .text) }
    package mutating func appendInterpolation(_ number: Int) { add(String(number), .text) }
    package mutating func appendInterpolation(_ prose: Prose) { pieces += prose.pieces }
    package mutating func appendInterpolation(strong text: String) { add(text, .strong) }
    package mutating func appendInterpolation(dim text: String) { add(text, .dim) }
    package mutating func appendInterpolation(domain name: String) { add(name, .domain) }
    package mutating func appendInterpolation(fault text: String) { add(text, .fault) }
    package mutating func appendInterpolation(old text: String) { add(text, .old) }
    package mutating func appendInterpolation(changed text: String) { add(text, .changed) }
    package mutating func appendInterpolation(live text: String) { add(text, .live) }
    package mutating func appendInterpolation(iova: IOVA) { add(iova.value.hex8, .iova) }
    package mutating func appendInterpolation(physical address: PhysicalAddress) {
      add(address.value.hex8, .physical)
    }
  }
}
