internal import IOMMUAPI
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
  }

  package struct Context: Hashable, Sendable {
    package let name: String
    /// Index of its IOMMU.
    package let unit: Int
    package let bank: Int
    package let streams: [UInt32]
  }

  package private(set) var name = ""
  package private(set) var title = ""
  package private(set) var family = IOMMUFamily.msm
  /// The width of the platform's addresses.
  package private(set) var addressBits = 32
  package private(set) var units: [Unit] = []
  package private(set) var contexts: [Context] = []
  private var era = MSMDriver.Era.linux3_6
  private var cpuPRRR: UInt32 = 0
  private var cpuNMRR: UInt32 = 0
  private var ioOffset: UInt32 = 0
  private var tlb = TLBGeometry(sets: 16, ways: 4)

  /// Reads a platform's text.
  package init(parsing text: String) throws(ParseError) {
    for line in DataLine.lines(of: text) {
      switch line.keyword {
      case "platform": name = try line.word(1, "a name")
      case "title": title = line.tokens.dropFirst().map(\.text).joined(separator: " ")
      case "family":
        let word = try line.word(1, "a family")
        guard let found = IOMMUFamily(rawValue: word) else {
          let known = IOMMUFamily.allCases.map(\.rawValue).joined(separator: ", ")
          throw line.error("no family \"\(word)\"; there are: \(known)", at: 1)
        }
        family = found
      case "driver":
        let word = try line.word(1, "a version of Linux")
        guard let found = MSMDriver.Era(rawValue: word) else {
          let known = MSMDriver.Era.allCases.map(\.rawValue).joined(separator: ", ")
          throw line.error("no driver of Linux \"\(word)\"; there are: \(known)", at: 1)
        }
        era = found
      case "address": addressBits = try small(line, "bits", 12...64)
      case "cpu":
        cpuPRRR = try word(line, "prrr")
        cpuNMRR = try word(line, "nmrr")
      case "io": ioOffset = try word(line, "offset")
      case "tlb": tlb = try Self.geometry(line)
      case "iommu":
        // Events count IOMMUs in a byte.
        guard units.count < 255 else { throw line.error("a platform has at most 255 IOMMUs") }
        units.append(
          Unit(
            name: try line.word(1, "a name"), base: try word(line, "base"),
            irq: try small(line, "irq", 0...1_000_000), banks: try small(line, "banks", 1...255)))
      case "context": contexts.append(try context(line))
      default:
        throw line.error(
          "\"\(line.keyword)\" is none of platform, title, family, driver, address, cpu, io, tlb, "
            + "iommu, context")
      }
    }
  }

  private func context(_ line: DataLine) throws(ParseError) -> Context {
    guard let unit = units.last else { throw line.error("a context needs an iommu above it") }
    return Context(
      name: try line.word(1, "a name"), unit: units.count - 1,
      bank: try small(line, "bank", 0...unit.banks - 1),
      streams: try Self.streams(line))
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

  // MARK: Switching on

  /// The page-table format that its IOMMUs walk.
  package var format: FormatID {
    switch family {
    case .msm: .armv7Short
    }
  }

  /// The machine as it comes out of reset: nothing probed, nothing routed.
  func makeSystem() -> System {
    let board = Board(
      iommus: units.map {
        IOMMU(name: $0.name, family: family, bankCount: $0.banks, tlb: tlb)
      })
    var devices = units.indices.map { Device(name: units[$0].name, iommu: $0) }
    devices += contexts.map {
      Device(
        name: $0.name, iommu: $0.unit, bank: $0.bank, parent: DeviceID($0.unit),
        streams: $0.streams)
    }
    return System(board: board, devices: devices)
  }

  func makeDriver() -> DriverFamily {
    switch family {
    case .msm:
      .msm(
        MSMDriver(
          era: era, cpuPRRR: cpuPRRR, cpuNMRR: cpuNMRR, ioOffset: ioOffset, bases: units.map(\.base)
        ))
    }
  }
}
