import IOMMUHardware
import TestSupport
import Testing

/// With the journal off a hit may take a shortcut; the answers and the state are those of the long way.
@Suite struct `Shortcuts of the TLB` {
  /// Four small pages in a set of two ways, a section, and two banks with ASIDs and VMIDs of their own.
  private func board(isRecorded: Bool) -> Board {
    var board = Board.small(sets: 2, ways: 2)
    board.put(0x6000_0000 | 0x20c0e, 0x10400)
    board.put(0x0004_0001, 0x10800)
    for index in UInt32(0)..<8 {
      let nG = index & 1
      board.put((0x80000 + index) << 12 | nG << 11 | 0x3e, 0x40000 + UInt64(index) * 4)
    }
    board.turnOn(bank: 0, table: 0x10000, asid: 0, vmid: 0)
    board.turnOn(bank: 1, table: 0x10000, asid: 1, vmid: 0)
    board.journal.isOn = isRecorded
    return board
  }

  @Test(arguments: UInt64(1)...20)
  func `any order of requests and changes ends alike with the journal on and off`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var (long, short) = (board(isRecorded: true), board(isRecorded: false))
    for _ in 0..<2000 {
      let what = Int.random(in: 0..<40, using: &random)
      let page = UInt64.random(in: 0..<8, using: &random)
      let (bank, word) = (Int.random(in: 0..<2, using: &random), random.next())
      func act(on board: inout Board) -> Board.Answer? {
        switch what {
        case 0: board.write(MSMRegisters.contextTLBIALL, bank: bank, 0)
        case 1:
          board.write(
            MSMRegisters.tlbiva, bank: bank, UInt32(0x2000_0000 | page << 12) | UInt32(bank))
        case 2: board.write(MSMRegisters.contextidr, bank: bank, UInt32(word & 1))
        case 3: board.write(MSMRegisters.fsr, bank: bank, .max)
        case 4:
          board.writeWord(
            UInt32(0x90000 + (word & 7)) << 12 | (page & 1 == 0 ? 0x3e : 0x23e),
            at: PhysicalAddress(0x40000 + page * 4))
        default:
          let base: UInt64 = what == 5 ? 0x1000_0000 : 0x2000_0000
          return board.go(
            base | page << 12 | word & 0xfff, what < 10 ? .write : .read, stream: UInt32(bank),
            isPrivileged: what == 11)
        }
        return nil
      }
      #expect(act(on: &long) == act(on: &short))
      _ = long.journal.take()
    }
    #expect(long == short)
  }
}
