internal import ArgumentParser
internal import ExplorerUI
internal import IOMMULab
internal import TerminalCore

/// `iommu-tui picture`: a screen as a file, drawn without a terminal.
struct PictureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "picture", abstract: "Draw a screen into a file, without a terminal.",
    discussion: """
      Keys are written as they are pressed: `n n p`, `:'alloc fb'<Enter>`, <Tab>, <End>, <C-l>, \
      <click 10,5> (column, row, from 0), <resize 80x24>. Blanks between keys mean nothing. \
      The same call gives the same picture, byte for byte.
      """)

  @Argument(help: "A script to open at its first step; without one, a small scene is open.")
  var file: String?

  @Option(help: "Columns and rows.")
  var size = "120x36"

  @Option(help: "What is pressed before the picture is taken.")
  var keys = ""

  @Option(name: .shortAndLong, help: "A .svg or .txt file; without one the text is printed.")
  var output: String?

  @Option(help: "The machine of a session that names none: one of the shipped platforms.")
  var platform = Library.usualPlatform

  @Option(help: "A lesson of the course to begin, by name or number.")
  var lesson: String?

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Option(help: "The background: dark or light.")
  var theme = Opening.Background.dark

  mutating func run() throws {
    let numbers = size.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let width = numbers[0], let height = numbers[1],
      (1...1000).contains(width), (1...1000).contains(height)
    else {
      complain("iommu-tui: \"\(size.shown)\" is no size, which is like 120x36, at most 1000x1000")
      throw ExitCode(2)
    }
    let script: KeyScript
    do { script = try KeyScript(keys) } catch {
      complain("iommu-tui: \(error.description.shown)")
      throw ExitCode(2)
    }
    let kind = output.map { ScreenPicture.Kind(path: $0) } ?? .text
    guard let kind else {
      complain("\(output?.shown ?? ""): the name's end says what is written: .svg or .txt")
      throw ExitCode(2)
    }
    let theme = Theme(colors: .full256, isLight: self.theme == .light)
    var explorer = try explorer(theme)
    let canvas = explorer.play(script, width: width, height: height)
    let text = ScreenPicture(canvas, theme: theme).text(kind)
    guard let output else {
      print(text, terminator: "")
      return
    }
    if case .failure(let problem) = writeText(text, to: output, replaces: true) {
      complain("\(output.shown): \(problem.message)")
      throw ExitCode(1)
    }
  }

  private func explorer(_ theme: Theme) throws -> Explorer {
    do throws(Opening.Failure) {
      var opening = Opening(file: file, platform: platform)
      let study =
        if let lesson { try LessonCommand.study(lesson) } else { try opening.lessonInFile() }
      let (timeline, registers, title) = try opening.session(without: study)
      var explorer = Explorer(
        timeline, registers: registers, title: title, theme: theme,
        glyphs: Glyphs(isASCII: ascii), files: diskFiles)
      Opening.begin(study, in: &explorer)
      return explorer
    } catch {
      complain(error.message)
      throw ExitCode(error.status)
    }
  }
}
