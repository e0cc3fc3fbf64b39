import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What the mail of July 2010 asks for: several sets of mappings for one context, switched at run
/// time, on IOMMUs of which there are many.
@Suite struct `Two domains on one context` {
  @Test func `only the attached one answers, and switching has a gap without translation`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    #expect(try machine.read("mdp_vg1", 0x1000_0123).address == 0x6000_0123)
    let busy = KernelError.busy(device: try machine.device("mdp_vg1"), domain: DomainID(0))
    #expect(throws: busy) {
      try machine.attach("mdp_vg1", to: "second")
    }
    #expect(try machine.read("mdp_vg1", 0x1000_0123).address == 0x6000_0123)

    try machine.detach("mdp_vg1", from: "first")
    // The gap: the context is off, and the device reaches memory at its own addresses.
    let between = try machine.read("mdp_vg1", 0x1000_0123)
    #expect(between.address == 0x1000_0123)
    #expect(between.isBypass)

    try machine.attach("mdp_vg1", to: "second")
    #expect(try machine.read("mdp_vg1", 0x1000_0123).address == 0x7000_0123)
  }

  @Test func `the context beside it goes on undisturbed`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    try machine.attach("mdp_rgb1", to: "first")
    try machine.attach("vpe_src", to: "second")
    let bank = 1 << 12 as UInt32
    let offsets = stride(from: bank, to: bank | 0x80, by: 4)
    let before = offsets.map { machine.board.register($0, of: 2) }

    try machine.detach("mdp_vg1", from: "first")
    #expect(try machine.read("mdp_rgb1", 0x1000_0123).address == 0x6000_0123)
    try machine.attach("mdp_vg1", to: "second")
    #expect(try machine.read("mdp_rgb1", 0x1000_0123).address == 0x6000_0123)
    #expect(try machine.read("vpe_src", 0x1000_0123).address == 0x7000_0123)
    #expect(try machine.read("mdp_vg1", 0x1000_0123).address == 0x7000_0123)
    #expect(offsets.map { machine.board.register($0, of: 2) } == before)
  }

  @Test func `one domain serves contexts of several IOMMUs with one table`() throws {
    var machine = try Machine.withTwoDomains()
    for name in ["mdp_vg1", "mdp_rgb2", "gfx3d_priv"] { try machine.attach(name, to: "first") }
    for name in ["mdp_vg1", "mdp_rgb2", "gfx3d_priv"] {
      #expect(try machine.read(name, 0x1000_0000).address == 0x6000_0000)
      let device = machine.system.devices[try machine.device(name).index]
      let bank = UInt32(try #require(device.bank))
      #expect(machine.board.register(bank << 12 | 0x10, of: device.iommu) == 0x4000_006a)
    }
    #expect(
      machine.system.domains[0].attached.map { machine.system.name(of: $0) }
        == ["gfx3d_priv", "mdp_rgb2", "mdp_vg1"])
  }

  @Test func `a mapping made later reaches every attached context, through flushed TLBs`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    try machine.attach("mdp_rgb2", to: "first")
    #expect(try machine.read("mdp_rgb2", 0x1000_0000).address == 0x6000_0000)
    let first = try machine.domain("first")
    #expect(try machine.unmap(first, iova: IOVA(0x1000_0000), size: 0x10_0000) == 0x10_0000)
    try machine.map(
      first, iova: IOVA(0x1000_0000), to: PhysicalAddress(0x6500_0000), size: 0x10_0000, .read)
    #expect(try machine.read("mdp_rgb2", 0x1000_0000).address == 0x6500_0000)
    #expect(try machine.read("mdp_vg1", 0x1000_0000).address == 0x6500_0000)
  }

  @Test func `attaching a second time is refused for the same domain too`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    let before = machine
    let busy = KernelError.busy(device: try machine.device("mdp_vg1"), domain: DomainID(0))
    #expect(throws: busy) {
      try machine.attach("mdp_vg1", to: "first")
    }
    #expect(machine == before)
  }

  @Test func `detach does not check which domain it names`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    try machine.detach("mdp_vg1", from: "second")
    #expect(machine.system.domains[0].attached.isEmpty)
    #expect(try machine.read("mdp_vg1", 0x1000_0000).isBypass)
  }

  @Test func `a domain freed while attached leaves its contexts walking freed pages`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    machine.free(try machine.domain("first"))
    #expect(machine.system.domain(named: "first") == nil)
    #expect(machine.board.memory.use(ofPage: 0x40000) == .freed)
    #expect(try machine.read("mdp_vg1", 0x1000_0000).address == 0x6000_0000)
    // The next domain takes those pages, cleared: what the context reaches is its business now.
    let third = try machine.allocateDomain("third")
    try machine.map(
      third, iova: IOVA(0x2000_0000), to: PhysicalAddress(0x5000_0000), size: 0x10_0000, .read)
    #expect(try machine.read("mdp_vg1", 0x2000_0000).address == 0x5000_0000)
  }

  @Test func `asking for an address takes an attached context, and zero is the answer without`()
    throws
  {
    var machine = try Machine.withTwoDomains()
    let first = try machine.domain("first")
    #expect(try machine.physicalAddress(of: IOVA(0x1000_0123), in: first).value == 0)
    try machine.attach("mdp_vg1", to: "first")
    #expect(try machine.physicalAddress(of: IOVA(0x1000_0123), in: first).value == 0x6000_0123)
    #expect(try machine.physicalAddress(of: IOVA(0x1010_0000), in: first).value == 0)
  }
}

/// A machine on which nothing has its IOMMU data yet.
@Suite struct `An unprobed machine` {
  private func errno(_ body: () throws -> Void) -> Errno? {
    do {
      try body()
      return nil
    } catch {
      return (error as? KernelError)?.errno
    }
  }

  @Test func `a context before its IOMMU is ENODEV, and nothing is written`() throws {
    var machine = try Machine.msm8x60Unprobed()
    let before = machine
    #expect(errno { try machine.probe(try machine.device("mdp_vg1")) } == .ENODEV)
    #expect(machine == before)
  }

  @Test func `attaching before the probe is EINVAL, and the domain needs no device`() throws {
    var machine = try Machine.msm8x60Unprobed()
    let domain = try machine.allocateDomain("fb")
    try machine.map(
      domain, iova: IOVA(0x1000_0000), to: PhysicalAddress(0x6000_0000), size: 0x1000, .read)
    #expect(errno { try machine.attach("mdp_vg1", to: "fb") } == .EINVAL)
    try machine.probe(try machine.device("mdp0"))
    #expect(errno { try machine.attach("mdp_vg1", to: "fb") } == .EINVAL)
    #expect(errno { try machine.attach("mdp0", to: "fb") } == .EINVAL)
    try machine.probe(try machine.device("mdp_vg1"))
    try machine.attach("mdp_vg1", to: "fb")
    #expect(try machine.read("mdp_vg1", 0x1000_0004).address == 0x6000_0004)
  }

  @Test func `a second probe is EBUSY`() throws {
    var machine = try Machine.msm8x60Unprobed()
    try machine.probe(try machine.device("mdp0"))
    try machine.probe(try machine.device("mdp_rgb1"))
    #expect(errno { try machine.probe(try machine.device("mdp0")) } == .EBUSY)
    #expect(errno { try machine.probe(try machine.device("mdp_rgb1")) } == .EBUSY)
    // The rest is probed by a boot that comes later; what is there already is left alone.
    try machine.probeAll()
    #expect(machine.system.devices.allSatisfy { $0.isBound })
  }

  @Test func `detaching what was never probed does nothing`() throws {
    var machine = try Machine.msm8x60Unprobed()
    _ = try machine.allocateDomain("fb")
    let before = machine
    try machine.detach("mdp_vg1", from: "fb")
    #expect(machine == before)
  }

  @Test func `every stream leads to bank 0, which is off`() throws {
    var machine = try Machine.msm8x60Unprobed()
    for name in ["mdp_vg1", "mdp_rgb1", "gfx3d_priv"] {
      #expect(try machine.read(name, 0x1234_5678).isBypass)
    }
  }

  @Test func `the platform is as the mail's machine: 12 IOMMUs, 25 banks, 21 contexts`() throws {
    let machine = try Machine.msm8x60Unprobed()
    #expect(machine.board.iommus.count == 12)
    #expect(machine.board.iommus.map(\.bankCount).reduce(0, +) == 25)
    #expect(machine.system.devices.filter { $0.parent != nil }.count == 21)
  }
}

/// What the interrupt handler makes of a fault.
@Suite struct `A fault and its interrupt` {
  @Test func `the context stalls until the handler has run`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    let fault = try machine.read("mdp_vg1", 0x2000_0000).fault
    #expect(fault?.status == 0x4000_0002)
    #expect(try machine.read("mdp_vg1", 0x1000_0000) == .stalled)
    machine.handleInterrupts()
    #expect(machine.board.register(0x20, of: 2) == 0)
    #expect(machine.board.register(0x28, of: 2) == 0x2000_0000)
    #expect(try machine.read("mdp_vg1", 0x1000_0000).address == 0x6000_0000)
  }

  @Test func `only the IOMMU that interrupts is served, and only once`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    _ = try machine.read("mdp_vg1", 0x2000_0000)
    _ = machine.takeRecording()
    machine.handleInterrupts()
    let calls = machine.takeRecording().events.filter {
      if case .call("msm_iommu_fault_handler", .iommu(2)) = $0.change { true } else { false }
    }
    #expect(calls.count == 1)
    machine.handleInterrupts()
    #expect(machine.takeRecording().events.isEmpty)
  }

  @Test func `a fault at level 2 leaves SL behind, which interrupts nobody`() throws {
    var machine = try Machine.withTwoDomains()
    try machine.attach("mdp_vg1", to: "first")
    try machine.map(
      try machine.domain("first"), iova: IOVA(0x3000_0000), to: PhysicalAddress(0x5000_0000),
      size: 0x1000, .read)
    #expect(try machine.read("mdp_vg1", 0x3000_1000).fault?.status == 0x4001_0002)
    machine.handleInterrupts()
    #expect(machine.board.register(0x20, of: 2) == 0x1_0000)
    #expect(try machine.read("mdp_vg1", 0x3000_0000).address == 0x5000_0000)
  }
}
