internal import ExplorerUI

/// The lines that were typed in earlier sessions, in `$XDG_STATE_HOME/iommu-tui/history`.
struct HistoryFile {
  private let file = StateFile("history")

  func read() -> PromptHistory { file.text.map { PromptHistory(text: $0) } ?? PromptHistory() }

  /// Adds lines to what the file has by now, for another session may have added to it.
  func add(_ lines: [String]) {
    var history = read()
    for line in lines { history.add(line) }
    file.replace(with: history.text)
  }
}
