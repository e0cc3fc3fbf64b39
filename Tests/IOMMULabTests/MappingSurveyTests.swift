import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What all domains map, kept up from state to state.
@Suite struct `What is known of all domains` {
  private func timeline(_ text: String, on platform: String) throws -> Timeline {
    try Timeline(playing: try Script(parsing: text, platforms: Library.platformNames), on: platform)
  }

  private func expectAllKnown(_ survey: MappingSurvey, _ machine: Machine) {
    for domain in machine.liveDomains {
      guard let table = machine.system.domains[domain.index].table else { continue }
      let fresh = Mappings(from: table, in: machine)
      #expect(survey.domains[domain]?.ranges == fresh.ranges)
      #expect(survey.mappings(from: table)?.bytes == fresh.bytes)
      #expect(survey.leaked[domain] ?? [] == DomainTables(of: domain, in: machine).leaked)
    }
    #expect(survey.domains.keys.allSatisfy { machine.liveDomains.contains($0) })
  }

  @Test(arguments: [Library.usualPlatform, "traditional"])
  func `one map among hundreds of domains looks through one of them`(platform: String) throws {
    let text = (0..<300).map { "alloc d\($0)\nmap d\($0) 0x10000000 0x60000000 8K rw\n" }
    var timeline = try timeline(text.joined(), on: platform)
    var survey = MappingSurvey()
    survey.refresh(timeline.machine)
    #expect(survey.work == 300)
    timeline.perform(try Operation(parsing: "map d7 0x20000000 0x70000000 4K rw"))
    survey.refresh(timeline.machine)
    #expect(survey.work == 1)
    expectAllKnown(survey, timeline.machine)
    survey.refresh(timeline.machine)
    #expect(survey.work == 0)
  }

  @Test(arguments: [Library.usualPlatform, "traditional"])
  func `wherever one goes, as much is known as if one had begun there`(platform: String) throws {
    var random = SplitMix64(seed: 7)
    var text = "alloc a\nalloc b\nalloc c\n"
    for index in 0..<120 {
      let name = ["a", "b", "c"][Int(random.below(3))]
      let iova = (0x1000_0000 + random.below(2048) * 4096).hex
      switch random.below(10) {
      case 0..<5: text += "map \(name) \(iova) 0x60000000 \(["4K", "8K", "1M"][index % 3]) rw\n"
      case 5..<8: text += "unmap \(name) \(iova) 1M\n"
      case 8: text += "free \(name)\nalloc \(name)\n"
      default: text += "write-word \((0x4000_0000 + random.below(12_000) * 8).hex) 0x60000c02\n"
      }
    }
    var timeline = try timeline(text, on: platform)
    var survey = MappingSurvey()
    for _ in 0..<80 {
      timeline.jump(
        to: Timeline.Position(
          entry: Int(random.below(UInt64(timeline.entries.count))), events: Int(random.below(20))))
      survey.refresh(timeline.machine)
      expectAllKnown(survey, timeline.machine)
    }
  }
}
