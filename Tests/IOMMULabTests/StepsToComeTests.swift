import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// Events are told on the machine of any moment, also before what they are about is there.
@Suite struct `Steps to come` {
  @Test(arguments: ["kvm", "dma-api", "designs", "since", "domain"])
  func `they are told of things that are not there yet`(name: String) throws {
    let lesson = try #require(Course.lessons.first { $0.name == name }).lesson()
    var timeline = try Timeline(playing: lesson.script)
    let registers = try Library.registers(of: timeline.machine.platform.family)
    for entry in timeline.entries.indices.dropFirst() {
      timeline.jump(to: Timeline.Position(entry: entry, events: 0))
      for event in timeline.recording.events {
        #expect(!event.change.words(in: timeline.machine, registers: registers).isEmpty)
      }
    }
  }
}
