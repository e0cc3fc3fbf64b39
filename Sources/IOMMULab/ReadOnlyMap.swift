internal import IOMMUAPI

/// A mapping that was asked for without write.
package struct ReadOnlyMap: Hashable, Sendable {
  /// The operation that asked.
  package let entry: Int
  let domain: String
  let iova: UInt64
  let physical: UInt64
  let size: UInt64
}

/// The mappings asked for without write among the latest operations, kept up as a timeline goes on.
///
/// Operations are read anew each time one asks for them: each is looked at once here.
package struct ReadOnlyMaps: Sendable {
  /// So many operations back.
  package static let reach = 4096

  private var maps: [ReadOnlyMap] = []
  /// The operations looked at.
  private var known = 0..<0
  private var revision = 0

  package init() {}

  /// Those up to the place where a timeline is.
  package mutating func upToNow(in timeline: Timeline) -> [ReadOnlyMap] {
    // Each operation done replaced one place at most, and no place before the last so many.
    let done = timeline.revision - revision
    if done > 0 { forget(from: max(0, timeline.entries.count - done)) }
    revision = timeline.revision
    let end = min(timeline.position.entry + 1, timeline.entries.count)
    let wanted = max(0, end - Self.reach)..<end
    if wanted.isEmpty { return [] }
    if wanted.upperBound <= known.lowerBound || wanted.lowerBound > known.upperBound {
      (maps, known) = ([], wanted.lowerBound..<wanted.lowerBound)
    }
    for entry in max(known.upperBound, wanted.lowerBound)..<max(known.upperBound, end) {
      note(timeline.entries[entry].operation, at: entry)
    }
    known = known.lowerBound..<max(known.upperBound, end)
    return maps.filter { $0.entry < end }
  }

  private mutating func forget(from entry: Int) {
    maps.removeAll { $0.entry >= entry }
    known = min(known.lowerBound, entry)..<min(known.upperBound, entry)
  }

  private mutating func note(_ operation: Operation, at entry: Int) {
    guard case .map(let domain, let iova, let physical, let size, let asked) = operation,
      asked.contains(.read), !asked.contains(.write)
    else { return }
    maps.append(
      ReadOnlyMap(entry: entry, domain: domain, iova: iova, physical: physical, size: size))
  }
}
