import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

@testable import ExplorerUI

/// What clients hold is on the screen: buffers by name, the window of lazy mode, guests and their memory.
@Suite struct `What clients hold` {
  private let large = (120, 36)

  private func scene(_ name: String, _ keys: String) throws -> Session {
    try Session(":'open! \(name)'<Enter>" + keys, size: large)
  }

  @Test func `after a dma-map the device's domain shows the buffer by its name`() throws {
    let session = try Session(
      "<End>:'dma-map vfe_imgwr packet 0x60000000 4K to'<Enter>", size: large)
    #expect(session.explorer.selection == .domain("dma:vfe_imgwr"))
    #expect(session.explorer.view == .domain)
    #expect(session.screen.contains("buffer  packet       0xfffff000  4K  to"))
    #expect(session.screen.contains("default of vfe_imgwr"))
  }

  @Test func `in lazy mode the window is marked in every view until the flush`() throws {
    var session = try scene("stale-window", "NNNNN<Tab>8")
    #expect(session.lines[0].contains("lazy, 1 waits until 10ms"))
    #expect(session.lines[0].contains("≠ 1 stale"))
    session.perform(.follow(.named("packet")))
    #expect(
      session.screen.contains("≠ waits packet       0xfffff000  4K  flushed at 10ms; until then"))
    try session.press("9")
    #expect(session.screen.contains("It waits for the flush at 10ms: until then 00:19.0"))
    try session.press("5")
    #expect(session.screen.contains("still reaches packet"))
    try session.press("NNN")
    session.perform(.follow(.named("packet")))
    #expect(session.screen.contains("≠ 2 late reaches"))
    try session.press("<End>")
    #expect(!session.lines[0].contains("waits"))
    #expect(session.lines[0].contains("at 10ms"))
  }

  @Test func `a mapping that its driver has given up is pointed out`() throws {
    let session = try Session(
      "<End>:'dma-map vpe_src rows 0x62000000 12K both'<Enter>:'dma-unmap vpe_src rows'<Enter>"
        + ":'dma-map vpe_src next 0x63000000 4K both'<Enter>8", size: large)
    #expect(session.screen.contains("! no buffer is there"))
    let narrow = try Session(
      "<End>:'dma-map vpe_src rows 0x62000000 12K both'<Enter>:'dma-unmap vpe_src rows'<Enter>8")
    #expect(narrow.screen.contains("3 × 4K      → 0x62000000 ! rw"))
  }

  @Test func `what the bus answers itself is marked in the strip`() throws {
    let session = try Session(
      "<End>:'dma-map 01:00.0 low 0x0 4K both'<Enter>:'dma-map 01:00.0 high 0x4000000 32M both'<Enter>",
      size: large, platform: "traditional")
    #expect(session.screen.contains("× reserved"))
  }

  @Test func `a guest has a row before it has a domain, and its slots are lines of it then`() throws
  {
    var session = try Session(
      "<End>:'vm guest'<Enter>:'memslot guest 0x0 0x80000000 64K'<Enter>", size: large)
    #expect(session.screen.contains("○ guest"))
    #expect(session.screen.contains("1 slot, no domain yet"))
    try session.press(":'assign guest gfx3d_user'<Enter>")
    #expect(session.explorer.selection == .domain("kvm:guest"))
    #expect(session.screen.contains("slot    0x00000000  64K  → 0x80000000  in pages of 4K"))
    #expect(session.screen.contains("guest guest, not coherent"))
    #expect(!session.screen.contains("slot, no domain yet"))
  }

  @Test func `the design in force is in the status line when it is not the one that was built`()
    throws
  {
    var session = try Session("<End>", size: large)
    #expect(!session.lines[0].contains("design"))
    try session.press(":'design a'<Enter>")
    #expect(session.lines[0].contains("design a"))
  }

  @Test func `o lists what clients can do, and only what fits`() throws {
    var session = try Session("<End>:'detach fb mdp_rgb1'<Enter>o", size: (120, 60))
    for text in ["Map a buffer for", "Start a guest", "When does the DMA API flush?"] {
      #expect(session.screen.contains(text), "\(text)")
    }
    for text in ["Give a buffer of", "Free memory that", "one context", "Take a device"] {
      #expect(!session.screen.contains(text), "\(text)")
    }
    try session.press(
      "<Esc>:'design b'<Enter>:'vm guest'<Enter>:'dma-domain vfe_imgwr fb'<Enter>:'vm two'<Enter>o")
    #expect(session.screen.contains("Allocate a domain for one context"))
    #expect(session.screen.contains("Give two memory"))
  }

  @Test func `a form maps a buffer of any size`() throws {
    var session = try Session("<End><click 5,10>", size: large)
    try session.press(":'dma-map vfe_imgwr one 0x60000000 4K to'<Enter>o")
    try session.click(on: "Map a buffer for vfe_imgwr")
    #expect(session.screen.contains("dma-map vfe_imgwr packet"))
    try session.press("<Tab><Tab><C-u>100<Enter>")
    #expect(
      session.explorer.timeline.entries.last?.operation.text.hasSuffix(" 0x64 to") == true)
    #expect(session.explorer.timeline.entries.last?.outcome.isOK == true)
    try session.press("o")
    try session.click(on: "Give a buffer of vfe_imgwr up")
    try session.press("<Enter>")
    #expect(session.explorer.timeline.entries.last?.operation.text == "dma-unmap vfe_imgwr packet")
  }

  @Test(arguments: [
    ("dma-unmap vfe_imgwr ", "one"), ("dma-map vfe_imgwr x 0x60000000 4K ", "both"),
    ("mode ", "lazy"), ("wait ", "10ms"), ("memslot guest ", "0x00000000"),
    ("assign guest ", "gfx3d_user"), ("vm-free ", "guest"), ("design ", "b"),
  ])
  func `completion knows the names of the clients' things`(line: String, word: String) throws {
    let session = try Session(
      "<End>:'vm guest'<Enter>:'dma-map vfe_imgwr one 0x60000000 4K to'<Enter>:'\(line)'",
      size: large)
    #expect(session.explorer.prompt?.candidates.contains { $0.text == word } == true)
  }
}
