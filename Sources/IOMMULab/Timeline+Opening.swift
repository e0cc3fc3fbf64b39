internal import IOMMUHardware
internal import IOMMUModel

extension Timeline {
  /// Stops where the last operation gives a walker its first table, if it does.
  ///
  /// Of a shipped scene that is the most telling moment: the middle of an attach.
  package mutating func stopAtFirstTable() {
    let end = position
    jump(to: Position(entry: end.entry, events: 0))
    let before = machine.walkedTables
    while position < end {
      let done = position.events
      guard forward(), position.entry == end.entry else { break }
      // A reset writes many words that are there already: no context is looked at for those.
      guard happened.dropFirst(done).contains(where: \.change.mayLeadElsewhere) else { continue }
      let now = machine.walkedTables
      if zip(before, now).contains(where: { $0 == nil && $1 != nil }) {
        // Where that is the last step of all, the one before it tells what is still missing.
        if isOperationDone { back() }
        return
      }
    }
    jump(to: end)
  }
}

extension Machine {
  /// The first table of every context, in their order; nil where none is set.
  fileprivate var walkedTables: [PhysicalAddress?] {
    board.iommus.indices.flatMap { iommu in
      (0..<board.iommus[iommu].bankCount).map {
        BankStatus(bank: $0, of: iommu, in: self).table
      }
    }
  }
}

extension Change {
  /// A walk may begin or end elsewhere after it.
  fileprivate var mayLeadElsewhere: Bool {
    switch self {
    case .call, .return, .registerRead: false
    case .registerWrite(_, _, let old, _, let kept): old != kept
    case .memoryWrite(_, let old, let new): old != new
    case .memoryWrite64(_, let old, let new): old != new
    default: true
    }
  }
}
