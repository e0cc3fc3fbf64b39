internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
internal import IOMMUModel
internal import IOMMUValues

extension Timeline {
  /// What went wrong in the operations up to here, as far as it is remembered, the oldest first.
  package var mistakes: [Mistake] {
    entries.mistakes.filter {
      $0.entry < position.entry || $0.entry == position.entry && $0.events <= position.events
    }
  }

  /// Of an operation that unmapped nothing, the step at which it did not.
  package func sharpened(_ cause: Cause) -> Cause {
    let mistake = entries.mistakes.first {
      if $0.entry == cause.entry, case .hazard(.unmappedNothing, _, _) = $0.change {
        true
      } else {
        false
      }
    }
    return mistake.map { Cause(entry: $0.entry, events: $0.events) } ?? cause
  }

  /// What went wrong in the current operation.
  package var mistakesOfOperation: [Mistake] {
    entries.mistakes.filter { $0.entry == position.entry }
  }
}

/// What clients, and drivers, got wrong and nobody has put right.
extension Problem {
  // MARK: Damage

  /// What was written, freed or unpinned that should not have been.
  static func damages(_ mistakes: [Mistake], in machine: Machine) -> [Problem] {
    mistakes.suffix(mostOfAKind).compactMap { mistake in
      guard let (subject, why) = mistake.damage(in: machine) else { return nil }
      return Problem(.damage, subject, why: why, traces: [mistake.trace])
    }
  }

  /// What dma-debug said about drivers.
  static func complaints(_ mistakes: [Mistake], in machine: Machine) -> [Problem] {
    mistakes.suffix(mostOfAKind).compactMap { mistake in
      guard
        case .client(.dmaDebug(let iova, let mapped, let given, let device, let kind)) =
          mistake.change
      else { return nil }
      let name = machine.system.name(of: DeviceID(Int(device)))
      return Problem(
        .dmaDebug,
        Prose(name, .strong, to: .named(name)) + "'s driver "
          + kind.subject(at: iova, mapped: mapped, given: given),
        why: Prose(kind.why), traces: [mistake.trace])
    }
  }

  // MARK: Buffers

  /// Looked for among so many of the latest buffers.
  private static let mostBuffers = 256

  /// Buffers that were unmapped and that the tables still lead to.
  static func givenUp(in machine: Machine) -> [Problem] {
    let clients = machine.clients
    var problems: [Problem] = []
    var seen: Set<[UInt64]> = []
    for (index, buffer) in clients.buffers.enumerated().suffix(mostBuffers).reversed()
    where problems.count < mostOfAKind {
      // Of the buffers that an address belonged to, the newest one counts.
      guard seen.insert([UInt64(buffer.device.index), buffer.iova.value]).inserted,
        !buffer.isMapped, let space = clients.space(of: buffer.device),
        let table = machine.system.domains[clients.spaces[space].domain.index].table,
        machine.platform.format.leaf(for: buffer.iova, from: table, in: machine.board.memory)
          != nil,
        !clients.buffers.suffix(mostBuffers).contains(where: {
          $0.isMapped && $0.device == buffer.device && $0.contains(buffer.iova)
        })
      else { continue }
      let device = machine.system.name(of: buffer.device)
      var subject = Prose(device, .strong, to: .named(device)) + " still reaches "
      subject += Prose(buffer.name, .strong) + " at " + Prose(buffer.iova.value.hex8, .iova)
      subject += ", which its driver gave up"
      problems.append(
        Problem(
          .givenUp, subject,
          why:
            "The tables lead there until something is mapped over it: nobody is going to unmap it again.",
          traces: [.givenUp(buffer: UInt32(index))]))
    }
    return problems.reversed()
  }

  /// Buffers that are mapped while nothing more follows.
  static func stillMapped(in machine: Machine) -> [Problem] {
    let pending = machine.clients.pending
    guard let first = pending.first else { return [] }
    var subject = Prose(
      pending.count == 1 ? "1 buffer is" : "\(pending.count) buffers are", .strong)
    subject += " still mapped: \(first.name) of "
    let device = machine.system.name(of: first.device)
    subject += Prose(device, .strong, to: .named(device))
    for buffer in pending.dropFirst().prefix(2) { subject += ", " + Prose(buffer.name) }
    if pending.count > 3 { subject += " and more" }
    return [
      Problem(
        .stillMapped, subject,
        why: "If this is the end, their drivers forgot them: dma-debug calls that leaked.")
    ]
  }
}

extension Mistake {
  fileprivate var trace: EventTrace { .moment(Cause(entry: entry, events: events)) }

  /// What it did to memory, or to what the host knows of it, and why that is bad.
  fileprivate func damage(in machine: Machine) -> (subject: Prose, why: Prose)? {
    let times: Prose = count > 1 ? ", \(String(count)) times" : ""
    switch change {
    case .hazard(.overwroteMappedMemory, let at, _):
      return (
        "memory at \(physical: at) was overwritten" + times,
        "A driver took the word of a mapped section for a table's address, and cleared entries there."
      )
    case .hazard(.wroteBeyondTable, let at, _):
      return (
        "memory at \(physical: at), behind a table, was overwritten" + times,
        "The index ran past the end of the table: what lies there belongs to somebody else."
      )
    case .hazard(.freedForeignPage, let at, _):
      return (
        "the page at \(physical: at) was freed, which the allocator never gave" + times,
        "Whoever allocates next may be given memory that is still in use."
      )
    case .client(.unpinnedForeign(let vm, let frame, _)):
      let all = machine.clients.machines
      let pages = all.indices.contains(Int(vm)) ? all[Int(vm)].unpinnedForeign : 1
      let words = pages == 1 ? "a page unpinned that was" : "\(pages) pages unpinned that were"
      return (
        Prose(ClientChange.vm(vm, machine), .strong) + " had \(words) not its own, at "
          + Prose((frame << 12).hex8, .physical),
        "KVM believed what the driver answered. The owner's pages may be swapped out under its DMA."
      )
    case .client(.pinsLeaked(let vm, let pages)):
      let left = pages == 1 ? "1 page stays" : "\(pages) pages stay"
      return (
        Prose(ClientChange.vm(vm, machine), .strong) + " is gone, and \(left) pinned",
        "Unmap's answers did not lead KVM to them: the host can use them for nothing else."
      )
    default: return nil
    }
  }
}

extension DMAMistake {
  /// What the driver did, in a few words.
  fileprivate func subject(at iova: IOVA, mapped: UInt64, given: UInt64) -> Prose {
    switch self {
    case .notAllocated: return "unmapped \(iova: iova), which it had not mapped"
    case .differentSize:
      return "unmapped \(given.sizeText) at \(iova: iova), of \(mapped.sizeText) mapped"
    case .differentDirection: return "unmapped \(iova: iova) with another direction"
    case .wrongFunction: return "gave \(iova: iova) up by the wrong call"
    case .pending:
      let count = given == 1 ? "a buffer" : "\(given) buffers"
      return "left with \(count) mapped, the last at \(iova: iova)"
    }
  }

  /// What comes of it, since the kernel goes on.
  fileprivate var why: String {
    switch self {
    case .notAllocated:
      "Nothing of that device is mapped there: what was unmapped, if anything, was somebody else's."
    case .differentSize:
      "The kernel unmaps what it is told: too much takes from the neighbour, too little stays."
    case .differentDirection: "Caches are cared for by the direction: the wrong one loses data."
    case .wrongFunction: "The mapping goes; what came with it, like its pages, does not."
    case .pending: "The driver is gone, and its device still reaches that memory."
    }
  }
}
