internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel
package import IOMMUValues

/// The three designs of 2010 compared by running the same clients under each of them.
///
/// Nobody wrote down what comes out: each cell is a script that was run, and where it failed a second one
/// to which code was added that knows the platform.
package struct DesignComparison: Sendable {
  /// What is to work without a line about the platform.
  package enum Client: String, Hashable, Sendable, CaseIterable {
    /// A driver that uses the DMA API.
    case dmaAPI = "a driver on the DMA API"
    /// KVM, with one device for a guest.
    case kvm = "KVM, one device"
    /// One domain for two IOMMUs, where there are two.
    case kvmTwoDevices = "KVM, two devices"
    /// The same by hand: a buffer that two devices share.
    case sharedBuffer = "one domain for two devices"
  }

  package enum Verdict: String, Hashable, Sendable {
    case works
    /// The plain run fails; with a cookie or a private allocation supplied it succeeds.
    case needsPlatformCode = "needs platform code"
    case breaks
  }

  /// A script that was run, and where it came to an end.
  package struct Run: Hashable, Sendable {
    /// Its lines, `use` and `design` among them.
    package let lines: [String]
    /// Nil when all went as it should.
    package let failure: Failure?
  }

  /// The line that failed, the kernel's call that cannot be made, and why.
  package struct Failure: Hashable, Sendable {
    package let line: String
    package let call: String?
    package let reason: String
    /// Where it happens when the run is a session: the step before the call comes back empty.
    package let position: Timeline.Position
    /// What is decided at that step, in a sentence, and where that is written.
    package let why: Prose
    package let source: String
  }

  package struct Cell: Hashable, Sendable {
    package let design: Design
    package let client: Client
    package let platform: String
    package let plain: Run
    /// With code that knows the platform; nil where the design has no place for any.
    package let helped: Run?

    package var verdict: Verdict {
      if plain.failure == nil { return .works }
      return helped.map { $0.failure == nil } ?? false ? .needsPlatformCode : .breaks
    }

    /// What its runs are called where scenes have a name: `designs/a/guest/msm8x60`.
    package var name: String { "designs/\(design.name)/\(client.name)/\(platform)" }
  }

  /// All of it on every platform that ships; run once, when somebody asks first.
  package static let shipped = try? DesignComparison()

  package let cells: [Cell]

  /// Runs every client under every design on the named platforms.
  ///
  /// - Throws: A mistake in a platform that ships with the program.
  package init(on platforms: [String] = Library.platformNames) throws(ParseError) {
    var cells: [Cell] = []
    for platform in platforms {
      let devices = try Self.devices(of: platform)
      for client in Client.allCases {
        for design in Design.allCases {
          let plain = try Self.run(client.lines, design, platform, devices)
          var helped: Run?
          if plain.failure != nil, let help = design.allocation {
            helped = try Self.run([help] + client.helpedLines, design, platform, devices)
          }
          cells.append(
            Cell(
              design: design, client: client, platform: platform, plain: plain, helped: helped))
        }
      }
    }
    self.cells = cells
  }

  package subscript(design: Design, client: Client, platform: String) -> Cell? {
    cells.first { $0.design == design && $0.client == client && $0.platform == platform }
  }

  // MARK: Running

  /// What stands for `A` and `B`: two devices, behind two IOMMUs where there are two.
  private static func devices(of platform: String) throws(ParseError) -> [Substring: String] {
    let machine = Machine(unprobed: try Library.platform(platform))
    let all = machine.system.devices.filter { $0.parent != nil }
    guard let first = all.first else { return [:] }
    let second = all.first { $0.iommu != first.iommu } ?? all.last ?? first
    return ["A": first.name, "B": second.name]
  }

  private static func run(
    _ lines: [String], _ design: Design, _ platform: String, _ devices: [Substring: String]
  ) throws(ParseError) -> Run {
    let filled = lines.map { line in
      line.split(separator: " ").map { devices[$0] ?? String($0) }.joined(separator: " ")
    }
    let all = ["use \(platform)", "design \(design.name)"] + filled
    let script = try Script(
      parsing: all.joined(separator: "\n"), platforms: Library.platformNames)
    var machine = try Library.machine(for: script)
    for (index, line) in script.lines.enumerated() {
      _ = machine.takeRecording()
      let outcome = machine.apply(line.operation)
      let isRight =
        line.expectations.isEmpty
        ? outcome.isOK : line.expectations.allSatisfy { $0.holds(for: outcome) }
      guard isRight else {
        let failure = try failure(
          of: line.operation.text, at: index, machine.takeRecording(),
          reason: outcome.words(in: machine), in: machine)
        return Run(lines: all, failure: failure)
      }
    }
    return Run(lines: all, failure: nil)
  }

  private static func failure(
    of line: String, at index: Int, _ recording: Recording, reason: String, in machine: Machine
  ) throws(ParseError) -> Failure {
    let refused = recording.refusedCall
    let decisive = refused.flatMap { refused in
      recording.events[..<refused.end].lastIndex { $0.change.isStep }
    }
    var narration: Narration?
    if let decisive {
      narration = Narration(
        of: decisive, in: recording, machine: machine,
        registers: try Library.registers(of: machine.platform.family))
    }
    return Failure(
      line: line, call: refused?.function, reason: reason,
      position: Timeline.Position(entry: index, events: decisive.map { $0 + 1 } ?? .max),
      why: narration?.sentence ?? "", source: narration?.source ?? "")
  }
}

extension DesignComparison.Client {
  /// The same in a word, for a name.
  package var name: String {
    switch self {
    case .dmaAPI: "driver"
    case .kvm: "guest"
    case .kvmTwoDevices: "guest-with-two"
    case .sharedBuffer: "shared"
    }
  }

  /// The client as it is: not a word about the platform.
  var lines: [String] {
    switch self {
    case .dmaAPI: use
    case .kvm, .kvmTwoDevices: ["vm guest"] + use
    case .sharedBuffer: ["alloc shared"] + use
    }
  }

  /// The client with a domain that code about the platform has made.
  var helpedLines: [String] {
    switch self {
    case .dmaAPI: ["dma-domain A shared"] + use
    case .kvm, .kvmTwoDevices: ["vm guest shared"] + use
    case .sharedBuffer: use
    }
  }

  private var use: [String] {
    switch self {
    case .dmaAPI:
      [
        "dma-map A packet 0x60000000 4K both", "read A 0xfffff000", "expect 0x60000000",
        "dma-unmap A packet",
      ]
    case .kvm:
      [
        "memslot guest 0 0x80000000 64K", "assign guest A", "read A 0x1000", "expect 0x80001000",
      ]
    case .kvmTwoDevices:
      [
        "memslot guest 0 0x80000000 64K", "assign guest A", "assign guest B", "read A 0x1000",
        "expect 0x80001000", "read B 0x1000", "expect 0x80001000",
      ]
    case .sharedBuffer:
      [
        "map shared 0x10000000 0x60000000 64K rw", "attach shared A", "attach shared B",
        "read A 0x10000000", "expect 0x60000000", "read B 0x10000000", "expect 0x60000000",
      ]
    }
  }
}

extension Design {
  /// The line that makes a domain for `A`, where the design has one.
  var allocation: String? {
    switch self {
    case .a: "alloc shared A"
    case .b: "msm-alloc shared A"
    case .c: nil
    }
  }
}

extension Recording {
  /// The innermost call that came back with an errno, and the event of its coming back.
  fileprivate var refusedCall: (function: String, end: Int)? {
    var open: [String] = []
    for (index, event) in events.enumerated() {
      switch event.change {
      case .call(let function, _): open.append(function.description)
      case .return(let value):
        let function = open.popLast()
        // Errnos are small; addresses are not.
        if (-4095..<0).contains(value), let function { return (function, index) }
      default: break
      }
    }
    return nil
  }
}

extension DesignComparison {
  /// The whole comparison in lines for people.
  package var lines: [String] {
    var lines: [String] = []
    for platform in platforms {
      lines.append(platform)
      for cell in cells where cell.platform == platform {
        let title = "\(cell.client.rawValue)"
        let space = String(repeating: " ", count: max(1, 28 - title.count))
        lines.append("  design \(cell.design.name)  \(title)\(space)\(cell.verdict.rawValue)")
        for (name, run) in [("plain", cell.plain), ("helped", cell.helped)] {
          guard let failure = run?.failure else { continue }
          let space = String(repeating: " ", count: 12)
          lines.append("\(space)\(name): \(failure.line) → \(failure.reason)")
          let place = failure.call.map { "in \($0): " } ?? ""
          if !failure.why.isEmpty { lines.append("\(space)  \(place)\(failure.why.text)") }
        }
      }
    }
    return lines
  }
}

extension DesignComparison {
  /// The run that a name like `designs/a/guest/msm8x60` stands for, or the same with `/helped`.
  package func run(named name: String) -> Run? {
    for cell in cells {
      if name == cell.name { return cell.plain }
      if let helped = cell.helped, name == cell.name + "/helped" { return helped }
    }
    return nil
  }

  package var platforms: [String] { cells.map(\.platform).uniqued }
}

extension Array where Element: Hashable {
  /// Each element once, in the order of their first places.
  fileprivate var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
