import ExplorerUI
import IOMMULab
import TerminalCore
import Testing

/// The call tree: what is folded is one step, what is open is stepped inside.
@Suite struct `The call tree` {
  @Test func `a folded call is one step, there and back`() throws {
    // Before the last operation; its first two lines are a question and a call of 48 steps.
    var session = try Session("<End>Pn", size: (120, 36))
    let timeline = session.explorer.timeline
    #expect(timeline.step == 1)
    try session.press("n")
    #expect(session.explorer.timeline.step == 49)
    #expect(session.screen.contains("▶ __program_context   mdp0, bank 1   48 steps ▸"))
    try session.press("p")
    #expect(session.explorer.timeline.position == timeline.position)
  }

  @Test func `i steps into what is folded, and what was entered shows up to its last step`() throws
  {
    var session = try Session("<End>Pni", size: (120, 36))
    #expect(session.explorer.timeline.step == 2)
    #expect(session.screen.contains("__program_context   mdp0, bank 1 ▾"))
    while session.explorer.timeline.step < 49 { try session.press("n") }
    #expect(session.explorer.timeline.step == 49)
    #expect(session.screen.contains("__program_context   mdp0, bank 1"))
    #expect(!session.screen.contains("48 steps ▸"))
    try session.press("n")
    #expect(session.screen.contains("✓ __program_context   mdp0, bank 1   48 steps ▸"))
  }

  @Test func `a click on its sign opens a call and folds it, and time stays`() throws {
    var session = try Session("<End>", size: (120, 36))
    let position = session.explorer.timeline.position
    let place = try session.place(of: "48 steps ▸")
    session.click(Point(place.column + 9, place.row))
    #expect(session.screen.contains("__program_context   mdp0, bank 1 ▾"))
    #expect(session.explorer.timeline.position == position)
    let open = try session.place(of: "mdp0, bank 1 ▾")
    session.click(Point(open.column + 13, open.row))
    #expect(session.screen.contains("48 steps ▸"))
    #expect(session.explorer.timeline.position == position)
  }

  @Test func `a click on the line itself goes to its end`() throws {
    var session = try Session("<End>", size: (120, 36))
    try session.click(on: "__program_context")
    #expect(session.explorer.timeline.step == 49)
  }

  @Test func `many alike are one line, which opens`() throws {
    var session = try Session("<Home>NNNN", size: (120, 36))
    #expect(session.screen.contains("msm_iommu_map × 8   16 steps ▸"))
    try session.press("<Tab><Tab><Right><Enter>")
    #expect(session.screen.contains("msm_iommu_map × 8 ▾"))
    try session.press("<Left>")
    #expect(session.screen.contains("msm_iommu_map × 8   16 steps ▸"))
    // Words beside each other are a run too: sixteen of a large page.
    session = try Session("<Home>NNNNN<Tab><Tab><Right><Right><Down>", size: (120, 36))
    #expect(session.screen.contains("× 16"))
  }

  @Test
  func `with the cursor in the tree, Enter goes to a step, and once more to what it is about`()
    throws
  {
    var session = try Session("<Tab><Tab><Right><Up><Up><Enter>", size: (120, 36))
    #expect(session.explorer.timeline.step == 25)
    #expect(session.explorer.view == .path)
    try session.press("<Enter>")
    #expect(session.explorer.view == .registers)
    #expect(session.explorer.focus == .inspector)
  }

  @Test(arguments: Library.platformNames, [(80, 24), (120, 36), (200, 60), (60, 20)])
  func `stepping ends, both ways, wherever one begins`(
    platform: String, size: (Int, Int)
  ) throws {
    var session = try Session(size: size, platform: platform)
    for key in ["n", "p", "i", "p"] {
      var steps = 0
      var position = session.explorer.timeline.position
      repeat {
        position = session.explorer.timeline.position
        try session.press(key)
        steps += 1
      } while session.explorer.timeline.position != position && steps < 5000
      #expect(steps < 5000)
      #expect(key == "p" ? session.explorer.timeline.isAtStart : session.explorer.timeline.isAtEnd)
    }
  }
}
