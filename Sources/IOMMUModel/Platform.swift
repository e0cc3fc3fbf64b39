package import IOMMUAPI
internal import IOMMUDrivers
package import IOMMUHardware

/// A machine before it is switched on: what is soldered to what.
///
/// Data, in `assets/platforms/`.
package struct Platform: Hashable, Sendable {
  package struct Unit: Hashable, Sendable {
    package let name: String
    /// Physical base of its registers.
    package let base: UInt32
    /// Linux's number of its interrupt.
    package let irq: Int
    package let banks: Int
    /// What a VT-d unit can do.
    package var capabilities = VTDRegisters.Capabilities.usual
  }

  package struct Context: Hashable, Sendable {
    package let name: String
    /// Index of its IOMMU.
    package let unit: Int
    package let bank: Int
    package let streams: [UInt32]
    /// How its device goes through memory of its own accord.
    package let pattern: AccessPattern
  }

  package private(set) var name = ""
  package private(set) var title = ""
  package private(set) var family = IOMMUFamily.msm
  /// The width of the platform's addresses.
  package private(set) var addressBits = 32
  package private(set) var units: [Unit] = []
  package private(set) var contexts: [Context] = []
  private var era = MSMDriver.Era.linux3_6
  /// Which generic core the kernel has.
  package private(set) var rules = CoreRules.linux3_6
  /// Where no memory answers.
  private var holes: [Range<UInt64>] = []
  private var cpuPRRR: UInt32 = 0
  private var cpuNMRR: UInt32 = 0
  private var ioOffset: UInt32 = 0
  /// Addresses that something on the bus answers to, so that no device may be given them.
  private var windows: [ClosedRange<UInt64>] = []
  private var tlb = TLBGeometry(sets: 16, ways: 4)

  /// Reads a platform's text.
  package init(parsing text: String) throws(ParseError) {
    for line in DataLine.lines(of: text) {
      switch line.keyword {
      case "platform": name = try line.word(1, "a name")
      case "title": title = line.tokens.dropFirst().map(\.text).joined(separator: " ")
      case "family":
        family = try known(line, "a family")
      case "driver":
        era = try known(line, "a version of Linux")
      case "core": rules = try known(line, "a version of Linux")
      case "hole": holes.append(try Self.hole(line))
      case "window":
        let window = try Self.hole(line)
        windows.append(window.lowerBound...window.upperBound - 1)
      case "device": try addRequester(line)
      case "address": addressBits = try small(line, "bits", 12...64)
      case "cpu":
        cpuPRRR = try word(line, "prrr")
        cpuNMRR = try word(line, "nmrr")
      case "io": ioOffset = try word(line, "offset")
      case "tlb": tlb = try Self.geometry(line)
      case "iommu":
        // Events count IOMMUs in a byte.
        guard units.count < 255 else { throw line.error("a platform has at most 255 IOMMUs") }
        units.append(try unit(line))
      case "context": contexts.append(try context(line))
      default:
        throw line.error(
          "\"\(line.keyword)\" is none of platform, title, family, core, driver, address, cpu, "
            + "io, tlb, hole, window, iommu, context, device")
      }
    }
  }

  /// A word of a closed list.
  private func known<Kind: RawRepresentable<String> & CaseIterable>(
    _ line: DataLine, _ what: String
  ) throws(ParseError) -> Kind {
    let word = try line.word(1, what)
    guard let found = Kind(rawValue: word) else {
      let all = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw line.error("no \(line.keyword) \"\(word)\"; there are: \(all)", at: 1)
    }
    return found
  }

  private func unit(_ line: DataLine) throws(ParseError) -> Unit {
    var unit = Unit(
      name: try line.word(1, "a name"), base: try word(line, "base"),
      irq: try small(line, "irq", 0...1_000_000),
      banks: family == .vtd ? 0 : try small(line, "banks", 1...255))
    if family == .vtd {
      unit.capabilities = VTDRegisters.Capabilities(
        cap: try line.number(of: "cap"), ecap: try line.number(of: "ecap"))
    }
    return unit
  }

  /// A requester behind the unit above it; its name is its source-id.
  private mutating func addRequester(_ line: DataLine) throws(ParseError) {
    guard let last = units.indices.last else {
      throw line.error("a device needs an iommu above it")
    }
    let name = try line.word(1, "a source-id")
    guard let source = SourceID(name) else {
      throw line.error("\"\(name)\" is no source-id, which is like 00:19.0", at: 1)
    }
    let bank = contexts.count { $0.unit == last }
    guard bank < 255 else { throw line.error("an iommu has at most 255 devices") }
    contexts.append(
      Context(
        name: name, unit: last, bank: bank, streams: [UInt32(source.value)],
        pattern: try AccessPattern(of: line)))
  }

  /// First and last address of a range without memory.
  private static func hole(_ line: DataLine) throws(ParseError) -> Range<UInt64> {
    let (first, last) = (try line.number(of: "first"), try line.number(of: "last"))
    guard first <= last, last < .max else {
      throw line.error("a \(line.keyword) goes from its first to its last address")
    }
    return first..<last + 1
  }

  private func context(_ line: DataLine) throws(ParseError) -> Context {
    guard let unit = units.last else { throw line.error("a context needs an iommu above it") }
    return Context(
      name: try line.word(1, "a name"), unit: units.count - 1,
      bank: try small(line, "bank", 0...unit.banks - 1),
      streams: try Self.streams(line), pattern: try AccessPattern(of: line))
  }

  /// Stream IDs like `0,2` or `1,3-10`.
  private static func streams(_ line: DataLine) throws(ParseError) -> [UInt32] {
    let text = try line.value(of: "streams")
    var streams: [UInt32] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first <= last, last < MSMRegisters.streamCount
      else { throw line.error("streams=\(text) is not a list like 1,3-10") }
      streams += first...last
    }
    return streams
  }

  private static func geometry(_ line: DataLine) throws(ParseError) -> TLBGeometry {
    let (sets, ways) = (try line.number(of: "sets"), try line.number(of: "ways"))
    guard sets.nonzeroBitCount == 1, (1...256).contains(sets), (1...256).contains(ways) else {
      throw line.error("a TLB has a power of two of sets and some ways, at most 256 of each")
    }
    return TLBGeometry(sets: Int(sets), ways: Int(ways))
  }

  private func small(
    _ line: DataLine, _ key: String, _ range: ClosedRange<Int>
  ) throws(ParseError) -> Int {
    let number = try line.number(of: key)
    guard let value = Int(exactly: number), range.contains(value) else {
      throw line.error("\(key)=\(number) is not within \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private func word(_ line: DataLine, _ key: String) throws(ParseError) -> UInt32 {
    let number = try line.number(of: key)
    guard let value = UInt32(exactly: number) else {
      throw line.error("\(key)=\(number) does not fit into 32 bits")
    }
    return value
  }

  /// How a device goes through memory when it is left to itself.
  package func pattern(of device: DeviceID) -> AccessPattern {
    let context = device.index - units.count
    return contexts.indices.contains(context) ? contexts[context].pattern : .usual
  }

  // MARK: Switching on

  /// The page-table format that its IOMMUs walk.
  package var format: FormatID {
    switch family {
    case .msm: .armv7Short
    case .vtd: .vtdSecondStage
    }
  }

  /// Bytes of the words that its tables are made of: what `write-word` stores.
  package var wordBytes: UInt64 { format.entryBytes }

  /// The machine as it comes out of reset: nothing probed, nothing routed.
  func makeSystem() -> System {
    let board = Board(
      iommus: units.indices.map(makeIOMMU), holes: holes)
    var devices = units.indices.map {
      Device(name: units[$0].name, iommu: $0, base: units[$0].base)
    }
    devices += contexts.map {
      Device(
        name: $0.name, iommu: $0.unit, bank: $0.bank, parent: DeviceID($0.unit),
        streams: $0.streams, dma: traits)
    }
    return System(board: board, devices: devices, rules: rules, windows: windows)
  }

  /// What the platform's bus says of a device's DMA: on PCI any address, and the CPU's caches are looked
  /// into; on a chip like MSM 32 bits, and they are not.
  private var traits: DMATraits {
    switch family {
    case .msm: DMATraits()
    case .vtd: DMATraits(isPCI: true, isCoherent: true, mask: .max)
    }
  }

  private func makeIOMMU(_ index: Int) -> IOMMU {
    let unit = units[index]
    return switch family {
    case .msm: IOMMU(name: unit.name, family: family, bankCount: unit.banks, tlb: tlb)
    case .vtd:
      IOMMU(
        name: unit.name, capabilities: unit.capabilities,
        requesters: contexts.count { $0.unit == index }, tlb: tlb)
    }
  }

  func makeDriver() -> DriverFamily {
    switch family {
    case .msm:
      .msm(
        MSMDriver(era: era, cpuPRRR: cpuPRRR, cpuNMRR: cpuNMRR, ioOffset: ioOffset))
    case .vtd: .vtd(VTDDriver())
    }
  }
}
