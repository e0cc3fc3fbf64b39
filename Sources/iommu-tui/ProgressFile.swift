internal import IOMMULab

/// How far the learner is with the course, in `$XDG_STATE_HOME/iommu-tui/progress`.
struct ProgressFile {
  private let file = StateFile("progress")

  func read() -> CourseProgress {
    file.text.map { CourseProgress(text: $0) } ?? CourseProgress()
  }

  /// Keeps what changed between two states; another session may have changed the rest.
  func keep(_ progress: CourseProgress, changedFrom before: CourseProgress) {
    var kept = read()
    kept.take(progress, changedFrom: before)
    file.replace(with: kept.text)
  }
}
