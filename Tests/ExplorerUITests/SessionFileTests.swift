import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// Files that are in memory only.
private final class Disk: @unchecked Sendable {
  var texts: [String: String] = [:]

  var files: Files {
    Files(
      read: { path in self.texts[path].map { .success($0) } ?? .failure(.failed("No such file")) },
      write: { path, text, replaces in
        if self.texts[path] != nil, !replaces { return .failure(.exists) }
        self.texts[path] = text
        return .success(())
      },
      paths: { start in self.texts.keys.filter { $0.hasPrefix(start) }.sorted() })
  }
}

/// `:save`, `:open`, `:reset` and `:export`: a session and its files.
@Suite struct `Session files` {
  private let disk = Disk()

  private func session(_ keys: String = "") throws -> Session {
    try Session(keys, files: disk.files)
  }

  @Test func `what is saved opens again as the same machine`() throws {
    var first = try session("<End>:'alloc third'<Enter>:'save a.iommu'<Enter>")
    #expect(first.screen.contains("Saved a.iommu: 11 operations"))
    #expect(disk.texts["a.iommu"]?.hasPrefix("# The first screen") == true)
    #expect(disk.texts["a.iommu"]?.hasSuffix("alloc third\n") == true)
    #expect(first.explorer.unsavedLines.isEmpty)
    try first.press("<End>")
    let second = try session(":'open a.iommu'<Enter><End>")
    #expect(second.machine == first.machine)
    #expect(second.screen.contains("third"))
  }

  @Test func `a file is replaced when one says so twice, or at once`() throws {
    disk.texts["a.iommu"] = "mine"
    var session = try session(":'save a.iommu'<Enter>")
    #expect(session.screen.contains("a.iommu is there already: Enter again replaces it"))
    #expect(disk.texts["a.iommu"] == "mine")
    try session.press("<Esc>:'save a.iommu'<Enter>")
    #expect(disk.texts["a.iommu"] == "mine")
    try session.press("<Enter>")
    #expect(disk.texts["a.iommu"] != "mine")
    disk.texts["b.iommu"] = "mine"
    try session.press(":'save! b.iommu'<Enter>")
    #expect(disk.texts["b.iommu"] != "mine")
  }

  @Test func `a mistake in a file is told with its place, and nothing is lost`() throws {
    disk.texts["bad.iommu"] = "alloc fb\nattach fb\n"
    var session = try session("<End>:'alloc third'<Enter>:'save x.iommu'<Enter>")
    let before = session.machine
    try session.press(":'open bad.iommu'<Enter>")
    #expect(session.screen.contains("bad.iommu:2:11: DEVICE is missing"))
    #expect(session.explorer.prompt != nil)
    #expect(session.machine == before)
    try session.press("<C-u>'open none.iommu'<Enter>")
    #expect(session.screen.contains("none.iommu: No such file"))
  }

  @Test func `a long script comes in bit by bit, tells how far it is, and can be left`() throws {
    let line = "map fb 0x10000000 0x60000000 4K rw # \(String(repeating: "-", count: 100))\n"
    disk.texts["long.iommu"] =
      "alloc fb\n" + String(repeating: line, count: Loading.longest / line.utf8.count + 1)
    var session = try session(":'open long.iommu'<Enter>")
    #expect(session.screen.contains("Opening long.iommu: reading."))
    #expect(session.explorer.millisecondsPerTick != nil)
    try session.press("n<Esc>")
    #expect(session.screen.contains("Left: everything is as it was."))
    #expect(session.explorer.timeline.entries.count == 10)
    try session.press(":'open long.iommu'<Enter><tick><tick>")
    // This one is done in one go; what counts is that it arrives as any other.
    let count = session.explorer.timeline.entries.count
    #expect(count == Loading.longest / line.utf8.count + 2)
    #expect(session.explorer.timeline.position.entry == 0)
    #expect(session.explorer.millisecondsPerTick == nil)
    #expect(session.screen.contains("Opened long.iommu"))
    try session.press("<End>:'reset'<Enter><tick><tick>")
    #expect(session.explorer.timeline.position.entry == 0)
  }

  @Test func `a mistake in a long script is told with its place`() throws {
    disk.texts["long.iommu"] =
      "# \(String(repeating: "-", count: Loading.longest))\nattach fb\n"
    let session = try session(":'open long.iommu'<Enter><tick>")
    #expect(session.screen.contains("long.iommu:2:11: DEVICE is missing"))
    #expect(session.explorer.timeline.entries.count == 10)
  }

  @Test func `what is not saved is asked about before it goes`() throws {
    disk.texts["other.iommu"] = "use traditional\nalloc net\n"
    var session = try session("<End>:'alloc third'<Enter>:'open other.iommu'<Enter>")
    #expect(session.screen.contains("1 operation is not saved"))
    #expect(session.explorer.timeline.entries.count == 11)
    try session.press("<Enter>")
    #expect(session.screen.contains("Opened other.iommu: 2 operations"))
    #expect(session.machine.platform.name == "traditional")
    #expect(session.explorer.timeline.position.entry == 0)
  }

  @Test func `reset goes back to what was opened, step and all`() throws {
    let first = try session()
    var session = try session("<End>:'free fb'<Enter>v:'reset'<Enter>")
    #expect(session.screen.contains("Enter again starts over"))
    try session.press("<Enter><Ins>")
    #expect(session.screen == first.screen)
    try session.press(":'use traditional'<Enter>:'reset!'<Enter><Ins>")
    #expect(session.screen == first.screen)
  }

  @Test func `what was typed and not saved is told at the end, quitting asks nothing`() throws {
    var session = try session("<End>:'alloc third'<Enter>:'free third'<Enter>q")
    #expect(session.effect == .quit)
    #expect(session.explorer.unsavedLines == "alloc third\nfree third\n")
    try session.press(":'save a.iommu'<Enter>:'alloc four'<Enter>")
    #expect(session.explorer.unsavedLines == "alloc four\n")
  }

  @Test func `Tab completes the verbs and the names of files`() throws {
    disk.texts["lesson.iommu"] = "alloc fb\n"
    var session = try session(":'op'<Tab>'les'<Tab>")
    #expect(session.screen.contains(": open lesson.iommu"))
    try session.press("<Enter>")
    #expect(session.screen.contains("Opened lesson.iommu: 1 operation."))
  }

  @Test func `the screen is written as text or as a picture, and as nothing else`() throws {
    let plain = try session()
    var session = try session(":'export a.txt'<Enter>:'export a.svg'<Enter>")
    #expect(disk.texts["a.txt"] == plain.screen + "\n")
    let svg = try #require(disk.texts["a.svg"])
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains(">mdp_vg1<") || svg.contains("mdp_vg1"))
    #expect(!svg.contains("&&") && svg.utf8.count < 60_000)
    try session.press(":'export a.png'<Enter>")
    #expect(session.screen.contains("neither a .svg nor a .txt"))
  }
}
