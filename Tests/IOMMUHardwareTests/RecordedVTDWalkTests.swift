import Foundation
import IOMMUHardware
import TestSupport
import Testing

/// Second-stage tables, good and damaged, and what another walker of VT-d made of them.
///
/// From `vectors/vtd_sl_walk.jsonl`: QEMU 7.2's walker.
@Suite struct `Recorded VT-d walks` {
  struct Case: Decodable {
    let id: Int
    let aw_bits: UInt64
    let levels: UInt64
    let root: Number
    let dt: UInt64
    let snoop_control: UInt64
    let mem: [[Number]]
    let reqs: [Asked]
  }

  /// `[iova, r|w, fault reason (0 is none), pa, level, rights]`.
  struct Asked: Decodable {
    let iova: UInt64
    let access: Access
    let reason: UInt8
    let pa: UInt64?
    let level: Int?
    let rights: Int?

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      iova = try list.decode(Number.self).long
      access = try list.decode(String.self) == "w" ? .write : .read
      reason = try list.decode(UInt8.self)
      pa = try list.decodeIfPresent(Number.self)?.long
      level = try list.decodeIfPresent(Int.self)
      rights = try list.decodeIfPresent(Int.self)
    }
  }

  /// A unit as the recorded one was configured, with one requester, 00:00.0, whose tables begin at
  /// the recorded root.
  private func board(_ recorded: Case) -> Board {
    let unit = VTDRegisters.Capabilities(
      cap: 1 << 10 | 1 << 9 | (recorded.aw_bits - 1) << 16 | 3 << 34,
      ecap: recorded.dt << 2 | recorded.snoop_control << 7)
    var board = Board(
      iommus: [
        IOMMU(
          name: "iommu0", capabilities: unit, requesters: 1, tlb: TLBGeometry(sets: 4, ways: 2))
      ],
      // The recorded machine had no memory from here on.
      holes: [1 << 40..<UInt64.max])
    for pair in recorded.mem {
      board.writeDoubleWord(pair[1].long, at: PhysicalAddress(pair[0].long))
    }
    board.writeDoubleWord(0x2001, at: PhysicalAddress(0x1000))
    board.writeDoubleWord(recorded.root.long | 1, at: PhysicalAddress(0x2000))
    board.writeDoubleWord(1 << 8 | recorded.levels - 2, at: PhysicalAddress(0x2008))
    board.writeDoubleRegister(VTDRegisters.rtaddr, of: 0, 0x1000)
    board.writeRegister(VTDRegisters.gcmd, of: 0, VTDRegisters.srtp)
    board.writeRegister(VTDRegisters.gcmd, of: 0, VTDRegisters.te)
    return board
  }

  @Test func `every request ends where the recording says`() throws {
    let cases = try Recorded.cases("vtd_sl_walk", in: .module, as: Case.self)
    #expect(cases.count == 8)
    for recorded in cases {
      let board = board(recorded)
      for asked in recorded.reqs {
        let place: Comment = "case \(recorded.id), \(asked.access) of \(asked.iova)"
        let outcome = board.look(asked.iova, asked.access)
        if asked.reason != 0 {
          #expect(outcome.fault?.reason == asked.reason, place)
          continue
        }
        #expect(outcome.physical?.value == asked.pa, place)
        let entry = try #require(outcome.entry, place)
        #expect((Int(entry.sizeBits) - 12) / 9 + 1 == asked.level, place)
        let rights = zip([1, 2], [Access.read, .write]).map { bit, access in
          entry.rights.allows(access, isPrivileged: false) ? bit : 0
        }
        #expect(rights.reduce(0, |) == asked.rights, place)
      }
    }
  }
}
