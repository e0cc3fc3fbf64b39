internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// Names and addresses that a machine does not have: a goal about them is never reached, or always.
extension LessonCheck {
  mutating func checkNames(of goals: [Lesson.Goal], on machine: Machine) {
    for goal in goals {
      for mistake in goal.condition.mistakes(on: machine, domains: lesson.domains) {
        note(goal.line, mistake)
      }
    }
  }

  mutating func checkPlaces(of answers: [Lesson.PointedAnswer], on machine: Machine) {
    for answer in answers {
      let mistake: String? =
        switch answer.thing {
        case .word(let address): machine.mistake(inWord: address)
        case .register(_, let offset): machine.mistake(inRegister: offset)
        case .entry(_, let iova, _), .tlbEntry(_, let iova): machine.mistake(inIOVA: iova)
        case .context, .iommu, .domain: nil
        }
      if let mistake { note(answer.line, mistake) }
    }
  }
}

extension Condition {
  fileprivate func mistakes(on machine: Machine, domains: Set<String>) -> [String] {
    func device(_ name: String) -> String? {
      machine.system.device(named: name) == nil ? "no device is called \(name.shown)" : nil
    }
    func domain(_ name: String) -> String? {
      domains.contains(name) || machine.system.domain(named: name) != nil
        ? nil : "no operation of this lesson makes a domain \(name.shown)"
    }
    let all: [String?] =
      switch self {
      case .translates(let name, let iova, _, _), .faults(let name, let iova, _, _),
        .bypasses(let name, let iova):
        [device(name), machine.mistake(inIOVA: iova)]
      case .exists(let name), .isGone(let name), .mostTables(let name, _): [domain(name)]
      case .isAttached(let name, let other): [device(name), domain(other)]
      case .isDetached(let name): [device(name)]
      case .maps(let name, let iova, _, _), .leavesUnmapped(let name, let iova):
        [domain(name), machine.mistake(inIOVA: iova)]
      case .word(let address, let value):
        [
          machine.mistake(inWord: address),
          value > UInt64(UInt32.max) ? "a word has 32 bits, and \(value.hex8) has more" : nil,
        ]
      case .register(let name, let offset, _, _):
        [
          machine.index(ofIOMMU: name) == nil ? "no IOMMU is called \(name.shown)" : nil,
          machine.mistake(inRegister: offset),
        ]
      case .mostStaleEntries, .mostProblems, .mostOperations: []
      }
    return all.compactMap { $0 }
  }
}

extension Machine {
  func mistake(inShown address: UInt64, by view: Lesson.View) -> String? {
    switch view {
    case .memory: mistake(inWord: address & ~3)
    case .registers: mistake(inRegister: address)
    default: mistake(inIOVA: address)
    }
  }

  fileprivate func mistake(inIOVA iova: UInt64) -> String? {
    let bits = platform.addressBits
    return bits < 64 && iova >> UInt64(bits) != 0
      ? "\(iova.hex8) has more than the \(bits) bits of an address here" : nil
  }

  fileprivate func mistake(inWord address: UInt64) -> String? {
    if address & 3 != 0 {
      return "\(address.hex8) is no multiple of 4, as the address of a word is"
    }
    return address >> 52 != 0 ? "\(address.hex8) is no address of memory" : nil
  }

  fileprivate func mistake(inRegister offset: UInt64) -> String? {
    offset & 3 != 0 || offset > UInt64(UInt32.max)
      ? "\(offset.hex8) is no offset of a register: those are multiples of 4" : nil
  }
}
