import Foundation
import IOMMUHardware
import TestSupport
import Testing

/// Tables, good and damaged, and what another walker of Armv7 short descriptors made of them.
///
/// From `vectors/shortdesc_walk.jsonl`: QEMU 7.2's walker, TTBCR 0, access flag off, domains client.
@Suite struct `Recorded walks` {
  struct Case: Decodable {
    let id: Int
    let ttbr0: Number
    let ttbr1: Number
    let ttbcr: Number
    let afe: Int
    let user: Int
    let mem: [[Number]]
    let reqs: [Asked]
  }

  /// `[va, r|w|x, fault or null, level, domain, pa, rights, log2 of the page's size]`.
  struct Asked: Decodable {
    let va: UInt64
    let access: Access
    let fault: String?
    let level: Int?
    let pa: UInt64?
    let rights: Int?
    let bits: Int?

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      va = try list.decode(Number.self).long
      access =
        switch try list.decode(String.self) {
        case "r": .read
        case "w": .write
        default: .execute
        }
      fault = try list.decodeIfPresent(String.self)
      level = try list.decodeIfPresent(Int.self)
      _ = try list.decodeIfPresent(Int.self)
      pa = try list.decodeIfPresent(Number.self)?.long
      rights = try list.decodeIfPresent(Int.self)
      bits = try list.decodeIfPresent(Int.self)
    }
  }

  @Test func `every request ends where the recording says`() throws {
    let cases = try Recorded.cases("shortdesc_walk", in: .module, as: Case.self)
    #expect(cases.count == 10)
    for recorded in cases {
      // The recorded machine had no memory from here on.
      var board = Board.small(holes: [0x100_0000..<UInt64.max])
      for pair in recorded.mem { board.put(pair[1].word, pair[0].long) }
      board.turnOn(table: recorded.ttbr0.word)
      board.write(MSMRegisters.ttbr1, recorded.ttbr1.word)
      board.write(MSMRegisters.ttbcr, recorded.ttbcr.word)
      if recorded.afe == 1 { board.write(MSMRegisters.sctlr, 5) }
      let isPrivileged = recorded.user == 0
      for asked in recorded.reqs {
        let place: Comment = "case \(recorded.id), \(asked.access) of \(asked.va)"
        let outcome = board.look(asked.va, asked.access, isPrivileged: isPrivileged)
        if let kind = asked.fault {
          #expect(Self.kinds[kind] == outcome.fault?.kind, place)
          #expect(asked.level == outcome.fault.map { Int($0.level) }, place)
          continue
        }
        #expect(outcome.physical?.value == asked.pa, place)
        let entry = try #require(outcome.entry, place)
        #expect(Int(entry.sizeBits) == asked.bits, place)
        let rights = zip([1, 2, 4], [Access.read, .write, .execute]).map { bit, access in
          entry.rights.allows(access, isPrivileged: isPrivileged) ? bit : 0
        }
        #expect(rights.reduce(0, |) == asked.rights, place)
      }
    }
  }

  private static let kinds: [String: FaultKind] = [
    "translation": .translation, "access_flag": .accessFlag, "permission": .permission,
    "external_abort_on_walk": .externalAbort,
  ]
}
