package import IOMMUAPI
package import IOMMUHardware

/// What a device does of its own accord.
extension Machine {
  /// Makes one access, and records it under a call that names it.
  ///
  /// A write stores the word that is there already: traffic moves counters and TLBs, not memory.
  /// `destination` is where the access ends, if it does anywhere.
  package mutating func access(
    _ request: Request, by device: DeviceID, endingAt destination: PhysicalAddress?
  ) -> Board.Answer {
    system.board.journal.enter(
      request.access == .write ? "write" : "read",
      .access(request.iova, device: UInt16(truncatingIfNeeded: device.index)))
    defer { system.board.journal.leave() }
    guard request.access == .write else { return read(request) }
    return write(request, destination.map { UInt64(board.word(at: $0)) } ?? 0)
  }
}
