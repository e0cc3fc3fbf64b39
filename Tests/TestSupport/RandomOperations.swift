internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
package import IOMMULab
package import IOMMUModel
internal import IOMMUValues

/// Operations at random over a few names, most of them sensible, some of them wrong.
package struct RandomOperations {
  package private(set) var random: SplitMix64
  /// Lets devices whose context is off write into page tables.
  private let isWild: Bool
  /// Lets drivers and guests join in.
  private let hasClients: Bool

  private static let domains = ["fb", "video", "gpu"]
  private static let devices = ["mdp_vg1", "mdp_rgb1", "vcodec_a_mm1", "gfx3d_user"]

  package init(seed: UInt64, isWild: Bool = false, hasClients: Bool = false) {
    random = SplitMix64(seed: seed)
    (self.isWild, self.hasClients) = (isWild, hasClients)
  }

  private mutating func domain() -> String {
    random.oneIn(30) ? "nobody" : random.pick(Self.domains)
  }

  private mutating func device() -> String {
    random.oneIn(30) ? random.pick(["mdp0", "fb", "nothing"]) : random.pick(Self.devices)
  }

  private mutating func size() -> UInt64 {
    random.pick([0x1000, 0x1000, 0x3000, 0x1_0000, 0x1_8000, 0x10_0000, 0x100_0000])
  }

  /// Near the start of a few regions that operations keep coming back to.
  private mutating func iova() -> UInt64 {
    let region: UInt64 = random.pick([0x1000_0000, 0x1100_0000, 0x2000_0000])
    return region + random.below(0x20) * 0x1_0000 + (random.oneIn(4) ? 0x1000 : 0)
  }

  private mutating func request(_ access: Access) -> Operation.DeviceRequest {
    let inTables = isWild && random.oneIn(2)
    return Operation.DeviceRequest(
      device: device(),
      iova: inTables
        ? 0x4000_0000 + random.below(0x3000) * 4
        : iova() + random.below(0x400) * 4,
      access: access, stream: random.oneIn(6) ? random.below(20) : nil,
      isPrivileged: random.oneIn(5))
  }

  package mutating func next() -> Operation {
    if hasClients, random.oneIn(3) { return .client(client()) }
    switch random.below(isWild ? 32 : 28) {
    case 0, 1: return .alloc(domain())
    case 2: return .free(domain())
    case 3, 4, 5: return .attach(domain: domain(), device: device())
    case 6: return .detach(domain: domain(), device: device())
    case 7, 8, 9, 10:
      return .map(
        domain: domain(), iova: iova(), physical: 0x6000_0000 + random.below(0x400) * 0x1_0000,
        size: size(), Protection(rawValue: UInt32(random.below(8))))
    case 11, 12, 13: return .unmap(domain: domain(), iova: iova(), size: size())
    case 14: return .iovaToPhys(domain: domain(), iova: iova())
    case 15, 16, 17, 18: return .read(request(.read))
    case 19: return .walk(request(random.oneIn(2) ? .read : .write))
    case 20:
      return .dump(
        random.pick([.object("fb"), .object("mdp0"), .object("video"), .tlb("mdp0"), .faults]))
    case 22, 23, 24, 25, 26, 27: return bare()
    default: return .write(request(.write), value: word())
    }
  }

  /// A word that looks like an entry of a table, or one that does not.
  private mutating func word() -> UInt64 {
    random.pick([
      0, 0x4000_0001 + random.below(0x10) << 12, 0x6003_0c0e, 0x6007_0c0e, random.next() >> 32,
      0x4000_4c31,
    ])
  }

  /// What drivers and guests do, mistakes included.
  private mutating func client() -> ClientOperation {
    let (device, buffer) = (self.device(), random.pick(["ring", "packet", "frame"]))
    let guest = random.pick(["guest", "other"])
    let direction = random.pick(DMADirection.allCases)
    let physical = 0x6000_0000 + random.below(0x400) * 0x800
    switch random.below(24) {
    case 0, 1, 2, 3, 4:
      return .dmaMap(device: device, name: buffer, physical: physical, size: size(), direction)
    case 5, 6, 7, 8, 9:
      let isWrong = random.oneIn(6)
      return .dmaUnmap(
        device: device, name: buffer, size: isWrong ? size() : nil, isWrong ? direction : nil)
    case 10:
      let pieces = (0...random.below(4)).map { _ in
        MemoryPiece(physical: 0x7000_0000 + random.below(0x100) * 0x800, size: size())
      }
      return .dmaMapScattered(device: device, name: buffer, pieces, direction)
    case 11: return .dmaAlloc(device: device, name: buffer, size: 0x1000 + random.below(0x5000))
    case 12: return .dmaFree(device: device, name: buffer)
    case 13: return .dmaRelease(device: device)
    case 14, 15: return .mode(isLazy: random.oneIn(2))
    case 16: return .wait(microseconds: random.below(15_000))
    case 17: return .vm(guest, domain: random.oneIn(4) ? domain() : nil)
    case 18:
      return .memslot(
        vm: guest, guest: random.below(8) * 0x10_0000, host: 0x8000_0000 + random.below(8) * 0x1000,
        size: random.pick([0x1000, 0x4000, 0x7000]), isHuge: random.oneIn(2))
    case 19, 20: return .assign(vm: guest, device: device)
    case 21: return random.oneIn(2) ? .deassign(vm: guest, device: device) : .vmFree(guest)
    case 22:
      return random.oneIn(3)
        ? .design(random.pick(Design.allCases)) : .allocFor(domain(), cookie: device)
    default:
      return random.oneIn(2)
        ? .msmAlloc(domain(), context: device) : .dmaDomain(device: device, domain: domain())
    }
  }

  /// Something that no driver does.
  private mutating func bare() -> Operation {
    let iommu = random.pick(["mdp0", "vcodec_a", "gfx3d"])
    let bank = random.below(random.oneIn(10) ? 5 : 2)
    switch random.below(9) {
    case 0: return .writeWord(physical: 0x4000_0000 + random.below(0x3000) * 4, value: word())
    case 1: return .readWord(physical: 0x4000_0000 + random.below(0x3000) * 4)
    case 2:
      let offset = bank << 12 | random.below(0x210) * 4
      return .register(iommu: iommu, offset: offset, value: random.oneIn(2) ? nil : word())
    case 3:
      let bits = random.pick([UInt64(0), 1, 3, 0x4000_000f, 0x4000_0000, 0x3_7000])
      return .register(iommu: iommu, offset: bank << 12 | random.below(0x10) * 4, value: bits)
    case 4: return .invalidate(.init(iommu), random.oneIn(2) ? .all : .vmid(random.below(3)))
    case 5: return .invalidate(.init(iommu, bank: bank), random.oneIn(2) ? .all : .asid(bank))
    case 6:
      let asid = random.oneIn(2) ? random.below(3) : nil
      return .invalidate(.init(iommu, bank: bank), .address(iova(), asid: asid))
    case 7: return .irq(random.pick([.auto, .auto, .hold, .run(iommu)]))
    default: return .limitPages(random.oneIn(2) ? nil : random.below(40))
    }
  }

  package mutating func next(_ count: Int) -> [Operation] { (0..<count).map { _ in next() } }
}

extension Machine {
  /// A number that two equal machines share, within one run of the tests.
  package var fingerprint: Int {
    var hasher = Hasher()
    hasher.combine(board.iommus)
    hasher.combine(board.memory.pool)
    for page in board.memory.populatedPages {
      hasher.combine(page)
      hasher.combine(board.memory.contents(ofPage: page))
    }
    hasher.combine(system.devices)
    for domain in system.domains {
      hasher.combine(system.names[domain.name])
      hasher.combine(domain.isAllocated)
      hasher.combine(domain.table)
      hasher.combine(domain.attached)
    }
    hasher.combine(clients)
    hasher.combine(system.design)
    return hasher.finalize()
  }
}
