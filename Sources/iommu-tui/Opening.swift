internal import ExplorerUI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalNcurses

/// What the explorer is opened with.
struct Opening {
  enum Background: String, CaseIterable { case dark, light }

  /// Why nothing opened: a line for standard error, and the exit status.
  struct Failure: Error {
    let message: String
    let status: Int32
  }

  /// A script; nil is the scene that ships with the program.
  var file: String?
  /// The name of a scene that ships with the program.
  var scene: String?
  var platform = Library.usualPlatform
  var isASCII = false
  /// The terminal's background; nil is the one that was asked for last.
  var background: Background?
  var leavesMouse = false
  var study: Study?
  /// What came from there, once it was read.
  var standardInput: String?

  /// What is learnt: the map of the course, a lesson, or problems without end.
  enum Study {
    case map
    case lesson(Lesson, name: String)
    case practice(Practice)
  }

  /// Opens the explorer and stays until the person leaves.
  func run() throws(Failure) {
    var reading = self
    let study = if let study { study as Study? } else { try reading.lessonInFile() }
    // Handed over, not kept: a second holder of a million operations would have them copied.
    var opened = Optional(try reading.session(without: study))
    let isLight = rememberedBackground() == .light
    do throws(TerminalFailure) {
      let history = HistoryFile()
      let progress = ProgressFile()
      let (signal, unsaved) = try EventLoop.run(
        mouse: !leavesMouse, remember: history.add, keep: progress.keep
      ) { (colors, isUnicode) in
        guard let (timeline, registers, title) = opened.take() else {
          preconditionFailure("an explorer is made once")
        }
        var explorer = Explorer(
          timeline, registers: registers, title: title,
          theme: Theme(colors: colors, isLight: isLight),
          glyphs: Glyphs(isASCII: isASCII || !isUnicode), history: history.read(),
          files: diskFiles)
        explorer.learnt(progress.read())
        Self.begin(study, in: &explorer)
        return explorer
      }
      if let signal { Terminal.die(of: signal) }
      Self.tell(unsaved)
    } catch {
      throw Failure(message: "iommu-tui: \(error.message)", status: 1)
    }
  }

  /// Begins what is to be learnt.
  static func begin(_ study: Study?, in explorer: inout Explorer) {
    switch study {
    case .map?: explorer.openCourse()
    case .lesson(let lesson, let name)?: explorer.begin(lesson, named: name)
    case .practice(let practice)?: explorer.practise(practice)
    case nil: break
    }
  }

  /// The lesson that the file is, if it is one.
  ///
  /// Standard input can be read but once, so what was read is kept for the session.
  mutating func lessonInFile() throws(Failure) -> Study? {
    guard let file, case .success(let text) = readText(file) else { return nil }
    if file == "-" { standardInput = text }
    guard Lesson.isLesson(text) else { return nil }
    do throws(Lesson.Mistakes) {
      return .lesson(try Lesson(parsing: text, platforms: Library.platformNames), name: "")
    } catch {
      throw Failure(message: error.lines(in: file.shown).joined(separator: "\n"), status: 2)
    }
  }

  /// What was typed and saved nowhere stays on the terminal, as lines that make a script.
  private static func tell(_ unsaved: String) {
    guard !unsaved.isEmpty else { return }
    let lines = unsaved.split(separator: "\n")
    complain("# iommu-tui: not saved, in the order in which it was done:")
    for line in lines.prefix(mostTold) { complain(String(line)) }
    if lines.count > mostTold { complain("# and \(lines.count - mostTold) more") }
  }

  private static let mostTold = 1000

  private func rememberedBackground() -> Background {
    var settings = Settings()
    if let background { settings.remember("theme", background.rawValue) }
    return background ?? settings["theme"].flatMap(Background.init(rawValue:)) ?? .dark
  }

  private func shipped(_ name: String) throws(Failure) -> (title: String, text: String) {
    guard file == nil else {
      throw Failure(message: "iommu-tui: a file or a scene, not both", status: 2)
    }
    guard let found = Library.scenes.first(where: { $0.name == name }) else {
      throw Failure(
        message: "iommu-tui: no scene \"\(name.shown)\"; there are: "
          + Library.scenes.map(\.name).joined(separator: ", "), status: 2)
    }
    return (found.title, found.text)
  }

  /// The session to open; under a lesson it is the usual scene.
  func session(without study: Study?) throws(Failure) -> (Timeline, RegisterMap, title: String) {
    var opening = self
    if study != nil { opening.file = nil }
    return try opening.session()
  }

  /// Reads and runs the script, or the scene that ships with the program.
  func session() throws(Failure) -> (Timeline, RegisterMap, title: String) {
    guard Library.platformNames.contains(platform) else {
      throw Failure(
        message: "iommu-tui: no platform \"\(platform.shown)\"; there are: "
          + Library.platformNames.joined(separator: ", "), status: 2)
    }
    var (name, text) = Library.openingScene(of: platform)
    if let scene { (name, text) = try shipped(scene) }
    if let file {
      name = file
      switch standardInput.map({ .success($0) }) ?? readText(file) {
      case .success(let found): text = found
      case .failure(let problem):
        throw Failure(message: "\(file.shown): \(problem.message)", status: 2)
      }
    }
    do throws(ParseError) {
      let waiting = Waiting(for: name)
      defer { waiting.end() }
      let script = try Script(
        parsing: text, platforms: Library.platformNames, watcher: waiting.show)
      var timeline = try Timeline(playing: script, on: platform, watcher: waiting.show)
      if file == nil, scene == nil {
        timeline.stopAtFirstTable()
      } else {
        timeline.jumpToStart()
        timeline.forward()
      }
      let registers = try Library.registers(of: timeline.machine.platform.family)
      return (timeline, registers, name.split(separator: "/").last.map(String.init) ?? name)
    } catch {
      throw Failure(
        message: "\(name.shown):\(error.line):\(error.column): \(error.message)", status: 2)
    }
  }
}
