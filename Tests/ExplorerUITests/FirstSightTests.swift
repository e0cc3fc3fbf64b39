import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// What somebody who never saw the program meets, and must be able to read.
@Suite struct `At first sight` {
  private static let platforms = [Library.usualPlatform, "traditional"]

  // MARK: Faults of traffic

  /// The status line counted them, and the view said that nothing had been stopped.
  @Test func `a device's own requests that were stopped are in the Faults view`() throws {
    var session = try Session(
      "<End>:'traffic mdp_vg1 random seed=1 count=2000'<Enter>7", size: (120, 36))
    #expect(session.screen.contains("✗ mdp_vg1  10 faults in 2,000 accesses"))
    #expect(session.screen.contains("Left in registers by the last"))
    session.perform(.focus(.inspector))
    try session.press("<Enter>")
    // Enter goes to the last of them, in the middle of the traffic.
    #expect(session.explorer.timeline.faults == 10)
    #expect(!session.explorer.timeline.isOperationDone)
    try session.press("p")
    #expect(session.screen.contains("✗ mdp_vg1  9 faults in 2,000 accesses"))
  }

  @Test func `a million accesses that cannot be kept still tell how many were stopped`() throws {
    var session = try Session(
      "<End>:'traffic mdp_vg1 random seed=1 count=100000'<Enter>7", size: (120, 36))
    session.perform(.focus(.inspector))
    try session.press("<Enter>")
    #expect(session.screen.contains("faults in 100,000 accesses"))
  }

  @Test func `the count of faults leads to the faults`() throws {
    var session = try Session("<End>")
    try session.click(on: "faults 0")
    #expect(session.explorer.view == .faults)
  }

  // MARK: Traffic

  @Test(arguments: platforms)
  func `at 80 columns all attached devices show, by their whole names`(platform: String) throws {
    let session = try Session("<End><Space>", platform: platform)
    let names = session.explorer.trafficDevices
    #expect(names.count == 3)
    for name in names {
      #expect(session.lines[1...13].contains { $0.contains("● \(name) ") }, "\(session.screen)")
    }
    #expect(!session.screen.contains("not shown"))
    #expect(!session.lines[14...].joined().contains("vcodec_a…"))
  }

  @Test func `a hit rate of all keeps its distance from the accesses`() throws {
    let session = try Session(
      "<End>:'traffic 00:02.0 random seed=1 count=2000'<Enter>t", platform: "traditional")
    #expect(session.screen.contains("2,000  100 %"))
  }

  // MARK: The first screen

  @Test(arguments: platforms)
  func `it stands in the middle of a call whose steps show`(platform: String) throws {
    let session = try Session(platform: platform)
    #expect(!session.explorer.timeline.isOperationDone)
    #expect(session.screen.contains("after step"))
    #expect(session.explorer.treeLines.contains { $0.isCurrent && $0.fold == nil })
  }

  @Test(arguments: platforms)
  func `at 80 columns the keys say how to set it going and where help is`(platform: String) throws {
    let keys = try Session(platform: platform).canvas.text(row: 23)
    for item in ["n step", "o operate", ": command", "/ find", "Space run", "? help", "q quit"] {
      #expect(keys.contains(item), "\(keys)")
    }
  }

  @Test func `the numbers of the tabs look like keys`() throws {
    let session = try Session(size: (120, 36))
    let row = session.canvas.text(row: 2)
    let column = try #require(row.firstIndex(of: "2"))
    let cell = session.canvas[row.distance(from: row.startIndex, to: column), 2]
    #expect(cell.style.foreground == Theme(colors: .full256).style(.key).foreground)
  }

  @Test func `in the least room all tabs are there, the open one by its name`() throws {
    let session = try Session("8", size: (40, 12))
    #expect(session.canvas.text(row: 2).contains("1 2 3 4 5 6 7 8Domain 9"))
  }

  // MARK: Answers

  @Test func `an answer that is too long for its row grows over what is above`() throws {
    let session = try Session("<End>:'invalidate mdp0 contexts'<Enter>")
    #expect(session.screen.contains("[asid N]"))
    let mistaken = try Session("<End>:'invalidate mdp0 nonsense'<Enter>")
    #expect(mistaken.screen.contains("\"nonsense\" is nothing to invalidate"))
    #expect(mistaken.screen.contains("[asid N]"))
  }

  @Test(arguments: platforms)
  func `a wrong invalidation is told the forms of this machine alone`(platform: String) throws {
    let unit = platform == "traditional" ? "iommu0" : "mdp0"
    let session = try Session("<End>:'invalidate \(unit) nonsense'<Enter>", platform: platform)
    let answer = session.lines.suffix(4).joined()
    #expect(answer.contains("|contexts") == (platform == "traditional"))
    #expect(answer.contains("asid") == (platform != "traditional"))
  }

  @Test func `Enter on a register that leads nowhere says how to set it, and sets nothing`() throws
  {
    var session = try Session("<End>2")
    session.perform(.focus(.inspector))
    session.perform(.point(.register(0)))
    session.send(.resize(width: 80, height: 24))
    let before = session.machine
    try session.press("<Enter>")
    #expect(session.screen.contains("= edits it"))
    try session.press("<Enter><Enter>")
    #expect(session.machine == before)
  }

  // MARK: Few colours

  @Test(arguments: [ColorCount.eight, .sixteen])
  func `no words are blue on black, nor bright or yellow on white`(colors: ColorCount) {
    let roles: [Prose.Role] = [
      .accent, .key, .iova, .physical, .domain, .live, .changed, .old, .half, .stale, .fault,
    ]
    for role in roles {
      #expect(Theme(colors: colors).style(role).foreground != 4)
      let light = Theme(colors: colors, isLight: true).style(role).foreground
      #expect(light < 8 && light != 3 && light != 7)
    }
  }
}
