internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A session as a whole: saved, opened, started over, drawn into a file.
extension Explorer {
  /// What a session began with, to begin again.
  struct Opened: Sendable {
    let source: SourceText?
    let platform: String
    let position: Timeline.Position
    let title: String
  }

  /// How many operations are in no file.
  var unsavedCount: Int { max(0, timeline.entries.count - saved) }

  /// The lines of what was done and not saved; empty when there is nothing to lose.
  package var unsavedLines: String { timeline.lines(from: min(saved, timeline.entries.count)) }

  /// Does what a line of the prompt says about the session.
  ///
  /// - Returns: True when it was done; false when it has to be said once more.
  mutating func run(_ command: SessionCommand, line: String) throws(ParseError) -> Bool {
    let isAgreed = command.isForced || asked == line
    asked = nil
    switch command.verb {
    case .save: return try save(command, isAgreed: isAgreed, line: line)
    case .export: return try export(command, isAgreed: isAgreed, line: line)
    case .open where command.path.isEmpty: openPicker(.scenes)
    case .open:
      guard isAgreed || unsavedCount == 0 else {
        return ask(
          line, "\(unsavedWords), and would be gone: Enter again opens \(command.path.shown)")
      }
      try open(command)
    case .reset:
      guard isAgreed || unsavedCount == 0 else {
        return ask(line, "\(unsavedWords), and would be gone: Enter again starts over")
      }
      try reset()
    }
    return true
  }

  var unsavedWords: String {
    unsavedCount == 1 ? "1 operation is not saved" : "\(unsavedCount) operations are not saved"
  }

  /// Asks in the prompt; the same line once more is the answer.
  private mutating func ask(_ line: String, _ question: String) -> Bool {
    asked = line
    prompt?.mistake = ParseError(line: 0, column: 1, question)
    return false
  }

  // MARK: Files

  private mutating func save(
    _ command: SessionCommand, isAgreed: Bool, line: String
  ) throws(ParseError) -> Bool {
    let isOwn = command.path == savedPath
    guard try write(timeline.script, command, isAgreed: isAgreed || isOwn, line: line) else {
      return false
    }
    (saved, savedPath) = (timeline.entries.count, command.path)
    let count = timeline.entries.count
    notice =
      Prose("Saved ", .live) + Prose(command.path.shown, .strong)
      + Prose(": \(count) operation\(count == 1 ? "" : "s"); iommu-tui FILE opens it again.", .text)
    return true
  }

  private mutating func export(
    _ command: SessionCommand, isAgreed: Bool, line: String
  ) throws(ParseError) -> Bool {
    guard let kind = ScreenPicture.Kind(path: command.path) else {
      throw ParseError(
        line: 1, column: command.pathColumn,
        "\"\(command.path.shown)\" is neither a .svg nor a .txt; the name's end says which it is")
    }
    // The screen as it stands when the prompt is gone.
    var explorer = self
    explorer.prompt = nil
    explorer.notice = nil
    let text = ScreenPicture(explorer.draw().canvas, theme: theme).text(kind)
    guard try write(text, command, isAgreed: isAgreed, line: line) else { return false }
    notice = Prose("Wrote ", .live) + Prose(command.path.shown, .strong)
    return true
  }

  private mutating func write(
    _ text: String, _ command: SessionCommand, isAgreed: Bool, line: String
  ) throws(ParseError) -> Bool {
    switch files.write(command.path, text, isAgreed) {
    case .success: return true
    case .failure(.exists):
      return ask(line, "\(command.path.shown) is there already: Enter again replaces it")
    case .failure(.failed(let reason)):
      throw ParseError(
        line: 1, column: command.pathColumn, "\(command.path.shown): \(reason)")
    }
  }

  private mutating func open(_ command: SessionCommand) throws(ParseError) {
    let path = command.path
    let shipped = Shipped(named: path)
    let text: String
    switch shipped.map({ .success($0.text) }) ?? files.read(path) {
    case .success(let found): text = found
    case .failure(.failed(let reason)):
      throw ParseError(line: 1, column: command.pathColumn, "\(path.shown): \(reason)")
    case .failure(.exists):
      throw ParseError(line: 1, column: command.pathColumn, "\(path.shown) cannot be read")
    }
    if Lesson.isLesson(text) { return try openLesson(text, from: path) }
    let name = shipped?.title ?? path.split(separator: "/").last.map(String.init) ?? path
    guard text.utf8.count <= Loading.longest else {
      return load(
        Loading(
          purpose: .open(path: path), title: name, text: text, platform: Library.usualPlatform,
          position: nil))
    }
    let opened: Timeline
    do throws(ParseError) {
      let script = try Script(parsing: text, platforms: Library.platformNames)
      opened = try Timeline(playing: script)
    } catch {
      // The place in the file is what helps; the one in this line is known.
      throw ParseError(
        line: 0, column: 1, "\(path.shown):\(error.line):\(error.column): \(error.message)")
    }
    try finishOpening(
      opened, title: name, path: shipped == nil ? path : nil, at: shipped?.position)
  }

  /// Looks at what was opened, at its first step if it does not say where.
  mutating func finishOpening(
    _ opened: Timeline, title name: String, path: String?, at position: Timeline.Position?
  ) throws(ParseError) {
    var opened = opened
    opened.jumpToStart()
    if let position { opened.jump(to: position) } else { opened.forward() }
    try begin(opened, title: name)
    savedPath = path
    noteOpened()
    let count = timeline.entries.count
    notice =
      Prose("Opened ", .live) + Prose(name.shown, .strong)
      + Prose(
        ": \(count.grouped) operation\(count == 1 ? "" : "s"). n steps on, End goes to the end.",
        .text)
  }

  private mutating func reset() throws(ParseError) {
    if let lesson { return try restart(lesson) }
    let opened = opened
    let timeline: Timeline
    if let source = opened.source {
      guard source.text.utf8.count <= Loading.longest else {
        return load(
          Loading(
            purpose: .reset, title: opened.title, text: source.text, platform: opened.platform,
            position: opened.position))
      }
      let script = try Script(parsing: source.text, platforms: Library.platformNames)
      timeline = try Timeline(playing: script, on: opened.platform)
    } else {
      timeline = try Timeline(
        playing: try Script(parsing: "", platforms: []), on: opened.platform)
    }
    try finishReset(
      timeline, title: opened.title, at: opened.source == nil ? nil : opened.position)
  }

  mutating func finishReset(
    _ timeline: Timeline, title: String, at position: Timeline.Position?
  ) throws(ParseError) {
    var timeline = timeline
    if let position { timeline.jump(to: position) }
    try begin(timeline, title: title)
    notice = "Started over: everything is as it was opened."
  }

  /// Takes another timeline in, and looks at it as the program does at its first.
  mutating func begin(_ timeline: Timeline, title: String) throws(ParseError) {
    registers = try Library.registers(of: timeline.machine.platform.family)
    self.timeline = timeline
    forgetDrawn()
    self.title = title
    (traffic.isRunning, traffic.isOpen, designs) = (false, false, nil)
    (lesson, course) = (nil, nil)
    saved = timeline.entries.count
    savedPath = nil
    forgetPlaces()
    lookWhereItHappens()
    enterWhereTimeStands()
  }

  /// What was looked at, marked and folded belongs to another machine.
  mutating func forgetPlaces() {
    selection = .iommu(0)
    folds = [:]
    (visited, left) = ([], [])
    (chosenAddress, pinned) = (nil, nil)
    tree = TreeState()
    (marked, comparison) = (nil, nil)
    resetCursors()
  }

  /// Keeps what there is now as what a reset goes back to.
  mutating func noteOpened() {
    opened = Opened(
      source: timeline.entries.source, platform: machine.platform.name,
      position: timeline.position, title: title)
  }
}
