package import TerminalCore

/// Key presses as text: what a person types, and in angle brackets what has no letter.
///
/// `n n p` presses three keys; blanks between keys mean nothing. `:'alloc fb'<Enter>` types what
/// stands in quotes as it is, blanks too. In brackets stand key names (`<Tab>`, `<C-l>`, `<F1>`),
/// the mouse (`<click 10,5>`, `<wheel-down 60,30>`, column first, from 0), `<paste some text>` and
/// `<resize 80x24>`.
package struct KeyScript: Sendable {
  package let events: [TerminalEvent]

  /// What is wrong with a script.
  package struct Mistake: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(description: String) { self.description = description }
  }

  /// Reads the keys.
  package init(_ text: String) throws(Mistake) {
    var events: [TerminalEvent] = []
    var rest = text[...]
    while let first = rest.popFirst() {
      switch first {
      case " ", "\n": break
      case "'":
        guard let end = rest.firstIndex(of: "'") else {
          throw Mistake(description: "a quote is not closed: \(text)")
        }
        events += rest[..<end].map { .key(Key(.character($0))) }
        rest = rest[end...].dropFirst()
      case "<":
        guard let end = rest.firstIndex(of: ">") else {
          throw Mistake(description: "a bracket is not closed: \(text)")
        }
        events.append(try Self.event(rest[..<end]))
        rest = rest[end...].dropFirst()
      default: events.append(.key(Key(.character(first))))
      }
    }
    self.events = events
  }

  private static let names: [Substring: Key] = [
    "Enter": Key(.enter), "Tab": Key(.tab), "S-Tab": Key(.backTab), "Esc": Key(.escape),
    "Up": Key(.up), "Down": Key(.down), "Left": Key(.left), "Right": Key(.right),
    "Home": Key(.home), "End": Key(.end), "PgUp": Key(.pageUp), "PgDn": Key(.pageDown),
    "BS": Key(.backspace), "Del": Key(.delete), "Ins": Key(.insert), "Space": Key(.character(" ")),
  ]

  private static func event(_ text: Substring) throws(Mistake) -> TerminalEvent {
    if text == "tick" { return .tick }
    if let key = names[text] { return .key(key) }
    if text.hasPrefix("C-"), text.count == 3, let letter = text.last {
      return .key(Key(.character(letter), .control))
    }
    if text.first == "F", let number = Int(text.dropFirst()) { return .key(Key(.function(number))) }
    let words = text.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { throw Mistake(description: "no key is called <\(text)>") }
    if words[0] == "paste" { return .paste(String(words[1])) }
    let numbers = words[1].split { $0 == "," || $0 == "x" }.compactMap { Int($0) }
    guard numbers.count == 2 else {
      throw Mistake(description: "two numbers are needed: <\(text)>")
    }
    let point = Point(numbers[0], numbers[1])
    switch words[0] {
    case "resize": return .resize(width: numbers[0], height: numbers[1])
    case "click": return .mouse(Mouse(kind: .press, button: .left, position: point))
    case "wheel-up": return .mouse(Mouse(kind: .wheelUp, button: .none, position: point))
    case "wheel-down": return .mouse(Mouse(kind: .wheelDown, button: .none, position: point))
    default: throw Mistake(description: "nothing is called <\(text)>")
    }
  }
}

extension Explorer {
  /// Presses the keys on a screen of a size, drawing after each as the program does; what is on it
  /// then comes back.
  package mutating func play(_ script: KeyScript, width: Int, height: Int) -> Canvas {
    _ = handle(.resize(width: width, height: height))
    var canvas = draw().canvas
    for event in script.events {
      if handle(event) == .quit { break }
      canvas = draw().canvas
    }
    return canvas
  }
}
