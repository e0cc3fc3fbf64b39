import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// What `iommu-tui run` prints and when it is satisfied.
private func run(
  _ text: String, isJSON: Bool = true, showsEvents: Bool = false
) throws -> (lines: [String], failures: [ScriptRunner.Failure]) {
  let script = try Script(parsing: text, platforms: Library.platformNames)
  let machine = try Library.machine(for: script)
  var runner = ScriptRunner(
    machine, registers: try Library.registers(of: machine.platform.family),
    options: .init(isJSON: isJSON, showsEvents: showsEvents))
  var output = ""
  let failures = runner.run(script) { output += $0 }
  return (output.split(separator: "\n").map(String.init), failures)
}

@Suite struct `The JSON contract` {
  /// The lines of the contract, with the same line numbers.
  private let script = """
    use msm8x60
    alloc fb
    attach fb mdp_vg1
    map fb 0x10000000 0x60000000 1M rw
    iova-to-phys fb 0x10000123
    iova-to-phys fb 0x20000000
    # A second domain wants the same context.
    alloc other
    attach other mdp_vg1
    expect EBUSY
    read mdp_vg1 0x20000000
    unmap fb 0x20000000 1M
    dump fb
    dump mdp0
    read mdp_vg1 0x10000123 mid=2 priv
    read mdp_rgb1 0x12345678
    detach fb mdp_rgb1
    alloc fb
    map nobody 0x0 0x0 4K rw
    read mdp_vg1 0x123456789
    """

  private func line(_ number: Int) throws -> String {
    try #require(try run(script).lines.first { $0.hasPrefix("{\"line\":\(number),") })
  }

  @Test func `an operation that was done says its result`() throws {
    #expect(try line(1) == #"{"line":1,"op":"use","ok":true,"result":"0x0"}"#)
    #expect(try line(4) == #"{"line":4,"op":"map","ok":true,"result":"0x0"}"#)
    #expect(try line(5) == #"{"line":5,"op":"iova-to-phys","ok":true,"result":"0x60000123"}"#)
    #expect(try line(6) == #"{"line":6,"op":"iova-to-phys","ok":true,"result":"0x0"}"#)
    #expect(try line(12) == #"{"line":12,"op":"unmap","ok":true,"result":"0x100000"}"#)
    #expect(try line(17) == #"{"line":17,"op":"detach","ok":true,"result":"0x0"}"#)
  }

  @Test func `a refused one says its errno`() throws {
    #expect(try line(9).hasPrefix(#"{"line":9,"op":"attach","ok":false,"errno":"EBUSY","#))
  }

  @Test func `a fault says where, what kind, which address and the status it left`() throws {
    #expect(
      try line(11)
        == #"{"line":11,"op":"read","ok":false,"fault":{"iommu":"mdp0","context":0,"#
        + #""kind":"translation","far":"0x20000000","fsr":"0x40000002"}}"#)
  }

  @Test func `a fault found at level 2 shows SL`() throws {
    let (lines, _) = try run(
      """
      alloc fb
      attach fb mdp_vg1
      map fb 0x10000000 0x60000000 4K rw
      read mdp_vg1 0x10001000
      """)
    #expect(
      lines[3]
        == #"{"line":4,"op":"read","ok":false,"fault":{"iommu":"mdp0","context":0,"#
        + #""kind":"translation","far":"0x10001000","fsr":"0x40010002"}}"#)
  }

  @Test func `a dump of a domain lists the words of its tables that are not 0`() throws {
    #expect(
      try line(13)
        == #"{"line":13,"op":"dump","ok":true,"domain":"fb","tables":[{"level":1,"#
        + #""base":"0x40000000","entries":{"0x100":"0x60030c0a"}}],"leaked":[]}"#)
  }

  @Test func `and the tables it took and can no longer reach`() throws {
    let (lines, _) = try run(
      """
      alloc fb
      map fb 0x10000000 0x60000000 4K rw
      map fb 0x10100000 0x60100000 4K rw
      map fb 0x10000000 0x60000000 1M rw
      dump fb
      """)
    #expect(
      lines[4]
        == #"{"line":5,"op":"dump","ok":true,"domain":"fb","tables":[{"level":1,"#
        + #""base":"0x40000000","entries":{"0x100":"0x60030c0a","0x101":"0x40005001"}},"#
        + #"{"level":2,"base":"0x40005000","index":"0x101","entries":{"0x0":"0x60100c3a"}}],"#
        + #""leaked":["0x40004000"]}"#)
  }

  @Test func `a dump of an IOMMU lists its registers that are not 0`() throws {
    let dump = try line(14)
    #expect(dump.hasPrefix(#"{"line":14,"op":"dump","ok":true,"iommu":"mdp0","registers":{"#))
    #expect(
      dump.contains(
        #""0x00000":"0x00000003","0x00004":"0x00037072","0x00010":"0x4000006a","#
          + #""0x00014":"0x0000006a""#))
    #expect(dump.contains(#""0x00028":"0x20000000""#))
    #expect(dump.contains(#""0xff000":"0x00c00000","0xff004":"0x00c00100""#))
  }

  @Test func `a device's request says where it ended, and whether it was translated`() throws {
    #expect(
      try line(15).hasPrefix(#"{"line":15,"op":"read","ok":true,"result":"0x60000123""#))
    #expect(try !line(15).contains("bypass"))
    let bypass = try line(16)
    #expect(bypass.hasPrefix(#"{"line":16,"op":"read","ok":true,"result":"0x12345678""#))
    #expect(bypass.contains(#""bypass":true"#))
  }

  @Test func `what cannot be tried has an error and no errno`() throws {
    for number in [18, 19, 20] {
      let line = try line(number)
      #expect(line.contains(#""ok":false,"error":""#))
      #expect(!line.contains("errno"))
    }
  }

  @Test func `every operation prints one object, expect none`() throws {
    let lines = try run(script).lines
    #expect(lines.count == 18)
    #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") && !$0.contains("\n") })
  }

  @Test func `events stand in order, with the two fixed forms`() throws {
    let (lines, _) = try run(
      """
      alloc first
      alloc second
      attach second mdp_rgb1
      map second 0x10000000 0x60000000 1M rw
      """, showsEvents: true)
    #expect(
      lines[2].contains(
        #"{"event":"register-write","depth":3,"iommu":"mdp0","offset":"0x01010","name":"TTBR0","#
          + #""old":"0x40004000","new":"0x40004002"}"#))
    #expect(
      lines[3].contains(
        #"{"event":"memory-write","depth":2,"address":"0x40004400","old":"0x00000000","#
          + #""new":"0x60030c0a"}"#))
    #expect(
      lines[3].contains(
        #""events":[{"event":"call","depth":0,"function":"iommu_map","subject":"second"},"#))
    // Bits that a register clears or does not keep are written all the same.
    #expect(
      lines[3].contains(#""name":"CTX_TLBIALL","old":"0x00000000","new":"0x00000000"}"#))
  }

  @Test func `probing counts to the line that caused it`() throws {
    let booted = try run("use msm8x60", showsEvents: true)
    #expect(booted.lines[0].contains(#""name":"CR","old":"0x00000000","new":"0x00000000"}"#))
    let unprobed = try run("use msm8x60 unprobed\nprobe mdp0\nprobe all", showsEvents: true)
    #expect(unprobed.lines[0].hasSuffix(#""events":[]}"#))
    #expect(unprobed.lines[1].contains(#""function":"msm_iommu_probe","subject":"mdp0""#))
    #expect(unprobed.lines[2].contains(#""function":"msm_iommu_probe","subject":"vpe""#))
    #expect(!unprobed.lines[2].contains(#""function":"msm_iommu_probe","subject":"mdp0""#))
    // Without a first line the machine has booted, and no line says how.
    #expect(try run("alloc fb", showsEvents: true).lines.count == 1)
  }

  @Test func `the interrupt handler is the last of what a fault caused`() throws {
    let (lines, _) = try run(
      """
      alloc fb
      attach fb mdp_vg1
      read mdp_vg1 0x20000000
      """, showsEvents: true)
    let fault = try #require(lines[2].firstRange(of: #""event":"fault""#))
    let handler = try #require(lines[2].firstRange(of: "msm_iommu_fault_handler"))
    #expect(fault.lowerBound < handler.lowerBound)
    #expect(lines[2].contains(#""text":"FSR    = 40000002 [TF SS ]""#))
    #expect(
      lines[2].contains(#""name":"FSR","old":"0x40000002","new":"0x4000000f","kept":"0x00000000""#))
  }

  @Test func `the same script prints the same bytes`() throws {
    #expect(try run(script, showsEvents: true).lines == (try run(script, showsEvents: true).lines))
  }
}

@Suite struct `Expectations` {
  @Test func `a script that goes as it says has no failures`() throws {
    let failures = try run(
      """
      use msm8x60
      expect ok
      alloc fb
      attach fb mdp_vg1
      attach fb mdp_vg1
      expect EBUSY
      map fb 0x10000000 0x60000000 1M rw
      expect ok
      expect 0
      unmap fb 0x10000000 128K
      expect 0x20000
      iova-to-phys fb 0x10000123
      expect 0x60000123   # a comment between is fine

      read mdp_vg1 0x20000000
      expect fault
      expect fault translation
      read mdp_rgb1 0x1000
      expect bypass
      expect 0x1000
      free nobody
      expect error
      """
    ).failures
    #expect(failures == [])
  }

  @Test(
    arguments: [
      ("alloc fb\nexpect EBUSY", "expected EBUSY of \"alloc fb\", got ok"),
      ("free fb\nexpect ok", "expected ok of \"free fb\", got error: there is no domain fb"),
      ("free fb\nexpect EINVAL", "expected EINVAL of \"free fb\", got error"),
      ("read mdp_vg1 0x10\nexpect 0x11", "expected 0x11 of \"read mdp_vg1 0x00000010\", got 0x"),
      ("read mdp_vg1 0x10\nexpect fault permission", "expected fault permission of"),
      ("read mdp_vg1 0x10\nexpect stalled", "expected stalled of"),
      ("read mdp_vg1 0x10\nexpect error", "expected error of"),
      ("alloc fb\nexpect bypass", "expected bypass of"),
      ("alloc fb\nexpect 1", "expected 0x1 of \"alloc fb\", got ok"),
    ])
  func `what was not expected is named, at the line of the expectation`(
    text: String, reason: String
  ) throws {
    let failures = try run(text).failures
    #expect(failures.count == 1)
    #expect(failures.first?.line == 2)
    #expect(failures.first?.column == 1)
    #expect(failures.first?.reason.hasPrefix(reason) == true, "\(failures)")
  }

  @Test func `a refusal, a fault or an error without an expectation is a failure of its line`()
    throws
  {
    let failures = try run(
      """
      alloc fb
      attach fb mdp_vg1
      attach fb mdp_vg1
      read mdp_vg1 0x20000000
      free nobody
      walk mdp_vg1 0x20000000
      """
    ).failures
    #expect(failures.map(\.line) == [3, 4, 5, 6])
    #expect(failures.allSatisfy { $0.column == 1 })
    #expect(
      failures.map(\.reason)[1]
        == "read mdp_vg1 0x20000000: translation fault at level 1: read of 0x20000000, "
        + "mdp0 context 0")
  }

  @Test func `several expectations of one operation are judged one by one`() throws {
    let failures = try run("alloc fb\nexpect ok\n  expect EBUSY\nexpect 0\nexpect 7").failures
    #expect(failures.map(\.line) == [3, 5])
    #expect(failures.map(\.column) == [3, 1])
  }

  @Test func `a failure stops nothing`() throws {
    let (lines, failures) = try run("free nobody\nalloc fb\nexpect EBUSY\nalloc video")
    #expect(lines.count == 3)
    #expect(failures.count == 2)
  }

  @Test func `for people every operation is a line, and events are lines under it`() throws {
    let (lines, _) = try run("alloc fb\nread mdp_vg1 0x1000", isJSON: false)
    #expect(lines[0].hasPrefix("   1  alloc fb "))
    #expect(lines[0].hasSuffix("  ok"))
    #expect(lines[1].hasSuffix("  0x00001000 untranslated"))
    let (long, _) = try run("alloc fb", isJSON: false, showsEvents: true)
    #expect(long[1] == "        iommu_domain_alloc()")
    #expect(long.contains { $0.contains("take 4 pages at 0x40000000") })
  }
}
