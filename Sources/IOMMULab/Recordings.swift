internal import IOMMUHardware

/// What operations did, of as many around the cursor as a budget allows; the rest can be made again.
struct Recordings: Sendable {
  private var kept: [Int: Recording] = [:]
  /// How many events are kept, and a few more for what it takes to keep an operation's at all.
  private(set) var weight = 0
  /// Nothing is kept of operations before the one or after the other.
  private var oldest = Int.max
  private var newest = -1
  private static let overhead = 4

  subscript(entry: Int) -> Recording? { kept[entry] }

  mutating func keep(_ recording: Recording, of entry: Int) {
    guard kept[entry] == nil else { return }
    kept[entry] = recording
    weight += recording.events.count + Self.overhead
    oldest = min(oldest, entry)
    newest = max(newest, entry)
  }

  mutating func truncate(to count: Int) {
    while newest >= count { forget(newest) }
  }

  /// While more than `budget` is kept, gives up the recording farthest from the cursor.
  mutating func forgetFarthest(from cursor: Int, beyond budget: Int) {
    while weight > budget, oldest <= newest {
      let (before, after) = (cursor - oldest, newest - cursor)
      if before == 0, after == 0 { break }
      forget(before >= after ? oldest : newest)
    }
  }

  /// Gives up the oldest or the newest, and comes nearer by one.
  private mutating func forget(_ entry: Int) {
    if let recording = kept.removeValue(forKey: entry) {
      weight -= recording.events.count + Self.overhead
    }
    if entry == newest {
      newest -= 1
      if newest < oldest { (oldest, newest) = (.max, -1) }
    } else {
      oldest += 1
    }
  }
}
