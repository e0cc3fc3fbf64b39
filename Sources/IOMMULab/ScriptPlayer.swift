package import IOMMUModel

/// A script that is played bit by bit, so that whoever waits for it can see how far it has come.
package struct ScriptPlayer: Sendable {
  private let script: Script
  private var next = 0
  package private(set) var timeline: Timeline

  package init(
    _ script: Script, on platform: String = Library.usualPlatform
  ) throws(ParseError) {
    self.script = script
    timeline = Timeline(from: try Library.machine(for: script, on: platform), source: script.source)
  }

  package var progress: Progress {
    Progress(work: .doing, done: next, all: script.lines.count)
  }

  package var isDone: Bool { next >= script.lines.count }

  /// Does so many operations, or all that are left.
  package mutating func play(_ count: Int) {
    for line in script.lines.indices.dropFirst(next).prefix(count) {
      let (number, operation) = script.lines.operation(line)
      timeline.perform(operation, line: number)
      next = line + 1
    }
  }
}
