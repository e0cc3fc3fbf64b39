import ExplorerUI
import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

/// The comparison of the three designs: every cell was run, and can be opened as a session.
@Suite struct `The designs compared` {
  private let large = (120, 36)

  @Test func `d shows what works, what needs platform code and what breaks`() throws {
    let session = try Session("d", size: large)
    let lines = session.lines
    let driver = try #require(lines.first(where: { $0.contains("a driver on the DMA API  ") }))
    #expect(driver.contains("◐ needs platform code     ◐ needs platform code     ✓ works"))
    let guest = try #require(lines.first(where: { $0.contains("KVM, two devices  ") }))
    #expect(guest.contains("✗ breaks                  ✗ breaks                  ✓ works"))
    #expect(session.screen.contains("traditional"))
  }

  @Test func `a cell tells the call that failed, why, and where that is written`() throws {
    var session = try Session("dj", size: large)
    for text in [
      "plain      ✗ assign guest jpegd_src in msm_iommu_domain_init()",
      "-ENOMEM: iommu_domain_alloc came back empty", "msm_iommu.c msm_iommu_domain_init()",
      "with code  ✓ all", "Design A:",
    ] {
      #expect(session.screen.contains(text), "\(text)")
    }
    try session.press("jl")
    #expect(session.screen.contains("KVM, two devices, msm8x60, design B"))
    #expect(session.screen.contains("with code  ✗ assign guest vpe_src"))
  }

  @Test func `Enter opens the run at the step where it fails, c the one with code`() throws {
    var session = try Session("dj<Enter>", size: large)
    let timeline = session.explorer.timeline
    #expect(timeline.current?.operation.text == "assign guest jpegd_src")
    #expect(!timeline.isOperationDone)
    #expect(timeline.machine.platform.name == "msm8x60")
    #expect(!session.screen.contains("The three designs"))
    try session.press("N")
    #expect(session.lines[0].contains("✗ -ENOMEM"))
    try session.press("djc")
    #expect(session.explorer.timeline.entries.contains { $0.operation.text == "vm guest shared" })
    #expect(session.explorer.timeline.isAtEnd)
    try session.press("d<Right><Right><Enter>")
    #expect(session.explorer.timeline.isAtEnd)
    #expect(session.explorer.timeline.entries.allSatisfy { $0.outcome.isOK })
  }

  @Test func `what is not saved is asked about, and Esc comes back to the comparison`() throws {
    var session = try Session("<End>:'alloc third'<Enter>d<Enter>", size: large)
    #expect(session.screen.contains("1 operation is not saved"))
    try session.press("<Esc>")
    #expect(session.screen.contains("The three designs"))
    #expect(session.explorer.timeline.entries.count == 11)
    try session.press("<Enter><Enter>")
    #expect(session.explorer.timeline.current?.operation.text.hasPrefix("dma-map") == true)
  }

  @Test func `looking at it changes nothing, and d or Esc closes it`() throws {
    var session = try Session("", size: large)
    let before = session.canvas
    let machine = session.machine
    try session.press("dllljjjjjjjjjjkkh<End><Home>d")
    #expect(session.canvas == before)
    try session.press("d<Esc>")
    #expect(session.canvas == before)
    #expect(session.machine == machine)
  }

  @Test func `a click chooses a cell, a second one opens it`() throws {
    var session = try Session("d", size: large)
    try session.click(on: "✗ breaks")
    #expect(session.screen.contains("KVM, two devices, msm8x60, design A"))
    try session.click(on: "✗ breaks")
    #expect(session.explorer.timeline.entries.last?.operation.text.hasPrefix("read") == true)
    #expect(!session.screen.contains("The three designs"))
  }

  @Test func `the palette and find lead there as well`() throws {
    var session = try Session("?'under each'<Enter>", size: large)
    #expect(session.screen.contains("The three designs"))
    try session.press("<Esc>/'under each'<Enter>")
    #expect(session.screen.contains("The three designs"))
  }

  @Test func `every run has a name that :open understands`() throws {
    let comparison = try #require(DesignComparison.shipped)
    #expect(comparison.cells.count == 24)
    for cell in comparison.cells {
      #expect(comparison.run(named: cell.name) == cell.plain)
      #expect(cell.helped == nil || comparison.run(named: cell.name + "/helped") == cell.helped)
    }
    let session = try Session(":'open designs/b/shared/msm8x60'<Enter>", size: large)
    #expect(session.explorer.timeline.current?.operation.text == "alloc shared")
    #expect(session.screen.contains("designs/b/shared/msm8x60"))
  }
}
