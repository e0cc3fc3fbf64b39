import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// Devices that make accesses of their own.
@Suite struct `Traffic of devices` {
  private func machine(_ lines: String...) throws -> Machine {
    var machine = try Machine.msm8x60()
    for line in ["alloc fb", "attach fb mdp_vg1", "map fb 0x10000000 0x60000000 4M rw"] + lines {
      #expect(machine.apply(try Operation(parsing: line)).isOK, "\(line)")
    }
    _ = machine.takeRecording()
    return machine
  }

  private func result(
    of line: String, on machine: inout Machine
  ) throws -> TrafficResult {
    guard case .traffic(let result) = machine.apply(try Operation(parsing: line)) else {
      Issue.record("\(line) was not done")
      return TrafficResult()
    }
    return result
  }

  @Test(arguments: Traffic.Pattern.allCases)
  func `the same seed makes the same accesses, another seed others`(
    pattern: Traffic.Pattern
  ) throws {
    let line = "traffic mdp_vg1 \(pattern.rawValue) seed="
    var (one, same, other) = (try machine(), try machine(), try machine())
    #expect(
      try result(of: line + "5 count=50", on: &one)
        == result(of: line + "5 count=50", on: &same))
    _ = try result(of: line + "6 count=50", on: &other)
    let recording = one.takeRecording()
    #expect(recording == same.takeRecording())
    #expect(recording != other.takeRecording())
    #expect(one == same)
  }

  @Test func `a scan stays in a section it once missed`() throws {
    var machine = try machine()
    let result = try result(of: "traffic mdp_vg1 scan seed=3 count=1000", on: &machine)
    #expect(result.hits + result.misses == 1000)
    #expect((1...2).contains(result.misses))
    #expect(result.faults == 0)
  }

  @Test func `what is astray faults, is handled, and stops nobody`() throws {
    var machine = try machine()
    let result = try result(of: "traffic mdp_vg1 random seed=1 count=5000", on: &machine)
    #expect(result.faults > 0)
    #expect(result.stalled == 0)
    #expect(result.hits + result.misses + result.faults == 5000)
  }

  @Test func `with faults held, the first one stalls the rest`() throws {
    var machine = try machine("unmap fb 0x10000000 1M", "irq hold")
    _ = machine.apply(try Operation(parsing: "read mdp_vg1 0x10000000"))
    let result = try result(of: "traffic mdp_vg1 scan count=10", on: &machine)
    #expect(result.stalled == 10)
  }

  @Test func `writes leave memory as it is`() throws {
    var machine = try machine("write-word 0x60000000 0x12345678")
    let before = machine.board.memory
    _ = try result(of: "traffic mdp_vg1 random count=2000", on: &machine)
    #expect(machine.board.memory == before)
  }

  @Test func `a context that is off lets everything through, and a million is the most`() throws {
    var machine = try machine()
    let result = try result(of: "traffic mdp_rgb1 scan count=10", on: &machine)
    #expect(result.bypassed == 10)
    guard case .error = machine.apply(try Operation(parsing: "traffic mdp_vg1 scan count=1000001"))
    else {
      Issue.record("too many accesses were made")
      return
    }
  }
}
