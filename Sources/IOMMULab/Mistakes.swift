package import IOMMUHardware
package import IOMMUModel
internal import IOMMUValues

/// Tells, one event of an operation after the other, which of them are mistakes.
///
/// A mistake is what the real code does not notice: the answer may well be success.
package struct MistakeScan {
  /// How deep the call lies whose code asks for one page and wants to be told that more went.
  private var believer: UInt8?

  package init() {}

  package mutating func isMistake(_ event: Event) -> Bool {
    switch event.change {
    case .call(let function, _) where believer == nil && function == "kvm_iommu_put_pages":
      believer = event.depth
      return false
    case .return where believer == event.depth:
      believer = nil
      return false
    case .hazard(.unmappedMore, _, _): return believer == nil
    case .hazard: return true
    case .client(let change): return change.isMistake
    default: return false
    }
  }
}

/// One kind of mistake in one operation: where it was made first, and how often.
package struct Mistake: Hashable, Sendable {
  /// The operation, by its place in the timeline.
  package let entry: Int
  /// How many of the operation's events had happened with the first of them.
  package let events: Int
  /// The first of them.
  package let change: Change
  package fileprivate(set) var count = 1

  /// Where a link to it leads.
  package var target: Prose.Target { .moment(entry: entry, events: events) }
}

extension Recording {
  /// The mistakes of an operation, each kind once.
  package func mistakes(of entry: Int) -> [Mistake] {
    var scan = MistakeScan()
    var found: [Mistake] = []
    for (index, event) in events.enumerated() where scan.isMistake(event) {
      if let known = found.firstIndex(where: { $0.change.isLike(event.change) }) {
        found[known].count += 1
      } else {
        found.append(Mistake(entry: entry, events: index + 1, change: event.change))
      }
    }
    return found
  }
}

extension Change {
  /// Both are the same kind of mistake.
  fileprivate func isLike(_ other: Change) -> Bool {
    switch (self, other) {
    case (.hazard(let one, _, _), .hazard(let next, _, _)): one == next
    case (.client(.unpinnedForeign), .client(.unpinnedForeign)),
      (.client(.staleReach), .client(.staleReach)):
      true
    default: false
    }
  }
}

extension [Mistake] {
  /// All of them in a sentence, each leading to where it was made first.
  package func words(
    in machine: Machine, registers: RegisterMap
  ) -> Prose {
    var prose = Prose()
    for (index, mistake) in enumerated() {
      prose += Prose(index > 0 ? "; " : "", .text)
      let words = mistake.change.words(in: machine, registers: registers)
      prose += Prose(words, .fault, to: mistake.target)
      if mistake.count > 1 { prose += Prose(" × \(mistake.count)", .strong) }
    }
    return prose
  }
}
