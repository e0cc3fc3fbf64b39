import IOMMUAPI
import IOMMUDrivers
import IOMMUHardware
import IOMMUModel
import TestSupport

/// A call of the driver's ops or of the generic core over them, domains by number.
enum OracleCall {
  case attach(Int, String)
  case detach(Int, String)
  /// One page of any size and alignment, as no core would ask for it.
  case map(Int, UInt32, UInt32, UInt32, prot: UInt32)
  case unmap(Int, UInt32, UInt32)
  case iovaToPhys(Int, UInt32)
  case coreMap(Int, UInt32, UInt32, UInt32, prot: UInt32)
  case coreUnmap(Int, UInt32, UInt32)
  case free(Int)
  case limitPages(Int?)
}

/// The model's driver without a machine around it, beside the plain one: freed domains, sizes that
/// the core would refuse, and page pools that run dry.
struct OracleDriverRun {
  private(set) var system: System
  private(set) var plain = PlainMachine()
  private let start: System
  private var recordings: [Recording] = []
  private let driver: MSMDriver
  private let units: [String: Int]

  /// A booted machine on which so many domains were allocated before anything else.
  init(domains: Int) throws {
    let bare = try BareDriver(domains: domains)
    (system, start, driver) = (bare.system, bare.system, bare.driver)
    units = Dictionary(
      uniqueKeysWithValues: bare.system.board.iommus.enumerated().map { ($1.name, $0) })
    for context in PlainWiring.contexts { plain.banks[context.bank] = PlainBankState() }
    for index in 0..<domains { _ = plain.alloc("domain\(index)") }
  }

  /// Makes a call on both and answers what is wrong, or nothing.
  mutating func make(_ call: OracleCall) -> [String] {
    plain.memory.forgetTouched()
    plain.writes = []
    let (found, expected) = (model(call), plain(call))
    let recording = system.board.journal.take()
    recordings.append(recording)
    var complaints = compare(recording)
    if found != expected { complaints.append("the model answers \(found), not \(expected)") }
    return complaints
  }

  /// All calls undone give the first machine, done again the last; answers what is wrong.
  func travel() -> [String] {
    var complaints: [String] = []
    var copy = system
    for recording in recordings.reversed() {
      for event in recording.events.reversed() {
        copy.undo(event.change, images: recording.images)
      }
    }
    if copy != start { complaints.append("undoing all gives another machine") }
    for event in recordings.flatMap(\.events) { copy.redo(event.change) }
    if copy != system { complaints.append("doing all again gives another machine") }
    return complaints
  }

  private mutating func model(_ call: OracleCall) -> Int64 {
    func domain(_ index: Int) -> DomainID { DomainID(index) }
    func device(_ name: String) -> DeviceID { system.device(named: name) ?? DeviceID(0) }
    do throws(KernelError) {
      switch call {
      case .attach(let index, let name):
        try driver.attach(device(name), to: domain(index), in: &system)
      case .detach(let index, let name):
        driver.detach(device(name), from: domain(index), in: &system)
      case .map(let index, let iova, let physical, let size, let prot):
        try driver.map(
          IOVA(UInt64(iova)), to: PhysicalAddress(UInt64(physical)), size: UInt64(size),
          Protection(rawValue: prot), for: domain(index), in: &system)
      case .unmap(let index, let iova, let size):
        var gather = UnmapGather()
        return Int64(
          driver.unmap(
            IOVA(UInt64(iova)), size: UInt64(size), for: domain(index), gather: &gather,
            in: &system))
      case .iovaToPhys(let index, let iova):
        return Int64(
          driver.physicalAddress(of: IOVA(UInt64(iova)), for: domain(index), in: &system).value)
      case .coreMap(let index, let iova, let physical, let size, let prot):
        try system.map(
          domain(index), iova: IOVA(UInt64(iova)), to: PhysicalAddress(UInt64(physical)),
          size: UInt64(size), Protection(rawValue: prot), through: driver)
      case .coreUnmap(let index, let iova, let size):
        return Int64(
          try system.unmap(
            domain(index), iova: IOVA(UInt64(iova)), size: UInt64(size), through: driver))
      case .free(let index): system.free(domain(index), through: driver)
      case .limitPages(let limit): system.board.limitPages(to: limit)
      }
      return 0
    } catch {
      return -Int64(error.errno.rawValue)
    }
  }

  private mutating func plain(_ call: OracleCall) -> Int64 {
    switch call {
    case .attach(let domain, let name):
      guard let context = PlainWiring.context(name) else { return 0 }
      return -Int64(plain.attach(context, to: domain) ?? 0)
    case .detach(let domain, let name):
      if let context = PlainWiring.context(name) { plain.detach(context, from: domain) }
      return 0
    case .map(let domain, let iova, let physical, let size, let prot):
      return -Int64(plain.mapPage(domain, iova, physical, size, prot) ?? 0)
    case .unmap(let domain, let iova, let size):
      plain.unmapPage(domain, iova, size)
      return Int64(size)
    case .iovaToPhys(let domain, let iova): return Int64(plain.iovaToPhys(domain, iova))
    case .coreMap(let domain, let iova, let physical, let size, let prot):
      return -Int64(plain.map(domain, iova: iova, to: physical, size: size, prot: prot) ?? 0)
    case .coreUnmap(let domain, let iova, let size):
      if iova % 0x1000 != 0 || size % 0x1000 != 0 { return -Int64(PlainMachine.einval) }
      if size > 0 { plain.unmapPage(domain, iova, size) }
      return Int64(size)
    case .free(let domain):
      plain.free(domain)
      return 0
    case .limitPages(let limit):
      plain.pages.limit = limit
      return 0
    }
  }

  /// Words, register writes and pages.
  private func compare(_ recording: Recording) -> [String] {
    var complaints: [String] = []
    var addresses = plain.memory.touched
    for event in recording.events {
      if case .memoryWrite(let address, _, _) = event.change {
        addresses.insert(UInt32(truncatingIfNeeded: address.value))
      }
    }
    for address in addresses {
      let word = system.board.word(at: PhysicalAddress(UInt64(address)))
      if word != plain.memory[address] {
        complaints.append("the word at \(address) is \(word), not \(plain.memory[address])")
      }
    }
    let expected = plain.writes.map {
      RegisterWrite(iommu: units[$0.unit] ?? -1, offset: $0.offset, word: $0.word)
    }
    if recording.registerWrites != expected {
      complaints.append("it writes \(recording.registerWrites), not \(expected)")
    }
    let pages = system.board.memory.pool.pages.filter { $0.use.isInUse }
    if Set(pages.map { UInt32(truncatingIfNeeded: $0.page << 12) }) != Set(plain.pages.inUse.keys) {
      complaints.append("other pages are in use")
    }
    for (index, domain) in plain.domains.enumerated() {
      let attached = system.domains[index].attached.map { system.name(of: $0) }
      if attached != domain.attached { complaints.append("domain \(index) has \(attached)") }
    }
    return complaints
  }
}
