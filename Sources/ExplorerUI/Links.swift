package import IOMMULab
package import TerminalCore

/// A name or an address on the screen that leads somewhere.
package struct Link: Hashable, Sendable {
  package let area: Rect
  package let target: Prose.Target
}

/// Links being chosen by keys: each bears letters, one of them is picked.
struct LinkChoice: Hashable, Sendable {
  private static let letters = Array("asdfjklghewruiopqtyvbnmcxz")

  /// The link that Enter follows.
  private(set) var picked = 0
  /// The letters typed so far.
  private(set) var typed = ""

  enum Answer { case follow(Prose.Target), leave, stay }

  mutating func handle(_ key: Key, among links: [Link]) -> Answer {
    guard links.indices.contains(picked) else { return .leave }
    switch key.code {
    case .enter: return .follow(links[picked].target)
    case .up: pick(from: links) { $0.row < $1.row }
    case .down: pick(from: links) { $0.row > $1.row }
    case .left, .backTab: picked = (picked + links.count - 1) % links.count
    case .right, .tab: picked = (picked + 1) % links.count
    case .character(let character):
      typed.append(character)
      let fitting = links.indices.filter { Self.label($0, of: links.count).hasPrefix(typed) }
      guard let first = fitting.first else { return .leave }
      picked = first
      if fitting.count == 1 { return .follow(links[first].target) }
    default: return .leave
    }
    return .stay
  }

  /// Picks the nearest link whose place fulfils what is asked of it beside the one picked now.
  private mutating func pick(from links: [Link], _ fits: (_ other: Rect, _ here: Rect) -> Bool) {
    let here = links[picked].area
    let nearest = links.indices.filter { fits(links[$0].area, here) }.min {
      distance(links[$0].area, here) < distance(links[$1].area, here)
    }
    picked = nearest ?? picked
  }

  /// Rows count more than columns, as cells are higher than wide and lines are read as lines.
  private func distance(_ one: Rect, _ other: Rect) -> Int {
    abs(one.row - other.row) * 256 + abs(one.column - other.column)
  }

  /// What is to be typed for a link: one letter while there are enough of them.
  static func label(_ index: Int, of count: Int) -> String {
    var label = ""
    var (rest, most) = (index, count - 1)
    repeat {
      label = String(letters[rest % letters.count]) + label
      (rest, most) = (rest / letters.count, most / letters.count)
    } while most > 0
    return label
  }

  func draw(_ links: [Link], with pen: inout Pen) {
    for (index, link) in links.enumerated() {
      let label = Self.label(index, of: links.count)
      guard label.hasPrefix(typed) else { continue }
      let rest = String(label.dropFirst(typed.count))
      if index == picked {
        let theme = pen.theme
        pen.restyle(link.area) { $0 = theme.tab }
      }
      pen.write(rest, style: pen.theme.hint, at: 0, 0, in: link.area)
    }
  }
}
