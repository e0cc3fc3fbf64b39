import IOMMUAPI
import IOMMUHardware
import IOMMULab
import TestSupport

/// Operations at random that keep coming back to the same places; most sensible, some wrong.
struct OracleOperations: OracleChoosing {
  private var random: SplitMix64
  /// Maps page tables into domains, and rewrites their words past every driver.
  private let isWild: Bool
  /// So many requests are still to come in a row, all of them at the ranges that were mapped last.
  private var burst: UInt64 = 0
  /// What the last operation was a preparation for.
  private var pending: Operation?
  /// What was mapped last.
  private var recent: [Range] = []

  private struct Range {
    let domain: String
    let iova: UInt64
    let size: UInt64
  }

  static let domains = ["fb", "video", "gpu", "cam"]
  private static let devices = PlainWiring.contexts.map(\.name)
  private static let sizes: [UInt64] = [
    0x1000, 0x1000, 0x1000, 0x2000, 0x5000, 0x1_0000, 0x1_0000, 0x1_0000, 0x1_1000, 0x10_0000,
    0x10_0000, 0x11_0000, 0x12_3000, 0x100_0000, 0x110_0000,
  ]

  init(seed: UInt64, isWild: Bool) {
    random = SplitMix64(seed: seed)
    self.isWild = isWild
  }

  mutating func next(_ plain: PlainMachine) -> Operation {
    if let operation = pending {
      pending = nil
      return operation
    }
    if burst > 0 {
      burst -= 1
      return request(plain)
    }
    switch random.below(isWild ? 112 : 100) {
    case ..<6: return .alloc(unused(plain))
    case ..<8: return .free(domain())
    case ..<18: return .attach(domain: domain(), device: device())
    case ..<22: return .detach(domain: domain(), device: device())
    case ..<47: return map()
    case ..<65: return unmap()
    case ..<73: return .iovaToPhys(domain: domain(), iova: address())
    case ..<97: return request(plain)
    case ..<98: return random.oneIn(3) ? .probe(random.pick(Self.devices)) : limit(plain)
    case ..<99:
      burst = 20 + random.below(30)
      return request(plain)
    case ..<100:
      burst = 40
      return mapFinely(plain)
    default: return tableWrite(plain)
    }
  }

  // MARK: Names

  private mutating func domain() -> String {
    random.oneIn(50) ? "nobody" : random.pick(Self.domains)
  }

  private mutating func unused(_ plain: PlainMachine) -> String {
    let free = Self.domains.filter { plain.domain($0) == nil }
    return free.isEmpty || random.oneIn(6)
      ? random.pick(Self.domains + ["mdp0"]) : random.pick(free)
  }

  private mutating func device() -> String {
    random.oneIn(40) ? random.pick(["mdp0", "fb", "nothing"]) : random.pick(Self.devices)
  }

  // MARK: Mappings

  /// A multiple of `unit` in one of a few regions, the ends of the address space among them.
  private mutating func place(_ unit: UInt64) -> UInt64 {
    let region: UInt64 = random.pick([
      0x1000_0000, 0x1000_0000, 0x1100_0000, 0x1200_0000, 0, isWild ? 0xfe00_0000 : 0x7f00_0000,
    ])
    return (region + random.below(0x200) * 0x1_0000) & ~(unit - 1)
      + (unit == 0x1000 ? random.below(16) * unit : 0)
  }

  /// How the start of so many bytes is aligned: never so badly that thousands of pages come of it.
  private mutating func alignment(_ size: UInt64) -> UInt64 {
    let natural = max(0x1000, UInt64(1) << UInt64(63 - max(size, 1).leadingZeroBitCount))
    if size <= 0x2_0000 { return random.pick([natural, natural, 0x1000]) }
    return random.oneIn(6) ? max(0x1000, natural / 16) : natural
  }

  private mutating func map() -> Operation {
    var size = random.pick(Self.sizes)
    var iova = place(alignment(size))
    if !recent.isEmpty, random.oneIn(4) {
      // Over something or inside it.
      let range = random.pick(recent)
      if random.oneIn(2) { size = random.pick([0x1000, 0x1_0000]) }
      let unit = alignment(size)
      iova = (range.iova + random.below(max(range.size, 1))) & ~(unit - 1) & 0xffff_ffff
    }
    let unit = alignment(size)
    var physical = (0x6000_0000 + random.below(0x400) * 0x1_0000) & ~(unit - 1)
    if isWild, random.oneIn(5) {
      physical = (0x4000_0000 + random.below(0x40) * 0x1000) & ~(unit - 1)
    }
    if random.oneIn(40) { physical = 0xfff0_0000 & ~(unit - 1) }
    switch random.below(40) {
    case 0: size = 0
    case 1: size += 0x800
    case 2: iova += 4
    case 3: physical += 0x10
    case 4 where random.oneIn(4): iova += 1 << 32
    default: break
    }
    return map(iova, physical, size, of: domain())
  }

  /// Small pages over several 64K: pages far enough apart that they compete for a place in a TLB.
  private mutating func mapFinely(_ plain: PlainMachine) -> Operation {
    let busy = plain.domains.filter { $0.isLive && !$0.attached.isEmpty }.map(\.name)
    return map(
      place(0x1_0000), 0x6000_1000 + random.below(0x400) * 0x1_0000, 0x7_0000,
      of: busy.isEmpty ? domain() : random.pick(busy))
  }

  private mutating func map(
    _ iova: UInt64, _ physical: UInt64, _ size: UInt64, of domain: String
  ) -> Operation {
    recent.append(Range(domain: domain, iova: iova, size: size))
    if recent.count > 16 { recent.removeFirst() }
    return .map(
      domain: domain, iova: iova, physical: physical, size: size,
      Protection(rawValue: UInt32(random.below(random.oneIn(8) ? 32 : 8))))
  }

  private mutating func unmap() -> Operation {
    guard !recent.isEmpty, !random.oneIn(4) else {
      let size = random.pick(Self.sizes)
      // Only the driver's smallest page is asked for here.
      let iova = place(random.oneIn(3) ? 0x1000 : alignment(size))
      return .unmap(domain: domain(), iova: iova, size: size + (random.oneIn(30) ? 0x10 : 0))
    }
    let range = random.pick(recent)
    let domain = random.oneIn(12) ? domain() : range.domain
    if random.oneIn(3) {
      let size: UInt64 = random.pick([0x1000, 0x1_0000, 0x10_0000, 0x100_0000, 0x3000])
      let inside = random.below(max(range.size, 1)) & ~(random.oneIn(4) ? 0xfff : size - 1)
      return .unmap(domain: domain, iova: range.iova + inside, size: size)
    }
    return .unmap(domain: domain, iova: range.iova, size: range.size)
  }

  // MARK: Requests

  private mutating func address() -> UInt64 {
    recent.isEmpty || random.oneIn(8)
      ? place(0x1000) + random.below(0x1000) : address(near: random.pick(recent))
  }

  private mutating func address(near range: Range) -> UInt64 {
    let address =
      switch random.below(8) {
      case 0: range.iova
      case 1: range.iova &+ range.size &- 1
      case 2: range.iova &+ range.size
      // A few neighbouring pages, so that some are asked for again.
      case 3, 4: range.iova &+ random.below(8) * 0x1000 + random.below(0x400) * 4
      case 5, 6: range.iova &+ random.below(max(range.size >> 16, 1)) * 0x1_0000
      default: range.iova &+ random.below(max(range.size, 1))
      }
    return random.oneIn(100) ? address : address & 0xffff_ffff
  }

  private mutating func request(_ plain: PlainMachine) -> Operation {
    var (device, iova) = (device(), address())
    if let last = recent.last, burst > 0 || random.oneIn(2) {
      // Where something is mapped, by a device that can see it.
      let range = burst > 0 ? last : random.pick(recent)
      let attached = plain.domain(range.domain).map { plain.domains[$0].attached } ?? []
      if let first = attached.first {
        (device, iova) = (random.oneIn(3) ? random.pick(attached) : first, address(near: range))
      }
    }
    var request = Operation.DeviceRequest(
      device: device, iova: iova, access: random.oneIn(10) ? .execute : .read,
      stream: random.oneIn(8) ? random.below(random.oneIn(10) ? 600 : 20) : nil,
      isPrivileged: random.oneIn(4))
    switch random.below(10) {
    case 0:
      request.access = random.oneIn(2) ? .read : .write
      return .walk(request)
    case 1, 2, 3:
      request.access = .write
      return .write(request, value: word())
    default: return .read(request)
    }
  }

  /// A word that looks like an entry of a table, or like nothing.
  private mutating func word() -> UInt64 {
    let low = random.next()
    let base = 0x6000_0000 + random.below(0x400) * 0x1_0000
    switch random.below(8) {
    case 0: return 0
    case 1: return 0x4000_0001 + random.below(0x40) * 0x1000 + (low & 0xdfc)
    case 2, 3: return base & 0xfff0_0000 | low & 0xb_fffc | 2
    case 4: return base & 0xff00_0000 | low & 0xb_fffc | 0x4_0002
    case 5: return base | low & 0xfff | 2
    case 6: return base | low & 0xfffc | 1
    default: return low >> 32
    }
  }

  /// Leaves room for a few more pages only, or for all again.
  private mutating func limit(_ plain: PlainMachine) -> Operation {
    .limitPages(
      plain.pages.limit == nil ? UInt64(plain.pages.inUse.count) + random.below(4) : nil)
  }

  /// Rewrites an entry of a live domain's tables by a device whose context is off, or bare.
  private mutating func tableWrite(_ plain: PlainMachine) -> Operation {
    let tables = plain.domains.compactMap(\.table)
    let off = PlainWiring.contexts.filter { plain.banks[$0.bank]?.table == nil }.map(\.name)
    guard !tables.isEmpty, !off.isEmpty else { return request(plain) }
    if !plain.remembered.isEmpty, random.oneIn(2) {
      // A word from which a TLB entry came, and then a request that meets the entry.
      let entry = random.pick(plain.remembered)
      let context = PlainWiring.contexts.first { $0.bank == entry.bank }
      pending = .read(
        Operation.DeviceRequest(device: context?.name ?? "", iova: UInt64(entry.iova)))
      return store(word(), at: random.pick(entry.read), by: random.pick(off))
    }
    let iova = UInt32(truncatingIfNeeded: address())
    var address = random.pick(tables) + iova / 0x10_0000 * 4
    let first = plain.memory[address]
    if first % 4 == 1, !random.oneIn(4) {
      address = first / 0x400 * 0x400 + iova / 0x1000 % 0x100 * 4
    }
    return store(word(), at: address, by: random.pick(off))
  }

  private mutating func store(
    _ word: UInt64, at address: UInt32, by device: String
  ) -> Operation {
    if random.oneIn(3) { return .writeWord(physical: UInt64(address), value: word) }
    return .write(
      Operation.DeviceRequest(device: device, iova: UInt64(address), access: .write), value: word)
  }
}
