import IOMMUAPI
import IOMMUDrivers
import IOMMUHardware
import IOMMUModel
import TestSupport
import Testing

/// One call of a recorded case: what was asked, what was answered, which registers were written.
struct RecordedCall: Decodable {
  let op: String
  let dom: Int?
  let ctx: String?
  let iova: Number?
  let pa: Number?
  let len: Number?
  let size: Number?
  let prot: UInt32?
  let ret: Number?
  let w: [[String]]?

  var bytes: UInt64 { (len ?? size)?.long ?? 0 }
  var protection: Protection { Protection(rawValue: prot ?? 0) }
}

/// A domain of a recorded case, as its calls left it.
struct RecordedDomain: Decodable {
  let pgd: Number
  let l1: [String: Number]
  let l2: [String: [String: Number]]
  let pages_live: Int
  let probes: [[Number]]?
}

/// Both levels of a domain's tables, as recorded cases write them down.
struct RecordedTables: Hashable {
  /// Of a word that leads to a table only bits 9:0 are kept.
  var first: [Int: UInt32] = [:]
  /// All of a table's page is looked at: an index above 255 is a word beyond the table.
  var second: [Int: [Int: UInt32]] = [:]

  init(_ l1: [String: Number], _ l2: [String: [String: Number]]) throws {
    for (index, word) in l1 { first[try #require(Int(index))] = word.word }
    for (index, words) in l2 {
      let parent = try #require(Int(index))
      second[parent] = [:]
      for (index, word) in words { second[parent]?[try #require(Int(index))] = word.word }
    }
  }

  /// Reads the tables that start at `base`, word by word and by the words alone.
  init(at base: UInt64, on board: Board) {
    for index in 0..<4096 {
      let word = board.word(at: PhysicalAddress(base + UInt64(index) * 4))
      guard word & 3 == 1 else {
        if word != 0 { first[index] = word }
        continue
      }
      first[index] = word & 0x3ff
      let table = UInt64(word & 0xffff_fc00)
      second[index] = [:]
      for index2 in 0..<1024 {
        let word = board.word(at: PhysicalAddress(table + UInt64(index2) * 4))
        if word != 0 { second[index]?[index2] = word }
      }
    }
  }
}

/// The register writes of a recording, with IOMMUs by name.
func recordedWrites(_ writes: [[String]]?, on board: Board) throws -> [RegisterWrite] {
  try (writes ?? []).map { write in
    RegisterWrite(
      iommu: try #require(board.iommus.firstIndex { $0.name == write[0] }),
      offset: try #require(UInt32(write[1].dropFirst(2), radix: 16)),
      word: try #require(UInt32(write[2].dropFirst(2), radix: 16)))
  }
}

/// The driver of the mail's machine alone, under no generic core: what a direct call of its ops does.
struct BareDriver {
  private(set) var system: System
  let driver: MSMDriver
  let domains: [DomainID]

  /// A booted machine with so many domains, allocated before anything else as the recordings did.
  ///
  /// So the first-level tables lie where the recorded ones lay, at 0x40000000, 0x40004000 and so on,
  /// and TTBR0 compares as it is. Second-level tables may lie elsewhere; the recordings leave their
  /// addresses out.
  init(domains count: Int) throws {
    system = try Machine.msm8x60().system
    driver = MSMDriver(
      era: .linux3_6, cpuPRRR: 0xff0a_81a8, cpuNMRR: 0x40e0_40e0, ioOffset: 0xf400_0000)
    var domains: [DomainID] = []
    for index in 0..<count {
      domains.append(try system.allocateDomain(named: "domain\(index)", through: driver))
    }
    self.domains = domains
    _ = system.board.journal.take()
  }

  /// Makes a recorded call and answers what the C function would have returned.
  mutating func make(_ call: RecordedCall) throws -> Int64? {
    let domain = domains[try #require(call.dom)]
    let iova = IOVA(call.iova?.long ?? 0)
    do throws(KernelError) {
      switch call.op {
      case "attach":
        try driver.attach(try device(call), to: domain, in: &system)
        return 0
      case "detach":
        driver.detach(try device(call), from: domain, in: &system)
        return nil
      case "map":
        try driver.map(
          iova, to: PhysicalAddress(call.pa?.long ?? 0), size: call.bytes, call.protection,
          for: domain, in: &system)
        return 0
      case "unmap":
        var gather = UnmapGather()
        return Int64(
          driver.unmap(iova, size: call.bytes, for: domain, gather: &gather, in: &system))
      default:
        return Int64(driver.physicalAddress(of: iova, for: domain, in: &system).value)
      }
    } catch {
      return -Int64(error.errno.rawValue)
    }
  }

  /// The recorded context by name; one that is not there is refused as C would refuse NULL.
  private func device(_ call: RecordedCall) throws(KernelError) -> DeviceID {
    guard let device = system.device(named: call.ctx ?? "") else {
      throw .noIOMMUData(device: DeviceID(0))
    }
    return device
  }

  mutating func takeWrites() -> [RegisterWrite] { system.board.journal.take().registerWrites }

  mutating func limitPages(to limit: Int?) { system.board.limitPages(to: limit) }

  mutating func writeRegister(_ offset: UInt32, of iommu: Int, _ word: UInt32) {
    system.board.writeRegister(offset, of: iommu, word)
  }

  mutating func handleInterrupt(of iommu: Int) -> Recording {
    _ = system.board.journal.take()
    driver.handleInterrupt(of: iommu, in: &system)
    return system.board.journal.take()
  }

  /// Asks the hardware for an address, through a spare context where the domain has none.
  mutating func probe(_ iova: UInt64, of domain: DomainID) throws -> Int64 {
    if system.domains[domain.index].attached.isEmpty {
      let spare = try #require(
        system.devices.indices.first {
          system.devices[$0].bank != nil && system.devices[$0].attachedTo == nil
        })
      try driver.attach(DeviceID(spare), to: domain, in: &system)
    }
    return Int64(driver.physicalAddress(of: IOVA(iova), for: domain, in: &system).value)
  }

  mutating func destroyAll() {
    for domain in domains { driver.destroy(domain, in: &system) }
  }
}
