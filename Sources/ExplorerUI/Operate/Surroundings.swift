internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What an operation finds when it is done: the machine, and what is mapped on it.
///
/// Forms and completion suggest and check by it; it is made once for a form.
struct Surroundings: Sendable {
  let machine: Machine
  let registers: RegisterMap
  /// What each live domain maps.
  private let mapped: [String: [MappedRange]]

  /// The most domains whose tables are looked at.
  private static let mostDomains = 64

  /// Without `tables`, nothing is known of what is mapped, which is quick.
  init(_ machine: Machine, _ registers: RegisterMap, tables: Bool = true) {
    (self.machine, self.registers) = (machine, registers)
    var mapped: [String: [MappedRange]] = [:]
    guard tables else {
      self.mapped = mapped
      return
    }
    for domain in machine.liveDomains.prefix(Self.mostDomains) {
      guard let table = machine.system.domains[domain.index].table else { continue }
      mapped[machine.system.name(of: domain)] = MappedRange.all(from: table, in: machine)
    }
    self.mapped = mapped
  }

  // MARK: Domains

  var domains: [String] { machine.liveDomains.map { machine.system.name(of: $0) } }

  func ranges(of domain: String) -> [MappedRange] { mapped[domain] ?? [] }

  /// The range that holds an address.
  func range(at iova: UInt64, of domain: String) -> MappedRange? {
    ranges(of: domain).first { iova >= $0.iova.value && iova - $0.iova.value < $0.length }
  }

  /// The first range that a run of addresses meets.
  func range(meeting iova: UInt64, size: UInt64, of domain: String) -> MappedRange? {
    let last = iova.addingReportingOverflow(max(1, size) - 1)
    let end = last.overflow ? .max : last.partialValue
    return ranges(of: domain).first {
      $0.iova.value <= end && $0.iova.value &+ ($0.length &- 1) >= iova
    }
  }

  // MARK: Devices

  /// What makes requests.
  var requesters: [Device] { machine.system.devices.filter { $0.parent != nil } }

  var iommus: [String] { machine.board.iommus.map(\.name) }

  func device(named name: String) -> Device? {
    machine.system.device(named: name).map { machine.system.devices[$0.index] }
  }

  func domain(of device: Device) -> String? {
    device.attachedTo.map { machine.system.name(of: $0) }
  }

  /// The index of an IOMMU.
  func iommu(named name: String) -> Int? { iommus.firstIndex(of: name) }

  // MARK: Numbers

  /// The highest address that tables and words can name.
  var highestIOVA: UInt64 {
    let bits = min(machine.platform.addressBits, machine.platform.format.addressBits)
    return bits >= 64 ? .max : (1 << UInt64(bits)) - 1
  }

  /// The sizes of pages that tables have, the smallest first.
  var pageSizes: [UInt64] {
    let sizes = machine.platform.format.pageSizes
    return (0..<64).map { UInt64(1) << UInt64($0) }.filter { sizes.contains(bytes: $0) }
  }

  var smallestPage: UInt64 { pageSizes.first ?? 4096 }

  /// The page that a run of `size` bytes is best aligned to.
  func alignment(for size: UInt64) -> UInt64 {
    pageSizes.last { $0 <= size } ?? smallestPage
  }

  /// A size that is worth a try: the largest page up to 2 MiB.
  var usualSize: UInt64 { pageSizes.last { $0 <= 1 << 21 } ?? smallestPage }

  // MARK: Free places

  /// What a domain maps already.
  func addresses(of domain: String) -> Gaps {
    Gaps(
      taken: ranges(of: domain).map { ($0.iova.value, $0.length) }, highest: highestIOVA)
  }

  /// Memory that somebody uses: what domains map, where tables come from, and where none answers.
  var memory: Gaps {
    let bits = machine.platform.addressBits
    let pool: (UInt64, UInt64) = (PhysicalMemory.poolBase.value, 1 << 28)
    return Gaps(
      taken: mapped.values.joined().map { ($0.physical.value, $0.length) } + [pool]
        + machine.board.memory.holes.map { ($0.lowerBound, $0.upperBound - $0.lowerBound) },
      highest: bits >= 64 ? .max : (1 << UInt64(bits)) - 1)
  }
}

/// The free room between what is taken of a range of addresses.
struct Gaps: Sendable {
  /// First and last address of each, in order.
  private let taken: [(first: UInt64, last: UInt64)]
  private let highest: UInt64

  init(taken: [(start: UInt64, length: UInt64)], highest: UInt64) {
    self.taken = taken.filter { $0.length > 0 }.map { start, length in
      let end = start.addingReportingOverflow(length - 1)
      return (start, end.overflow ? .max : end.partialValue)
    }.sorted { $0.first < $1.first }
    self.highest = highest
  }

  /// The lowest free run of so many bytes from an address on.
  func first(_ size: UInt64, aligned alignment: UInt64, from start: UInt64) -> UInt64? {
    guard size > 0, var place = Self.roundUp(start, alignment) else { return nil }
    for (first, last) in taken where last >= place {
      let end = place.addingReportingOverflow(size - 1)
      guard !end.overflow, end.partialValue <= highest else { return nil }
      if end.partialValue < first { return place }
      guard last < .max, let next = Self.roundUp(last + 1, alignment) else { return nil }
      place = next
    }
    let end = place.addingReportingOverflow(size - 1)
    return end.overflow || end.partialValue > highest ? nil : place
  }

  func isFree(_ start: UInt64, _ size: UInt64) -> Bool {
    first(size, aligned: 1, from: start) == start
  }

  static func roundUp(_ number: UInt64, _ alignment: UInt64) -> UInt64? {
    let rest = number % max(1, alignment)
    guard rest > 0 else { return number }
    let sum = number.addingReportingOverflow(alignment - rest)
    return sum.overflow ? nil : sum.partialValue
  }
}
