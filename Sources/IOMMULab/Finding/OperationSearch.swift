/// Operations of a timeline by their text, the nearest to the cursor first, a piece at a time.
///
/// There may be a million of them, and a key may not take that long: each looks at so many, and a
/// query that only got longer goes on where the one before it stopped.
struct OperationSearch: Sendable {
  private(set) var hits: [(index: Int, match: TextMatch)] = []
  private var query = TextQuery("")
  private let center: Int
  /// The next ones to be looked at.
  private var before: Int
  private var after: Int
  private let count: Int
  /// More than this many are no help.
  private static let mostHits = 200

  init(in timeline: Timeline) {
    count = timeline.entries.count
    center = max(0, timeline.position.entry)
    (before, after) = (center - 1, center)
  }

  var isComplete: Bool { before < 0 && after >= count }

  /// How many were looked at.
  var looked: Int { min(after, count) - (before + 1) }

  /// Looks at up to `budget` operations more; answers how many it took.
  @discardableResult
  mutating func search(_ query: TextQuery, in timeline: Timeline, budget: Int) -> Int {
    if query.refines(self.query) {
      hits = hits.compactMap { hit in
        match(query, hit.index, in: timeline).map { (hit.index, $0) }
      }
    } else if query != self.query {
      (hits, before, after) = ([], center - 1, center)
    }
    self.query = query
    var used = 0
    while used < budget, hits.count < Self.mostHits, !isComplete {
      // Both sides in turn, so that the nearest come first.
      if after < count {
        look(after, in: timeline)
        after += 1
        used += 1
      }
      if before >= 0 {
        look(before, in: timeline)
        before -= 1
        used += 1
      }
    }
    return used
  }

  private mutating func look(_ index: Int, in timeline: Timeline) {
    if let match = match(query, index, in: timeline) { hits.append((index, match)) }
  }

  private func match(_ query: TextQuery, _ index: Int, in timeline: Timeline) -> TextMatch? {
    TextMatch(query, in: timeline.entries[index].operation.text, .sentence)
  }
}
