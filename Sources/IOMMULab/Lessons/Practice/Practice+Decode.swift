internal import IOMMUHardware
internal import IOMMUModel

extension ProblemDraft {
  /// What a word of a table says.
  static func decode(_ chance: inout Chance) -> ProblemDraft {
    let scene = MappedScene(&chance)
    let isDeep = scene.size < 1 << 20
    switch chance.number(below: isDeep ? 3 : 2) {
    case 0: return kind(scene)
    case 1: return base(scene, level: isDeep ? 2 : 1)
    default: return nextTable(scene)
    }
  }

  private static func word(_ scene: MappedScene, level: Int) -> (at: UInt64, UInt64) {
    let place = scene.entry(scene.iova, level: level)
    return (place, UInt64(scene.machine.board.memory.word(at: PhysicalAddress(place))))
  }

  private static func draft(
    _ scene: MappedScene, level: Int, _ question: String, _ answers: [Answer],
    isChoice: Bool = false, otherwise: String = "", hints: [String]
  ) -> ProblemDraft {
    let (place, word) = word(scene, level: level)
    return ProblemDraft(
      platform: scene.platform, setup: scene.setup,
      text: [
        "A walk for `iova:\(scene.iova.hex8)` reads this word of the \(level == 1 ? "first" : "second") level:",
        "", "`\(word.hex8)`",
      ], isChoice: isChoice, question: question, answers: answers, otherwise: otherwise,
      hints: hints, covers: [.path, .pageTable, .walk, .domain, .memory],
      show: "path \(scene.device)",
      steps: [
        "read-word \(place.hex8)", "walk \(scene.device) \(scene.iova.hex8)",
      ])
  }

  private static func kind(_ scene: MappedScene) -> ProblemDraft {
    let kinds: [(UInt64, String, String)] = [
      (0, "A table of the second level", "Bits 1:0 are 01 in the first level."),
      (1 << 20, "A section: 1M", "Bits 1:0 are 10 in the first level, and bit 18 is 0."),
      (16 << 20, "A supersection: 16M", "Bits 1:0 are 10 in the first level, and bit 18 is 1."),
    ]
    let (_, word) = word(scene, level: 1)
    let right: UInt64 = scene.size < 1 << 20 ? 0 : scene.size
    let low = String(word & 3, radix: 2)
    let bits = "Here bits 1:0 are \(low.count < 2 ? "0" : "")\(low), bit 18 is \(word >> 18 & 1)."
    return draft(
      scene, level: 1, "What does the word stand for?",
      kinds.map { size, text, rule in
        size == right ? Answer(right: text, rule) : Answer(wrong: text, "\(rule) \(bits)")
      } + [Answer(wrong: "Nothing: an access faults", "That is when bits 1:0 are 00. \(bits)")],
      isChoice: true,
      hints: ["The two lowest bits tell a table from a leaf.", "Bit 18 tells 16M from 1M."])
  }

  private static func base(_ scene: MappedScene, level: Int) -> ProblemDraft {
    let (_, word) = word(scene, level: level)
    let bits = scene.size.trailingZeroBitCount
    let wider = bits == 12 ? 16 : bits == 20 ? 24 : bits - 4
    return draft(
      scene, level: level, "It maps \(scene.size.sizeText). Where does that memory begin?",
      [
        Answer(
          right: scene.physical.hex8,
          "Bits 31:\(bits) are the base: a page of \(scene.size.sizeText) begins at a multiple of its size."
        ),
        Answer(
          wrong: word.hex8, "The lower bits are attributes, no part of the address."),
        Answer(
          wrong: (word & ~(1 << UInt64(wider) - 1)).hex8,
          "Those are bits 31:\(wider). A page of \(scene.size.sizeText) has \(bits) bits of offset."
        ),
      ],
      otherwise: "Clear the low bits: as many as an offset in the page has.",
      hints: ["Which bits can the base of such a page have?", "Keep bits 31:\(bits)."])
  }

  private static func nextTable(_ scene: MappedScene) -> ProblemDraft {
    let (_, word) = word(scene, level: 1)
    return draft(
      scene, level: 1, "Where does the second-level table begin?",
      [
        Answer(
          right: (word & 0xffff_fc00).hex8,
          "Bits 31:10 are the base: 256 entries of four bytes take 1 KiB."),
        Answer(wrong: word.hex8, "Bits 1:0 say that it is a table; they are no address."),
        Answer(
          wrong: (word & 0xfff0_0000).hex8,
          "Those are bits 31:20, the base of a section. A table needs only 1 KiB."),
      ],
      otherwise: "Clear the bits that a table of 1 KiB does not need.",
      hints: ["How large is a table of 256 entries?", "Keep bits 31:10."])
  }
}
