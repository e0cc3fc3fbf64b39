package import IOMMUHardware
internal import IOMMUModel

/// What an operation made the machine do: the numbers that are compared when one asks what is cheap.
package struct Cost: Hashable, Sendable {
  /// Registers written by software, those that flush among them.
  package private(set) var registerWrites: UInt32 = 0
  /// Words of tables and of other memory that software stored.
  package private(set) var words: UInt32 = 0
  /// Writes that make a TLB, or another cache of an IOMMU, forget something.
  package private(set) var flushes: UInt32 = 0
  /// Words that a walker read.
  package private(set) var walkReads: UInt32 = 0
  /// What went wrong without anybody noticing.
  package private(set) var mistakes: UInt32 = 0
  /// Not all that happened was recorded: there was more of everything.
  package private(set) var isPartial = false

  package init() {}

  /// Counts what was recorded on a board.
  package init(of recording: Recording, on board: Board) {
    isPartial = !recording.isComplete
    var scan = MistakeScan()
    for event in recording.events {
      if scan.isMistake(event) { mistakes += 1 }
      switch event.change {
      case .registerWrite(let iommu, let offset, _, let new, _):
        registerWrites += 1
        if board.iommus[Int(iommu)].isFlush(new, at: offset) { flushes += 1 }
      case .memoryWrite, .memoryWrite64: words += 1
      case .memoryRead(_, _, let level) where level > 0: walkReads += 1
      case .routingRead: walkReads += 1
      default: break
      }
    }
  }

  /// It cost nothing at all.
  package var isNothing: Bool {
    registerWrites == 0 && words == 0 && walkReads == 0 && mistakes == 0
  }
}
