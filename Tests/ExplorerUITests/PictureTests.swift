import ExplorerUI
import Foundation
import IOMMULab
import TerminalCore
import Testing

/// Pictures of screens, made the same way by everyone.
@Suite struct `Pictures` {
  private let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func explorer(_ theme: Theme) throws -> Explorer {
    try Session(theme: theme).explorer
  }

  @Test func `the screen in README is what iommu-tui picture prints`() throws {
    var explorer = try explorer(Theme(colors: .full256))
    let canvas = explorer.play(try KeyScript(""), width: 120, height: 36)
    let url = root.appendingPathComponent("README.md")
    var readme = try String(contentsOf: url, encoding: .utf8)
    let start = try #require(readme.range(of: "```text\n")).upperBound
    let end = try #require(readme.range(of: "\n```", range: start..<readme.endIndex)).lowerBound
    if ProcessInfo.processInfo.environment["UPDATE_README"] == "1" {
      readme.replaceSubrange(start..<end, with: canvas.text)
      try readme.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(readme[start..<end] == canvas.text, "UPDATE_README=1 writes it")
  }

  @Test(arguments: [
    ("first-dark", false, ""), ("walk-light", true, "<End>4"),
    ("lesson-dark", false, "L<Down><Down><Down><Down><Down><Down><Enter>]a"),
  ])
  func `the pictures under assets are what the program draws`(
    name: String, isLight: Bool, keys: String
  ) throws {
    let theme = Theme(colors: .full256, isLight: isLight)
    var explorer = try explorer(theme)
    let canvas = explorer.play(try KeyScript(keys), width: 120, height: 36)
    let url = root.appendingPathComponent("assets/pictures/\(name).svg")
    let svg = ScreenPicture(canvas, theme: theme).text(.svg)
    if ProcessInfo.processInfo.environment["UPDATE_SCREENS"] == "1" {
      try svg.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: url, encoding: .utf8) == svg)
  }

  @Test func `what means something in XML is written so that it does not`() throws {
    var canvas = Canvas(width: 20, height: 2)
    canvas.draw("a<b>&c", at: Point(2, 1), style: Style(foreground: 203, attributes: .bold))
    let svg = ScreenPicture(canvas, theme: Theme(colors: .full256)).text(.svg)
    #expect(svg.contains(">a&lt;b&gt;&amp;c</tspan>"))
    #expect(svg.contains("fill:#ff5f5f;font-weight:bold"))
    #expect(ScreenPicture(canvas, theme: Theme(colors: .full256)).text(.text) == "\n  a<b>&c\n")
  }
}
