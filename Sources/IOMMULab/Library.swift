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

  /// A script that ships with the program: something to watch step by step.
  package struct Scene: Hashable, Sendable {
    package let name: String
    /// The first sentence of its first comment.
    package let title: String
    /// The machine it is about.
    package let platform: String
    package let text: String
  }

  /// All scenes, by name; lessons are none.
  package static let scenes: [Scene] = Assets.names(in: "scenarios").compactMap { name in
    guard let text = scene(name), !Lesson.isLesson(text) else { return nil }
    let lines = text.split(separator: "\n")
    let platform = lines.first { $0.hasPrefix("use ") }?.split(separator: " ").dropFirst().first
    return Scene(
      name: name, title: title(of: lines) ?? name,
      platform: platform.map(String.init) ?? usualPlatform,
      text: text)
  }

  /// The first sentence of the comment that a script begins with.
  private static func title(of lines: [Substring]) -> String? {
    let comment = lines.prefix { $0.hasPrefix("#") }
      .map { $0.drop { $0 == "#" || $0 == " " } }.joined(separator: " ")
    let end = comment.firstIndex { ".:;".contains($0) } ?? comment.endIndex
    return comment.isEmpty ? nil : String(comment[..<end])
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

  /// What Linux's allocator of DMA addresses was asked and answered, line by line.
  package static let recordedAddresses = Assets.text("bench/iova.recorded") ?? ""

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
