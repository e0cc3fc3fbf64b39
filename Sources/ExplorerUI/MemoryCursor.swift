internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Where the memory view's cursor is: a word, and whether arrows move among words or among runs.
struct MemoryCursor: Hashable, Sendable {
  /// The word chosen; nil before anybody chose one.
  var address: PhysicalAddress?
  var isInside = false
}

/// The words of a page as the memory view lays them out.
struct WordGrid: Hashable {
  /// Entries of tables may be wider than words.
  let wordBytes: UInt64
  let wordsPerRow: UInt64

  var rowBytes: UInt64 { wordBytes * wordsPerRow }

  init(wordBytes: UInt64, width: Int) {
    self.wordBytes = wordBytes
    let room = UInt64(max(0, width - 5)) / (wordBytes * 2 + 1)
    let bytes: UInt64 = [64, 32].first { room >= $0 / wordBytes } ?? 16
    wordsPerRow = bytes / wordBytes
  }

  /// How far a move goes, in bytes, and whether up in memory.
  func move(_ direction: Direction) -> (bytes: UInt64, isForward: Bool) {
    switch direction {
    case .left: (wordBytes, false)
    case .right: (wordBytes, true)
    case .up: (rowBytes, false)
    case .down: (rowBytes, true)
    case .pageUp: (4096, false)
    case .pageDown: (4096, true)
    }
  }
}

extension Explorer {
  /// The word that the memory view stands on: chosen, or the first of the tables looked at.
  var memoryAddress: PhysicalAddress {
    memoryCursor.address
      ?? firstWord(from: Subject(selection, in: machine).table ?? PhysicalMemory.poolBase)
  }

  /// The first word that is not 0 from an address on, or the one there; looks through a few pages.
  private func firstWord(from start: PhysicalAddress) -> PhysicalAddress {
    let memory = machine.board.memory
    let words = (0..<4096).lazy.map { PhysicalAddress(start.value &+ UInt64($0) * 4) }
    return words.first { memory.word(at: $0) != 0 } ?? start
  }

  /// How the words around the memory view's cursor are laid out.
  var memoryGrid: WordGrid {
    let use = machine.board.memory.use(ofPage: memoryAddress.page)
    let isWide =
      switch use {
      case .firstLevelTable, .lowerLevelTable, .freed: machine.platform.format.entryBytes == 8
      case .rootTable, .contextTable: true
      case .buffer, .coherentBuffer: false
      }
    return WordGrid(wordBytes: isWide ? 8 : 4, width: layout.inspector.width - 2)
  }

  mutating func moveInMemory(_ direction: Direction) {
    guard memoryCursor.isInside else {
      moveToRun(direction.steps(across: 1, down: 1))
      return
    }
    let (bytes, isForward) = memoryGrid.move(direction)
    let here = memoryAddress.value & ~(memoryGrid.wordBytes - 1)
    let (sum, isOver) =
      isForward ? here.addingReportingOverflow(bytes) : here.subtractingReportingOverflow(bytes)
    if !isOver { memoryCursor.address = PhysicalAddress(sum) }
  }

  private mutating func moveToRun(_ step: Int) {
    guard let runs = survey.memory?.runs, !runs.isEmpty else { return }
    let here = survey.memory?.index(of: memoryAddress) ?? 0
    let run = runs[max(0, min(runs.count - 1, here + step))]
    let first = firstWord(from: run.start)
    memoryCursor.address = run.contains(first) ? first : run.start
  }

  /// Goes to a word of memory, among the words around it.
  mutating func followWord(_ address: PhysicalAddress) {
    remember()
    memoryCursor = MemoryCursor(address: address, isInside: true)
    view = .memory
    focus = .inspector
  }

  /// From the list into the words; from a word to what it is: an entry, or mapped memory.
  mutating func openMemory() {
    guard memoryCursor.isInside else {
      memoryCursor = MemoryCursor(address: memoryAddress, isInside: true)
      return
    }
    let address = memoryAddress
    if machine.tableOwner(of: address) != nil {
      follow(.physical(address.value))
    } else if let first = survey.pointing(toPage: address.page).first {
      let (start, target) = (first.range.physical.value, address.value)
      let offset = target > start ? target - start : 0
      follow(
        .mapping(
          domain: machine.system.name(of: first.domain), iova: first.range.iova.value &+ offset))
    } else {
      notice = "No table lies here, and no mapping leads here."
    }
  }
}
