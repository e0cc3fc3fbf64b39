internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Answering a question by pointing: at what the cursor is on, with Enter or by a second click.
extension Explorer {
  /// A question waits for a thing to be pointed at.
  var isPointing: Bool {
    guard let run = lesson?.run, run.isAsking, case .point? = run.question?.kind else {
      return false
    }
    return true
  }

  /// The thing that is pointed at by now, of the kind that the question asks for.
  var pointed: PointedThing? {
    guard let run = lesson?.run, run.isAsking, case .point(let answers, _)? = run.question?.kind,
      let asked = answers.first?.thing
    else { return nil }
    return switch asked {
    case .iommu where !answers.contains(where: { $0.thing.isSelected }):
      Subject(selection, in: machine).iommu.map { .iommu($0) }
    case .iommu, .context, .domain:
      switch selection {
      case .bank(let iommu, let bank): .context(iommu: iommu, bank: bank)
      case .domain(let name): .domain(name)
      case .iommu(let iommu):
        answers.contains { $0.thing.isIOMMU } ? .iommu(iommu) : nil
      }
    case .entry, .word, .register, .tlbEntry: thingUnderCursor
    }
  }

  /// What the pointed thing is called.
  func words(of thing: PointedThing) -> Prose {
    switch thing {
    case .word(let address):
      let name = machine.wordName(at: PhysicalAddress(address))
      return Prose(name.map { $0 + " at " } ?? "the word at ") + Prose(address.hex8, .physical)
    case .register(let iommu, let offset):
      let offset = UInt32(truncatingIfNeeded: offset)
      let unit = machine.board.iommus[iommu]
      return Prose("\(unit.name) \(registers.name(at: offset, banks: unit.bankCount))", .strong)
    case .context(let iommu, let bank):
      return Prose("\(machine.board.iommus[iommu].name)/\(bank)", .strong)
    case .iommu(let iommu): return Prose(machine.board.iommus[iommu].name, .strong)
    case .domain(let name): return Prose(name, .domain)
    case .tlbSlot(let iommu, let slot):
      let unit = machine.board.iommus[iommu]
      return Prose("the entry of \(unit.name) for ")
        + Prose(unit.tlb[slot]?.iova.hex8 ?? "", .iova)
    }
  }

  /// Takes what the cursor is on as the answer; says so where it is on nothing of that kind.
  mutating func answerByPointing() {
    guard isPointing else { return }
    var isTaken = false
    if let thing = pointed {
      change { run, timeline in isTaken = run.point(at: thing, &timeline) }
    }
    guard isTaken else {
      notice = "The cursor is on nothing that is asked for. Tab goes to the panes, 1-9 to a view."
      return
    }
    noteProgress()
    focus = .system
  }

  /// A click on what the cursor is on already: that is meant.
  mutating func answerBySecondClick(_ before: PointedThing?) {
    if let before, pointed == before { answerByPointing() }
  }

  /// Goes to the thing that a question of this kind asked for.
  mutating func show(answerOf question: Lesson.Question) {
    guard case .point(let answers, _) = question.kind,
      let thing = answers.first(where: \.isRight)?.thing.thing(on: machine)
    else { return }
    switch thing {
    case .word(let address): follow(.physical(address))
    case .register(let iommu, let offset):
      follow(.register(iommu: iommu, offset: UInt32(truncatingIfNeeded: offset)))
    case .context(let iommu, let bank): go(to: .bank(iommu: iommu, bank: bank), view)
    case .iommu(let iommu): go(to: .iommu(iommu), view)
    case .domain(let name): go(to: .domain(name), view)
    case .tlbSlot(let iommu, let slot):
      go(to: .iommu(iommu), .tlb)
      lineCursor =
        TLBView(self, Subject(selection, in: machine)).lines.firstIndex { $0.slot == slot } ?? 0
    }
    focus = .system
  }

  private var thingUnderCursor: PointedThing? {
    if view == .tlb {
      let subject = Subject(selection, in: machine)
      let lines = TLBView(self, subject).lines
      guard let iommu = subject.iommu,
        let line = lines[safe: max(0, min(lineCursor, lines.count - 1))]
      else { return nil }
      return .tlbSlot(iommu: iommu, slot: line.slot)
    }
    return switch OperateThings(self, looksInside: true).place {
    case .register(let iommu, let offset)?: .register(iommu: iommu, offset: UInt64(offset))
    case .memory(let address)?: .word(address.value)
    case nil: nil
    }
  }
}

extension NamedThing {
  /// It is what the tree's cursor is on, and not what that belongs to.
  fileprivate var isSelected: Bool {
    switch self {
    case .context, .domain: true
    default: false
    }
  }

  fileprivate var isIOMMU: Bool { if case .iommu = self { true } else { false } }
}
