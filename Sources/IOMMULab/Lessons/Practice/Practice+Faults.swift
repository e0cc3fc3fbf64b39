internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

extension ProblemDraft {
  /// What becomes of a request.
  static func fault(_ chance: inout Chance) -> ProblemDraft {
    let isTraditional = chance.isLucky(1, of: 3)
    let platform = isTraditional ? "traditional" : "msm8x60"
    let isReadOnly = isTraditional && chance.isLucky(1, of: 2)
    let sizes: [UInt64] = isTraditional ? [4 << 10, 2 << 20] : MappedScene.sizes
    let scene = MappedScene(&chance, on: platform, sizes: sizes, isReadOnly ? "r" : "rw")
    let isWrite = isReadOnly ? chance.isLucky(2, of: 3) : chance.isLucky(1, of: 2)
    let address: UInt64
    switch chance.number(below: 4) {
    case 0: address = scene.iova + scene.size + chance.number(below: 1024) * 4
    case 1: address = scene.iova - 4 - chance.number(below: 1024) * 4
    default: address = scene.address(&chance)
    }
    if !isTraditional, chance.isLucky(1, of: 4) { return faultAddress(scene, &chance) }
    let others = MappedScene.devices(on: platform).filter { $0 != scene.device }
    let device = !isTraditional && chance.isLucky(1, of: 4) ? chance.pick(others) : scene.device
    return outcome(scene, device, address, isWrite: isWrite, isReadOnly: isReadOnly)
  }

  private enum Fate: CaseIterable {
    case reaches, translation, permission, bypass

    init(_ outcome: Outcome) {
      switch outcome {
      case .reached(_, true, _): self = .bypass
      case .fault(let fault): self = fault.kind == .permission ? .permission : .translation
      default: self = .reaches
      }
    }
  }

  private static func outcome(
    _ scene: MappedScene, _ device: String, _ address: UInt64, isWrite: Bool, isReadOnly: Bool
  ) -> ProblemDraft {
    let verb = isWrite ? "write" : "read"
    var machine = scene.machine
    let found = machine.apply(
      .walk(
        Operation.DeviceRequest(device: device, iova: address, access: isWrite ? .write : .read)))
    let fate = Fate(found)
    let last = scene.iova + (scene.size - 1)
    let isInside = (scene.iova...last).contains(address)
    let place =
      isInside
      ? "The address lies inside the mapping"
      : "The mapping begins at \(scene.iova.hex8) and ends at \(last.hex8)"
    let rights = isReadOnly ? ", for reading only" : ""
    func say(_ choice: Fate) -> String {
      switch (choice, fate) {
      case (.bypass, .bypass):
        "Nothing is attached for \(device): its bank is off, and a bank that is off lets all pass."
      case (_, .bypass): "\(device) is attached to nothing: no table of \(scene.domain) is asked."
      case (.bypass, _): "\(device) is attached: its requests are translated."
      case (.reaches, .reaches): "\(place), and may be used so."
      case (.translation, .translation): "\(place). Nothing is mapped there."
      case (.permission, .permission): "\(place), but it was mapped for reading only."
      case (_, .reaches): "\(place)\(isReadOnly ? ", and it is only read" : "")."
      case (_, .translation): "\(place). No entry is found, so no right is looked at."
      case (_, .permission): "\(place), so an entry is found. It allows reading only."
      }
    }
    let names: [(Fate, String)] = [
      (.reaches, "It reaches the memory that is mapped"),
      (.translation, "It is stopped: nothing is mapped there"),
      (.permission, "It is stopped: not allowed"),
      (.bypass, "It passes with the same address"),
    ]
    return ProblemDraft(
      platform: scene.platform, setup: scene.setup,
      text: [
        String(scene.words.dropLast()) + rights + ". `\(scene.device)` is attached to it.",
        "", "`\(device)` \(verb)s `iova:\(address.hex8)`.",
      ], isChoice: true, question: "What becomes of it?",
      answers: names.map {
        $0 == fate ? Answer(right: $1, say($0)) : Answer(wrong: $1, say($0))
      },
      hints: [
        "Is the device that asks attached?", "Where does the mapping begin, and where does it end?",
      ], covers: [.path, .walk, .faults], show: "domain \(scene.domain)",
      steps: ["\(verb) \(device) \(address.hex8)", found.isOK ? "expect ok" : "expect fault"])
  }

  /// What the fault address register holds.
  private static func faultAddress(
    _ scene: MappedScene, _ chance: inout Chance
  ) -> ProblemDraft {
    let address = scene.iova + scene.size + chance.number(below: 4096) * 4
    return ProblemDraft(
      platform: scene.platform, setup: ["irq hold"] + scene.setup,
      text: [
        scene.words, "", "`\(scene.device)` reads `iova:\(address.hex8)`, which is not mapped.",
      ], question: "What does FAR hold afterwards?",
      answers: [
        Answer(right: address.hex8, "FAR has the address that was asked for, to the byte."),
        Answer(
          wrong: (address & ~0xfff).hex8, "It is not cut to a page: the whole address stands there."
        ),
        Answer(wrong: scene.physical.hex8, "There is no address of memory: the walk found none."),
        Answer(wrong: "0", "It is set when the bank stops a request."),
      ], otherwise: "FAR is the fault address register: which address was at fault?",
      hints: ["FAR is the fault address register.", "The device's own address stands there."],
      covers: [.registers, .faults], show: "path \(scene.device)",
      steps: ["read \(scene.device) \(address.hex8)", "expect fault"])
  }
}
