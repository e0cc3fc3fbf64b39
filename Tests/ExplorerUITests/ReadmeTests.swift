import ExplorerUI
import Foundation
import Testing

/// README's table of keys is the program's own.
@Suite struct `README` {
  private static let url = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("README.md")
  private static let start =
    "<!-- keys: UPDATE_README=1 swift test --filter README writes these lines -->\n"
  private static let end = "\n<!-- end of keys -->"

  @Test func `its table of keys is made from the table of bindings`() throws {
    var text = try String(contentsOf: Self.url, encoding: .utf8)
    let start = try #require(text.range(of: Self.start))
    let end = try #require(
      text.range(of: Self.end, range: start.upperBound..<text.endIndex))
    let lines = start.upperBound..<end.lowerBound
    if ProcessInfo.processInfo.environment["UPDATE_README"] == "1" {
      text.replaceSubrange(lines, with: Keymap.table)
      try text.write(to: Self.url, atomically: true, encoding: .utf8)
      return
    }
    #expect(text[lines] == Keymap.table, "UPDATE_README=1 writes it")
  }
}
