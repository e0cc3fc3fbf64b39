import IOMMUAPI
import IOMMUHardware
import IOMMULab
import TestSupport

/// Operations at random for the traditional platform that keep coming back to the same places.
struct OracleVTDOperations: OracleChoosing {
  private var random: SplitMix64
  private let isWild: Bool
  /// So many requests are still to come in a row, all of them at the ranges that were mapped last.
  private var burst: UInt64 = 0
  /// What the last operation was a preparation for, next one last.
  private var pending: [Operation] = []
  /// What was mapped last.
  private var recent: [Range] = []

  private struct Range {
    let domain: String
    let iova: UInt64
    let size: UInt64
  }

  private static let domains = ["fb", "video", "gpu"]
  private static let devices = PlainVTDMachine.sources.keys.sorted()
  private static let sizes: [UInt64] = [
    0x1000, 0x1000, 0x1000, 0x2000, 0x5000, 0x1_0000, 0x8_0000, 0x20_0000, 0x20_0000, 0x20_0000,
    0x20_1000, 0x40_0000, 0x40_3000, 0x4000_0000, 0x4000_0000, 0x4020_0000, 0x4020_2000,
  ]

  init(seed: UInt64, isWild: Bool) {
    random = SplitMix64(seed: seed)
    self.isWild = isWild
  }

  mutating func next(_ plain: PlainVTDMachine) -> Operation {
    if let operation = pending.popLast() { return operation }
    if burst > 0 {
      burst -= 1
      return request(plain)
    }
    switch random.below(isWild ? 112 : 100) {
    case ..<6: return .alloc(unused(plain))
    case ..<8: return .free(domain())
    case ..<18: return attach(plain)
    case ..<22: return .detach(domain: domain(), device: device())
    case ..<44: return map()
    case ..<62: return unmap()
    case ..<70: return .iovaToPhys(domain: domain(), iova: address())
    case ..<96: return request(plain)
    case ..<98: return random.oneIn(8) ? .probe(random.pick(Self.devices)) : limit(plain)
    case ..<99:
      burst = 20 + random.below(30)
      return request(plain)
    case ..<100: return .readWord(physical: 0x4000_0000 + random.below(0x2000) * 8)
    case ..<106: return routingWrite(plain)
    default: return tableWrite(plain)
    }
  }

  // MARK: Names

  private mutating func domain() -> String {
    random.oneIn(50) ? "nobody" : random.pick(Self.domains)
  }

  private mutating func unused(_ plain: PlainVTDMachine) -> String {
    let free = Self.domains.filter { plain.domain($0) == nil }
    return free.isEmpty || random.oneIn(6)
      ? random.pick(Self.domains + ["iommu0"]) : random.pick(free)
  }

  private mutating func device() -> String {
    random.oneIn(40) ? random.pick(["iommu0", "fb", "nothing"]) : random.pick(Self.devices)
  }

  /// Mostly where something is mapped.
  private mutating func attach(_ plain: PlainVTDMachine) -> Operation {
    let busy = recent.isEmpty || random.oneIn(2) ? domain() : random.pick(recent).domain
    return .attach(domain: busy, device: device())
  }

  // MARK: Mappings

  /// A multiple of `unit` in one of a few regions, the ends of the address space among them.
  private mutating func place(_ unit: UInt64) -> UInt64 {
    let region: UInt64 = random.pick([
      0, 0x4000_0000, 0x4000_0000, 0x8000_0000, 0x7f_c000_0000, 0xffff_8000_0000,
    ])
    let inside = random.below(4) * 0x1000_0000 + random.below(8) * 0x20_0000
    return (region + inside) / unit * unit + (unit == 0x1000 ? random.below(24) * unit : 0)
  }

  /// How the start of so many bytes is aligned: never so badly that thousands of pages come of it.
  private mutating func alignment(_ size: UInt64) -> UInt64 {
    if size < 0x20_0000 { return 0x1000 }
    if size < 0x4000_0000 { return random.oneIn(8) ? 0x1000 : 0x20_0000 }
    return random.oneIn(3) ? 0x20_0000 : 0x4000_0000
  }

  private mutating func map() -> Operation {
    var size = random.pick(Self.sizes)
    var iova = place(alignment(size))
    var domain = domain()
    if !recent.isEmpty, random.oneIn(3) {
      // Over something or inside it.
      let range = random.pick(recent)
      domain = range.domain
      if random.oneIn(2) { size = random.pick([0x1000, 0x1000, 0x20_0000]) }
      let unit = alignment(size)
      iova = (range.iova &+ random.below(max(range.size, 1))) / unit * unit
    }
    let unit = alignment(size)
    var physical = (0x1_0000_0000 + random.below(0x200) * 0x20_0000) / unit * unit
    // Offset within larger pages as the other address is: then runs of several sizes come of it.
    if random.oneIn(2) { physical = physical / 0x4000_0000 * 0x4000_0000 + iova % 0x4000_0000 }
    if size < 0x20_0000, random.oneIn(4) { physical += random.below(16) * 0x1000 }
    if isWild, random.oneIn(6), size < 0x4000_0000 {
      physical = (0x4000_0000 + random.below(0x20) * 0x1000) / unit * unit
    }
    switch random.below(60) {
    case 0: size = 0
    case 1: size += 0x800
    case 2: iova += 4
    case 3: physical += 0x10
    case 4: iova = 1 << 48 - 0x1000
    case 5: (iova, size) = (1 << 48, 0x1000)
    case 6: (iova, size) = (.max - 0xfff, 0x1000)
    case 7: (iova, size) = (1 << 48 - 0x2000, 0x4000)
    case 8: physical = 0xfee0_0000
    default: break
    }
    let prot = UInt32(random.below(16) == 0 ? random.below(32) : 1 + random.below(3))
    recent.append(Range(domain: domain, iova: iova, size: size))
    if recent.count > 12 { recent.removeFirst() }
    return .map(
      domain: domain, iova: iova, physical: physical, size: size,
      Protection(rawValue: prot))
  }

  private mutating func unmap() -> Operation {
    guard !recent.isEmpty, !random.oneIn(5) else {
      let size = random.pick(Self.sizes)
      let iova = place(random.oneIn(3) ? 0x1000 : alignment(size))
      return .unmap(domain: domain(), iova: iova, size: size + (random.oneIn(20) ? 0x10 : 0))
    }
    let range = random.pick(recent)
    let domain = random.oneIn(12) ? domain() : range.domain
    if random.oneIn(3) {
      let size: UInt64 = random.pick([0x1000, 0x3000, 0x20_0000, 0x4000_0000, 0x80_0000_0000])
      let inside = random.below(max(range.size, 1)) / 0x1000 * 0x1000
      let unit = random.oneIn(3) ? 0x1000 : size
      return .unmap(domain: domain, iova: (range.iova &+ inside) / unit * unit, size: size)
    }
    return .unmap(domain: domain, iova: range.iova, size: range.size)
  }

  // MARK: Requests

  private mutating func address() -> UInt64 {
    if random.oneIn(80) { return random.pick([1 << 48, .max, 1 << 63 + 0x1234, 1 << 48 - 4]) }
    return recent.isEmpty || random.oneIn(8)
      ? place(0x1000) + random.below(0x1000) : address(near: random.pick(recent))
  }

  private mutating func address(near range: Range) -> UInt64 {
    switch random.below(8) {
    case 0: range.iova
    case 1: range.iova &+ range.size &- 1
    case 2: range.iova &+ range.size
    // A few neighbouring pages, so that some are asked for again.
    case 3, 4: range.iova &+ random.below(8) * 0x1000 + random.below(0x400) * 4
    // Pages that compete for a place in the IOTLB.
    case 5: range.iova &+ random.below(8) * 0x1_0000
    default: range.iova &+ random.below(max(range.size, 1))
    }
  }

  private mutating func request(_ plain: PlainVTDMachine) -> Operation {
    var (device, iova) = (device(), address())
    if let last = recent.last, burst > 0 || random.oneIn(2) {
      // Where something is mapped, by a device that can see it.
      let range = burst > 0 ? last : random.pick(recent)
      let attached = plain.domain(range.domain).map { plain.domains[$0].attached } ?? []
      if !attached.isEmpty { (device, iova) = (random.pick(attached), address(near: range)) }
    }
    let isForeign = random.oneIn(12)
    var request = Operation.DeviceRequest(
      device: device, iova: iova, access: random.oneIn(10) ? .execute : .read,
      stream: isForeign ? random.pick([0x10, 0x11, 0xa0, 0x12, 0x101, 0x200, 0x1_0000]) : nil,
      isPrivileged: random.oneIn(4))
    switch random.below(10) {
    case 0:
      request.access = random.oneIn(2) ? .read : .write
      return .walk(request)
    case 1, 2, 3:
      request.access = .write
      return .write(request, value: random.oneIn(2) ? random.below(8) : random.next() >> 32)
    default: return .read(request)
    }
  }

  /// Leaves room for a few more pages only, for a few operations.
  private mutating func limit(_ plain: PlainVTDMachine) -> Operation {
    pending = [.limitPages(nil), map(), .attach(domain: domain(), device: device()), map()]
    return .limitPages(UInt64(plain.pages.inUse.count) + random.below(2))
  }

  // MARK: Behind the driver's back

  /// Rewrites half of a word that a walk of a live domain reads, or that a cache was filled from.
  private mutating func tableWrite(_ plain: PlainVTDMachine) -> Operation {
    let live = plain.domains.filter { $0.isLive && $0.table != nil }
    guard !live.isEmpty else { return request(plain) }
    if let entry = plain.remembered.isEmpty ? nil : random.pick(plain.remembered),
      random.oneIn(2)
    {
      let device = plain.domains.first { $0.id == entry.id }?.attached.first
      pending = [.read(Operation.DeviceRequest(device: device ?? "", iova: entry.iova))]
      return store(plain, at: random.pick(entry.read))
    }
    let domain = random.pick(live)
    let near = recent.last { $0.domain == domain.name }
    let iova = near.map { address(near: $0) } ?? address()
    let read = plain.walk(domain.table ?? 0, iova, .read).read
    if let device = domain.attached.first {
      pending = [.read(Operation.DeviceRequest(device: device, iova: iova))]
    }
    return read.isEmpty ? request(plain) : store(plain, at: random.pick(read))
  }

  private mutating func store(_ plain: PlainVTDMachine, at address: UInt64) -> Operation {
    guard address >> 32 == 0 else { return request(plain) }
    if random.oneIn(4) {
      let high: UInt64 = random.pick([1, 0x100, 0x1_0000, 0x8000_0000, 0x4000_0000])
      // Put right again, for hardly anything can be reached that way.
      pending.insert(
        .writeWord(physical: address, value: plain.memory[address]), at: 0)
      return .writeWord(physical: address, value: plain.memory[address] % (1 << 32) + high << 32)
    }
    let old = plain.memory[address]
    let tables = plain.pages.inUse.filter { $0.value.use == .lowerTable }.keys.sorted()
    let word: UInt64 =
      switch random.below(8) {
      case 0: 0
      case 1: random.pick([4, 0x6000_0000])
      case 2 where !tables.isEmpty: random.pick(tables) + 3
      case 3: 0x6000_0083 + random.below(8) * 0x20_0000
      default: old ^ random.pick([1, 2, 0x800, 0x80, 0x40, 0x1000])
      }
    return .writeWord(physical: address, value: word)
  }

  /// Rewrites a bit or two of a root or context entry, lets a device meet it, and puts it right again.
  private mutating func routingWrite(_ plain: PlainVTDMachine) -> Operation {
    let device = random.pick(Self.devices)
    let source = PlainVTDMachine.sources[device] ?? 0
    let root = plain.roots + source / 0x100 * 16
    let context = plain.memory[root] / 0x1000 * 0x1000 + source % 0x100 * 16
    let address = random.oneIn(4) || context < 0x1000 ? root : context
    let word = address + random.pick([0, 8])
    let old = plain.memory[word]
    let shift: UInt64 = random.oneIn(3) ? 32 : 0
    let bits: [UInt64] = [1, 2, 4, 8, 9, 6, 0xa, 0x20, 0x80, 0x100, 0x1000, 0x1_0000]
    let foreign = Operation.DeviceRequest(
      device: device, iova: address == root ? 0x2000 : place(0x1000))
    pending = [.writeWord(physical: word, value: old), .read(foreign), request(plain)]
    pending.insert(.read(foreign), at: 0)
    return .writeWord(physical: word, value: old ^ random.pick(bits) << shift)
  }
}
