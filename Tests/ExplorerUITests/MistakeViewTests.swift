import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// What goes wrong though the answer is ok is to be seen wherever one looks.
@Suite struct `What went wrong, on the screen` {
  private func scene(
    _ name: String, _ keys: String, size: (Int, Int) = (120, 36)
  ) throws -> Session {
    try Session(":'open! \(name)'<Enter>" + keys, size: size)
  }

  @Test(arguments: [(80, 24), (120, 36)])
  func `a guest's end is marked in the list, in its tree, in the why and in the problems`(
    size: (Int, Int)
  ) throws {
    var session = try scene("guest", "<End>P9", size: size)
    #expect(session.screen.contains("!▶ 12 vm-free guest"))
    #expect(session.screen.contains("! 1,044 wrong"))
    #expect(session.lines[0].contains("✗ 4 damaged"))
    #expect(session.screen.contains("✗ guest had 529 pages") || size.0 == 120)
    try session.press("w")
    #expect(session.screen.contains("Went wrong: unpin 1 page at 0x00000000"))
    // From the problem to the step that did it: the word that was taken for a table.
    try session.press("<Esc><Tab><Down><Enter>")
    #expect(session.lines.contains { $0.contains("▶ mapped memory corrupted") })
    #expect(session.screen.contains("was written into"))
  }

  @Test func `what is folded and has something wrong in it says how much`() throws {
    let session = try scene("guest", "<End>P")
    #expect(session.screen.contains("! kvm_iommu_unmap_guest   3207 steps  ! 1043 wrong ▸"))
    #expect(session.screen.contains("✓ kvm_free_all_assigned_devices   25 steps ▸"))
  }

  @Test func `a refused operation ends with its reason, not with what was tidied up`() throws {
    let session = try Session(
      "<End>:'design a'<Enter>:'vm guest'<Enter>:'assign guest gfx3d_user'<Enter><Esc>",
      size: (120, 36))
    #expect(
      session.lines.suffix(3).joined().contains("why  -ENOMEM: iommu_domain_alloc came back empty"))
  }

  @Test(arguments: [(80, 24), (120, 36)])
  func `no narration of a scene is cut, for the timeline lends its rows`(size: (Int, Int)) throws {
    for scene in Library.scenes {
      let script = try Script(parsing: scene.text, platforms: Library.platformNames)
      let timeline = try Timeline(playing: script, on: scene.platform)
      for entry in timeline.entries where !entry.remarks.isEmpty {
        let words = Prose(entry.remarks.joined(separator: " "))
        let lines = Wrapped(words, width: size.0 - 7).lines.count
        let layout = Layout(
          width: size.0, height: size.1, focus: .inspector, isZoomed: false, whyRows: lines)
        #expect(lines <= layout.why.height, "\(scene.name): \(words.text)")
      }
    }
  }

  @Test func `what a scene says stands there whole, and nothing above the timeline moves`() throws {
    var session = try scene("guest", "<Home>", size: (80, 24))
    let before = session.explorer.layout
    try session.press("N")
    #expect(session.explorer.layout.timeline.row == before.timeline.row)
    #expect(session.explorer.layout.why.height == 3)
    #expect(session.lines[20].hasPrefix("   #  A guest with an assigned device, on the mail's"))
    #expect(session.lines[22] == "      not. See guest-traditional for the same lines elsewhere.")
    try session.press("N")
    #expect(session.explorer.layout == before)
  }
}
