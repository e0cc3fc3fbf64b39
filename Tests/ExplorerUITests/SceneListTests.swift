import ExplorerUI
import IOMMULab
import IOMMUModel
import TerminalCore
import Testing

/// The scenes that ship with the program, listed and opened from where one is.
@Suite struct `Scenes in the explorer` {
  private let large = (120, 36)

  @Test func `O lists every scene by its title and its name`() throws {
    let session = try Session("O", size: (200, 60))
    for scene in Library.scenes {
      #expect(session.screen.contains(scene.title), "\(scene.name)")
      #expect(session.screen.contains(scene.name), "\(scene.name)")
    }
  }

  @Test func `typing filters, and Enter opens at the first operation`() throws {
    let session = try Session("O'stale window'<Enter>", size: large)
    #expect(session.machine.platform.name == "traditional")
    #expect(session.explorer.timeline.position.entry == 0)
    #expect(session.screen.contains("Opened The stale window"))
    #expect(session.lines[0].contains("The stale window"))
  }

  @Test func `what is not saved is asked about`() throws {
    var session = try Session("<End>:'alloc third'<Enter>O'camera'<Enter>", size: large)
    #expect(session.screen.contains("1 operation is not saved"))
    #expect(session.explorer.timeline.entries.count == 11)
    try session.press("<Enter>")
    #expect(session.screen.contains("Opened The camera"))
  }

  @Test func `:open alone lists them, a name opens one, and Tab completes it`() throws {
    var session = try Session(":'open'<Enter>", size: large)
    #expect(session.screen.contains("Scenes: short narrated sessions"))
    try session.press("<Esc>:'open '")
    #expect(session.screen.contains("camera"))
    try session.press("'prob'<Tab><Enter>")
    #expect(session.screen.contains("Opened Probing"))
    try session.press("<End>:'alloc third'<Enter>:'reset!'<Enter>")
    #expect(session.explorer.timeline.entries.allSatisfy { $0.operation.text != "alloc third" })
    #expect(session.lines[0].contains("Probing"))
  }

  @Test func `find finds a scene by a word of its title`() throws {
    let session = try Session("/'codec and display'<Enter>", size: large)
    #expect(session.screen.contains("Opened A video buffer"))
  }

  @Test func `a scene that is opened stops the traffic`() throws {
    let session = try Session("<End><Space><tick>O'camera'<Enter><Enter><tick>", size: large)
    #expect(session.explorer.timeline.position.entry == 0)
    #expect(!session.explorer.traffic.isRunning)
  }
}
