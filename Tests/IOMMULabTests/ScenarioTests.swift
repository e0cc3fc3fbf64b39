import Assets
import IOMMUHardware
import IOMMULab
import IOMMUModel
import Testing

/// Every scene that ships with the program says what it expects, and gets it.
@Suite struct `Shipped scenarios` {
  @Test(arguments: Assets.names(in: "scenarios"))
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
