import IOMMUAPI
import IOMMUDrivers
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// Machines as data: what a platform's text says, and what it may not.
@Suite struct `Platforms` {
  private let text = """
    platform tiny   # for tests
    title    One IOMMU and a half
    family   msm-smmu
    address  bits=32
    cpu      prrr=0xff0a81a8 nmrr=0x40e040e0
    io       offset=0x10000000
    tlb      sets=2 ways=3
    iommu    left base=0x1000 irq=7 banks=3
    context  eye bank=2 streams=0,4-6,511
    iommu    right base=0x2000 irq=8 banks=1
    """

  @Test func `a text is a machine, device by device`() throws {
    let platform = try Platform(parsing: text)
    #expect(platform.name == "tiny")
    #expect(platform.title == "One IOMMU and a half")
    #expect(platform.units.map(\.name) == ["left", "right"])
    #expect(platform.units.map(\.banks) == [3, 1])
    #expect(platform.contexts.map(\.streams) == [[0, 4, 5, 6, 511]])
    var machine = Machine(unprobed: platform)
    try machine.probeAll()
    #expect(machine.board.iommus[0].tlb.geometry == TLBGeometry(sets: 2, ways: 3))
    #expect(machine.system.devices.map(\.name) == ["left", "right", "eye"])
    #expect(machine.board.register(MSMRegisters.m2vcbr(511), of: 0) == 0x00c0_0200)
    _ = try machine.allocateDomain("fb")
    try machine.attach("eye", to: "fb")
    #expect(machine.board.register(2 << 12, of: 0) == 3)
  }

  @Test(
    arguments: [
      ("platform", 1, "a name is missing"),
      ("address bits=11", 1, "bits=11 is not within 12 to 64"),
      ("address bits=x", 1, "bits=x is not a number"), ("tlb sets=3 ways=1", 1, "a power of two"),
      ("tlb sets=512 ways=1", 1, "at most 256"), ("tlb sets=1", 1, "\"ways=\" is missing"),
      ("cpu prrr=0x100000000 nmrr=0", 1, "does not fit into 32 bits"),
      ("context eye bank=0 streams=1", 1, "a context needs an iommu above it"),
      ("\niommu a base=0 irq=0 banks=256", 2, "banks=256 is not within 1 to 255"),
      (
        "iommu a base=0 irq=0 banks=1\ncontext b bank=1 streams=0", 2, "bank=1 is not within 0 to 0"
      ),
      ("iommu a base=0 irq=0 banks=1\ncontext b bank=0 streams=3-1", 2, "is not a list like"),
      ("iommu a base=0 irq=0 banks=1\ncontext b bank=0 streams=512", 2, "is not a list like"),
      ("iommu a base=0 irq=0 banks=1\ncontext b bank=0 streams=1-", 2, "is not a list like"),
      ("family vax", 1, "no family \"vax\"; there are: msm-smmu"),
      ("speed 9", 1, "\"speed\" is none of platform, title"),
    ])
  func `a mistake has a line and says what is wrong`(
    text: String, line: Int, message: String
  ) throws {
    do {
      _ = try Platform(parsing: text)
      Issue.record("it was read")
    } catch {
      #expect(error.line == line)
      #expect(error.message.contains(message), "\(error.message)")
    }
  }

  @Test func `a platform has at most 255 IOMMUs, for events count them in a byte`() throws {
    let units = (0..<256).map { "iommu u\($0) base=0 irq=0 banks=1" }
    #expect(throws: ParseError.self) {
      try Platform(parsing: units.joined(separator: "\n"))
    }
    var machine = Machine(
      unprobed: try Platform(parsing: units.dropLast().joined(separator: "\n")))
    try machine.probeAll()
    #expect(machine.system.devices.allSatisfy { $0.isBound })
  }

  @Test(arguments: [UInt64(1), 2])
  func `a damaged text is read or refused, and what is read can be booted`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      var bytes = Array(text.utf8)
      for _ in 0..<random.below(4) + 1 {
        let index = Int(random.below(UInt64(bytes.count)))
        bytes[index] = random.oneIn(2) ? UInt8(48 + random.below(10)) : UInt8(random.below(256))
      }
      guard let platform = try? Platform(parsing: String(decoding: bytes, as: UTF8.self)) else {
        continue
      }
      var machine = Machine(unprobed: platform)
      try machine.probeAll()
    }
  }
}

/// The names and fields of registers, as data.
@Suite struct `Register maps` {
  @Test func `every register that probing and attaching write has a name`() throws {
    let map = try Library.registers(of: .msm)
    var machine = try Machine.msm8x60Unprobed()
    try machine.probeAll()
    _ = try machine.allocateDomain("fb")
    try machine.attach("gfx3d_priv", to: "fb")
    for write in machine.takeRecording().registerWrites {
      let banks = machine.board.iommus[write.iommu].bankCount
      #expect(map.name(at: write.offset, banks: banks) != "?", "\(write)")
    }
  }

  @Test(
    arguments: [
      (0x00010, "TTBR0"), (0x01010, "TTBR0"), (0xff00c, "M2VCBR_3"), (0xff7fc, "M2VCBR_511"),
      (0xff804, "CBACR_1"), (0xff808, "?"), (0x02010, "?"), (0x00820, "RESUME"), (0xfff80, "CR"),
      (0xff001, "?"), (0xffff_ffff, "?"),
    ] as [(UInt32, String)])
  func `an offset has the name of its register`(offset: UInt32, name: String) throws {
    #expect(try Library.registers(of: .msm).name(at: offset, banks: 2) == name)
  }

  @Test func `the fields of a register do not overlap`() throws {
    for register in try Library.registers(of: .msm).registers {
      var seen: UInt32 = 0
      for field in register.fields {
        let ones = UInt32.max >> UInt32(32 - field.bits.count)
        let mask = ones << UInt32(field.bits.lowerBound)
        #expect(seen & mask == 0, "\(register.name).\(field.name)")
        seen |= mask
      }
    }
  }

  @Test func `a field's value is its bits, and its words what the value means`() throws {
    let map = try Library.registers(of: .msm)
    let actlr = try #require(map.register(at: 4, banks: 2)).register
    let miss = try #require(actlr.fields.first { $0.name == "TLBMCFG" })
    #expect(miss.value(in: 0x0003_7072) == 3)
    #expect(miss.words(in: 0x0003_7072) == "a TLB miss walks")
    #expect(miss.isKey)
  }

  @Test func `a line that is neither register nor field is refused`() {
    for text in ["bank 0x0", "bank zero SCTLR | x", " 0 M | y", "bank 0x0 A | x\n -1 M | y"] {
      #expect(throws: ParseError.self) { try RegisterMap(parsing: text) }
    }
  }
}

/// The driver's ops on a domain that is gone: only a direct call gets there.
@Suite struct `A freed domain` {
  @Test func `map and attach are EINVAL, unmap answers the length, and nothing is written`() throws
  {
    let bare = try BareDriver(domains: 1)
    var system = bare.system
    let device = try #require(system.device(named: "mdp_vg1"))
    bare.driver.destroy(bare.domains[0], in: &system)
    let before = system
    #expect(throws: KernelError.noTable(domain: bare.domains[0])) {
      try bare.driver.map(
        IOVA(0), to: PhysicalAddress(0), size: 0x1000, .read, for: bare.domains[0], in: &system)
    }
    #expect(throws: KernelError.noTable(domain: bare.domains[0])) {
      try bare.driver.attach(device, to: bare.domains[0], in: &system)
    }
    var gather = UnmapGather()
    let bytes = bare.driver.unmap(
      IOVA(0), size: 0x1234, for: bare.domains[0], gather: &gather, in: &system)
    #expect(bytes == 0x1234)
    let found = bare.driver.physicalAddress(of: IOVA(0), for: bare.domains[0], in: &system)
    #expect(found.value == 0)
    #expect(system == before)
  }
}
