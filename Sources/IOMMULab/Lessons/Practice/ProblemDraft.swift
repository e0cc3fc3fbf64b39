internal import IOMMUAPI
internal import IOMMUModel
internal import IOMMUValues

/// A problem being made: what is set up, what is asked, and what then shows the answer.
struct ProblemDraft {
  struct Answer {
    let text: String
    let isRight: Bool
    let explanation: String

    init(right text: String, _ explanation: String) {
      (self.text, isRight, self.explanation) = (text, true, explanation)
    }

    init(wrong text: String, _ explanation: String) {
      (self.text, isRight, self.explanation) = (text, false, explanation)
    }
  }

  let platform: String
  /// Operations that were done before.
  let setup: [String]
  var text: [String] = []
  /// The answers are shown, to choose from.
  var isChoice = false
  let question: String
  /// The right one first.
  let answers: [Answer]
  /// What is said of any other typed answer.
  var otherwise = ""
  let hints: [String]
  var covers: [Lesson.View] = []
  var show = ""
  /// The operations that show the answer.
  let steps: [String]

  /// The problem as the text of a lesson, which it is read from.
  func source(number: Int, _ topic: Practice.Topic) -> String {
    var lines = ["lesson Practice: \(topic.rawValue)", "use \(platform)"] + setup
    lines.append("section Problem \(number)")
    lines += text.map { "| \($0)" }
    if !show.isEmpty { lines.append("show \(show)") }
    lines.append("\(isChoice ? "choose" : "type") \(question)")
    // A mistake may lead to the right number by chance: then it is none.
    var seen: Set<String> = []
    for answer in answers where seen.insert(answer.text).inserted {
      lines.append("  \(answer.isRight ? "right" : "wrong") \(answer.text)")
      lines.append("  | \(answer.explanation)")
    }
    if !isChoice { lines += ["  otherwise", "  | \(otherwise)"] }
    lines += hints.map { "  hint \($0)" }
    if !covers.isEmpty { lines.append("  cover " + covers.map(\.rawValue).joined(separator: " ")) }
    return (lines + steps).joined(separator: "\n") + "\n"
  }

  func lesson(number: Int, _ topic: Practice.Topic) -> Lesson {
    do throws(Lesson.Mistakes) {
      return try Lesson(parsing: source(number: number, topic), platforms: Library.platformNames)
    } catch {
      preconditionFailure(
        "a problem that was made here can be read: \(error.all.first?.message ?? "")")
    }
  }

  /// The machine after some operations.
  static func machine(on platform: String, after lines: [String]) -> Machine {
    do throws(ParseError) {
      let text = (["use \(platform)"] + lines).joined(separator: "\n")
      let script = try Script(parsing: text, platforms: Library.platformNames)
      var machine = try Library.machine(for: script)
      machine.setRecording(false)
      for line in script.lines { _ = machine.apply(line.operation) }
      return machine
    } catch {
      preconditionFailure("what is made here can be read: \(error.message)")
    }
  }
}

/// A domain with a mapping, for a device: what most problems are about.
struct MappedScene {
  static let sizes: [UInt64] = [4 << 10, 64 << 10, 1 << 20, 16 << 20]

  let platform: String
  let device: String
  let domain: String
  let iova: UInt64
  let physical: UInt64
  let size: UInt64
  let setup: [String]
  let machine: Machine

  init(
    _ chance: inout Chance, on platform: String = "msm8x60", sizes: [UInt64] = Self.sizes,
    _ prot: String = "rw"
  ) {
    self.platform = platform
    device = chance.pick(Self.devices(on: platform))
    domain = chance.pick(["fb", "film", "camera", "job", "scene"])
    size = chance.pick(sizes)
    let unit = 16 << 20 as UInt64
    iova = (1 + chance.number(below: 200)) * unit + chance.number(below: unit / size) * size
    physical =
      0x5000_0000 + chance.number(below: 120) * unit + chance.number(below: unit / size) * size
    var lines: [String] = []
    // Another domain's table in front moves this one's.
    if chance.isLucky(1, of: 2) { lines.append("alloc other") }
    lines.append("alloc \(domain)")
    lines.append("attach \(domain) \(device)")
    lines.append("map \(domain) \(iova.hex8) \(physical.hex8) \(size.sizeText) \(prot)")
    setup = lines
    machine = ProblemDraft.machine(on: platform, after: lines)
  }

  static func devices(on platform: String) -> [String] {
    platform == "msm8x60"
      ? ["mdp_vg1", "mdp_rgb1", "vfe_imgwr", "rot_src", "jpegd_dst", "vpe_src", "gfx3d_user"]
      : ["00:02.0", "00:14.0", "00:19.0", "01:00.0"]
  }

  /// An address inside, at a word.
  func address(_ chance: inout Chance) -> UInt64 {
    iova + chance.number(below: size / 4) * 4
  }

  /// What was mapped, in words.
  var words: String {
    "Domain `\(domain)` maps `iova:\(iova.hex8)` to `pa:\(physical.hex8)`, \(size.sizeText)."
  }

  var table: UInt64 {
    machine.system.domain(named: domain).flatMap { machine.system.domains[$0.index].table }?.value
      ?? 0
  }

  func entry(_ iova: UInt64, level: Int) -> UInt64 {
    machine.addressOfEntry(of: domain, iova, level: level) ?? 0
  }
}
