import IOMMUAPI
import IOMMUClients
import IOMMUHardware
import IOMMULab
import IOMMUModel
import IOMMUValues
import TestSupport
import Testing

/// Lines of the language: what they mean, and how they are written back.
@Suite struct `The language` {
  struct Example: CustomTestStringConvertible, Sendable {
    let line: String
    let operation: IOMMULab.Operation
    /// How it is written back; nil is as it was.
    let written: String?

    init(_ line: String, _ operation: IOMMULab.Operation, _ written: String? = nil) {
      (self.line, self.operation, self.written) = (line, operation, written)
    }

    var testDescription: String { line }
  }

  static let examples = [
    Example("use msm8x60", .use(platform: "msm8x60", isProbed: true)),
    Example("use msm8x60 unprobed", .use(platform: "msm8x60", isProbed: false)),
    Example("probe all", .probe(nil)),
    Example("probe mdp0", .probe("mdp0")),
    Example("alloc fb", .alloc("fb")),
    Example("free fb", .free("fb")),
    Example("attach fb mdp_vg1", .attach(domain: "fb", device: "mdp_vg1")),
    Example("detach fb mdp_vg1", .detach(domain: "fb", device: "mdp_vg1")),
    Example(
      "map fb 0x10000000 0x60000000 1M rw",
      .map(
        domain: "fb", iova: 0x1000_0000, physical: 0x6000_0000, size: 0x10_0000, [.read, .write])),
    Example(
      "  map\tfb 268435456 0x6000_0000 1024k 7  # eight",
      .map(
        domain: "fb", iova: 0x1000_0000, physical: 0x6000_0000, size: 0x10_0000,
        [.read, .write, .cache]),
      "map fb 0x10000000 0x60000000 1M rwc"),
    Example(
      "map fb 0 0 0x1800 0",
      .map(domain: "fb", iova: 0, physical: 0, size: 0x1800, []),
      "map fb 0x00000000 0x00000000 6K 0"),
    Example(
      "map fb 0xFFFFF000 0X1000 4096 0x10",
      .map(
        domain: "fb", iova: 0xffff_f000, physical: 0x1000, size: 0x1000, Protection(rawValue: 16)),
      "map fb 0xfffff000 0x00001000 4K 16"),
    Example(
      "unmap fb 0x10000000 3G", .unmap(domain: "fb", iova: 0x1000_0000, size: 0xc000_0000)),
    Example(
      "unmap fb 0x10000000 0x801", .unmap(domain: "fb", iova: 0x1000_0000, size: 0x801)),
    Example("iova-to-phys fb 0x10000123", .iovaToPhys(domain: "fb", iova: 0x1000_0123)),
    Example(
      "read mdp_vg1 0x10000123", .read(.init(device: "mdp_vg1", iova: 0x1000_0123))),
    Example(
      "read mdp_vg1 0x10000123 mid=2 priv",
      .read(.init(device: "mdp_vg1", iova: 0x1000_0123, stream: 2, isPrivileged: true))),
    Example(
      "write mdp_vg1 0x10000123 0x0000cafe",
      .write(.init(device: "mdp_vg1", iova: 0x1000_0123, access: .write), value: 0xcafe)),
    Example(
      "write mdp_vg1 0x10000123 0 mid=0x10",
      .write(.init(device: "mdp_vg1", iova: 0x1000_0123, access: .write, stream: 16), value: 0),
      "write mdp_vg1 0x10000123 mid=16"),
    Example(
      "write mdp_vg1 0x10000123 priv",
      .write(
        .init(device: "mdp_vg1", iova: 0x1000_0123, access: .write, isPrivileged: true), value: 0)),
    Example(
      "walk mdp_vg1 0x10000123 w mid=2",
      .walk(.init(device: "mdp_vg1", iova: 0x1000_0123, access: .write, stream: 2))),
    Example(
      "walk mdp_vg1 0x10000123 r",
      .walk(.init(device: "mdp_vg1", iova: 0x1000_0123)), "walk mdp_vg1 0x10000123"),
    Example("dump fb", .dump(.object("fb"))),
    Example("dump 3d.core:user-1", .dump(.object("3d.core:user-1"))),
    Example("dump tlb mdp0", .dump(.tlb("mdp0"))),
    Example("dump faults", .dump(.faults)),
    Example("write-word 0x00010000 0x00041401", .writeWord(physical: 0x1_0000, value: 0x4_1401)),
    Example("read-word 0x00010000", .readWord(physical: 0x1_0000)),
    Example("reg mdp0 0x00010 0x00010000", .register(iommu: "mdp0", offset: 0x10, value: 0x1_0000)),
    Example("reg mdp0 0x01010", .register(iommu: "mdp0", offset: 0x1010, value: nil)),
    Example("invalidate mdp0 all", .invalidate(.init("mdp0"), .all)),
    Example("invalidate mdp0 vmid 0", .invalidate(.init("mdp0"), .vmid(0))),
    Example("invalidate mdp0/1 all", .invalidate(.init("mdp0", bank: 1), .all)),
    Example("invalidate mdp0/1 asid 1", .invalidate(.init("mdp0", bank: 1), .asid(1))),
    Example(
      "invalidate mdp0/1 va 0x10000000",
      .invalidate(.init("mdp0", bank: 1), .address(0x1000_0000, asid: nil))),
    Example(
      "invalidate mdp0/1 va 0x10000000 asid 1",
      .invalidate(.init("mdp0", bank: 1), .address(0x1000_0000, asid: 1))),
    Example("invalidate iommu0 contexts", .invalidate(.init("iommu0"), .contexts)),
    Example("invalidate iommu0 domain 1", .invalidate(.init("iommu0"), .domain(1, address: nil))),
    Example(
      "invalidate iommu0 domain 1 va 0x10000000",
      .invalidate(.init("iommu0"), .domain(1, address: 0x1000_0000))),
    Example("irq auto", .irq(.auto)),
    Example("irq hold", .irq(.hold)),
    Example("irq run mdp0", .irq(.run("mdp0"))),
    Example("limit pages 4", .limitPages(4)),
    Example(
      "traffic mdp_vg1 scan seed=7 count=1000",
      .traffic(device: "mdp_vg1", Traffic(.scan, seed: 7, count: 1000))),
    Example(
      "traffic mdp_vg1 random",
      .traffic(device: "mdp_vg1", Traffic(.random, seed: 1, count: 100)),
      "traffic mdp_vg1 random seed=1 count=100"),
    Example(
      "traffic mdp_vg1 blocks count=9 from=100 seed=2",
      .traffic(device: "mdp_vg1", Traffic(.blocks, seed: 2, from: 100, count: 9)),
      "traffic mdp_vg1 blocks seed=2 from=100 count=9"),
    Example("limit pages none", .limitPages(nil)),
    Example(
      "dma-map 00:19.0 packet 0x60000000 4K both",
      .client(
        .dmaMap(
          device: "00:19.0", name: "packet", physical: 0x6000_0000, size: 0x1000, .bidirectional))),
    Example(
      "dma-unmap 00:19.0 packet",
      .client(.dmaUnmap(device: "00:19.0", name: "packet", size: nil, nil))),
    Example(
      "dma-unmap 00:19.0 packet 8K from",
      .client(.dmaUnmap(device: "00:19.0", name: "packet", size: 0x2000, .fromDevice))),
    Example(
      "dma-map-sg mdp_vg1 list 0x60000000 4K 0x70000800 0x64 to",
      .client(
        .dmaMapScattered(
          device: "mdp_vg1", name: "list",
          [
            MemoryPiece(physical: 0x6000_0000, size: 0x1000),
            MemoryPiece(physical: 0x7000_0800, size: 0x64),
          ], .toDevice))),
    Example(
      "dma-alloc mdp_vg1 ring 16K",
      .client(.dmaAlloc(device: "mdp_vg1", name: "ring", size: 0x4000))),
    Example("dma-free mdp_vg1 ring", .client(.dmaFree(device: "mdp_vg1", name: "ring"))),
    Example("dma-release mdp_vg1", .client(.dmaRelease(device: "mdp_vg1"))),
    Example("dma-domain mdp_vg1 fb", .client(.dmaDomain(device: "mdp_vg1", domain: "fb"))),
    Example("mode lazy", .client(.mode(isLazy: true))),
    Example("mode strict", .client(.mode(isLazy: false))),
    Example("wait 10ms", .client(.wait(microseconds: 10_000))),
    Example("wait 1500us", .client(.wait(microseconds: 1500))),
    Example("wait 0x2s", .client(.wait(microseconds: 2_000_000)), "wait 2s"),
    Example("vm guest", .client(.vm("guest", domain: nil))),
    Example("vm guest made", .client(.vm("guest", domain: "made"))),
    Example(
      "memslot guest 0x00100000 0x80000000 4M pages=2M",
      .client(
        .memslot(vm: "guest", guest: 0x10_0000, host: 0x8000_0000, size: 0x40_0000, isHuge: true))),
    Example(
      "memslot guest 0 0x80000000 4K pages=4K",
      .client(.memslot(vm: "guest", guest: 0, host: 0x8000_0000, size: 0x1000, isHuge: false)),
      "memslot guest 0x00000000 0x80000000 4K"),
    Example("assign guest mdp_vg1", .client(.assign(vm: "guest", device: "mdp_vg1"))),
    Example("deassign guest mdp_vg1", .client(.deassign(vm: "guest", device: "mdp_vg1"))),
    Example("vm-free guest", .client(.vmFree("guest"))),
    Example("design b", .client(.design(.b))),
    Example("alloc fb mdp_vg1", .client(.allocFor("fb", cookie: "mdp_vg1"))),
    Example("msm-alloc fb mdp_vg1", .client(.msmAlloc("fb", context: "mdp_vg1"))),
  ]

  @Test(arguments: examples)
  func `each verb is read and written back`(example: Example) throws {
    let operation = try Operation(parsing: example.line)
    #expect(operation == example.operation)
    #expect(operation.text == example.written ?? example.line)
    #expect(try Operation(parsing: operation.text) == operation)
  }

  @Test func `every verb has an example`() throws {
    let verbs = Set(Self.examples.map(\.operation.verb))
    #expect(verbs == Set(Verb.allCases).subtracting([.expect]))
  }

  @Test func `a number that no word holds stays too large, and the machine says so`() throws {
    let operation = try Operation(parsing: "read mdp_vg1 99999999999999999999999")
    #expect(operation == .read(.init(device: "mdp_vg1", iova: .max)))
    var machine = try Machine.msm8x60()
    guard case .error(let message) = machine.apply(operation) else {
      Issue.record("a number of 77 bits was taken")
      return
    }
    #expect(message == "a number of 64 bits or more does not fit: msm8x60 has words of 32 bits")
  }

  /// An editor's byte-order mark was once taken for a part of the first verb.
  @Test func `a byte-order mark at the start is no part of the text`() throws {
    let script = try Script(parsing: "\u{feff}alloc fb\n", platforms: ["msm8x60"])
    #expect(script.lines.map(\.operation) == [.alloc("fb")])
  }

  @Test func `the width of the platform's words is the limit`() throws {
    var machine = try Machine.withTwoDomains()
    func isError(_ line: String) throws -> Bool {
      if case .error = machine.apply(try Operation(parsing: line)) { true } else { false }
    }
    #expect(try isError("map first 0x100000000 0x0 4K rw"))
    #expect(try isError("map first 0x0 0x100000000 4K rw"))
    #expect(try isError("map first 0x0 0x0 4G rw"))
    #expect(try isError("unmap first 0x100000000 4K"))
    #expect(try isError("unmap first 0x0 17179869183G"))
    #expect(try isError("iova-to-phys first 0x100000000"))
    #expect(try isError("read mdp_vg1 0x100000000"))
    #expect(try isError("write mdp_vg1 0x0 0x100000000"))
    #expect(try isError("read mdp_vg1 0x0 mid=512"))
    #expect(try isError("walk mdp_vg1 0x0 mid=99999999999999999999"))
    #expect(try !isError("read mdp_vg1 0xffffffff mid=511"))
    #expect(try !isError("map first 0xfffff000 0xfffff000 4K rw"))
  }

  @Test func `names that are not there are told from names of something else`() throws {
    var machine = try Machine.withTwoDomains()
    func message(_ line: String) throws -> String {
      if case .error(let message) = machine.apply(try Operation(parsing: line)) {
        message
      } else {
        ""
      }
    }
    #expect(try message("attach fb mdp_vg1") == "there is no domain fb; alloc fb makes one")
    #expect(try message("attach mdp0 mdp_vg1") == "mdp0 is an IOMMU, not a domain")
    #expect(try message("attach mdp_vg1 mdp_vg1") == "mdp_vg1 is a device, not a domain")
    #expect(try message("attach first tv") == "there is no device tv")
    #expect(try message("attach first second") == "second is a domain, not a device")
    #expect(try message("invalidate 漢字 all").hasPrefix("there is no IOMMU 漢字; there are: "))
    #expect(try message("invalidate first all") == "first is a domain, not an IOMMU")
    #expect(
      try message("read mdp0 0x0") == "mdp0 is an IOMMU; what asks is behind it: mdp_vg1, mdp_rgb1")
    #expect(try message("alloc first") == "first is a domain already; names are unique")
    #expect(try message("alloc mdp0") == "mdp0 is an IOMMU already; names are unique")
    #expect(try message("dump tv") == "there is no domain tv; alloc tv makes one")
    _ = machine.apply(.free("first"))
    #expect(
      try message("free first") == "there is no domain first any more; alloc first makes a new one")
    #expect(try message("alloc first") == "")
  }

  @Test func `refusals say what happened and what to try`() throws {
    var machine = try Machine.withTwoDomains()
    _ = machine.apply(.attach(domain: "first", device: "mdp_vg1"))
    #expect(
      machine.apply(.attach(domain: "second", device: "mdp_vg1"))
        == .refused(
          .EBUSY,
          reason: "mdp_vg1 is attached to first already; detach first mdp_vg1 first"))
    #expect(
      machine.apply(.attach(domain: "first", device: "mdp0"))
        == .refused(.EINVAL, reason: "mdp0 is an IOMMU; attach one of the devices behind it"))
    #expect(
      machine.apply(.unmap(domain: "first", iova: 0x1001, size: 0x1000))
        == .refused(
          .EINVAL, reason: "iova 0x1001 and size 0x1000 must be multiples of 4K"))
  }

  @Test func `looking changes nothing, not even counters`() throws {
    var machine = try Machine.withTwoDomains()
    _ = machine.apply(.attach(domain: "first", device: "mdp_vg1"))
    _ = machine.apply(.read(.init(device: "mdp_vg1", iova: 0x1000_0000)))
    _ = machine.takeRecording()
    let before = machine
    for line in [
      "walk mdp_vg1 0x10000000", "walk mdp_vg1 0x20000000 w", "walk mdp_vg1 0x10000000 w priv",
      "walk mdp_rgb1 0x10000000", "dump first", "dump mdp0", "dump nothing",
    ] {
      _ = machine.apply(try Operation(parsing: line))
      #expect(machine == before, "\(line)")
      #expect(machine.takeRecording().events.isEmpty, "\(line)")
    }
    #expect(
      machine.apply(.walk(.init(device: "mdp_vg1", iova: 0x2000_0000)))
        == machine.apply(.read(.init(device: "mdp_vg1", iova: 0x2000_0000))))
  }
}

/// Lines that cannot be read: where, and what would be right.
@Suite struct `Mistakes in a script` {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let text: String
    let line: Int
    let column: Int
    let message: String

    init(_ text: String, _ line: Int, _ column: Int, _ message: String) {
      (self.text, self.line, self.column, self.message) = (text, line, column, message)
    }

    var testDescription: String { text }
  }

  static let mistakes = [
    Mistake("frobnicate", 1, 1, "\"frobnicate\" is no verb; there are: use probe alloc"),
    Mistake("\n\n  mapp fb", 3, 3, "\"mapp\" is no verb"),
    Mistake("alloc", 1, 7, "DOMAIN is missing; right: alloc DOMAIN"),
    Mistake("alloc fb mdp_vg1 video", 1, 18, "\"video\" is too much; right: alloc DOMAIN"),
    Mistake("dma-map mdp_vg1 b 0 4K up", 1, 24, "\"up\" is none of to, from and both"),
    Mistake("wait 10", 1, 6, "\"10\" is no time; a number with us, ms or s is right"),
    Mistake("mode slow", 1, 6, "strict or lazy is missing; right: mode strict|lazy"),
    Mistake("design d", 1, 8, "a, b or c is missing; right: design a|b|c"),
    Mistake("alloc map", 1, 7, "\"map\" is a word of the language; take another name"),
    Mistake("alloc all", 1, 7, "\"all\" is a word of the language"),
    Mistake("alloc f/b", 1, 7, "\"f/b\" is no name; names are made of letters, digits and _ . : -"),
    Mistake("alloc " + String(repeating: "x", count: 65), 1, 7, "a name of 65 characters"),
    Mistake("alloc a\u{200d}b", 1, 7, "is no name"),
    Mistake("alloc fb\u{7}", 1, 7, "\"fb\u{fffd}\" is no name"),
    Mistake("attach fb", 1, 11, "DEVICE is missing; right: attach DOMAIN DEVICE"),
    Mistake("map fb", 1, 8, "IOVA is missing; right: map DOMAIN IOVA PA SIZE PROT"),
    Mistake("map fb 0x", 1, 8, "\"0x\" is no number for IOVA, which is decimal or 0x and hex"),
    Mistake("map fb 0x_1 0 4K rw", 1, 8, "\"0x_1\" is no number for IOVA"),
    Mistake("map fb 1_ 0 4K rw", 1, 8, "\"1_\" is no number for IOVA"),
    Mistake("map fb -1 0 4K rw", 1, 8, "\"-1\" is no number for IOVA"),
    Mistake("map fb 0xg 0 4K rw", 1, 8, "\"0xg\" is no number for IOVA"),
    Mistake("map fb 0 10a 4K rw", 1, 10, "\"10a\" is no number for PA"),
    Mistake(
      "map fb 0 0 4T rw", 1, 12, "\"4T\" is no size; a number is right, or one with K, M or G"),
    Mistake("map fb 0 0 0x10K rw", 1, 12, "\"0x10K\" is no size"),
    Mistake("map fb 0 0 K rw", 1, 12, "\"K\" is no size"),
    Mistake("map fb 0 0 4K", 1, 15, "PROT is missing"),
    Mistake("map fb 0 0 4K rx", 1, 15, "\"rx\" is no PROT, which is like rw, rwc or a number"),
    Mistake("map fb 0 0 4K rr", 1, 15, "\"rr\" is no PROT"),
    Mistake("map fb 0 0 4K 4294967296", 1, 15, "\"4294967296\" is no PROT"),
    Mistake("read mdp_vg1 0 mid=", 1, 16, "\"mid=\" names no stream ID, which is like mid=2"),
    Mistake("read mdp_vg1 0 mid=x", 1, 16, "\"mid=x\" names no stream ID"),
    Mistake("read mdp_vg1 0 priv mid=2", 1, 21, "\"mid=2\" is too much"),
    Mistake("read mdp_vg1 0 0xcafe", 1, 16, "\"0xcafe\" is too much"),
    Mistake("write mdp_vg1 0 cafe", 1, 17, "\"cafe\" is too much"),
    Mistake("walk mdp_vg1 0 x", 1, 16, "\"x\" is too much"),
    Mistake("probe", 1, 7, "NAME is missing; right: probe NAME|all"),
    Mistake("use", 1, 5, "PLATFORM is missing"),
    Mistake("use vax", 1, 5, "no platform \"vax\"; there are: msm8x60"),
    Mistake("use msm8x60 probed", 1, 13, "\"probed\" is too much; right: use PLATFORM [unprobed]"),
    Mistake(
      "alloc fb\nuse msm8x60", 2, 1, "use starts a machine, so it can only be the first line"),
    Mistake("# first\n expect ok", 2, 2, "expect is about the operation above it; there is none"),
    Mistake("alloc fb\nexpect", 2, 8, "what to expect is missing; right: expect ok|ERRNO|VALUE"),
    Mistake("alloc fb\nexpect EWHAT", 2, 8, "\"EWHAT\" is nothing to expect"),
    Mistake("alloc fb\nexpect ok ok", 2, 11, "\"ok\" is too much"),
    Mistake(
      "alloc fb\nexpect fault page", 2, 14,
      "no fault is called \"page\"; there are: translation, access-flag, permission"),
    Mistake("alloc fb\r\nalloc\r\n", 2, 7, "DOMAIN is missing"),
  ]

  @Test(arguments: mistakes)
  func `line, column and what would be right`(mistake: Mistake) throws {
    do {
      _ = try Script(parsing: mistake.text, platforms: Library.platformNames)
      Issue.record("it was read")
    } catch {
      #expect(error.line == mistake.line)
      #expect(error.column == mistake.column)
      #expect(error.message.contains(mistake.message), "\(error.message)")
    }
  }

  @Test func `an operation alone is read from one line, and expect is none`() {
    #expect(throws: ParseError(line: 1, column: 1, "an operation is missing, like: alloc fb")) {
      try Operation(parsing: "  # nothing")
    }
    #expect(throws: ParseError.self) { try Operation(parsing: "expect ok") }
    #expect(throws: ParseError.self) { try Operation(parsing: "alloc fb\nalloc video") }
  }

  @Test func `a text of nothing is a script of nothing, on a machine that has booted`() throws {
    let script = try Script(parsing: "\n# nothing\n", platforms: Library.platformNames)
    #expect(script.lines.isEmpty)
    #expect(script.start == nil)
    #expect(try Library.machine(for: script).system.devices.allSatisfy { $0.isBound })
  }

  @Test func `lines are counted as editors count them, whatever ends them`() throws {
    let script = try Script(
      parsing: "use msm8x60\r\n\r\n# two\nalloc fb\r\n", platforms: Library.platformNames)
    #expect(script.lines.map(\.number) == [1, 4])
  }
}

/// Text of every kind, none of which may trap, whatever it is taken for.
@Suite struct `Garbage` {
  private static let tokens = [
    "use", "probe", "alloc", "free", "attach", "detach", "map", "unmap", "iova-to-phys", "read",
    "write", "walk", "dump", "expect", "all", "unprobed", "ok", "fault", "translation", "EBUSY",
    "msm8x60", "fb", "mdp_vg1", "mdp0", "mdp_rgb1", "0x10000000", "0x60000000", "1M", "4K", "16M",
    "rw", "rwc", "w", "0", "1", "0xffffffff", "0xffffffffffffffff", "18446744073709551616",
    "999999999999999999999G", "0x", "0x_", "_", "-1", "1e9", "mid=2", "mid=511",
    "mid=18446744073709551615", "mid=", "priv", "#", "\u{1b}[31m", "\u{0}", "\u{7f}", "\u{9b}2J",
    "\u{202e}", "é", "ａ", "１", "e\u{301}\u{301}\u{301}", "👩‍👩‍👧", "\u{feff}", "%s%n", "\"", "\\",
    String(repeating: "x", count: 64), String(repeating: "y", count: 5000),
    String(repeating: "9", count: 400), "0x" + String(repeating: "f", count: 400),
  ]

  /// No control character and nothing that redirects text may reach a terminal.
  private func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      switch $0.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate:
        $0 == "\n"
      default: true
      }
    }
  }

  /// Reads, runs and prints a text, however far it gets.
  private func feed(_ text: String, to boot: Machine, _ place: Comment) throws {
    let script: Script
    do throws(ParseError) {
      script = try Script(parsing: text, platforms: Library.platformNames)
    } catch {
      #expect(error.line >= 1 && error.column >= 1, place)
      #expect(isPrintable(error.message), place)
      #expect(error.message.count < 400, place)
      return
    }
    let registers = try Library.registers(of: boot.platform.family)
    for isJSON in [true, false] {
      var runner = ScriptRunner(
        boot, registers: registers, options: .init(isJSON: isJSON, showsEvents: true))
      let failures = runner.run(script) { piece in
        #expect(piece.split(separator: "\n").allSatisfy { isPrintable(String($0)) }, place)
      }
      #expect(failures.allSatisfy { isPrintable($0.reason) }, place)
    }
    for line in script.lines {
      #expect(try Operation(parsing: line.operation.text) == line.operation, place)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `random tokens are read, run or refused`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let boot = try Machine.withTwoDomains()
    for round in 0..<300 {
      var text = ""
      for _ in 0..<random.below(6) + 1 {
        text += (0..<random.below(8)).map { _ in random.pick(Self.tokens) }.joined(separator: " ")
        text += random.pick(["\n", "\r\n", " \t", "\r", "\u{2028}"])
      }
      try feed(text, to: boot, "seed \(seed), round \(round)")
    }
  }

  @Test(arguments: [UInt64(4), 5])
  func `random bytes are refused with a place`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let boot = try Machine.withTwoDomains()
    for round in 0..<200 {
      let bytes = (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      try feed(String(decoding: bytes, as: UTF8.self), to: boot, "seed \(seed), round \(round)")
    }
  }

  @Test(arguments: [UInt64(6), 7])
  func `good lines with a byte changed are read, run or refused`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let boot = try Machine.withTwoDomains()
    for round in 0..<300 {
      var bytes = Array(random.pick(`The language`.examples).line.utf8)
      bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
      try feed(String(decoding: bytes, as: UTF8.self), to: boot, "seed \(seed), round \(round)")
    }
  }

  @Test func `operations that no line could write are answered too`() throws {
    var machine = try Machine.withTwoDomains()
    let names = ["", "first", "mdp_vg1", "mdp0", "\u{0}", String(repeating: "z", count: 100_000)]
    let numbers: [UInt64] = [0, 1, 0xffff_ffff, 0x1_0000_0000, .max - 1, .max]
    for name in names {
      for number in numbers {
        let request = Operation.DeviceRequest(device: name, iova: number, stream: number)
        for operation: IOMMULab.Operation in [
          .use(platform: name, isProbed: true), .probe(name), .alloc(name),
          .attach(domain: name, device: name),
          .map(domain: name, iova: number, physical: number, size: number, .read),
          .unmap(domain: name, iova: number, size: number),
          .iovaToPhys(domain: name, iova: number), .read(request), .write(request, value: number),
          .walk(request), .dump(.object(name)), .dump(.tlb(name)), .dump(.faults),
          .writeWord(physical: number, value: number), .readWord(physical: number),
          .register(iommu: name, offset: number, value: number),
          .invalidate(.init(name, bank: number), .address(number, asid: number)),
          .invalidate(.init(name), .domain(number, address: number)),
          .invalidate(.init(name), .domain(number, address: nil)),
          .invalidate(.init(name), .contexts),
          .invalidate(.init(name), .vmid(number)), .irq(.run(name)), .limitPages(number),
          .client(
            .dmaMap(device: "mdp_vg1", name: name, physical: number, size: number, .toDevice)),
          .client(.dmaUnmap(device: "mdp_vg1", name: name, size: number, .fromDevice)),
          .client(
            .dmaMapScattered(
              device: "mdp_vg1", name: name,
              [
                MemoryPiece(physical: number, size: number),
                MemoryPiece(physical: 0, size: number),
              ], .toDevice)),
          .client(.dmaAlloc(device: "mdp_rgb1", name: name, size: number)),
          .client(.dmaFree(device: name, name: name)), .client(.wait(microseconds: number)),
          .client(.vm(name, domain: nil)),
          .client(
            .memslot(vm: name, guest: number, host: number, size: number, isHuge: true)),
          .client(.assign(vm: name, device: "gfx3d_user")), .client(.vmFree(name)),
          .client(.allocFor(name, cookie: name)), .client(.msmAlloc(name, context: name)),
          .detach(domain: name, device: name),
        ] { _ = machine.apply(operation) }
      }
    }
  }
}
