import Foundation
import TerminalCore
import Testing

/// Screens as text files, which a person reads in review: `Screens/NAME-80x24.txt`.
///
/// With `UPDATE_SCREENS=1` in the environment the files are written instead of compared.
enum ExpectedScreen {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Screens")

  private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_SCREENS"] == "1"

  /// Compares a session's screen with the file of that name and of the screen's size.
  static func check(
    _ name: String, _ session: Session, at location: SourceLocation = #_sourceLocation
  ) throws {
    let file = "\(name)-\(session.canvas.width)x\(session.canvas.height).txt"
    let url = folder.appendingPathComponent(file)
    guard !isUpdating else {
      try (session.screen + "\n").write(to: url, atomically: true, encoding: .utf8)
      return
    }
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      Issue.record(
        "Screens/\(file) is missing; UPDATE_SCREENS=1 writes it", sourceLocation: location)
      return
    }
    var expected = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // The line feed at the end of the file ends the last line.
    if expected.last == "" { expected.removeLast() }
    let difference = difference(from: expected, to: session.lines)
    if !difference.isEmpty {
      Issue.record(
        """
        Screens/\(file) differs (- file, + screen; UPDATE_SCREENS=1 takes the new one):
        \(difference)
        """,
        sourceLocation: location)
    }
  }

  /// The rows that differ, one above the other, with a mark under the first cell that does.
  static func difference(from expected: [String], to found: [String]) -> String {
    var lines: [String] = []
    for row in 0..<max(expected.count, found.count) {
      let old = row < expected.count ? expected[row] : nil
      let new = row < found.count ? found[row] : nil
      guard old != new else { continue }
      let same = zip(old ?? "", new ?? "").prefix { $0 == $1 }.count
      let number = String(row)
      let label = String(repeating: " ", count: max(0, 3 - number.count)) + number
      lines.append("\(label) - \(old ?? "(no such row)")")
      lines.append("    + \(new ?? "(no such row)")")
      lines.append("      " + String(repeating: " ", count: same) + "^ column \(same)")
    }
    return lines.joined(separator: "\n")
  }

  /// The rows of two canvases that differ; where only styles do, their numbers.
  static func difference(_ first: Canvas, _ second: Canvas) -> String {
    let rows = (0..<first.height).filter { !first.isRow($0, equalIn: second) }
    let text = difference(from: lines(of: first), to: lines(of: second))
    return text.isEmpty ? "styles in rows \(rows)" : text
  }

  private static func lines(of canvas: Canvas) -> [String] {
    canvas.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
