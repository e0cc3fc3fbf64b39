package import IOMMUHardware
package import IOMMUModel

/// An operation tried on a copy of the machine: what would happen, without a trace of it.
package struct Trial: Sendable {
  package let outcome: Outcome
  /// What it would do, as far as `isComplete` says.
  package let recording: Recording
  /// The machine as it would be.
  package let machine: Machine

  /// The most events that a trial keeps.
  private static let mostEvents = 4096

  /// Tries an operation on a machine; nil where that would take longer than a person waits.
  package init?(_ operation: Operation, on machine: Machine) {
    guard Self.isQuick(operation, on: machine) else { return nil }
    var copy = machine
    _ = copy.takeRecording()
    copy.setRecording(true, capacity: Self.mostEvents)
    outcome = copy.apply(operation)
    recording = copy.takeRecording()
    self.machine = copy
  }

  /// So many pages, or accesses of a device, are tried.
  private static let mostPieces: UInt64 = 20_000
  /// So much memory is copied for it, in bytes.
  private static let mostMemory = 128 << 20

  private static func isQuick(_ operation: Operation, on machine: Machine) -> Bool {
    guard machine.board.memory.allocatedBytes < mostMemory else { return false }
    switch operation {
    case .use: return false
    case .map(_, let iova, let physical, let size, _):
      return pieces(of: size, at: iova | physical, on: machine) <= mostPieces
    case .unmap(_, let iova, let size):
      return pieces(of: size, at: iova, on: machine) <= mostPieces
    case .traffic(_, let traffic): return traffic.count <= mostPieces
    case .client(let operation): return operation.mostPages(on: machine) <= mostPieces
    default: return true
    }
  }

  /// About how many pages a range takes, by the alignment of where it starts.
  private static func pieces(of size: UInt64, at start: UInt64, on machine: Machine) -> UInt64 {
    let sizes = machine.platform.format.pageSizes
    let fitting = (0..<64).last { bit in
      let bytes = UInt64(1) << UInt64(bit)
      return sizes.contains(bytes: bytes) && start & (bytes - 1) == 0 && bytes <= size
    }
    return size >> UInt64(fitting ?? 12)
  }
}

extension Timeline {
  /// The machine as the current operation leaves it: what a new operation would be done to.
  package var machineAfterCurrent: Machine {
    guard !isOperationDone else { return machine }
    var copy = self
    copy.jump(to: Position(entry: position.entry, events: .max))
    return copy.machine
  }
}
