import ExplorerUI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What differs between two points in time.
@Suite struct `Marked points` {
  @Test func `without a mark there is nothing to compare with, and with one a list`() throws {
    var session = try Session("V")
    #expect(session.screen.contains("v marks a point in time first"))
    try session.press("v")
    #expect(session.screen.contains("Marked operation 10, step 27 of 52."))
    try session.press("V")
    #expect(session.screen.contains("Nothing differs"))
    try session.press("<Esc><End>V")
    #expect(session.screen.contains("mdp_rgb1  no domain → fb"))
    #expect(session.screen.contains("SCTLR of bank 1  0x00000000 → 0x00000003"))
  }

  @Test func `Enter on a line goes where it leads, and Esc closes`() throws {
    var session = try Session("v<End>V<Down><Down><Down><Down><Enter>")
    #expect(session.explorer.view == .registers)
    #expect(!session.screen.contains("From operation"))
    session = try Session("v<End>V<Esc>")
    #expect(!session.screen.contains("From operation"))
  }

  @Test func `the list scrolls to its end and stays inside, on every size`() throws {
    for size in [(80, 24), (120, 36), (200, 60), (60, 20), (44, 12)] {
      var session = try Session("<Home>v<End>V<End>", size: size)
      #expect(session.screen.contains("the end") || size.1 >= 36, "\(size)")
      try session.press("<Home><PgDn><Up><Esc>")
    }
  }

  @Test func `nothing differs from itself, and each kind of change has its section`() throws {
    var machine = try Machine.msm8x60()
    let registers = try Library.registers(of: machine.platform.family)
    #expect(MachineDifference(from: machine, to: machine, registers: registers).count == 0)
    let before = machine
    for line in [
      "alloc fb", "attach fb mdp_vg1", "map fb 0x10000000 0x60000000 1M rw",
      "read mdp_vg1 0x10000123", "write-word 0x1000 7",
    ] {
      #expect(machine.apply(try Operation(parsing: line)).isOK)
    }
    let there = MachineDifference(from: before, to: machine, registers: registers)
    let titles = [
      "Domains", "Devices", "Registers", "Mappings", "Table words", "TLB", "Other memory",
    ]
    #expect(there.sections.map(\.title) == titles)
    let back = MachineDifference(from: machine, to: before, registers: registers)
    // Of a domain that is not there yet, no mappings are known.
    #expect(back.sections.map(\.title) == titles.filter { $0 != "Mappings" })
  }

  @Test func `a long list is counted whole and shown in part`() throws {
    var machine = try Machine.msm8x60()
    let before = machine
    for word in UInt64(0)..<300 {
      _ = machine.apply(.writeWord(physical: 0x1000 + word * 4, value: 1))
    }
    let registers = try Library.registers(of: machine.platform.family)
    let section = MachineDifference(from: before, to: machine, registers: registers).sections[0]
    #expect(section.count == 300)
    #expect(section.lines.count == MachineDifference.mostLines)
  }
}
