package import IOMMUHardware
internal import IOMMUModel

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

  /// What a piece of text stands for, so that one can go there from it.
  package enum Target: Hashable, Sendable {
    /// A domain, a device or an IOMMU.
    case named(String)
    case iova(UInt64)
    /// An address as a device uses it.
    case access(device: String, iova: UInt64)
    case physical(UInt64)
    case register(iommu: Int, offset: UInt32)
    /// An operation of the timeline, by its place in it.
    case operation(Int)
    /// A point inside an operation: after so many of its events.
    case moment(entry: Int, events: Int)
    /// A word of memory among the words around it, also where it is a table's.
    case word(UInt64)
    /// What a domain maps at an address.
    case mapping(domain: String, iova: UInt64)
  }

  package struct Piece: Hashable, Sendable {
    package let text: String
    package let role: Role
    private let given: Target?

    fileprivate init(_ text: String, _ role: Role, _ target: Target?) {
      (self.text, self.role, given) = (text, role, target)
    }

    /// Where it leads: what was said, or what its kind of text says by itself.
    package var target: Target? {
      if let given { return given }
      return switch role {
      case .domain: .named(text)
      case .iova: address.map { .iova($0) }
      case .physical: address.map { .physical($0) }
      default: nil
      }
    }

    /// Addresses are written in full; a shorter number, like an index, stands for none.
    private var address: UInt64? {
      text.hasPrefix("0x") && text.utf8.count >= 10 ? UInt64(number: text[...]) : nil
    }
  }

  package private(set) var pieces: [Piece] = []

  package init() {}

  package init(_ text: String, _ role: Role = .text, to target: Target? = nil) {
    add(text, role, to: target)
  }

  package init(stringLiteral text: String) { add(text, .text) }

  package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  package mutating func add(_ text: String, _ role: Role, to target: Target? = nil) {
    if !text.isEmpty { pieces.append(Piece(text, role, target)) }
  }

  /// Adds a part of `piece`, which leads where the whole does.
  package mutating func add(_ part: String, of piece: Piece) {
    add(part, piece.role, to: piece.target)
  }

  package static func + (left: Prose, right: Prose) -> Prose {
    var sum = left
    sum.pieces += right.pieces
    return sum
  }

  package static func += (left: inout Prose, right: Prose) { left.pieces += right.pieces }

  /// The same words, all of them leading somewhere.
  func leading(to target: Target?) -> Prose {
    var prose = Prose()
    for piece in pieces { prose.add(piece.text, piece.role, to: target ?? piece.target) }
    return prose
  }

  /// The words alone.
  package var text: String { pieces.map(\.text).joined() }

  package var isEmpty: Bool { pieces.isEmpty }

  /// The same words, all of one kind.
  package func all(_ role: Role) -> Prose { Prose(text, role) }

  package struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    private mutating func add(_ text: String, _ role: Role) {
      if !text.isEmpty { pieces.append(Piece(text, role, nil)) }
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
