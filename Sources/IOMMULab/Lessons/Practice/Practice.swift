/// Problems without end: each a lesson of one page, made from a seed.
///
/// The same topic and seed give the same problems, one after the other. The machine answers them:
/// a problem is played when it is made, and what came of it is the right answer.
package struct Practice: Hashable, Sendable {
  package enum Topic: String, Hashable, Sendable, CaseIterable {
    case walk, decode, fault, errno

    package var purpose: String {
      switch self {
      case .walk: "where a walk reads, and where it leads"
      case .decode: "what an entry of a table says"
      case .fault: "what stops a request, and why"
      case .errno: "what a call answers"
      }
    }
  }

  /// nil is all of them in turn.
  package let topic: Topic?
  package let seed: UInt64
  /// The problems made so far.
  package private(set) var count = 0

  package init(_ topic: Topic?, seed: UInt64) { (self.topic, self.seed) = (topic, seed) }

  /// The next problem.
  package mutating func next() -> Lesson {
    count += 1
    let topics = Topic.allCases
    let topic = topic ?? topics[(count - 1) % topics.count]
    var chance = Chance(seed: seed)
    // Each topic and each problem draws on a sequence of its own.
    let place = UInt64(count) &* 16 &+ UInt64(topics.firstIndex(of: topic) ?? 0)
    chance = Chance(seed: chance.next() ^ place &* 0xd1b5_4a32_d192_ed03)
    let draft: ProblemDraft =
      switch topic {
      case .walk: .walk(&chance)
      case .decode: .decode(&chance)
      case .fault: .fault(&chance)
      case .errno: .errno(&chance)
      }
    return draft.lesson(number: count, topic)
  }
}

/// A seeded generator, small and the same everywhere.
struct Chance {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// splitmix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func number(below bound: UInt64) -> UInt64 { bound > 0 ? next() % bound : 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int(number(below: UInt64(elements.count)))]
  }

  mutating func isLucky(_ share: UInt64, of all: UInt64) -> Bool { number(below: all) < share }
}
