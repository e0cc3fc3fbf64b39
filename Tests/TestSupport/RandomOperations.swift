internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMULab
package import IOMMUModel

/// Operations at random over a few names, most of them sensible, some of them wrong.
package struct RandomOperations {
  package private(set) var random: SplitMix64
  /// Lets devices whose context is off write into page tables.
  private let isWild: Bool

  private static let domains = ["fb", "video", "gpu"]
  private static let devices = ["mdp_vg1", "mdp_rgb1", "vcodec_a_mm1", "gfx3d_user"]

  package init(seed: UInt64, isWild: Bool = false) {
    random = SplitMix64(seed: seed)
    self.isWild = isWild
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
    switch random.below(isWild ? 26 : 22) {
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
    case 20: return .dump(random.pick(["fb", "mdp0", "video"]))
    default:
      // Words that look like entries of tables, and some that do not.
      let word = random.pick([
        0, 0x4000_0001 + random.below(0x10) << 12, 0x6003_0c0e, 0x6007_0c0e, random.next() >> 32,
        0x4000_4c31,
      ])
      return .write(request(.write), value: word)
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
    return hasher.finalize()
  }
}
