import IOMMUHardware
import TestSupport
import Testing

/// The way of a request from its stream to an address or a fault.
@Suite struct `A walk` {
  /// Bank 0 walks a first level at 0x10000 with a section, a supersection and a second level.
  private func board(holes: [Range<UInt64>] = []) -> Board {
    var board = Board.small(holes: holes)
    board.put(0x6003_0c0e, 0x10400)  // 0x10000000: 1M, all rights
    for index in UInt64(0)..<16 { board.put(0x7007_0c06, 0x10800 + index * 4) }  // 0x20000000: 16M
    board.put(0x0004_1401, 0x10c00)  // 0x30000000: second level at 0x41400
    for index in UInt64(0)..<16 { board.put(0x8001_0c31, 0x41400 + index * 4) }  // 64K
    board.put(0x8002_3c32, 0x41440)  // 0x30010000: 4K
    board.turnOn(table: 0x10000)
    return board
  }

  @Test func `each size keeps its own lower bits of the address`() {
    let board = board()
    #expect(board.look(0x1000_0000).physical?.value == 0x6000_0000)
    #expect(board.look(0x100f_ffff).physical?.value == 0x600f_ffff)
    #expect(board.look(0x2000_0000).physical?.value == 0x7000_0000)
    #expect(board.look(0x20ff_ffff).physical?.value == 0x70ff_ffff)
    #expect(board.look(0x3000_0000).physical?.value == 0x8001_0000)
    #expect(board.look(0x3000_ffff).physical?.value == 0x8001_ffff)
    #expect(board.look(0x3001_0000).physical?.value == 0x8002_3000)
    #expect(board.look(0x3001_0fff).physical?.value == 0x8002_3fff)
  }

  @Test func `what is not there faults at the level where the walk ended`() {
    let board = board()
    #expect(board.look(0x1010_0000).fault?.kind == .translation)
    #expect(board.look(0x1010_0000).fault?.level == 1)
    #expect(board.look(0x3001_1000).fault?.kind == .translation)
    #expect(board.look(0x3001_1000).fault?.level == 2)
    #expect(board.look(0x0000_0000).fault?.level == 1)
    #expect(board.look(0xffff_ffff).fault?.level == 1)
  }

  @Test func `a reserved word faults like an invalid one`() {
    var board = board()
    board.put(0x6003_0c0f, 0x10400)
    #expect(board.look(0x1000_0000).fault?.kind == .translation)
  }

  @Test func `it tells every word that it reads, and asks the TLB first`() {
    let board = board()
    var trace = WalkTrace()
    _ = board.walk(board.request(0x3001_0123, .write), watcher: &trace)
    #expect(
      trace.steps == [
        .route(offset: 0xff000, value: 0x00c0_0000, bank: 0),
        .control(offset: 0, value: 1, isOn: true),
        .probe(slot: nil, vmid: 0, asid: 0),
        .read(0x0004_1401, at: PhysicalAddress(0x10c00), level: 1),
        .read(0x8002_3c32, at: PhysicalAddress(0x41440), level: 2),
        .check(
          [.privilegedRead, .privilegedWrite, .userRead, .userWrite, .execute], isAllowed: true),
      ])
  }

  @Test func `a bank that is off passes addresses as they are`() {
    var board = board()
    board.write(MSMRegisters.sctlr, 0)
    #expect(board.look(0x1234_5678) == .bypassed(PhysicalAddress(0x1234_5678)))
    #expect(board.go(0x1234_5678).isBypass)
    #expect(board.remembered.isEmpty)
  }

  @Test func `a stream leads to the bank that M2VCBR names`() {
    var board = board()
    board.put(0x5003_0c0e, 0x20400)
    board.turnOn(bank: 1, table: 0x20000, asid: 1)
    #expect(board.look(0x1000_0000, stream: 0).physical?.value == 0x6000_0000)
    #expect(board.look(0x1000_0000, stream: 1).physical?.value == 0x5000_0000)
    // Nothing was ever written for stream 7: 0 names bank 0.
    #expect(board.look(0x1000_0000, stream: 7).physical?.value == 0x6000_0000)
    board.writeRegister(MSMRegisters.m2vcbr(511), of: 0, 1 << 8 | 3 << 22)
    #expect(board.look(0x1000_0000, stream: 511).physical?.value == 0x5000_0000)
  }

  @Test func `a stream led to a bank that is not there is a configuration fault in ESR`() {
    var board = board()
    board.writeRegister(MSMRegisters.m2vcbr(3), of: 0, 9 << 8)
    #expect(board.go(0x1000_0000, .write, stream: 3).fault?.kind == .configuration)
    #expect(board.register(MSMRegisters.esr, of: 0) == 1)
    #expect(board.register(MSMRegisters.ear, of: 0) == 0x1000_0000)
    #expect(board.register(MSMRegisters.esynr0, of: 0) & 0xff == 3)
    board.writeRegister(MSMRegisters.esr, of: 0, 1)
    #expect(board.register(MSMRegisters.esr, of: 0) == 0)
  }

  @Test func `without a walk on a miss the miss itself is the fault`() {
    var board = board()
    board.write(MSMRegisters.actlr, 0)
    let fault = board.go(0x1000_0000).fault
    #expect(fault?.kind == .tlbMiss)
    #expect(fault?.status == 1 << 4)
  }

  @Test func `TTBCR divides the addresses between two tables`() {
    var board = board()
    board.put(0x5003_0c0e, 0x20400)
    board.put(0x4003_0c0e, 0x22000)
    board.write(MSMRegisters.ttbr1, 0x20000)
    board.write(MSMRegisters.ttbcr, 1)
    #expect(board.look(0x1000_0000).physical?.value == 0x6000_0000)
    // From 2 GiB up TTBR1 serves, with a table for all 4 GiB: 0x80000000 is its entry 0x800.
    #expect(board.look(0x8000_0000).physical?.value == 0x4000_0000)
    // The smaller table of TTBR0 may lie at a multiple of 8 KiB.
    board.put(0x6103_0c0e, 0x12400)
    board.write(MSMRegisters.ttbr0, 0x12000)
    #expect(board.look(0x1000_0000).physical?.value == 0x6100_0000)
  }

  @Test func `memory that does not answer is an external abort, at either level`() {
    var low = board(holes: [0x10000..<0x14000])
    #expect(low.look(0x1000_0000).fault?.kind == .externalAbort)
    #expect(low.look(0x1000_0000).fault?.level == 1)
    #expect(low.go(0x1000_0000).fault?.status == 1 << 5)
    var high = board(holes: [0x41000..<0x42000])
    #expect(high.look(0x1000_0000).physical?.value == 0x6000_0000)
    #expect(high.look(0x3001_0000).fault?.kind == .externalAbort)
    #expect(high.go(0x3001_0000).fault?.status == 1 << 16 | 1 << 5)
  }

  @Test func `the low bits of TTBR0 are no part of the table's address`() {
    var board = board()
    board.write(MSMRegisters.ttbr0, 0x1006a)
    #expect(board.look(0x1000_0000).physical?.value == 0x6000_0000)
  }
}

/// Which fault wins where several apply.
@Suite struct `Fault priorities` {
  /// A section at 0x10000000 with these AP bits, and a bank that checks access flags or does not.
  private func board(ap: UInt32, checksFlag: Bool) -> Board {
    var board = Board.small()
    board.put(0x6003_0012 | (ap & 3) << 10 | (ap >> 2) << 15, 0x10400)
    board.turnOn(table: 0x10000)
    board.write(MSMRegisters.sctlr, checksFlag ? 5 : 1)
    return board
  }

  @Test func `translation comes before all else`() {
    #expect(board(ap: 0, checksFlag: true).look(0x1010_0000, .write).fault?.kind == .translation)
  }

  @Test func `the access flag comes before permissions`() {
    #expect(board(ap: 0, checksFlag: true).look(0x1000_0000, .write).fault?.kind == .accessFlag)
    #expect(board(ap: 2, checksFlag: true).look(0x1000_0000, .read).fault?.kind == .accessFlag)
    #expect(board(ap: 0, checksFlag: false).look(0x1000_0000, .write).fault?.kind == .permission)
    #expect(board(ap: 7, checksFlag: true).look(0x1000_0000, .write).fault?.kind == .permission)
    #expect(board(ap: 7, checksFlag: true).look(0x1000_0000, .read).fault == nil)
  }

  @Test func `privilege decides where AP tells the two apart`() {
    let board = board(ap: 1, checksFlag: false)
    #expect(board.look(0x1000_0000, .read, isPrivileged: true).physical?.value == 0x6000_0000)
    #expect(board.look(0x1000_0000, .write, isPrivileged: true).physical?.value == 0x6000_0000)
    #expect(board.look(0x1000_0000, .read).fault?.kind == .permission)
  }

  @Test func `a fetch from a page with XN set is a permission fault`() {
    #expect(board(ap: 3, checksFlag: false).look(0x1000_0000, .execute).fault?.kind == .permission)
  }

  @Test func `a permission is checked on a TLB hit too, and its level is that of the page`() {
    var board = board(ap: 2, checksFlag: false)
    #expect(board.go(0x1000_0000, .read).address == 0x6000_0000)
    let fault = board.go(0x1000_0000, .write).fault
    #expect(fault?.kind == .permission)
    #expect(fault?.status == 1 << 3)
    board.put(0x0004_0001, 0x10404)
    board.put(0x8002_3022, 0x40000)
    #expect(board.go(0x1010_0000, .read).address == 0x8002_3000)
    board.write(MSMRegisters.fsr, .max)
    #expect(board.go(0x1010_0000, .write).fault?.status == 1 << 16 | 1 << 3)
  }
}
