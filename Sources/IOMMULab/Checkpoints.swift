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

  let origin: Machine
  private var checkpoints: [Checkpoint] = []
  private var pageCount = 0
  /// Pages that changed since the last checkpoint, beside those the machine itself knows of.
  private var alsoChanged: Set<UInt64> = []

  /// Operations between two checkpoints.
  private(set) var interval: Int
  private static let mostCheckpoints = 1024
  /// 64 MiB of words.
  private static let mostPages = 16_384

  init(origin: Machine, interval: Int) { (self.origin, self.interval) = (origin, interval) }

  /// How many operations the newest checkpoint stands after.
  var newest: Int { checkpoints.last?.operations ?? 0 }

  mutating func add(_ machine: inout Machine, after operations: Int) {
    let pages = alsoChanged.union(machine.takeDirtyPages()).sorted()
    alsoChanged = []
    checkpoints.append(
      Checkpoint(
        operations: operations, shell: machine.withoutWords(),
        pages: pages.map { ($0, machine.board.memory.contents(ofPage: $0)) }))
    pageCount += pages.count
    if checkpoints.count > Self.mostCheckpoints
      || pageCount > Self.mostPages && checkpoints.count > 8
    {
      thin()
    }
  }

  /// Takes every second checkpoint out; its pages go to the one after it.
  ///
  /// What is kept of the past stays bounded, and running it again takes twice as long.
  private mutating func thin() {
    interval *= 2
    var kept: [Checkpoint] = []
    for index in stride(from: checkpoints.count - 1, through: 0, by: -2) {
      let last = checkpoints[index]
      guard index > 0 else {
        kept.append(last)
        break
      }
      let later = Set(last.pages.map(\.page))
      let pages = checkpoints[index - 1].pages.filter { !later.contains($0.page) } + last.pages
      kept.append(
        Checkpoint(operations: last.operations, shell: last.shell, pages: pages))
    }
    checkpoints = kept.reversed()
    pageCount = checkpoints.reduce(0) { $0 + $1.pages.count }
  }

  /// Forgets the checkpoints after so many operations: that future is given up.
  mutating func truncate(to operations: Int) {
    while let last = checkpoints.last, last.operations > operations {
      alsoChanged.formUnion(last.pages.map(\.page))
      pageCount -= last.pages.count
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
