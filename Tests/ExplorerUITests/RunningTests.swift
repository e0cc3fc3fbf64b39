import IOMMUHardware
import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// Devices at work: Space, ticks, and walking back through what they did.
///
/// Ticks are events here as they are for the program, so nothing waits for a clock.
@Suite struct `Running` {
  private static let platforms = ["msm8x60", "traditional"]

  private func ticks(_ count: Int, _ session: inout Session) {
    for _ in 0..<count { session.send(.tick) }
  }

  @Test(arguments: platforms)
  func `Space sets all attached devices going, and Space stops them`(platform: String) throws {
    var session = try Session("<End><Space>", size: (120, 36), platform: platform)
    #expect(session.explorer.traffic.isRunning && session.explorer.traffic.isOpen)
    #expect(session.screen.contains("▶ running"))
    #expect(session.screen.contains("20 ticks/s"))
    ticks(9, &session)
    #expect(session.screen.contains("tick 10 "))
    #expect(session.explorer.timeline.traffic.devices.count == 3)
    try session.press("<Space>")
    #expect(!session.explorer.traffic.isRunning)
    let stopped = session.canvas
    let entries = session.explorer.timeline.entries.count
    ticks(5, &session)
    #expect(session.explorer.timeline.entries.count == entries)
    #expect(session.canvas == stopped)
  }

  @Test(arguments: [(80, 24), (120, 36), (200, 60), (60, 20)])
  func `accesses, hit rate and faults are drawn over time at every size`(
    size: (Int, Int)
  ) throws {
    var session = try Session("<End><Space>", size: size)
    ticks(20, &session)
    if size.0 < 80 { session.perform(.focus(.timeline)) }
    for name in ["accesses", "TLB hit", "faults"] {
      #expect(session.lines.suffix(size.0 < 80 ? 19 : 16).contains { $0.contains(name) }, "\(name)")
    }
  }

  @Test func `only while it runs does the event loop have to wake up`() throws {
    var session = try Session("<End>")
    #expect(session.explorer.millisecondsPerTick == nil)
    try session.press("<Space>")
    #expect(session.explorer.millisecondsPerTick == 50)
    try session.press("----")
    #expect(session.explorer.millisecondsPerTick == 1000)
    try session.press("-")
    #expect(session.screen.contains("Slower it does not go"))
    try session.press("++++++++")
    #expect(session.explorer.millisecondsPerTick == 50)
    try session.press("+")
    #expect(session.screen.contains("Faster it does not go"))
    try session.press("<Space>")
    #expect(session.explorer.millisecondsPerTick == nil)
  }

  @Test(arguments: platforms)
  func `the same seed shows the same screens, tick by tick`(platform: String) throws {
    func screens(_ seed: String) throws -> [Canvas] {
      var session = try Session(
        "<End>tS'\(seed)'<Enter><Space>", size: (120, 36), platform: platform)
      var screens = [session.canvas]
      for _ in 0..<12 {
        session.send(.tick)
        screens.append(session.canvas)
      }
      return screens
    }
    let first = try screens("7")
    #expect(try screens("7") == first)
    #expect(try screens("8") != first)
  }

  @Test func `the seed shows, and what is no number is told so`() throws {
    var session = try Session("<End>tS'12'<Enter>", size: (120, 36))
    #expect(session.screen.contains("seed 12"))
    try session.press("S'x'<Enter>")
    #expect(session.screen.contains("a number is needed"))
    try session.press("<Esc>")
    #expect(session.explorer.traffic.seed == 12)
  }

  @Test func `started in the past it gives up what came later, and says so, as typing does`() throws
  {
    var session = try Session("<End>PP<Space>", size: (120, 36))
    #expect(session.screen.contains("The traffic starts here; 2 later operations given up."))
    #expect(session.explorer.timeline.isAtEnd)
    #expect(session.explorer.timeline.entries.contains { $0.operation.isTraffic })
    ticks(2, &session)
    #expect(session.explorer.traffic.isRunning)
  }

  @Test(arguments: ["p", "P", "<Home>", "<Tab><Up>", "<Tab><wheel-up 20,30>"])
  func `going back in time stops it`(keys: String) throws {
    var session = try Session("<End><Space>", size: (120, 36))
    ticks(5, &session)
    try session.press(keys)
    #expect(!session.explorer.traffic.isRunning)
    #expect(!session.explorer.timeline.isAtEnd)
    #expect(!session.screen.contains("▶ running"))
  }

  @Test func `other views show the same machine while it runs on`() throws {
    var session = try Session("<End><Space>5", size: (120, 36))
    ticks(3, &session)
    #expect(session.explorer.view == .tlb && !session.explorer.traffic.isOpen)
    #expect(session.screen.contains("▶ running"))
    #expect(session.screen.contains("Space stop"))
    try session.press("t")
    #expect(session.screen.contains("Where the accesses went"))
    try session.press("<Esc>")
    #expect(!session.screen.contains("Where the accesses went"))
    #expect(session.explorer.traffic.isRunning)
  }

  @Test func `an operation typed while it runs is done between two ticks`() throws {
    var session = try Session("<End><Space>", size: (120, 36))
    ticks(3, &session)
    try session.press(":'unmap fb 0x10000000 1M'<Enter>")
    #expect(session.explorer.traffic.isRunning)
    ticks(3, &session)
    #expect(session.explorer.timeline.entries.contains { $0.operation.verb == .unmap })
    try session.press(":'use msm8x60'<Enter>")
    session.send(.tick)
    #expect(!session.explorer.traffic.isRunning)
    #expect(session.screen.contains("No device is attached"))
  }

  @Test func `without an attached device there is nothing to run, and the way out is told`() throws
  {
    let session = try Session("<Space>", script: "alloc fb")
    #expect(!session.explorer.traffic.isRunning)
    #expect(session.screen.contains("No device is attached, so nobody asks."))
    #expect(session.explorer.timeline.entries.count == 1)
  }

  @Test(arguments: platforms)
  func `P walks back access by access and N on again, and every screen is as it was`(
    platform: String
  ) throws {
    var session = try Session("<End><Space>", size: (120, 36), platform: platform)
    ticks(3, &session)
    try session.press("<Space><Ins>")
    var there = [session.canvas]
    for _ in 0..<40 {
      let before = session.explorer.timeline.traffic.sum.accesses
      try session.press("P")
      #expect(session.explorer.timeline.traffic.sum.accesses == before - 1)
      there.append(session.canvas)
    }
    for canvas in there.dropLast().reversed() {
      try session.press("N")
      #expect(session.canvas == canvas)
    }
  }

  @Test func `walking back, the tree has a line for each access and what came of it`() throws {
    var session = try Session("<End><Space>", size: (120, 36))
    ticks(1, &session)
    try session.press("PP")
    #expect(session.screen.contains("vcodec_a_mm1 0x2"))
    #expect(session.screen.contains("hit"))
    #expect(try session.place(of: "traffic vcodec_a_mm1").row > 21)
  }

  @Test func `an address of the last accesses leads to its device's walk, and back again`() throws {
    var session = try Session("<End><Space>", size: (120, 36))
    ticks(4, &session)
    try session.press("<Space><Ins>")
    let last = try #require(session.explorer.timeline.latestAccesses(1).first)
    let text = "0x" + String(last.access.iova.value, radix: 16)
    try session.click(on: text)
    #expect(session.explorer.view == .walk)
    #expect(session.screen.contains(text))
    #expect(session.screen.contains("vcodec_a › "))
    try session.press("<BS>")
    #expect(session.screen.contains("Where the accesses went"))
    #expect(session.explorer.traffic.isOpen && session.explorer.timeline.isAtEnd)
  }

  @Test func `a click on one of the last accesses goes there`() throws {
    var session = try Session("<End><Space>", size: (120, 36))
    ticks(4, &session)
    let past = session.explorer.timeline.latestAccesses(9)
    let row = try session.place(of: "Last accesses").row + 3
    session.click(Point(112, row))
    #expect(session.explorer.timeline.position.entry == past[2].entry)
    #expect(session.explorer.timeline.latestAccesses(1).first == past[2])
  }

  @Test func `the busy are marked in the tree, by a sign and not by colour alone`() throws {
    var session = try Session("<End>", size: (120, 60))
    func marks() -> [Character] {
      session.lines.filter { $0.contains("● 0 mdp_vg1 ") || $0.contains("● 1 vcodec_a_mm1 ") }
        .map { Array($0)[2] }
    }
    #expect(marks().allSatisfy { $0 == " " })
    try session.press("<Space>")
    ticks(2, &session)
    #expect(!marks().isEmpty && marks().allSatisfy { "▁▂▃▄▅▆▇█".contains($0) })
    let running = marks()
    try session.press("<Space>")
    #expect(marks() == running)
  }

  @Test func `arrows choose a device, Enter inspects it`() throws {
    var session = try Session("<End><Space>", size: (120, 36))
    try session.press("<Down><Down>")
    #expect(session.screen.contains("vcodec_a_mm1 works block by block"))
    try session.press("<Enter>")
    #expect(session.explorer.view == .path && !session.explorer.traffic.isOpen)
    #expect(session.screen.contains("vcodec_a › "))
    #expect(session.explorer.traffic.isRunning)
  }

  @Test func `in ASCII it is drawn with what ASCII has`() throws {
    var session = try Session("<End><Space>", size: (120, 36), isASCII: true)
    ticks(40, &session)
    let foreign = session.screen.unicodeScalars.filter { !$0.isASCII }
    #expect(foreign.isEmpty)
    #expect(session.screen.contains("#"))
  }

  @Test(arguments: platforms)
  func `it draws at any size, running and stopped`(platform: String) throws {
    var session = try Session("<End><Space>", platform: platform)
    ticks(30, &session)
    for stop in ["", "<Space>", "P"] {
      try session.press(stop)
      for focus in ["", "<Tab>", "<Tab>"] {
        try session.press(focus)
        for width in [0, 40, 60, 80, 120, 180] {
          for height in [0, 10, 23, 24, 36, 60] {
            session.send(.resize(width: width, height: height))
            #expect(session.canvas.width == width && session.canvas.height == height)
          }
        }
      }
    }
  }
}
