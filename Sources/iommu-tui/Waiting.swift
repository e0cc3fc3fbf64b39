internal import Glibc
internal import IOMMULab

/// Says on the terminal how far a long start has come, once a person would begin to wonder.
///
/// It stands in one line of standard error, and is gone when the start is over. What is read by
/// another program gets nothing.
final class Waiting {
  private static let patience = Duration.milliseconds(400)
  private static let pause = Duration.milliseconds(100)

  private let name: String
  private let clock = ContinuousClock()
  private var next: ContinuousClock.Instant
  private var width = 0

  init(for name: String) {
    self.name = String(name.shown.prefix(40))
    next = clock.now + Self.patience
  }

  /// Shows it, if it is time.
  func show(_ progress: Progress) {
    guard clock.now >= next, isatty(2) == 1 else { return }
    next = clock.now + Self.pause
    write("\(name): \(progress.words)")
  }

  /// Takes the line away again.
  func end() {
    guard width > 0 else { return }
    write("")
    writeAll(2, Array("\r".utf8)[...])
  }

  private func write(_ text: String) {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    writeAll(2, Array(("\r" + text + blanks).utf8)[...])
    width = text.count
  }
}
