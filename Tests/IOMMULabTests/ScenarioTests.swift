import Assets
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// Every scene that ships with the program says what it expects, and gets it.
@Suite struct `Shipped scenarios` {
  @Test(arguments: Library.scenes.map(\.name))
  func `it runs without a failure, as text and as JSON, with and without events`(
    name: String
  ) throws {
    let text = try #require(Library.scene(name))
    let script = try Script(parsing: text, platforms: Library.platformNames)
    for (isJSON, showsEvents) in [(false, false), (false, true), (true, false), (true, true)] {
      let machine = try Library.machine(for: script)
      var runner = ScriptRunner(
        machine, registers: try Library.registers(of: machine.platform.family),
        options: .init(isJSON: isJSON, showsEvents: showsEvents))
      var output = ""
      let failures = runner.run(script) { output += $0 }
      #expect(failures == [], "\(name)")
      let lines = output.split(separator: "\n")
      // For people, events and dumps have lines of their own.
      if isJSON { #expect(lines.count == script.lines.count, "\(name)") }
    }
  }

  @Test(arguments: Library.platformNames)
  func `every platform can be booted, and its registers have names`(name: String) throws {
    let platform = try Library.platform(name)
    #expect(platform.name == name)
    var machine = Machine(unprobed: platform)
    try machine.probeAll()
    #expect(!(try Library.registers(of: platform.family).registers.isEmpty))
  }

  @Test(arguments: Library.platformNames)
  func `every platform has a scene to open, and a script that names one keeps it`(
    name: String
  ) throws {
    let scene = Library.openingScene(of: name)
    let script = try Script(parsing: scene.text, platforms: Library.platformNames)
    #expect(try Library.machine(for: script, on: name).platform.name == name)
    let usual = try Script(parsing: "use msm8x60", platforms: Library.platformNames)
    #expect(try Library.machine(for: usual, on: name).platform.name == "msm8x60")
    let open = try Script(parsing: "alloc fb", platforms: Library.platformNames)
    #expect(try Library.machine(for: open, on: name).platform.name == name)
  }
}

/// The scenes that ship with the program, as a list to choose from.
@Suite struct `The list of scenes` {
  @Test func `each has a title of its own and a platform that there is`() {
    let scenes = Library.scenes
    #expect(
      Set(scenes.map(\.name)).union(Course.lessons.map(\.file))
        == Set(Assets.names(in: "scenarios")))
    #expect(Set(scenes.map(\.title)).count == scenes.count)
    for scene in scenes {
      #expect(!scene.title.isEmpty && scene.title.count < 100, "\(scene.name): \(scene.title)")
      #expect(Library.platformNames.contains(scene.platform), "\(scene.name)")
    }
  }

  @Test func `the argument of the mail is told in scenes`() {
    let names = Set(Library.scenes.map(\.name))
    for name in [
      "probing", "camera", "switching", "shared-buffer", "driver", "driver-traditional", "guest",
      "guest-traditional", "stale-window", "stale-window-msm", "three-designs",
    ] { #expect(names.contains(name), "\(name)") }
  }

  @Test func `switching costs what the scene says, in writes and flushes`() throws {
    let text = try #require(Library.scene("switching"))
    let script = try Script(parsing: text, platforms: Library.platformNames)
    var machine = try Library.machine(for: script)
    for line in script.lines {
      _ = machine.takeRecording()
      let outcome = machine.apply(line.operation)
      let writes = machine.takeRecording().events.compactMap { event in
        if case .registerWrite(_, let offset, _, _, _) = event.change {
          offset
        } else {
          nil
        }
      }
      let flushes = writes.count { $0 & 0xfff == 0x800 && $0 < 0xf_f000 }
      switch line.operation {
      case .detach: #expect((writes.count, flushes) == (21, 2))
      case .attach where outcome.isOK: #expect((writes.count, flushes) == (47, 3))
      default: break
      }
    }
  }
}
