import Foundation
import IOMMUClients
import IOMMUValues
import TestSupport
import Testing

/// The allocator of Linux 6.1 was run, and this one must come to the same answers.
@Suite struct `Recorded address allocations` {
  /// One call: its name, and what was asked and answered.
  struct Call: Decodable {
    let name: String
    let values: [Number?]

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      name = try container.decode(String.self)
      var values: [Number?] = []
      while !container.isAtEnd { values.append(try container.decode(Number?.self)) }
      self.values = values
    }

    func long(_ index: Int) throws -> UInt64 { try #require(values[index]).long }
  }

  struct Case: Decodable, CustomTestStringConvertible, Sendable {
    let id: Int
    let granule: UInt64
    let start_pfn: Number
    let aperture_end: Number?
    /// `iommu.forcedac=1`: nobody tries 32 bits first.
    let forcedac: Int?
    let ops: [Call]
    let final: [[Number]]

    var testDescription: String { "case \(id)" }

    var space: IOVASpace {
      IOVASpace(granuleBits: UInt8(granule.trailingZeroBitCount), first: start_pfn.long)
    }
  }

  private static func cases(_ name: String) -> [Case] {
    (try? Recorded.cases(name, in: .module)) ?? []
  }

  @Test func `the files of answers are there`() {
    #expect(Self.cases("iova_plain").count >= 8)
    #expect(Self.cases("iova_dma").count >= 8)
  }

  @Test(arguments: cases("iova_plain"))
  func `each call finds, takes and frees the same frames`(recorded: Case) throws {
    var space = recorded.space
    var nobody = NoRecorder()
    for (index, call) in recorded.ops.enumerated() {
      let place = "case \(recorded.id), call \(index)"
      switch call.name {
      case "alloc":
        let found = space.allocate(
          try call.long(0), through: try call.long(1), isAligned: try call.long(2) != 0, &nobody)
        #expect(found == call.values[3]?.long, "\(place)")
      case "free": space.free(try call.long(0), &nobody)
      case "find":
        let range = space.range(holding: try call.long(0))
        #expect(range?.lowerBound == call.values[1]?.long, "\(place)")
        #expect(range?.upperBound == call.values[2]?.long, "\(place)")
      case "reserve":
        let range = space.reserve(try call.long(0)...(try call.long(1)), &nobody)
        #expect(range?.lowerBound == call.values[2]?.long, "\(place)")
        #expect(range?.upperBound == call.values[3]?.long, "\(place)")
      default: Issue.record("\(place): \(call.name)?")
      }
    }
    #expect(space.used == recorded.final.map { $0[0].long...$0[1].long }, "case \(recorded.id)")
  }

  @Test(arguments: cases("iova_dma"))
  func `each buffer gets the same address`(recorded: Case) throws {
    var space = recorded.space
    var nobody = NoRecorder()
    for (index, call) in recorded.ops.enumerated() {
      let place = "case \(recorded.id), call \(index)"
      switch call.name {
      case "dma_alloc":
        let wish = IOVASpace.Wish(
          bytes: try call.long(0), mask: try call.long(1), busLimit: try call.long(2),
          apertureEnd: recorded.aperture_end?.long ?? 0,
          triesLowFirst: try call.long(3) != 0 && recorded.forcedac != 1)
        #expect(
          space.allocate(wish, &nobody)?.value ?? 0 == call.values[4]?.long, "\(place)")
      case "dma_free":
        space.free(IOVA(try call.long(0)), bytes: try call.long(1), &nobody)
      default: Issue.record("\(place): \(call.name)?")
      }
    }
    #expect(space.used == recorded.final.map { $0[0].long...$0[1].long }, "case \(recorded.id)")
  }
}
