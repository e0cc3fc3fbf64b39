/// How far a long script has come, for whoever waits for it.
package struct Progress: Hashable, Sendable {
  package enum Work: Hashable, Sendable { case reading, doing }

  package let work: Work
  package let done: Int
  package let all: Int

  /// Takes it in while the work goes on, every so many lines.
  package typealias Watcher = (Progress) -> Void

  static let stride = 4096

  /// In words: `40,960 of 1,000,002 lines`.
  package var words: String {
    switch work {
    case .reading: "\(done.grouped) of \(all.grouped) lines"
    case .doing: "\(done.grouped) of \(all.grouped) operations"
    }
  }
}
