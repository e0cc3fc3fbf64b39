import IOMMUHardware
import TestSupport
import Testing

/// What the TLB remembers, and what makes it forget.
@Suite struct `The TLB` {
  /// Both banks on, one table: 16 sections from 0x10000000, and 4K pages from 0x20000000.
  private func board(
    sets: Int = 4, ways: Int = 2, global: Bool = false, vmids: [UInt32] = [0, 0]
  ) -> Board {
    var board = Board.small(sets: sets, ways: ways)
    let nG: UInt32 = global ? 0 : 1
    for index in UInt32(0)..<16 {
      board.put((0x600 + index) << 20 | nG << 17 | 0xc0e, 0x10400 + UInt64(index) * 4)
    }
    board.put(0x0004_0001, 0x10800)
    for index in UInt32(0)..<16 {
      board.put((0x80000 + index) << 12 | nG << 11 | 0x3e, 0x40000 + UInt64(index) * 4)
    }
    board.turnOn(bank: 0, table: 0x10000, asid: 0, vmid: vmids[0])
    board.turnOn(bank: 1, table: 0x10000, asid: 1, vmid: vmids[1])
    return board
  }

  @Test func `a walk fills it, and the next request hits`() {
    var board = board()
    _ = board.takeChanges()
    #expect(board.go(0x1000_0123).address == 0x6000_0123)
    #expect(board.remembered == [0x1000_0000])
    #expect(
      board.takeChanges().contains {
        if case .tlbFill(let entry, 0, 0) = $0 {
          entry.iova == 0x1000_0000 && entry.physical == 0x6000_0000
        } else {
          false
        }
      })
    #expect(board.go(0x100f_ffff).address == 0x600f_ffff)
    #expect(board.tlbHits(at: 0, of: 0) == 1)
    #expect(board.takeChanges().contains(.tlbHit(iommu: 0, slot: 0)))
  }

  @Test func `it goes on answering when the table has changed`() {
    var board = board()
    #expect(board.go(0x1000_0000).address == 0x6000_0000)
    board.put(0, 0x10400)
    #expect(board.go(0x1000_0000).address == 0x6000_0000)
    board.write(MSMRegisters.contextTLBIALL, 0)
    #expect(board.go(0x1000_0000).fault?.kind == .translation)
  }

  @Test func `a fault is not remembered`() {
    var board = board()
    #expect(board.go(0x5000_0000).fault?.kind == .translation)
    #expect(board.remembered.isEmpty)
  }

  @Test func `the set comes from the bits above the page, and a full set gives way in turn`() {
    var board = board()
    // Sections 0, 4, 8, 12 and 1 share sets 0, 0, 0, 0 and 1.
    for index in [UInt64(0), 4, 1] { board.go(0x1000_0000 + index << 20) }
    #expect(board.remembered == [0x1000_0000, 0x1040_0000, 0x1010_0000])
    board.go(0x1080_0000)
    #expect(board.remembered == [0x1080_0000, 0x1040_0000, 0x1010_0000])
    board.go(0x10c0_0000)
    #expect(board.remembered == [0x1080_0000, 0x10c0_0000, 0x1010_0000])
    board.go(0x1000_0000)
    #expect(board.remembered == [0x1000_0000, 0x10c0_0000, 0x1010_0000])
  }

  @Test func `pages of several sizes live in it side by side`() {
    var board = board()
    board.go(0x1000_0000)
    board.go(0x2000_0000)
    board.go(0x2000_1000)
    #expect(board.iommus[0].tlb.count == 3)
    #expect(board.go(0x2000_0fff).address == 0x8000_0fff)
    #expect(board.go(0x2000_1fff).address == 0x8000_1fff)
    #expect(board.go(0x100f_ffff).address == 0x600f_ffff)
    #expect(board.iommus[0].tlb.count == 3)
  }

  @Test func `another ASID does not hit, unless the entry is global`() {
    var tagged = board()
    tagged.go(0x1000_0000, stream: 0)
    tagged.go(0x1000_0000, stream: 1)
    #expect(tagged.iommus[0].tlb.count == 2)
    var global = board(global: true)
    global.go(0x1000_0000, stream: 0)
    global.go(0x1000_0000, stream: 1)
    #expect(global.iommus[0].tlb.count == 1)
    #expect(global.tlbHits(at: 0, of: 0) == 1)
  }

  @Test func `another VMID does not hit, global or not`() {
    var board = board(global: true, vmids: [3, 4])
    board.go(0x1000_0000, stream: 0)
    board.go(0x1000_0000, stream: 1)
    #expect(board.iommus[0].tlb.count == 2)
  }

  // MARK: Invalidation

  /// Sections and a page by both banks: (0x10000000, 0x10100000, 0x20000000) twice.
  private func filled(vmids: [UInt32] = [0, 0], global: Bool = false) -> Board {
    var board = board(sets: 16, ways: 4, global: global, vmids: vmids)
    for stream in [UInt32(0), 1] {
      for iova in [UInt64(0x1000_0000), 0x1010_0000, 0x2000_0000] { board.go(iova, stream: stream) }
    }
    return board
  }

  private func count(_ board: Board, asid: UInt8) -> Int {
    board.iommus[0].tlb.usedSlots.filter { board.iommus[0].tlb[$0]?.asid == asid }.count
  }

  @Test func `GLOBAL_TLBIALL drops everything`() {
    var board = filled(vmids: [3, 4])
    #expect(board.iommus[0].tlb.count == 6)
    board.writeRegister(MSMRegisters.globalTLBIALL, of: 0, 0)
    #expect(board.iommus[0].tlb.count == 0)
  }

  @Test func `CTX_TLBIALL drops what carries the bank's VMID`() {
    var apart = filled(vmids: [3, 4])
    apart.write(MSMRegisters.contextTLBIALL, bank: 0, 0)
    #expect([count(apart, asid: 0), count(apart, asid: 1)] == [0, 3])
    // As the 3.6 driver programs them: all banks have VMID 0.
    var shared = filled()
    shared.write(MSMRegisters.contextTLBIALL, bank: 0, 0)
    #expect(shared.iommus[0].tlb.count == 0)
  }

  @Test func `TLBIVMID drops one VMID, whoever asks`() {
    var board = filled(vmids: [3, 4])
    board.writeRegister(MSMRegisters.tlbivmid, of: 0, 4)
    #expect([count(board, asid: 0), count(board, asid: 1)] == [3, 0])
  }

  @Test func `TLBIASID drops one ASID, and no global entry`() {
    var board = filled()
    board.write(MSMRegisters.tlbiasid, bank: 0, 1)
    #expect([count(board, asid: 0), count(board, asid: 1)] == [3, 0])
    var global = filled(global: true)
    global.write(MSMRegisters.tlbiasid, bank: 0, 0)
    #expect(global.iommus[0].tlb.count == 3)
  }

  @Test func `TLBIVA drops one page of one ASID, addressed anywhere inside`() {
    var board = filled()
    board.write(MSMRegisters.tlbiva, bank: 0, 0x100a_b001)
    #expect(count(board, asid: 0) == 3)
    #expect(count(board, asid: 1) == 2)
    board.write(MSMRegisters.tlbiva, bank: 0, 0x2000_0000)
    #expect(count(board, asid: 0) == 2)
    // The page beside it is another one.
    board.write(MSMRegisters.tlbiva, bank: 0, 0x2000_1001)
    #expect(count(board, asid: 1) == 2)
  }

  @Test func `TLBIVA drops a global page for any ASID`() {
    var board = filled(global: true)
    board.write(MSMRegisters.tlbiva, bank: 0, 0x1000_0077)
    #expect(board.remembered.sorted() == [0x1010_0000, 0x2000_0000])
  }

  @Test func `TLBIVAA drops one page of every ASID`() {
    var board = filled()
    board.write(MSMRegisters.tlbivaa, bank: 1, 0x1000_0000)
    #expect([count(board, asid: 0), count(board, asid: 1)] == [2, 2])
    var apart = filled(vmids: [3, 4])
    apart.write(MSMRegisters.tlbivaa, bank: 1, 0x1000_0000)
    #expect([count(apart, asid: 0), count(apart, asid: 1)] == [3, 2])
  }

  @Test func `the registers that invalidate keep nothing and read 0`() {
    var board = filled()
    for register in [
      MSMRegisters.contextTLBIALL, MSMRegisters.tlbiasid, MSMRegisters.tlbiva,
      MSMRegisters.tlbivaa, MSMRegisters.v2ppr, MSMRegisters.resume,
    ] {
      board.write(register, 0x1234_5678)
      #expect(board.word(of: register) == 0)
    }
    board.writeRegister(MSMRegisters.globalTLBIALL, of: 0, 5)
    #expect(board.register(MSMRegisters.globalTLBIALL, of: 0) == 0)
  }
}
