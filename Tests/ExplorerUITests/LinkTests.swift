import IOMMUHardware
import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// Every name and address on the screen goes to its thing, by mouse and by keys, and one comes back.
@Suite struct `Links` {
  @Test
  func `the stations of the path lead to their registers and words, and no plain number leads on`()
    throws
  {
    var session = try Session("<End>", size: (120, 36))
    try session.click(on: "M2VCBR_1")
    #expect(session.explorer.view == .registers)
    try session.press("<BS>")
    try session.click(on: "SCTLR.M")
    #expect(session.screen.contains("▌ 0x01000 SCTLR"))
    for platform in [Library.usualPlatform, "traditional"] {
      let path = try Session("<End>", size: (120, 36), platform: platform)
      for link in path.explorer.links {
        guard case .iova(let value) = link.target else { continue }
        #expect(value >= 0x1000, "\(link)")
      }
    }
    var other = try Session("<End>", size: (120, 36), platform: "traditional")
    try other.click(on: "TES")
    #expect(other.explorer.view == .registers)
    try other.press("<BS>")
    try other.click(on: "root 00")
    #expect(other.explorer.view == .memory)
  }

  @Test func `an address of a table leads to its entry, wherever it stands`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.physical(0x4000_0400)))
    #expect(session.explorer.view == .pageTable)
    #expect(session.explorer.entryCursor[0] == 0x100)
  }

  @Test func `an address of a device leads to its walk`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.iova(0x1000_0123)))
    #expect(session.explorer.view == .walk)
    #expect(session.explorer.chosenAddress?.value == 0x1000_0123)
  }

  @Test func `a name leads to what it names; one that is gone says so`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.named("video")))
    #expect(session.explorer.selection == .domain("video"))
    session.perform(.follow(.named("nobody")))
    #expect(session.explorer.selection == .domain("video"))
    #expect(session.explorer.notice?.text.contains("nobody") == true)
  }

  @Test func `back and forward walk the same places, cursors included`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.physical(0x4000_0400)))
    session.perform(.follow(.named("video")))
    let last = session.explorer.selection
    try session.press("<BS>")
    #expect(session.explorer.view == .pageTable)
    #expect(session.explorer.entryCursor[0] == 0x100)
    try session.press("]")
    #expect(session.explorer.selection == last)
  }

  @Test func `f puts a letter on each link, and typing one goes there`() throws {
    var session = try Session("<End>f")
    let links = session.explorer.links
    #expect(!links.isEmpty)
    let index = try #require(links.firstIndex { $0.target == .named("video") })
    try session.press(LinkChoice.label(index, of: links.count))
    #expect(session.explorer.selection == .domain("video"))
    #expect(session.explorer.linkChoice == nil)
  }

  @Test func `a click on a name in the breadcrumb goes to it`() throws {
    var session = try Session("<End>")
    let link = try #require(
      session.explorer.links.first { $0.target == .named("mdp0") && $0.area.row == 1 })
    try session.press("<click \(link.area.column),\(link.area.row)>")
    #expect(session.explorer.selection == .iommu(2))
  }

  @Test func `labels are distinct, and none begins another, however many links there are`() {
    for count in [1, 26, 27, 300, 5000] {
      let labels = (0..<count).map { LinkChoice.label($0, of: count) }
      #expect(Set(labels).count == count)
      #expect(Set(labels.map { $0.count }).count == 1)
    }
  }
}
