package import IOMMUHardware
package import IOMMUModel

/// Finding in the past what made a thing as it is.
extension Timeline {
  /// Where a register or a word of memory was written last before the current step.
  ///
  /// Asked again from there, it finds the write before that one. At most `most` events are looked
  /// at, and operations whose events were given up are done again at most a few times, so that a
  /// long past costs no more than a moment: nil is also "not in the part that was looked at".
  package func lastChange(of place: StatePlace, most: Int = 2_000_000) -> Position? {
    guard position.entry >= 0 else { return nil }
    var trial = self
    var rest = most
    var recoveries = 16
    var entry = position.entry
    var end = recording.isComplete ? currentEvent ?? 0 : 0
    while rest > 0 {
      if let found = trial.recording(of: entry)?.lastWrite(of: place, before: end) {
        return Position(entry: entry, events: found + 1)
      }
      rest -= end + 1
      entry -= 1
      guard entry >= 0 else { return nil }
      if trial.recording(of: entry) == nil {
        guard recoveries > 0 else { return nil }
        recoveries -= 1
        trial.jump(to: Position(entry: entry, events: .max))
      }
      end = trial.recording(of: entry)?.events.count ?? 0
    }
    return nil
  }
}

extension Recording {
  /// The last of the first `end` events that wrote a place, also one that wrote what was there.
  fileprivate func lastWrite(of place: StatePlace, before end: Int) -> Int? {
    events.prefix(end).lastIndex { $0.change.writes(place) }
  }
}

extension Change {
  /// It stored something in a register or a word of memory, whoever did it.
  package func writes(_ place: StatePlace) -> Bool {
    switch (self, place) {
    case (.registerWrite(let unit, let at, _, _, _), .register(let iommu, let offset)),
      (.registerSet(let unit, let at, _, _), .register(let iommu, let offset)):
      return Int(unit) == iommu && at == offset
    case (.memoryWrite(let at, _, _), .memory(let address)),
      (.dmaWrite(let at, _, _), .memory(let address)):
      return at.value & ~3 == address.value & ~3
    case (.memoryWrite64(let at, _, _), .memory(let address)),
      (.dmaWrite64(let at, _, _), .memory(let address)):
      return at.value & ~7 == address.value & ~7
    case (.pageClear(let at, _), .memory(let address)): return at.page == address.page
    default: return false
    }
  }
}
