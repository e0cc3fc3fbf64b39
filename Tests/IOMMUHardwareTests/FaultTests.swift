import IOMMUHardware
import TestSupport
import Testing

/// What a fault leaves in FSR, FAR and FSYNR, and what clears it.
@Suite struct `Fault registers` {
  /// Bank 0 on, nothing mapped but a read-only section at 0x10000000; a fault does not stall.
  private func board(actlr: UInt32 = 0x3_3002) -> Board {
    var board = Board.small()
    board.put(0x6003_0c0e | 1 << 15, 0x10400)
    board.turnOn(table: 0x10000, actlr: actlr)
    _ = board.takeChanges()
    return board
  }

  @Test func `the first fault names its kind by one bit, its address and its stream`() {
    var board = board()
    let fault = board.go(0x2000_0123, .write, stream: 2, isPrivileged: true).fault
    #expect(fault?.status == 2)
    #expect(board.word(of: MSMRegisters.fsr) == 2)
    #expect(board.word(of: MSMRegisters.far) == 0x2000_0123)
    #expect(board.word(of: MSMRegisters.fsynr0) == 2)
    #expect(board.word(of: MSMRegisters.fsynr1) == 0x120)
    #expect(board.takeChanges().last == .interrupt(iommu: 0))
  }

  @Test func `a second fault adds MULTI and keeps the first one's address and kind`() {
    var board = board()
    board.go(0x2000_0000, .read)
    let second = board.go(0x1000_0000, .write).fault
    #expect(second?.kind == .permission)
    #expect(second?.status == 0x8000_0002)
    #expect(board.word(of: MSMRegisters.fsr) == 0x8000_0002)
    #expect(board.word(of: MSMRegisters.far) == 0x2000_0000)
    #expect(board.word(of: MSMRegisters.fsynr1) == 0)
  }

  @Test func `writing ones clears bits, writing zeros does nothing`() {
    var board = board()
    board.go(0x2000_0000)
    board.write(MSMRegisters.fsr, 0)
    #expect(board.word(of: MSMRegisters.fsr) == 2)
    board.write(MSMRegisters.fsr, 0x4000_000f)
    #expect(board.word(of: MSMRegisters.fsr) == 0)
    // FAR stays as it was until the next fault.
    #expect(board.word(of: MSMRegisters.far) == 0x2000_0000)
    board.go(0x3000_0000)
    #expect(board.word(of: MSMRegisters.far) == 0x3000_0000)
  }

  @Test func `SL stays when the driver's mask clears the rest, and goes with the next fault`() {
    var board = board()
    board.put(0x0004_0001, 0x10404)
    board.go(0x1010_0000)
    #expect(board.word(of: MSMRegisters.fsr) == 0x1_0002)
    board.write(MSMRegisters.fsr, 0x4000_000f)
    #expect(board.word(of: MSMRegisters.fsr) == 0x1_0000)
    #expect(!board.isInterrupting(0))
    board.go(0x2000_0000)
    #expect(board.word(of: MSMRegisters.fsr) == 2)
  }

  @Test func `FSRRESTORE sets FSR and holds nothing itself`() {
    var board = board()
    board.write(MSMRegisters.fsrRestore, 0x8001_0002)
    #expect(board.word(of: MSMRegisters.fsr) == 0x8001_0002)
    #expect(board.word(of: MSMRegisters.fsrRestore) == 0)
    board.write(MSMRegisters.fsrRestore, 0)
    #expect(board.word(of: MSMRegisters.fsr) == 0)
    board.writeRegister(MSMRegisters.esrRestore, of: 0, 0x8000_0001)
    #expect(board.register(MSMRegisters.esr, of: 0) == 0x8000_0001)
  }

  @Test func `with CFCFG a fault stalls its context until SS is cleared or RESUME is written`() {
    for clear in [(MSMRegisters.fsr, UInt32(0x4000_000f)), (MSMRegisters.resume, 1)] {
      var board = board(actlr: 0x3_7002)
      board.turnOn(bank: 1, table: 0x10000, asid: 1)
      #expect(board.go(0x2000_0000).fault?.status == 0x4000_0002)
      #expect(board.go(0x1000_0000) == .stalled)
      #expect(board.look(0x1000_0000) == .stalled(bank: 0))
      // The bank beside it goes on.
      #expect(board.go(0x1000_0000, stream: 1).address == 0x6000_0000)
      board.write(clear.0, clear.1)
      #expect(board.word(of: MSMRegisters.fsr) & 0x4000_0000 == 0)
      #expect(board.go(0x1000_0000).address == 0x6000_0000)
    }
  }

  @Test func `a bank interrupts only where CFEIE is set`() {
    var quiet = board(actlr: 0x3_3000)
    quiet.go(0x2000_0000)
    #expect(!quiet.isInterrupting(0))
    #expect(!quiet.takeChanges().contains(.interrupt(iommu: 0)))
    quiet.write(MSMRegisters.actlr, 0x3_3002)
    #expect(quiet.isInterrupting(0))
    quiet.write(MSMRegisters.fsr, 2)
    #expect(!quiet.isInterrupting(0))
  }

  @Test func `REV, IDR and V2PSR cannot be written`() {
    var board = board()
    board.writeRegister(MSMRegisters.idr, of: 0, 0xffff_ffff)
    board.writeRegister(MSMRegisters.rev, of: 0, 0xffff_ffff)
    board.write(MSMRegisters.v2psr, 0xffff_ffff)
    #expect(board.register(MSMRegisters.idr, of: 0) == 0)
    #expect(board.register(MSMRegisters.rev, of: 0) == 0)
    #expect(board.word(of: MSMRegisters.v2psr) == 0)
  }

  @Test func `every register that stores keeps its word apart from all others`() {
    var board = Board.small(banks: 3)
    var written: [UInt32: UInt32] = [:]
    let banks = (UInt32(0)..<3).flatMap { bank in
      stride(from: 0, to: 0x80, by: 4).map { bank << 12 | $0 }
    }
    let globals = Array(stride(from: UInt32(0xf_f000), to: 0x10_0000, by: 4))
    let special: Set<UInt32> = [0x20, 0x24, 0x40]
    for (index, offset) in (banks + globals).enumerated() {
      let inBank = offset < 0xf_f000
      if inBank && special.contains(offset & 0xfff) { continue }
      if [0xf_ff00, 0xf_ff04, 0xf_ff88, 0xf_ff8c, 0xf_fff4, 0xf_fff8].contains(offset) { continue }
      // CBACR of banks that are not there, and the gap after it.
      if offset >= 0xf_f80c && offset < 0xf_fe00 { continue }
      written[offset] = UInt32(index + 1)
      board.writeRegister(offset, of: 0, UInt32(index + 1))
    }
    for (offset, word) in written {
      #expect(board.register(offset, of: 0) == word, "offset \(String(offset, radix: 16))")
    }
  }

  @Test func `an offset where no register is takes any write and reads 0`() {
    var board = board()
    for offset: UInt32 in [1, 0x3, 0x2000, 0xf_e000, 0xf_f808, 0x10_0000, 0xffff_fffc, 0xffff_ffff]
    {
      let before = board
      board.writeRegister(offset, of: 0, 0xffff_ffff)
      #expect(board.register(offset, of: 0) == 0)
      #expect(board == before)
    }
  }
}

/// V2P: a bank asked by software, answered in PAR.
@Suite struct `Probes through V2P` {
  /// Bank 0 with the CPU's memory types, and a page of each size.
  private func board() -> Board {
    var board = Board.small(sets: 16, ways: 4)
    board.put(0x6003_0c0e, 0x10400)  // 1M, class 3, shared
    for index in UInt64(0)..<16 { board.put(0x7007_1c0e, 0x10800 + index * 4) }  // 16M, class 7
    board.put(0x0004_0001, 0x10c00)
    for index in UInt64(0)..<16 { board.put(0x8001_0c35, 0x40000 + index * 4) }  // 64K, class 1
    board.put(0x8002_3c3a, 0x40040)  // 4K, class 2
    board.put(0x8002_4c1a, 0x40044)  // 4K, privileged only
    board.put(0x8002_5c2a, 0x40048)  // 4K, AP 2: users may only read
    board.turnOn(table: 0x10000)
    board.write(MSMRegisters.prrr, 0xff0a_81a8)
    board.write(MSMRegisters.nmrr, 0x40e0_40e0)
    return board
  }

  private func par(_ board: inout Board, _ word: UInt32, _ register: UInt32 = MSMRegisters.v2ppr)
    -> UInt32
  {
    board.write(register, word)
    return board.word(of: MSMRegisters.par)
  }

  @Test func `PAR holds the page with the address's own bits merged in`() {
    var board = board()
    #expect(par(&board, 0x100a_b000) & 0xffff_f001 == 0x600a_b000)
    #expect(par(&board, 0x3000_f000) & 0xffff_f001 == 0x8001_f000)
    #expect(par(&board, 0x3001_0000) & 0xffff_f001 == 0x8002_3000)
  }

  @Test func `SS marks a supersection, whose upper eight bits count`() {
    var board = board()
    #expect(par(&board, 0x20ab_c000) & 0xff00_0003 == 0x7000_0002)
    #expect(par(&board, 0x1000_0000) & 2 == 0)
  }

  @Test func `MT, SH and NOS tell the memory's kind`() {
    var board = board()
    // Inner policies: class 3 write-back no-allocate 7, class 7 write-back allocate 5, 1 none 0, 2
    // write-through 6; all shared, for NS1 is 1 in PRRR, and NOS is 1 for every class.
    #expect(par(&board, 0x1000_0000) & 0xff2 == 0x4f0)
    #expect(par(&board, 0x2000_0000) & 0x70 == 5 << 4)
    #expect(par(&board, 0x3000_0000) & 0x70 == 0)
    #expect(par(&board, 0x3001_0000) & 0x70 == 6 << 4)
    #expect(par(&board, 0x3001_0000) & 0x480 == 0x480)
  }

  @Test func `a fault shows its bit, its level and bit 0, and touches no fault register`() {
    var board = board()
    #expect(par(&board, 0x5000_0000) == 3)
    #expect(par(&board, 0x3002_0000) == 0x1_0003)
    #expect(board.word(of: MSMRegisters.fsr) == 0)
    #expect(board.word(of: MSMRegisters.far) == 0)
  }

  @Test func `each of the four asks with its own access and privilege`() {
    var board = board()
    let all = [
      MSMRegisters.v2ppr, MSMRegisters.v2ppw, MSMRegisters.v2pur, MSMRegisters.v2puw,
    ]
    #expect(all.map { par(&board, 0x3001_1000, $0) & 1 } == [0, 0, 1, 1])
    #expect(all.map { par(&board, 0x3001_2000, $0) & 1 } == [0, 0, 0, 1])
    #expect(par(&board, 0x3001_1000, MSMRegisters.v2pur) == 0x1_0009)
  }

  @Test func `a probe walks where V2PCFG says so, and fills the TLB`() {
    var board = board()
    _ = par(&board, 0x1000_0000)
    #expect(board.remembered == [0x1000_0000])
    board.write(MSMRegisters.contextTLBIALL, 0)
    board.write(MSMRegisters.actlr, 0x3002)
    #expect(par(&board, 0x1000_0000) == 1 | 1 << 4)
    #expect(board.remembered.isEmpty)
  }

  @Test func `with a table of nothing at 0, PAR is a translation fault: the trial of probing`() {
    var board = Board.small()
    board.write(MSMRegisters.sctlr, 1)
    board.write(MSMRegisters.actlr, 1 << 16)
    board.write(MSMRegisters.v2ppr, 0)
    #expect(board.word(of: MSMRegisters.par) == 3)
  }
}
