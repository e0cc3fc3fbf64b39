import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// `iommu_map` and `iommu_unmap` of Linux 3.6, as far as they are the same for every driver.
@Suite struct `The generic core` {
  private func refusal(_ body: () throws -> Void) -> KernelError? {
    do {
      try body()
      return nil
    } catch {
      return error as? KernelError
    }
  }

  private func fresh() throws -> (machine: Machine, domain: DomainID) {
    var machine = try Machine.msm8x60()
    let domain = try machine.allocateDomain("fb")
    try machine.attach("mdp_vg1", to: "fb")
    _ = machine.takeRecording()
    return (machine, domain)
  }

  /// The sizes that the driver was called with.
  private func words(_ machine: Machine) -> [UInt32] {
    RecordedTables(at: 0x4000_0000, on: machine.board).first.sorted { $0.key < $1.key }.map(\.value)
  }

  @Test(
    arguments: [
      (0x1001, 0x1000, 0x1000), (0x1000, 0x1004, 0x1000), (0x1000, 0x1000, 0x800),
      (0x800, 0x800, 0x800),
    ] as [(UInt64, UInt64, UInt64)])
  func `what is not a multiple of 4K is EINVAL and writes nothing`(
    iova: UInt64, physical: UInt64, size: UInt64
  ) throws {
    var (machine, domain) = try fresh()
    let before = machine
    let error = refusal {
      try machine.map(
        domain, iova: IOVA(iova), to: PhysicalAddress(physical), size: size, .read)
    }
    #expect(error?.errno == .EINVAL)
    #expect(machine == before)
    let unmapped = refusal {
      _ = try machine.unmap(domain, iova: IOVA(iova), size: size == 0x1000 ? 0x1001 : size)
    }
    #expect(unmapped?.errno == .EINVAL)
    #expect(machine == before)
  }

  @Test func `the largest page that alignment and rest allow comes each time`() throws {
    let sizes = PageSizes([.size4K, .size64K, .size1M, .size16M])
    #expect(sizes.largest(at: 0, within: 0x1000) == 0x1000)
    #expect(sizes.largest(at: 0, within: 0xffff_f000) == 0x100_0000)
    #expect(sizes.largest(at: 0x100_0000, within: 0x100_0000) == 0x100_0000)
    #expect(sizes.largest(at: 0x100_0000, within: 0xff_f000) == 0x10_0000)
    #expect(sizes.largest(at: 0x10_0000, within: 0x100_0000) == 0x10_0000)
    #expect(sizes.largest(at: 0x18_0000, within: 0x100_0000) == 0x1_0000)
    #expect(sizes.largest(at: 0x8000, within: 0x100_0000) == 0x1000)
    #expect(sizes.largest(at: 0x1_0000, within: 0xf000) == 0x1000)
  }

  @Test func `both addresses bound a page, each as far as it has come`() throws {
    // A precedence slip once added the progress twice.
    var (machine, domain) = try fresh()
    try machine.map(
      domain, iova: IOVA(0x1001_0000), to: PhysicalAddress(0x6011_0000), size: 0x30_0000, .read)
    #expect(
      machine.takeRecording().events.filter {
        if case .call("msm_iommu_map", _) = $0.change { true } else { false }
      }.count == 15 + 2 + 1)
    #expect(try machine.read("mdp_vg1", 0x1001_0000).address == 0x6011_0000)
    #expect(try machine.read("mdp_vg1", 0x1030_ffff).address == 0x6040_ffff)
    #expect(try machine.read("mdp_vg1", 0x101f_1234).address == 0x602f_1234)
  }

  @Test func `an address past 4 GiB wraps, as it does in C`() throws {
    var (machine, domain) = try fresh()
    try machine.map(
      domain, iova: IOVA(0xffff_f000), to: PhysicalAddress(0xffff_f000), size: 0x2000, .read)
    #expect(try machine.read("mdp_vg1", 0xffff_f000).address == 0xffff_f000)
    #expect(try machine.read("mdp_vg1", 0x0000_0123).address == 0x123)
  }

  @Test func `nothing is mapped by a map of no bytes`() throws {
    var (machine, domain) = try fresh()
    let before = machine
    try machine.map(domain, iova: IOVA(0), to: PhysicalAddress(0), size: 0, .read)
    #expect(try machine.unmap(domain, iova: IOVA(0), size: 0) == 0)
    #expect(machine == before)
  }

  @Test func `without pages for a table a map is ENOMEM, and one page of it is taken back`() throws
  {
    var bare = try BareDriver(domains: 1)
    bare.limitPages(to: 5)
    var system = bare.system
    let error = refusal {
      try system.map(
        bare.domains[0], iova: IOVA(0x1f_f000), to: PhysicalAddress(0x6000_0000), size: 0x2000,
        .read, through: bare.driver)
    }
    #expect(error == .outOfPages)
    #expect(RecordedTables(at: 0x4000_0000, on: system.board).first.isEmpty)
    #expect(system.board.memory.pool.pagesInUse == 4)
  }

  @Test func `two pages are not, for the driver unmaps no 8K`() throws {
    var bare = try BareDriver(domains: 1)
    bare.limitPages(to: 5)
    var system = bare.system
    let error = refusal {
      try system.map(
        bare.domains[0], iova: IOVA(0x1f_e000), to: PhysicalAddress(0x6000_0000), size: 0x3000,
        .read, through: bare.driver)
    }
    #expect(error == .outOfPages)
    let tables = RecordedTables(at: 0x4000_0000, on: system.board)
    #expect(tables.second == [1: [254: 0x6000_0c7e, 255: 0x6000_1c7e]])
    #expect(system.board.memory.pool.pagesInUse == 5)
  }

  @Test func `without pages for a first table there is no domain`() throws {
    var bare = try BareDriver(domains: 1)
    bare.limitPages(to: 7)
    var system = bare.system
    #expect(
      refusal { _ = try system.allocateDomain(named: "late", through: bare.driver) } == .outOfPages)
    #expect(system.domain(named: "late") == nil)
  }

  @Test func `unmapping 8K or 128K answers success and changes nothing`() throws {
    var (machine, domain) = try fresh()
    try machine.map(
      domain, iova: IOVA(0x1000_0000), to: PhysicalAddress(0x6000_0000), size: 0x2000, .read)
    let before = machine
    #expect(try machine.unmap(domain, iova: IOVA(0x1000_0000), size: 0x2000) == 0x2000)
    #expect(try machine.unmap(domain, iova: IOVA(0x1000_0000), size: 0x2_0000) == 0x2_0000)
    #expect(machine == before)
    #expect(
      machine.takeRecording().events.contains {
        if case .hazard(.unmappedNothing, _, _) = $0.change { true } else { false }
      })
  }

  @Test func `every prot gives full access and picks a cache policy by its low bits`() throws {
    var (machine, domain) = try fresh()
    for prot in UInt32(0)..<8 {
      try machine.map(
        domain, iova: IOVA(UInt64(prot) << 20), to: PhysicalAddress(0x6000_0000), size: 0x10_0000,
        Protection(rawValue: prot))
    }
    let policies: [UInt32] = [0x6003_0c06, 0x6003_1c0e, 0x6003_0c0e, 0x6003_0c0a]
    #expect(words(machine) == policies + policies)
    let device = try machine.device("mdp_vg1")
    for access in Access.allCases {
      #expect(machine.read(machine.request(by: device, at: IOVA(0), access)).fault == nil)
    }
  }
}
