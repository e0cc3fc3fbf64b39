internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What an operation would do: tried on a copy of the machine.
enum Preview: Sendable {
  /// The line cannot be read yet.
  case missing(String)
  /// It would take longer to try than a person waits: it is done without.
  case untried(Operation)
  case tried(Operation, Trial)

  init(of line: String, on machine: Machine, isWrong: Bool) {
    do throws(ParseError) {
      let operation = try Operation(parsing: line)
      if let trial = isWrong ? nil : Trial(operation, on: machine) {
        self = .tried(operation, trial)
      } else if isWrong {
        self = .missing("")
      } else {
        self = .untried(operation)
      }
    } catch {
      self = .missing(error.message.beforeUsage)
    }
  }

  /// It can be done as it is; a refusal can, for it is a step like any other.
  var canRun: Bool {
    switch self {
    case .missing: false
    case .untried: true
    case .tried(_, let trial): if case .error = trial.outcome { false } else { true }
    }
  }

  /// The first of what would be written, as many as asked for, and how much more there is.
  func effects(_ count: Int, registers: RegisterMap) -> (lines: [Prose], more: Int) {
    guard case .tried(_, let trial) = self else { return ([], 0) }
    let telling = trial.recording.events.filter { $0.change.isEffect }
    let lines = telling.prefix(count).map {
      $0.change.effect(in: trial.machine, registers: registers)
    }
    return (lines, telling.count - lines.count)
  }

  /// What goes wrong without being noticed.
  var hazards: [String] {
    guard case .tried(_, let trial) = self else { return [] }
    var found: [String] = []
    for event in trial.recording.events {
      if case .hazard(let hazard, _, _) = event.change, !found.contains(hazard.words) {
        found.append(hazard.words)
      }
    }
    return found
  }

  /// What it would answer.
  var answer: Prose {
    switch self {
    case .missing(let message): return Prose(message, .fault)
    case .untried: return Prose("too much to try beforehand; Enter does it", .dim)
    case .tried(_, let trial):
      let words = trial.outcome.words(in: trial.machine)
      guard !trial.outcome.isOK else {
        return Prose(trial.recording.isComplete ? "✓ " : "✓ much: ", .live) + Prose(words, .live)
      }
      return Prose("✗ " + words, .fault)
    }
  }
}

extension Change {
  /// It changes something that one can look at.
  fileprivate var isEffect: Bool {
    switch self {
    case .registerWrite, .registerSet, .memoryWrite, .memoryWrite64, .dmaWrite, .dmaWrite64,
      .pageAlloc, .pageFree, .tlbFill, .tlbDrop, .tlbEvict, .contextFill, .contextDrop, .fault,
      .stalled, .link, .unlink, .bind, .domainAlloc, .domainFree, .domainTag, .interruptsHeld,
      .design, .domainCookie, .client,
      .pageLimit:
      true
    default: false
    }
  }

  /// The same in words: a word of a table by its place there.
  fileprivate func effect(in machine: Machine, registers: RegisterMap) -> Prose {
    switch self {
    case .memoryWrite(let address, _, let new):
      return Self.stored(address, new.hex8, machine)
    case .memoryWrite64(let address, _, let new):
      return Self.stored(address, new.hex8, machine)
    case .registerWrite(let iommu, let offset, let old, let new, _):
      // A register that holds nothing takes a command: what it was says nothing.
      let words = words(in: machine, registers: registers)
      let isStored = machine.board.iommus[Int(iommu)].registerIndex(at: offset) != nil
      guard let arrow = words.firstRange(of: " ← ") else { return Prose(words) }
      return Prose(String(words[..<arrow.upperBound])) + Prose(new.hex8, .strong)
        + (isStored ? Prose(old == new ? "   as before" : "   was \(old.hex8)", .dim) : "")
    case .fault: return Prose(words(in: machine, registers: registers), .fault)
    default: return Prose(words(in: machine, registers: registers))
    }
  }

  private static func stored(
    _ address: PhysicalAddress, _ word: String, _ machine: Machine
  ) -> Prose {
    let name = machine.wordName(at: address).map { Prose($0 + " at ") } ?? ""
    return name + "\(physical: address) ← \(strong: word)"
  }
}
