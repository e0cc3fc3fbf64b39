internal import Assets
package import IOMMUHardware
package import IOMMUModel

/// What ships with the program: platforms, registers and scenes.
package enum Library {
  package static let platformNames = Assets.names(in: "platforms")

  /// The machine of whoever names none.
  package static let usualPlatform = "msm8x60"

  /// The scene that is open on a platform when nothing else is asked for: its own where there is
  /// one, else the machine alone.
  package static func openingScene(of platform: String) -> (title: String, text: String) {
    let file = platform == usualPlatform ? "sandbox" : platform
    return ("sandbox", scene(file) ?? "use \(platform)\n")
  }

  /// Reads a platform that ships with the program.
  ///
  /// - Throws: A mistake in the platform's own file, or that there is none of that name.
  package static func platform(_ name: String) throws(ParseError) -> Platform {
    guard let text = Assets.text("platforms/\(name).platform") else {
      throw ParseError(
        line: 1, column: 1,
        "no platform \"\(name.shown)\"; there are: \(platformNames.joined(separator: ", "))")
    }
    return try Platform(parsing: text)
  }

  /// The names of a family's registers and fields.
  package static func registers(of family: IOMMUFamily) throws(ParseError) -> RegisterMap {
    try RegisterMap(parsing: Assets.text("registers/\(family.rawValue).registers") ?? "")
  }

  /// The text of a scene that ships with the program.
  package static func scene(_ name: String) -> String? { Assets.text("scenarios/\(name).iommu") }

  /// The machine that a script starts on: out of reset where its first line says what happens
  /// next, else booted; `platform` is for a script that names none.
  package static func machine(
    for script: Script, on platform: String = usualPlatform
  ) throws(ParseError) -> Machine {
    let start = script.start
    var machine = Machine(unprobed: try self.platform(start?.platform ?? platform))
    if start == nil {
      machine.setRecording(false)
      _ = machine.apply(.probe(nil))
      machine.setRecording(true)
    }
    return machine
  }
}
