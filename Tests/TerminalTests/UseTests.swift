import Glibc
import Testing

/// What a person does with the built program, by keys and clicks that the terminal encodes.
@Suite struct `On a real terminal` {
  @Test func `a click on a context shows the way through it`() throws {
    let session = try started(columns: 120, rows: 36)
    let place = try #require(session.find("0 mdp_vg1"))
    session.click(column: place.column + 3, row: place.row)
    try session.until("the context in the inspector") {
      $0.text.contains("mdp0 › context 0 › mdp_vg1")
    }
    let tab = try #require(session.find("2 Registers"))
    session.click(column: tab.column + 2, row: tab.row)
    try session.until("its registers") { $0.text.contains("0x00010 TTBR0") }
  }

  @Test func `a step forward and a step back draw the same screen`() throws {
    let session = try started(columns: 120, rows: 36)
    let first = session.cells
    session.type("n")
    try session.until("the next step") { $0.text.contains("▶ CTX_TLBIALL") }
    session.type("p")
    try session.until("the first screen again") { $0.isBetweenFrames && $0.cells == first }
  }

  @Test func `the wheel moves what is under it`() throws {
    let session = try started(columns: 120, rows: 36)
    session.wheel(up: false, column: 80, row: 28)
    try session.until("the next step") { $0.text.contains("▶ CTX_TLBIALL") }
    session.wheel(up: true, column: 80, row: 28)
    try session.until("the step before") { $0.text.contains("▶ TTBR0") }
  }

  @Test func `an operation typed is done, and a refusal says why`() throws {
    let session = try started(columns: 120, rows: 36)
    session.type(":attach video mdp_rgb1\r")
    try session.until("the refusal") {
      $0.text.contains("-EBUSY: mdp_rgb1 is attached to fb already; detach fb mdp_rgb1 first")
    }
    session.type("q")
    #expect(try session.untilEnd() == .status(0))
    expectRestored(session)
  }
}
