import Glibc
import Testing

/// How far one is with the course, from one start to the next.
@Suite struct `Progress` {
  @Test func `is kept, and continues where there is no folder for it by saying so`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let kept = try taken(folder.path)
    #expect(!kept.text.contains("Your progress is not kept"))
    #expect(folder.text(of: "iommu-tui/progress")?.hasPrefix("domain 2") == true)
    let session = try taken("/dev/null")
    try session.until("what is wrong") { $0.text.contains("Your progress is not kept") }
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }

  /// A lesson whose second page is open.
  private func taken(_ folder: String) throws -> PtySession {
    let session = try BuiltProgram.start(
      ["lesson", "2"], changing: ["XDG_STATE_HOME": folder])
    try session.until("the lesson") { $0.text.contains("page 1 of") }
    session.type("]")
    try session.until("the next page") { $0.isBetweenFrames && $0.text.contains("page 2 of") }
    return session
  }
}
