internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// What all domains map, folded into ranges a piece at a time, to tell which of them holds some memory.
///
/// Tables lead from a device's addresses to memory, never back. To answer the other way round each
/// entry has to be looked at once; with a million of them that takes longer than a key may, so each
/// key folds a part and the next one goes on.
struct MappingIndex: Sendable {
  struct Range: Sendable {
    let domain: Int32
    let sizeBits: UInt8
    let iova: UInt64
    let physical: UInt64
    fileprivate(set) var length: UInt64
  }

  private struct Visit: Sendable {
    let table: PhysicalAddress
    let level: Int
    let start: UInt64
    var index = 0
  }

  private(set) var ranges: [Range] = []
  private let domains: [DomainID]
  private var next = 0
  private var visits: [Visit] = []
  /// Damaged tables may lead in circles: so many entries of a domain are looked at, and no more.
  private var left = 0
  private static let mostEntries = 1 << 21

  init(of machine: Machine) { domains = machine.liveDomains }

  var isComplete: Bool { visits.isEmpty && next == domains.count }

  /// How many domains there are, and how many of them are folded wholly.
  var progress: (done: Int, of: Int) { (next - (visits.isEmpty ? 0 : 1), domains.count) }

  /// Looks at so many entries more; answers how many it took.
  @discardableResult
  mutating func fold(_ budget: Int, of machine: Machine) -> Int {
    let format = machine.platform.format
    let memory = machine.board.memory
    var used = 0
    while used < budget {
      guard var visit = visits.popLast() else {
        guard next < domains.count else { break }
        used += 1
        if let table = machine.system.domains[domains[next].index].table {
          visits = [Visit(table: table, level: format.firstLevel, start: 0)]
          left = Self.mostEntries
        }
        next += 1
        continue
      }
      let count = format.entryCount(level: visit.level)
      let bits = UInt64(format.entryBits(level: visit.level))
      let perKilobyte = 1024 / Int(format.entryBytes)
      var below: Visit?
      while visit.index < count, used < budget, below == nil {
        let index = visit.index
        used += 1
        left -= 1
        if index % perKilobyte == 0,
          memory.isKilobyteEmpty(at: visit.table + UInt64(index) * format.entryBytes)
        {
          visit.index += perKilobyte
          continue
        }
        visit.index += 1
        let word = format.entry(index, of: visit.table, in: memory)
        if word == 0 { continue }
        let iova = visit.start | UInt64(index) << bits
        switch format.decode(word, level: visit.level) {
        case .leaf(let leaf): add(iova, leaf, bytes: 1 << bits)
        case .table(let table):
          if let level = format.level(after: visit.level) {
            below = Visit(table: table, level: level, start: iova)
          }
        case .invalid, .reserved: continue
        }
      }
      guard left > 0 else {
        visits = []
        continue
      }
      if visit.index < count { visits.append(visit) }
      if let below { visits.append(below) }
    }
    return used
  }

  private mutating func add(_ iova: UInt64, _ leaf: Leaf, bytes: UInt64) {
    let physical = leaf.physical.value | iova & leaf.size.offsetMask
    let domain = Int32(next - 1)
    if let last = ranges.last, last.domain == domain, last.iova &+ last.length == iova,
      last.physical &+ last.length == physical, last.sizeBits == leaf.size.bits
    {
      ranges[ranges.count - 1].length += bytes
    } else {
      ranges.append(
        Range(
          domain: domain, sizeBits: leaf.size.bits, iova: iova, physical: physical, length: bytes))
    }
  }

  /// Where an address of memory is mapped, so far: the first few places, and how many there are.
  func places(
    of physical: UInt64, limit: Int
  ) -> (found: [(domain: DomainID, iova: IOVA, size: PageSize)], count: Int) {
    var found: [(domain: DomainID, iova: IOVA, size: PageSize)] = []
    var count = 0
    for range in ranges {
      let offset = physical &- range.physical
      guard offset < range.length else { continue }
      count += 1
      if found.count < limit {
        found.append(
          (domains[Int(range.domain)], IOVA(range.iova &+ offset), PageSize(bits: range.sizeBits)))
      }
    }
    return (found, count)
  }
}
