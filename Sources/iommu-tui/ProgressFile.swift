internal import IOMMULab

/// How far the learner is with the course, in `$XDG_STATE_HOME/iommu-tui/progress`.
struct ProgressFile {
  private let file = StateFile("progress")

  func read() -> CourseProgress {
    file.text.map { CourseProgress(text: $0) } ?? CourseProgress()
  }

  /// Keeps what changed between two states; another session may have changed the rest.
  ///
  /// - Returns: Why that cannot be; nil when it is kept.
  func keep(_ progress: CourseProgress, changedFrom before: CourseProgress) -> String? {
    var kept = read()
    kept.take(progress, changedFrom: before)
    guard !file.replace(with: kept.text) else { return nil }
    return file.path.map { "\($0.shown) cannot be written" } ?? "there is no folder for it"
  }
}
