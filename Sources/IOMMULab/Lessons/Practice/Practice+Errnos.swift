internal import IOMMUAPI
internal import IOMMUModel

extension ProblemDraft {
  /// What a call of the IOMMU API answers.
  static func errno(_ chance: inout Chance) -> ProblemDraft {
    let scene = MappedScene(&chance)
    let calls: [(MappedScene, inout Chance) -> Call] = [
      secondDomain, oddAddress, oddSize, noPages, fittingMap, unmapAll, question, noContext,
    ]
    let call = chance.pick(calls)(scene, &chance)
    let setup = scene.setup + call.before
    var machine = machine(on: scene.platform, after: setup)
    guard let operation = try? Operation(parsing: call.line) else {
      preconditionFailure("what is made here can be read: \(call.line)")
    }
    let outcome = machine.apply(operation)
    let right: String
    switch outcome {
    case .refused(let errno, _): right = errno.name
    default: right = outcome.result.map { $0 == 0 ? "0" : $0.hex } ?? "0"
    }
    let isRefused = !outcome.isOK
    var answers = [Answer(right: right, call.why)]
    if isRefused {
      answers.append(Answer(wrong: "0", "That would be success. \(call.hint)"))
      for name in ["EINVAL", "EBUSY", "ENOMEM", "ENODEV"] where name != right {
        answers.append(Answer(wrong: name, "\(meaning(of: name)) \(call.hint)"))
      }
    } else {
      for name in ["EINVAL", "EBUSY", "ENOMEM"] {
        answers.append(Answer(wrong: name, "\(meaning(of: name)) Nothing of that kind is here."))
      }
    }
    return ProblemDraft(
      platform: scene.platform, setup: setup,
      text: [
        scene.words + " `\(scene.device)` is attached to it.", "",
      ] + (call.said.isEmpty ? [] : [call.said, ""]) + ["`\(call.line)`"],
      question: "What does it answer: a number or an errno?", answers: answers,
      otherwise: "map and attach answer 0 when all is well, unmap the bytes that it unmapped.",
      hints: [call.hint, "Errnos here: EINVAL, EBUSY, ENOMEM, ENODEV."],
      covers: [], show: "domain \(scene.domain)", steps: [call.line, "expect \(right)"])
  }

  private struct Call {
    var before: [String] = []
    var said = ""
    let line: String
    let why: String
    let hint: String
  }

  private static func meaning(of errno: String) -> String {
    switch errno {
    case "EINVAL": "EINVAL says that an argument cannot be right."
    case "EBUSY": "EBUSY says that somebody else has it."
    case "ENOMEM": "ENOMEM says that no memory was left."
    default: "ENODEV says that there is no such device behind it."
    }
  }

  private static func secondDomain(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    Call(
      before: ["alloc second"], said: "A domain `second` was just allocated.",
      line: "attach second \(scene.device)",
      why: "A context serves one domain, and this one has \(scene.domain).",
      hint: "How many domains can a context have?")
  }

  private static func oddAddress(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    let iova = 0xf000_0000 + 0x100 * (1 + chance.number(below: 14))
    return Call(
      line: "map \(scene.domain) \(iova.hex8) 0x60000000 4K rw",
      why: "\(iova.hex8) is no multiple of 4K, the smallest page.",
      hint: "Is every number a multiple of the smallest page?")
  }

  private static func oddSize(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    let size = chance.pick([1, 2, 3, 5, 6, 7]) as UInt64
    return Call(
      line: "map \(scene.domain) 0xf0000000 0x60000000 \(size)K rw",
      why: "\(size)K is no multiple of 4K, the smallest page.",
      hint: "Is every number a multiple of the smallest page?")
  }

  private static func noPages(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    Call(
      before: ["limit pages 1"], said: "No page is left for tables.",
      line: "map \(scene.domain) 0xf0000000 0x60000000 4K rw",
      why: "4K needs a second-level table, and there is no page for one.",
      hint: "What does a page of 4K need that 1M does not?")
  }

  private static func fittingMap(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    let size = chance.pick(["4K", "8K", "64K", "1M", "3M"])
    return Call(
      line: "map \(scene.domain) 0xf0000000 0x60000000 \(size) rw",
      why: "All three numbers are multiples of 4K, the smallest page.",
      hint: "Is anything wrong with it?")
  }

  private static func unmapAll(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    Call(
      line: "unmap \(scene.domain) \(scene.iova.hex8) \(scene.size.sizeText)",
      why: "unmap answers how many bytes it unmapped: \(scene.size.sizeText).",
      hint: "unmap answers with a number of bytes.")
  }

  private static func question(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    let address = scene.address(&chance)
    return Call(
      line: "iova-to-phys \(scene.domain) \(address.hex8)",
      why: "It answers the address of memory: the page's base and the offset in the page.",
      hint: "Where does the mapping lead this address?")
  }

  private static func noContext(_ scene: MappedScene, _ chance: inout Chance) -> Call {
    Call(
      before: ["design a"],
      said: "Design A of 2010 is in force: a domain is told its context when it is allocated.",
      line: "alloc unknown", why: "Told no context, the driver cannot know which IOMMU it is for.",
      hint: "How would the domain learn its IOMMU?")
  }
}
