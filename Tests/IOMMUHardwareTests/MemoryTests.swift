import IOMMUHardware
import TestSupport
import Testing

/// Words in sparse pages.
@Suite struct `Physical memory` {
  private func address(_ value: UInt64) -> PhysicalAddress { PhysicalAddress(value) }

  @Test func `a word never written is 0, wherever it is`() {
    let memory = PhysicalMemory()
    for place: UInt64 in [0, 0x4000_0000, 0xffff_fffc, 0x1_0000_0000, .max] {
      #expect(memory.word(at: address(place)) == 0)
    }
    #expect(memory.populatedPages.isEmpty)
  }

  @Test func `a word stays where it was stored, and storing answers what was there`() {
    var memory = PhysicalMemory()
    #expect(memory.store(7, at: address(0)) == 0)
    #expect(memory.store(8, at: address(0xffff_fffc)) == 0)
    #expect(memory.store(9, at: address(0x12_3456_7000)) == 0)
    #expect(memory.store(10, at: address(0)) == 7)
    #expect(memory.word(at: address(3)) == 10)
    #expect(memory.word(at: address(4)) == 0)
    #expect(memory.word(at: address(0xffff_ffff)) == 8)
    #expect(memory.word(at: address(0x12_3456_7000)) == 9)
    #expect(memory.populatedPages == [0, 0xf_ffff, 0x1234_567])
  }

  @Test func `two memories are equal when their words are, whatever was written on the way`() {
    var left = PhysicalMemory()
    var right = PhysicalMemory()
    _ = left.store(1, at: address(0x1000))
    _ = left.store(2, at: address(0x9000_0000))
    _ = right.store(5, at: address(0x7777_0000))
    _ = right.store(0, at: address(0x7777_0000))
    _ = right.store(2, at: address(0x9000_0000))
    #expect(left != right)
    _ = right.store(1, at: address(0x1000))
    #expect(left == right)
  }

  @Test func `an empty kilobyte is one whose 256 words are 0`() {
    var memory = PhysicalMemory()
    #expect(memory.isKilobyteEmpty(at: address(0x4000_0000)))
    _ = memory.store(1, at: address(0x4000_07fc))
    #expect(memory.isKilobyteEmpty(at: address(0x4000_0000)))
    #expect(!memory.isKilobyteEmpty(at: address(0x4000_0400)))
    #expect(memory.isKilobyteEmpty(at: address(0x4000_0800)))
    _ = memory.store(2, at: address(0x4000_07fc))
    _ = memory.store(3, at: address(0x4000_0400))
    _ = memory.store(0, at: address(0x4000_07fc))
    #expect(!memory.isKilobyteEmpty(at: address(0x4000_0400)))
    _ = memory.store(0, at: address(0x4000_0400))
    #expect(memory.isKilobyteEmpty(at: address(0x4000_0400)))
  }

  @Test func `whole pages are read, replaced and cleared`() {
    var memory = PhysicalMemory()
    #expect(memory.contents(ofPage: 5) == nil)
    var words = [UInt32](repeating: 0, count: 1024)
    (words[0], words[1023]) = (1, 2)
    memory.setContents(ofPage: 5, to: words)
    #expect(memory.word(at: address(0x5000)) == 1)
    #expect(memory.word(at: address(0x5ffc)) == 2)
    #expect(memory.contents(ofPage: 5) == words)
    memory.setContents(ofPage: 5, to: nil)
    #expect(memory.contents(ofPage: 5) == nil)
    #expect(memory == PhysicalMemory())
  }

  @Test func `pages written since the last question are named once, in order`() {
    var memory = PhysicalMemory()
    for place: UInt64 in [0x9000, 0x1000, 0x9004, 0x2_0000_0000] {
      _ = memory.store(1, at: address(place))
    }
    #expect(memory.takeDirtyPages() == [1, 9, 0x20_0000])
    #expect(memory.takeDirtyPages().isEmpty)
    _ = memory.store(0, at: address(0x1000))
    #expect(memory.takeDirtyPages() == [1])
  }

  @Test func `a hole does not answer, all else does`() {
    let memory = PhysicalMemory(holes: [0x1000..<0x2000, 0x8000_0000..<0x9000_0000])
    #expect(memory.answers(at: address(0xfff)))
    #expect(!memory.answers(at: address(0x1000)))
    #expect(!memory.answers(at: address(0x8fff_ffff)))
    #expect(memory.answers(at: address(0x9000_0000)))
  }

  @Test func `a word counts as a table's only where memory answers around it`() {
    var memory = PhysicalMemory(holes: [0..<0x1000, 0x4001_c000..<0x4002_0000])
    for place: UInt64 in [0x4000_0008, 0x4000_fff8, 0x4001_0008, 0x4001_c008, 0x4002_0008] {
      _ = memory.store(doubleWord: place, at: address(place))
      #expect(memory.doubleWord(at: address(place)) == place)
      let isTable: UInt64? = place < 0x4001_8000 ? place : nil
      #expect(memory.tableDoubleWord(at: address(place)) == isTable)
      #expect(memory.tableDoubleWord(place & 0xfff / 8, ofPage: address(place | 7)) == isTable)
      #expect(memory.tableWord(at: address(place)) == isTable.map(UInt32.init))
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `64 bits are two words, the low one first`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var memory = PhysicalMemory()
    var words = memory
    for step in 0..<2000 {
      let place = address(
        random.pick([0x4000_0000, 0x4000_8000, 0x9000_0000]) + random.below(256) * 8)
      let masks: [UInt64] = [0, 0xffff_ffff, 0xffff_ffff_0000_0000, .max]
      let word = random.next() & random.pick(masks)
      let old = UInt64(words.word(at: place)) | UInt64(words.word(at: place + 4)) << 32
      let isKept = random.oneIn(2) && old != 0
      if isKept {
        let isStored = memory.storeWhereEmpty(doubleWord: word, at: place)
        #expect(!isStored, "seed \(seed), step \(step)")
        continue
      }
      let found = memory.store(doubleWord: word, at: place)
      #expect(found == old, "seed \(seed), step \(step)")
      _ = words.store(UInt32(truncatingIfNeeded: word), at: place)
      _ = words.store(UInt32(truncatingIfNeeded: word >> 32), at: place + 4)
      #expect(memory.doubleWord(at: place) == word, "seed \(seed), step \(step)")
      #expect(
        memory.isKilobyteEmpty(at: place) == words.isKilobyteEmpty(at: place),
        "seed \(seed), step \(step)")
    }
    #expect(memory == words, "seed \(seed)")
    let (written, expected) = (memory.takeDirtyPages(), words.takeDirtyPages())
    #expect(written == expected, "seed \(seed)")
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `random words agree with a dictionary`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var memory = PhysicalMemory()
    var oracle: [UInt64: UInt32] = [:]
    let regions: [UInt64] = [0, 0x4000_0000, 0x40ff_f000, 0xffff_e000, 0x1_0000_0000]
    for step in 0..<4000 {
      let place = random.pick(regions) + random.below(2048) * 4
      let word = random.oneIn(3) ? 0 : UInt32(truncatingIfNeeded: random.next())
      #expect(
        memory.store(word, at: address(place)) == oracle[place, default: 0],
        "seed \(seed), step \(step)")
      oracle[place] = word
    }
    #expect(oracle.allSatisfy { memory.word(at: address($0.key)) == $0.value }, "seed \(seed)")
    let pages = Set(oracle.filter { $0.value != 0 }.map { $0.key >> 12 }).sorted()
    #expect(memory.populatedPages == pages, "seed \(seed)")
    for page in pages {
      for quarter in UInt64(0)..<4 {
        let base = page << 12 | quarter << 10
        let isEmpty = (base..<base + 1024).allSatisfy { oracle[$0, default: 0] == 0 }
        #expect(memory.isKilobyteEmpty(at: address(base)) == isEmpty, "seed \(seed)")
      }
    }
  }
}

/// The pages that tables are taken from.
@Suite struct `The page pool` {
  private func take(_ board: inout Board, _ count: Int) -> UInt64? {
    board.allocatePages(count, for: count == 1 ? .lowerLevelTable : .firstLevelTable, owner: 1)?
      .value
  }

  @Test func `the lowest free run at a multiple of its own size is taken`() {
    var board = Board.small()
    #expect(take(&board, 4) == 0x4000_0000)
    #expect(take(&board, 1) == 0x4000_4000)
    #expect(take(&board, 4) == 0x4000_8000)
    #expect(take(&board, 1) == 0x4000_5000)
    #expect(take(&board, 1) == 0x4000_6000)
    #expect(take(&board, 1) == 0x4000_7000)
    #expect(take(&board, 1) == 0x4000_c000)
    #expect(board.memory.pool.pagesInUse == 13)
  }

  @Test func `what was given back is taken again, the lowest first`() {
    var board = Board.small()
    for _ in 0..<6 { _ = take(&board, 1) }
    for page: UInt64 in [0x4000_3000, 0x4000_1000] { board.freePages(PhysicalAddress(page), 1) }
    #expect(board.memory.pool.pagesInUse == 4)
    #expect(board.memory.use(ofPage: 0x40001) == .freed)
    #expect(take(&board, 1) == 0x4000_1000)
    #expect(take(&board, 1) == 0x4000_3000)
    #expect(take(&board, 1) == 0x4000_6000)
  }

  @Test func `a page keeps its words until it is taken again, and is clear then`() {
    var board = Board.small()
    _ = take(&board, 1)
    board.put(0x1234, 0x4000_0010)
    board.freePages(PhysicalAddress(0x4000_0000), 1)
    #expect(board.word(at: PhysicalAddress(0x4000_0010)) == 0x1234)
    _ = take(&board, 1)
    #expect(board.word(at: PhysicalAddress(0x4000_0010)) == 0)
  }

  @Test func `a limit refuses what would pass it, and can be lifted`() {
    var board = Board.small()
    board.limitPages(to: 5)
    #expect(take(&board, 4) == 0x4000_0000)
    #expect(take(&board, 4) == nil)
    #expect(take(&board, 1) == 0x4000_4000)
    #expect(take(&board, 1) == nil)
    board.freePages(PhysicalAddress(0x4000_4000), 1)
    #expect(take(&board, 1) == 0x4000_4000)
    board.limitPages(to: 0)
    #expect(take(&board, 1) == nil)
    board.limitPages(to: nil)
    #expect(take(&board, 4) == 0x4000_8000)
  }

  @Test func `giving back what nobody had taken is only noted`() {
    var board = Board.small()
    _ = take(&board, 1)
    let before = board
    _ = board.takeChanges()
    for page: UInt64 in [0x4000_1000, 0x9003_0000, 0, 0xffff_f000] {
      board.freePages(PhysicalAddress(page), 1)
    }
    #expect(board == before)
    #expect(
      board.takeChanges().allSatisfy {
        if case .hazard(.freedForeignPage, _, _) = $0 { true } else { false }
      })
  }

  @Test func `its pages are known by use and by owner`() {
    var board = Board.small()
    _ = board.allocatePages(4, for: .firstLevelTable, owner: 7)
    _ = board.allocatePages(1, for: .lowerLevelTable, owner: 8)
    board.freePages(PhysicalAddress(0x4000_4000), 1)
    let pages = board.memory.pool.pages
    #expect(pages.map(\.page) == [0x40000, 0x40001, 0x40002, 0x40003, 0x40004])
    #expect(
      pages.map(\.use) == [
        .firstLevelTable, .firstLevelTable, .firstLevelTable, .firstLevelTable, .freed,
      ])
    #expect(pages.map(\.owner) == [7, 7, 7, 7, 0])
  }
}

/// Every primitive of the board has its inverse.
@Suite struct `Undo and redo of the board` {
  /// One random primitive.
  private func change(_ board: inout Board, _ random: inout SplitMix64, _ taken: inout [UInt64]) {
    let word = UInt32(truncatingIfNeeded: random.next())
    switch random.below(16) {
    case 0: board.put(random.oneIn(2) ? word : 0, random.below(64) * 4 + 0x9000_0000)
    case 1: board.writeByDevice(word, at: PhysicalAddress(0x4000_0000 + random.below(4096) * 4))
    case 2: board.readByDevice(at: PhysicalAddress(0x9000_0000))
    case 3, 4:
      let count = random.oneIn(2) ? 1 : 4
      if let base = board.allocatePages(
        count, for: count == 1 ? .lowerLevelTable : .firstLevelTable,
        owner: UInt32(random.below(3) + 1))
      {
        taken.append(base.value << 4 | UInt64(count))
      }
    case 5, 6:
      guard !taken.isEmpty else { return }
      let page = taken.remove(at: Int(random.below(UInt64(taken.count))))
      board.freePages(PhysicalAddress(page >> 4), Int(page & 15))
    case 7: board.limitPages(to: random.oneIn(2) ? nil : Int(random.below(40)))
    case 8:
      let offset = UInt32(random.below(32) * 4) | UInt32(random.below(2)) << 12
      board.writeRegister(
        offset, of: 0, offset & 0xfff < 0x1c ? board.register(offset, of: 0) : word)
    case 9:
      board.writeRegister(
        random.pick([0x800, 0x1800, 0xf_ff00, 0xf_ff04, 0x804, 0x808, 0x180c]), of: 0, word)
    case 10: board.write(random.pick([0x810, 0x814, 0x818, 0x81c]), word & 0x10ff_f000)
    case 11: board.write(random.pick([MSMRegisters.fsr, MSMRegisters.resume]), .max)
    case 12: _ = board.readRegister(UInt32(random.below(32) * 4), of: 0)
    default:
      board.go(
        0x1000_0000 + random.below(0x20) << 20 + random.below(0x10_0000),
        random.pick(Access.allCases), stream: UInt32(random.below(4)),
        isPrivileged: random.oneIn(2))
    }
  }

  @Test(arguments: [UInt64(11), 12, 13, 14])
  func `taking changes back one by one and making them again gives equal boards`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var board = Board.small()
    for index in UInt64(0)..<16 {
      board.put(UInt32(0x600 + index) << 20 | 0x2_0c0e, 0x10400 + index * 4)
    }
    board.turnOn(bank: 0, table: 0x10000, actlr: 0x3_7002)
    board.turnOn(bank: 1, table: 0x10000, asid: 1)
    _ = board.takeChanges()
    var taken: [UInt64] = []
    var snapshots = [board]
    var recordings: [Recording] = []
    for _ in 0..<300 {
      change(&board, &random, &taken)
      recordings.append(board.journal.take())
      snapshots.append(board)
    }
    for index in recordings.indices.reversed() {
      for event in recordings[index].events.reversed() {
        board.undo(event.change, images: recordings[index].images)
      }
      #expect(board == snapshots[index], "seed \(seed), back to \(index)")
    }
    for index in recordings.indices {
      for event in recordings[index].events { board.redo(event.change) }
      #expect(board == snapshots[index + 1], "seed \(seed), forward to \(index + 1)")
    }
    let kinds = Set(recordings.flatMap(\.events).map { "\($0.change)".prefix { $0 != "(" } })
    #expect(
      kinds.isSuperset(of: ["tlbEvict", "tlbDrop", "tlbFill", "tlbHit", "pageFree", "fault"]))
  }

  @Test func `pages of which a part was given back before are given back one by one`() {
    // The undo of one event for all of them once took back the part as well.
    var board = Board.small()
    _ = board.allocatePages(4, for: .firstLevelTable, owner: 1)
    board.freePages(PhysicalAddress(0x4000_1000), 1)
    _ = board.allocatePages(1, for: .lowerLevelTable, owner: 2)
    board.freePages(PhysicalAddress(0x4000_2000), 1)
    _ = board.takeChanges()
    let before = board
    board.freePages(PhysicalAddress(0x4000_0000), 4)
    #expect(board.memory.pool.pagesInUse == 0)
    for change in board.takeChanges().reversed() { board.undo(change, images: []) }
    #expect(board == before)
  }

  @Test func `a journal that is off records nothing, and the board does the same`() {
    var loud = Board.small()
    var quiet = Board.small()
    quiet.journal.isOn = false
    for index in [0, 1] {
      var board = index == 0 ? loud : quiet
      board.put(0x6003_0c0e, 0x10400)
      board.turnOn(table: 0x10000)
      board.go(0x1000_0000)
      board.go(0x1000_0000)
      board.go(0x2000_0000)
      _ = board.allocatePages(1, for: .lowerLevelTable, owner: 1)
      if index == 0 { loud = board } else { quiet = board }
    }
    #expect(loud == quiet)
    #expect(quiet.journal.take().events.isEmpty)
  }

  @Test func `a journal that is full says so and keeps what it has`() {
    var board = Board.small()
    board.journal.capacity = 3
    for index in UInt64(0)..<5 { board.put(1, 0x1000 + index * 4) }
    let recording = board.journal.take()
    #expect(recording.events.count == 3)
    #expect(!recording.isComplete)
    board.put(1, 0x2000)
    #expect(board.journal.take().isComplete)
  }

  @Test func `what a function does lies under it, and its return beside its call`() {
    var board = Board.small()
    board.journal.enter("iommu_map", .domain(3))
    board.journal.enter("msm_iommu_map")
    board.put(1, 0x1000)
    board.journal.leave(-12)
    board.journal.leave(-12)
    let events = board.journal.take().events
    #expect(events.map(\.depth) == [0, 1, 2, 1, 0])
    #expect(events.first?.change == .call("iommu_map", .domain(3)))
    #expect(events.last?.change == .return(-12))
    #expect(events.map(\.change.isStep) == [false, false, true, false, false])
  }
}

/// PRRR and NMRR: what a memory class stands for.
@Suite struct `Memory types` {
  /// The CPU of the mail's machine, class by class.
  @Test(
    arguments: [
      (0, "strongly ordered"), (1, "not cached"), (2, "write-through"),
      (3, "write-back, no write-allocate"), (4, "device memory"), (5, "strongly ordered"),
      (6, "strongly ordered"), (7, "write-back, write-allocate"),
    ] as [(UInt32, String)])
  func `the CPU's eight classes`(number: UInt32, words: String) {
    let type = MemoryType(
      memoryClass: number, isShared: true, prrr: 0xff0a_81a8, nmrr: 0x40e0_40e0)
    #expect(type.words == words)
    #expect(type.isShareable)
    #expect(type.isInnerOnly)
  }

  @Test func `normal memory is shared only where its word says so`() {
    let type = MemoryType(memoryClass: 7, isShared: false, prrr: 0xff0a_81a8, nmrr: 0x40e0_40e0)
    #expect(!type.isShareable)
  }
}
