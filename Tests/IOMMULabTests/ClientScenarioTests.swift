import IOMMUAPI
import IOMMUClients
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// A script of clients that names no platform: devices are filled in.
struct ClientScenario: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// `A` and `B` stand for two devices behind different contexts.
  let text: String

  init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }

  static let all = [
    ClientScenario(
      "a buffer comes, is read and written, and goes",
      """
      dma-map A packet 0x60000000 4K both
      expect 0xfffff000
      read A 0xfffff010
      expect 0x60000010
      write A 0xfffff020 0xcafe
      read-word 0x60000020
      expect 0xcafe
      dma-unmap A packet
      expect 0x0
      read A 0xfffff010
      expect fault
      """),
    ClientScenario(
      "a buffer keeps its place in the page, and small ones come back first",
      """
      dma-map A head 0x60001234 100 to
      expect 0xfffff234
      dma-map A body 0x60008000 4K to
      expect 0xffffe000
      dma-unmap A head
      dma-map A tail 0x6000a000 4K from
      expect 0xfffff000
      read A 0xffffe000
      expect 0x60008000
      """),
    ClientScenario(
      "three pages are placed at a multiple of four",
      """
      dma-map A one 0x60000000 4K to
      dma-map A two 0x60001000 4K to
      dma-map A three 0x60004000 12K to
      expect 0xffff8000
      """),
    ClientScenario(
      "pieces of memory become one range",
      """
      dma-map-sg A list 0x60000000 4K 0x70005000 8K 0x68000000 4K both
      expect 0xffffc000
      read A 0xffffc000
      expect 0x60000000
      read A 0xffffd000
      expect 0x70005000
      read A 0xfffff000
      expect 0x68000000
      """),
    ClientScenario(
      "memory that device and CPU share",
      """
      dma-alloc A ring 16K
      expect 0xffffc000
      write A 0xffffc000 0x1234
      expect ok
      dma-free A ring
      """),
    ClientScenario(
      "two devices have a domain each",
      """
      dma-map A mine 0x60000000 4K both
      expect 0xfffff000
      dma-map B yours 0x61000000 4K both
      expect 0xfffff000
      read A 0xfffff000
      expect 0x60000000
      read B 0xfffff000
      expect 0x61000000
      """),
    ClientScenario(
      "a device that belongs to somebody is not mapped for",
      """
      alloc mine
      attach mine A
      dma-map A packet 0x60000000 4K both
      expect EBUSY
      detach mine A
      dma-map A packet 0x60000000 4K both
      expect 0xfffff000
      """),
    ClientScenario(
      "a guest's device sees the guest's memory",
      """
      vm guest
      memslot guest 0 0x80000000 64K
      memslot guest 0x200000 0x90000000 2M pages=2M
      assign guest A
      read A 0x1010
      expect 0x80001010
      read A 0x201010
      expect 0x90001010
      read A 0x500000
      expect fault
      memslot guest 0x500000 0xa0000000 4K
      read A 0x500000
      expect 0xa0000000
      assign guest B
      read B 0x1010
      expect 0x80001010
      assign guest B
      expect EEXIST
      deassign guest B
      deassign guest B
      expect EINVAL
      vm-free guest
      vm-free guest
      expect error
      """),
    ClientScenario(
      "slots that cannot be",
      """
      vm guest
      memslot guest 0x800 0x80000000 4K
      expect EINVAL
      memslot guest 0 0x80000000 0
      expect EINVAL
      memslot guest 0 0x80000000 8K
      memslot guest 0x1000 0x90000000 4K
      expect EEXIST
      """),
    ClientScenario(
      "names are unique over all kinds of things",
      """
      dma-map A packet 0x60000000 4K both
      vm packet
      expect error
      alloc packet
      expect error
      vm guest
      dma-map A guest 0x60000000 4K both
      expect error
      dma-map A packet 0x60000000 4K both
      expect error
      dma-unmap A packet
      dma-map A packet 0x60000000 4K both
      expect ok
      """),
  ]

  /// What stands for `A` and `B` on a platform: the first two requesters whose contexts differ.
  func script(on platform: String) throws -> Script {
    var machine = Machine(unprobed: try Library.platform(platform))
    try machine.probeAll()
    let requesters = machine.system.devices.filter { $0.parent != nil }.map(\.name)
    let names = ["A": requesters[0], "B": requesters[requesters.count - 1]]
    let lines = text.split(separator: "\n").map { line in
      line.split(separator: " ").map { names[String($0)] ?? String($0) }.joined(separator: " ")
    }
    return try Script(
      parsing: "use \(platform)\n" + lines.joined(separator: "\n"),
      platforms: Library.platformNames)
  }
}

/// The clients contain no word about a platform, and run on each of them.
@Suite struct `Generic means generic` {
  @Test(arguments: ClientScenario.all, Library.platformNames)
  func `the same clients do the same on every platform`(
    scenario: ClientScenario, platform: String
  ) throws {
    let script = try scenario.script(on: platform)
    for showsEvents in [false, true] {
      let machine = try Library.machine(for: script)
      var runner = ScriptRunner(
        machine, registers: try Library.registers(of: machine.platform.family),
        options: .init(isJSON: true, showsEvents: showsEvents))
      var output = ""
      let failures = runner.run(script) { output += $0 }
      #expect(failures == [], "\(scenario.testDescription) on \(platform)")
    }
  }

  @Test(arguments: ClientScenario.all, Library.platformNames)
  func `every step of them can be taken back and done again`(
    scenario: ClientScenario, platform: String
  ) throws {
    let script = try scenario.script(on: platform)
    var timeline = Timeline(from: try Library.machine(for: script))
    let start = timeline.machine
    for line in script.lines { timeline.perform(line.operation) }
    let end = timeline.machine
    var prints: [Int] = []
    while timeline.back() { prints.append(timeline.machine.fingerprint) }
    #expect(timeline.machine == start)
    for print in prints.dropLast().reversed() {
      timeline.forward()
      #expect(timeline.machine.fingerprint == print, "\(timeline.position)")
    }
    timeline.jumpToEnd()
    #expect(timeline.machine == end)
  }
}

/// What the DMA API's two modes, and drivers' mistakes, come to.
@Suite struct `The DMA API` {
  private static let window = """
    mode lazy
    dma-map DEVICE packet 0x60000000 4K both
    read DEVICE 0xfffff000
    expect 0x60000000
    dma-unmap DEVICE packet
    """

  @Test func `in lazy mode the window is open until the flush, and counted`() throws {
    let text =
      "use traditional\n" + Self.window.replacing("DEVICE", with: "00:19.0") + """

        read 00:19.0 0xfffff000
        expect 0x60000000
        write 00:19.0 0xfffff004 0xbad
        expect 0x60000004
        wait 9999us
        read 00:19.0 0xfffff000
        expect 0x60000000
        """
    var machine = try play(text)
    #expect(machine.clients.spaces[0].staleReaches == 3)
    #expect(machine.clients.spaces[0].queue.count == 1)
    #expect(machine.board.word(at: PhysicalAddress(0x6000_0004)) == 0xbad)
    _ = machine.apply(.client(.wait(microseconds: 1)))
    #expect(machine.clients.spaces[0].queue.isEmpty)
    let late = machine.apply(.read(.init(device: "00:19.0", iova: 0xffff_f000)))
    guard case .fault = late else {
      Issue.record("\(late)")
      return
    }
    #expect(machine.clients.spaces[0].staleReaches == 3)
  }

  @Test func `on MSM the driver flushes in its own unmap, and lazy mode opens nothing`() throws {
    let text =
      "use msm8x60\n" + Self.window.replacing("DEVICE", with: "mdp_vg1")
      + "\nread mdp_vg1 0xfffff000\nexpect fault translation\n"
    let machine = try play(text)
    #expect(machine.clients.spaces[0].staleReaches == 0)
    #expect(machine.clients.spaces[0].queue.count == 1)
  }

  @Test func `an address that waits is not handed out again`() throws {
    let machine = try play(
      "use traditional\n" + Self.window.replacing("DEVICE", with: "00:19.0") + """

        dma-map 00:19.0 next 0x61000000 4K both
        expect 0xffffe000
        wait 10ms
        dma-map 00:19.0 last 0x62000000 4K both
        expect 0xfffff000
        """)
    #expect(machine.clients.clock == 10_000)
  }

  @Test func `the queue is flushed when it is full, and when the mode is strict again`() throws {
    var lines = ["use traditional", "mode lazy"]
    for index in 0..<256 {
      lines.append("dma-map 00:19.0 b\(index) 0x60000000 4K both")
      lines.append("dma-unmap 00:19.0 b\(index)")
    }
    var machine = try play(lines.joined(separator: "\n"))
    #expect(machine.clients.spaces[0].queue.count == 1)
    _ = machine.apply(.client(.mode(isLazy: false)))
    #expect(machine.clients.spaces[0].queue.isEmpty)
    #expect(machine.clients.spaces[0].timer == 0)
  }

  @Test(arguments: ["8K", "12K", "128K"])
  func `MSM's driver unmaps single pages only: other sizes answer success and stay`(
    size: String
  ) throws {
    var machine = try play(
      """
      use msm8x60
      dma-map mdp_vg1 picture 0x60001000 \(size) both
      """)
    let iova = machine.clients.buffers[0].iova
    _ = machine.takeRecording()
    #expect(
      machine.apply(.client(.dmaUnmap(device: "mdp_vg1", name: "picture", size: nil, nil)))
        == .done(0))
    let hazards = machine.takeRecording().events.filter {
      if case .hazard(.unmappedNothing, _, _) = $0.change { true } else { false }
    }
    #expect(hazards.count == 1)
    let outcome = machine.apply(.read(.init(device: "mdp_vg1", iova: iova.value)))
    #expect(outcome.result == 0x6000_1000)
    #expect(machine.clients.spaces[0].staleReaches == 1)
  }

  @Test func `dma-debug finds the mistakes of drivers`() throws {
    let machine = try play(
      """
      use traditional
      dma-map 00:19.0 packet 0x60000000 4K to
      dma-unmap 00:19.0 packet 8K
      dma-unmap 00:19.0 packet
      dma-map 00:19.0 packet 0x60000000 4K to
      dma-unmap 00:19.0 packet from
      dma-alloc 00:19.0 ring 4K
      dma-unmap 00:19.0 ring
      dma-map 00:19.0 packet 0x60000000 4K to
      dma-release 00:19.0
      """)
    #expect(
      machine.clients.reports.map(\.mistake)
        == [.differentSize, .notAllocated, .differentDirection, .wrongFunction, .pending])
    #expect(machine.clients.pending.map(\.name) == ["packet"])
  }

  @Test func `a direction becomes what the device may do`() throws {
    _ = try play(
      """
      use traditional
      dma-map 00:19.0 out 0x60000000 4K to
      read 00:19.0 0xfffff000
      expect 0x60000000
      write 00:19.0 0xfffff000 1
      expect fault permission
      dma-map 00:19.0 in 0x61000000 4K from
      write 00:19.0 0xffffe000 1
      expect 0x61000000
      """)
  }

  @Test func `a platform's windows are handed to nobody`() throws {
    let machine = try play("use traditional\ndma-map 00:19.0 big 0x0 32M both\nexpect 0xfc000000\n")
    #expect(machine.clients.spaces[0].addresses.used.contains(0xfee00...0xfeeff))
    #expect(machine.clients.spaces[0].addresses.used.contains(0xe0000...0xeffff))
  }

  @Test func `a map that finds no pages frees its addresses`() throws {
    for platform in Library.platformNames {
      let device = platform == "traditional" ? "00:19.0" : "mdp_vg1"
      var machine = try play("use \(platform)\ndma-map \(device) a 0x60000000 1M both\n")
      let used = machine.clients.spaces[0].addresses.used
      _ = machine.apply(.limitPages(1))
      let outcome = machine.apply(
        .client(
          .dmaMap(
            device: device, name: "b", physical: 0x6000_1000, size: 0x20_0000, .bidirectional)))
      guard case .refused(.ENOMEM, _) = outcome else {
        Issue.record("\(platform): \(outcome)")
        continue
      }
      #expect(machine.clients.spaces[0].addresses.used == used, "\(platform)")
    }
  }
}
