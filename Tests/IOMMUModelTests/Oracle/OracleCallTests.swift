import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// The kinds of calls of which recordings hold samples, many more of them than were recorded.
@Suite struct `Calls beside the oracle` {
  @Test(arguments: UInt64(1)...6)
  func `the driver's ops agree for any size, alignment, page limit and freed domain`(
    seed: UInt64
  ) throws {
    for round in 0..<8 {
      var random = SplitMix64(seed: seed * 1000 + UInt64(round))
      var both = try OracleDriverRun(domains: 3)
      for step in 0..<40 {
        let call = call(&random)
        let complaints = both.make(call)
        let place = "seed \(seed), round \(round), step \(step): \(call)"
        try #require(complaints.isEmpty, "\(place)\n\(complaints.joined(separator: "\n"))")
      }
      #expect(both.travel() == [], "seed \(seed), round \(round)")
    }
  }

  private func call(_ random: inout SplitMix64) -> OracleCall {
    let domain = Int(random.below(3))
    let context = random.pick(PlainWiring.contexts).name
    let size: UInt32 = random.pick([
      0x1000, 0x1000, 0x1_0000, 0x1_0000, 0x10_0000, 0x100_0000, 0x2000, 0, 0x20_0000, 0x800,
    ])
    let region: UInt32 = random.pick([0, 0x1000_0000, 0x1080_0000, 0xff00_0000, 0xfff0_0000])
    var iova = region &+ UInt32(random.below(0x30)) * random.pick([0x1000, 0x8000, 0x4_0000])
    if size > 0, !random.oneIn(3) { iova = iova / size * size }
    var physical = 0x6000_0000 + UInt32(random.below(0x1000)) * 0x1_0000
    if random.oneIn(6) { physical = physical &+ 0x3450 }
    let prot = UInt32(random.below(32))
    switch random.below(40) {
    case 0...4: return .attach(domain, context)
    case 5, 6: return .detach(domain, context)
    case 7...15: return .map(domain, iova, physical, size, prot: prot)
    case 16...22: return .unmap(domain, iova, size)
    case 23...27: return .iovaToPhys(domain, iova &+ UInt32(random.below(0x1_0000)))
    case 28...32:
      let large: UInt32 = random.pick([0x3000, 0x2_3000, 0x11_0000, 0x120_0000])
      let unit: UInt32 = large > 0x10_0000 ? 0x1_0000 : 0x1000
      return .coreMap(
        domain, iova / unit * unit, physical / 0x1000 * 0x1000, large, prot: prot)
    case 33...35: return .coreUnmap(domain, iova / 0x1000 * 0x1000, size)
    case 36: return .free(domain)
    default: return .limitPages(random.oneIn(3) ? nil : Int(random.below(24)))
    }
  }

  @Test(arguments: UInt64(1)...6)
  func `the generic core agrees for addresses anywhere`(seed: UInt64) throws {
    for round in 0..<8 {
      var random = SplitMix64(seed: seed * 7777 + UInt64(round))
      var lines = ["alloc fb", "attach fb \(random.pick(PlainWiring.contexts).name)"]
      var ranges: [(iova: UInt64, size: UInt64)] = [(0, 0x1000)]
      for _ in 0..<20 {
        let align: UInt64 = random.pick([0x1000, 0x4000, 0x1_0000, 0x10_0000, 0x100_0000])
        var iova = random.below(1 << 32) / align * align
        if random.oneIn(2) { iova = random.pick(ranges).iova ^ random.below(4) * align }
        let physical = random.below(1 << 32) / align * align
        var size = align * (1 + random.below(align > 0x10_0000 ? 2 : 12))
        if random.oneIn(4) { size += 0x1000 * random.below(20) }
        switch random.below(12) {
        case 0: lines.append("map fb \(iova | 0x10) \(physical) \(size) 3")
        case 1: lines.append("map fb \(iova) \(physical) \(size | 0x800) 3")
        case 2...5:
          ranges.append((iova, size))
          lines.append("map fb \(iova) \(physical) \(size) \(random.below(32))")
        case 6...8:
          let range = random.pick(ranges)
          lines.append("unmap fb \(range.iova) \(random.oneIn(2) ? range.size : 0x1000)")
        case 9: lines.append("unmap fb \(iova) \(size)")
        default:
          let range = random.pick(ranges)
          lines.append("iova-to-phys fb \((range.iova + random.below(range.size)) % (1 << 32))")
        }
      }
      lines.append("free fb")
      try agree(lines, "seed \(seed), round \(round)")
    }
  }

  @Test func `a domain freed twice takes nothing from a later one of its name`() throws {
    // The name went, and undoing the second free made a live domain of the first.
    var machine = try Machine.msm8x60()
    let first = try machine.allocateDomain("fb")
    machine.free(first)
    let second = try machine.allocateDomain("fb")
    _ = machine.takeRecording()
    let before = machine
    machine.free(first)
    #expect(machine.system.domain(named: "fb") == second)
    for event in machine.takeRecording().events.reversed() {
      machine.undo(event.change, images: [])
    }
    let isEqual = machine == before
    #expect(isEqual)
  }

  @Test(arguments: OracleScript.all)
  func `misuse that nobody stops agrees, line by line`(script: OracleScript) throws {
    try agree(script.lines, script.name)
  }

  /// Runs lines of the language on both machines.
  private func agree(_ lines: [String], _ name: String) throws {
    var both = try OracleRun()
    let start = both.machine
    for line in lines {
      let complaints = both.perform(try Operation(parsing: line))
      try #require(
        complaints.isEmpty, "\(name): \(line)\n\(complaints.joined(separator: "\n"))")
    }
    both.checkAllWords()
    #expect(both.complaints == [], "\(name)")
    for recording in both.recordings.reversed() { both.undo(recording) }
    let isStart = both.machine == start
    #expect(isStart, "\(name)")
  }
}
