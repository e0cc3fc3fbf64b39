internal import IOMMUHardware
internal import IOMMUModel

/// Machines of the past, kept page by page: each one holds what changed since the one before.
///
/// Undo by events reaches back as far as events are kept. Further back, the nearest checkpoint is
/// put together from the pages, and the operations after it are run again.
struct Checkpoints: Sendable {
  private struct Checkpoint: Sendable {
    /// How many operations had been done.
    let operations: Int
    /// The machine without the words of its memory.
    let shell: Machine
    /// The pages written since the checkpoint before, with their words; nil is all zero.
    let pages: [(page: UInt64, words: [UInt32]?)]
  }

  private let origin: Machine
  private var checkpoints: [Checkpoint] = []
  /// Pages that changed since the last checkpoint, beside those the machine itself knows of.
  private var alsoChanged: Set<UInt64> = []

  init(origin: Machine) { self.origin = origin }

  /// How many operations the newest checkpoint stands after.
  var newest: Int { checkpoints.last?.operations ?? 0 }

  mutating func add(_ machine: inout Machine, after operations: Int) {
    let pages = alsoChanged.union(machine.takeDirtyPages()).sorted()
    alsoChanged = []
    checkpoints.append(
      Checkpoint(
        operations: operations, shell: machine.withoutWords(),
        pages: pages.map { ($0, machine.board.memory.contents(ofPage: $0)) }))
  }

  /// Forgets the checkpoints after so many operations: that future is given up.
  mutating func truncate(to operations: Int) {
    while let last = checkpoints.last, last.operations > operations {
      alsoChanged.formUnion(last.pages.map(\.page))
      checkpoints.removeLast()
    }
  }

  /// The latest machine that had done at most so many operations, and how many.
  func machine(atMost operations: Int) -> (machine: Machine, operations: Int) {
    guard let index = checkpoints.lastIndex(where: { $0.operations <= operations }) else {
      return (origin, 0)
    }
    var words: [UInt64: [UInt32]?] = [:]
    for checkpoint in checkpoints[...index] {
      for (page, contents) in checkpoint.pages { words[page] = contents }
    }
    var machine = checkpoints[index].shell
    machine.takeWords(of: origin, replaced: words.sorted { $0.key < $1.key })
    return (machine, checkpoints[index].operations)
  }
}
