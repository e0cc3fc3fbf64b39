internal import IOMMUAPI
package import IOMMUModel

/// A session as a script: opened from one, and written as one.
extension Timeline {
  /// Plays a script from its first line to its last.
  ///
  /// - Throws: What is wrong with the platform that it names.
  package init(
    playing script: Script, on platform: String = Library.usualPlatform,
    watcher: Progress.Watcher? = nil
  ) throws(ParseError) {
    self.init(from: try Library.machine(for: script, on: platform), source: script.source)
    for line in script.lines.indices {
      let (number, operation) = script.lines.operation(line)
      perform(operation, line: number)
      if let watcher, line.isMultiple(of: Progress.stride) {
        watcher(Progress(work: .doing, done: line, all: script.lines.count))
      }
    }
  }

  /// How many operations at the end are no lines of the script that was opened.
  package var typedCount: Int {
    entries.indices.reversed().prefix { entries.isTyped(at: $0) }.count
  }

  /// The lines of the operations from one on, as they would stand in a script.
  package func lines(from entry: Int) -> String {
    entries.dropFirst(entry).map { $0.operation.text + "\n" }.joined()
  }

  /// The session as a script: what was opened, with all its remarks, and what was typed after it.
  package var script: String {
    let typed = entries.count - typedCount
    var text = ""
    if let start { text += start.text + "\n" }
    if typed > 0, let line = entries[typed - 1].line, let source = entries.source {
      text += source.through(line: source.lastLine(about: line))
      if !text.hasSuffix("\n") { text += "\n" }
    }
    return text + lines(from: typed)
  }

  /// The first line of a script, where without it another machine would be meant.
  private var start: Operation? {
    if case .use = entries.first?.operation { return nil }
    let isProbed = checkpoints.origin.system.devices.contains { $0.isBound }
    let name = machine.platform.name
    if isProbed, name == Library.usualPlatform { return nil }
    return .use(platform: name, isProbed: isProbed)
  }
}

extension SourceText {
  /// The last of the lines that belong to the operation on a line: what is expected of it, and all
  /// that follows when no other operation does.
  fileprivate func lastLine(about number: Int) -> Int {
    var last = number
    for next in number + 1..<max(number + 1, count + 1) {
      let line = line(next)
      if line.saysNothing { continue }
      guard let reader = try? LineReader(line, line: next), reader.verb == .expect else {
        return last
      }
      last = next
    }
    return count
  }
}
