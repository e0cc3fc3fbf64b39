internal import IOMMUHardware
internal import IOMMUModel

extension ProblemDraft {
  /// Where a walk of two levels reads, and where it leads.
  static func walk(_ chance: inout Chance) -> ProblemDraft {
    let scene = MappedScene(&chance)
    let address = scene.address(&chance)
    let isDeep = scene.size < 1 << 20
    let questions: [(MappedScene, UInt64) -> ProblemDraft] =
      [firstIndex, firstWord, reached, wordCount] + (isDeep ? [secondWord] : [])
    return chance.pick(questions)(scene, address)
  }

  private static func draft(
    _ scene: MappedScene, _ address: UInt64, _ question: String, _ answers: [Answer],
    otherwise: String, hints: [String], text: [String] = []
  ) -> ProblemDraft {
    ProblemDraft(
      platform: scene.platform, setup: scene.setup,
      text: [scene.words + " Its first-level table lies at `pa:\(scene.table.hex8)`."]
        + (text.isEmpty ? [] : [""] + text)
        + ["", "`\(scene.device)` reads `iova:\(address.hex8)`."],
      question: question, answers: answers, otherwise: otherwise, hints: hints,
      covers: [.walk, .path, .pageTable], show: "walk \(scene.device) \(address.hex8)",
      steps: ["walk \(scene.device) \(address.hex8)", "read \(scene.device) \(address.hex8)"])
  }

  private static func firstIndex(_ scene: MappedScene, _ address: UInt64) -> ProblemDraft {
    let index = address >> 20
    return draft(
      scene, address, "Which index does the address have in the first level?",
      [
        Answer(
          right: index.hex, "An entry stands for 1 MiB, so the index is the address >> 20."),
        Answer(
          wrong: (address >> 12).hex,
          "That counts pages of 4K. A first-level entry stands for 1 MiB."),
        Answer(
          wrong: (address >> 24).hex, "That counts pieces of 16 MiB. An entry stands for one MiB."),
        Answer(
          wrong: (index * 4).hex, "That is the offset in bytes. The index counts entries."),
      ],
      otherwise: "4096 entries share 4 GiB: each stands for 1 MiB, so 20 bits go.",
      hints: [
        "How many bytes of address does one of 4096 entries stand for?", "Shift right by 20.",
      ])
  }

  private static func firstWord(_ scene: MappedScene, _ address: UInt64) -> ProblemDraft {
    let index = address >> 20
    return draft(
      scene, address, "At which address does the walk read its first word?",
      [
        Answer(
          right: scene.entry(address, level: 1).hex8,
          "Index \(index.hex), four bytes an entry: the table's base + \((index * 4).hex)."),
        Answer(
          wrong: (scene.table + index).hex8,
          "The index counts entries, and an entry has four bytes."),
        Answer(wrong: scene.table.hex8, "That is entry 0. The address picks entry \(index.hex)."),
        Answer(
          wrong: (scene.table + (address >> 12 & 0xff) * 4).hex8,
          "Those are bits 19:12, which pick the entry of a second level."),
      ],
      otherwise: "The table's base, plus four times the address >> 20.",
      hints: ["Which index does the address have?", "An entry takes four bytes."])
  }

  private static func secondWord(_ scene: MappedScene, _ address: UInt64) -> ProblemDraft {
    let first = scene.entry(address, level: 1)
    let second = scene.entry(address, level: 2)
    let index = address >> 12 & 0xff
    let base = second - index * 4
    let word = UInt64(scene.machine.board.memory.word(at: PhysicalAddress(first)))
    return draft(
      scene, address, "At which address does the walk read its second word?",
      [
        Answer(
          right: second.hex8,
          "Bits 31:10 of the word are the table's base, \(base.hex8); index \(index.hex) times 4 is \((index * 4).hex)."
        ),
        Answer(
          wrong: (base + index).hex8, "The index counts entries, and an entry has four bytes."),
        Answer(
          wrong: (word + index * 4).hex8,
          "The two lowest bits say what the word is; they are no part of the address."),
        Answer(wrong: base.hex8, "That is entry 0. Bits 19:12 pick entry \(index.hex)."),
      ],
      otherwise: "Take the table's base from the word, and bits 19:12 of the address as the index.",
      hints: ["Which bits of the word are the base of the table?", "The index is bits 19:12."],
      text: [
        "The first word that a walk for it reads is `\(word.hex8)`: a table of the second level."
      ])
  }

  private static func reached(_ scene: MappedScene, _ address: UInt64) -> ProblemDraft {
    let offset = address - scene.iova
    return draft(
      scene, address, "Which address of memory does the read reach?",
      [
        Answer(
          right: (scene.physical + offset).hex8,
          "The offset in the page, \(offset.hex), is not translated: base + offset."),
        Answer(
          wrong: scene.physical.hex8, "That is where the page begins. The offset comes on top."),
        Answer(wrong: address.hex8, "That is the device's address. The tables translate it."),
        Answer(
          wrong: (scene.physical + (address & 0xfff)).hex8,
          "The offset has as many bits as the page: \(scene.size.sizeText), not 4K."),
      ],
      otherwise: "How far into the mapping is the address? As far into the memory does it lead.",
      hints: [
        "How far from the start of the mapping is the address?", "Add that to the page's base.",
      ])
  }

  private static func wordCount(_ scene: MappedScene, _ address: UInt64) -> ProblemDraft {
    let isDeep = scene.size < 1 << 20
    return draft(
      scene, address, "How many table words does a walk for it read?",
      [
        Answer(
          right: isDeep ? "2" : "1",
          isDeep
            ? "Pages below 1M need a second level: one word of each."
            : "A first-level entry maps it at once: \(scene.size.sizeText) needs no second level."),
        Answer(
          wrong: isDeep ? "1" : "2",
          isDeep
            ? "One word would do for 1M or 16M. This page is smaller."
            : "The second level is for pages of 4K and 64K."),
        Answer(
          wrong: "16", "So many words are written for a page of 64K or 16M. One of them is read."),
      ],
      otherwise: "One word of each level that there is for this page.",
      hints: [
        "Which page sizes does the first level map by itself?", "4K and 64K need two levels.",
      ])
  }
}
