import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// A TLB entry beside the tables that it came from.
@Suite struct `Stale entries` {
  private func truth(_ lines: String...) throws -> EntryTruth? {
    var machine = try Machine.msm8x60()
    let start = [
      "alloc fb", "attach fb mdp_vg1", "map fb 0x10000000 0x60000000 1M rw",
      "read mdp_vg1 0x10000000",
    ]
    for line in start + lines {
      #expect(machine.apply(try Operation(parsing: line)).isOK, "\(line)")
    }
    let tlb = machine.board.iommus[2].tlb
    return tlb.usedSlots.first.flatMap { tlb[$0] }.map { machine.truth(of: $0, in: 2) }
  }

  @Test func `it is current while the tables say the same`() throws {
    #expect(try truth() == .current)
  }

  @Test func `it is stale once a word was changed past the driver`() throws {
    let truth = try truth("write-word 0x40000400 0x90030c0e")
    guard case .stale(let now?) = truth else {
      Issue.record("\(String(describing: truth))")
      return
    }
    #expect(now.physical == PhysicalAddress(0x9000_0000))
    #expect(try self.truth("write-word 0x40000400 0") == .stale(nil))
  }

  @Test func `it is stale once its page has other rights`() throws {
    // AP[2] forbids writing; the address stays.
    guard case .stale(let now?) = try truth("write-word 0x40000400 0x60038c0a") else {
      Issue.record("The entry still allows writing.")
      return
    }
    #expect(now.physical == PhysicalAddress(0x6000_0000))
    #expect(now.rights.allows(.read, isPrivileged: false))
    #expect(!now.rights.allows(.write, isPrivileged: false))
  }

  @Test func `it is current where reading is forbidden and writing is not`() throws {
    var machine = Machine(unprobed: try Library.platform("traditional"))
    try machine.probeAll()
    for line in [
      "alloc disk", "attach disk 00:19.0", "map disk 0x10000000 0x60000000 4K w",
      "write 00:19.0 0x10000000 7",
    ] {
      #expect(machine.apply(try Operation(parsing: line)).isOK, "\(line)")
    }
    let tlb = machine.board.iommus[0].tlb
    let entry = try #require(tlb.usedSlots.first.flatMap { tlb[$0] })
    #expect(machine.truth(of: entry, in: 0) == .current)
  }

  @Test func `it is orphaned when the context was switched off past the driver`() throws {
    #expect(try truth("reg mdp0 0x0 0") == .orphaned)
  }

  @Test func `the driver's own unmap leaves none behind`() throws {
    #expect(try truth("unmap fb 0x10000000 1M") == nil)
  }
}
