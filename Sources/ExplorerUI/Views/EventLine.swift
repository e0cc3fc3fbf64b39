internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// Events as lines of the call tree, in colour.
struct EventLine {
  enum Tense { case past, now, future }

  private let machine: Machine
  private let registers: RegisterMap

  init(_ explorer: Explorer) {
    machine = explorer.machine
    registers = explorer.registers
  }

  /// The call that an operation is: the function, and the operation's own words as arguments.
  func root(_ change: Change, of operation: Operation) -> Prose {
    guard case .call(let function, _) = change else { return "" }
    var prose = Prose(function.description, .strong) + "("
    for (index, word) in operation.words.dropFirst().enumerated() {
      prose += Prose(index > 0 ? ", " : "", .text) + word.prose
    }
    return prose + ")"
  }

  /// A call inside another: the function and what it is about.
  func call(_ change: Change) -> Prose {
    guard case .call(let function, let subject) = change else { return "" }
    var prose = Prose(function.description, .text)
    if case .access(let iova, let device) = subject {
      let name = machine.system.name(of: DeviceID(Int(device)))
      return prose + " " + Prose(name, .text, to: .named(name)) + " "
        + Prose(iova.value.hex8, .iova, to: .access(device: name, iova: iova.value))
    }
    guard let name = subject.name(in: machine) else { return prose }
    switch subject {
    case .domain: prose += "  " + Prose(name, .domain)
    case .bank(let iommu, let bank):
      let device = machine.device(bank: Int(bank), of: Int(iommu)).map {
        machine.system.name(of: $0)
      }
      let unit = machine.board.iommus[Int(iommu)].name
      prose += Prose("   " + machine.words.place(Int(bank), of: unit, device: device), .dim)
    case .device, .iommu, .access, .none: prose += Prose("  \(name)", .dim)
    }
    return prose
  }

  /// What came of a device's own access; nil for any other call.
  func outcome(ofCallAt index: Int, in events: [Event]) -> Prose? {
    TrafficAccess(callAt: index, in: events).map { "   " + $0.outcome.prose }
  }

  /// A step; its new value stands out while it is the current one.
  func prose(_ change: Change, _ tense: Tense) -> Prose {
    let line = line(change, tense)
    return tense == .future ? line.all(.dim) : line
  }

  private func line(_ change: Change, _ tense: Tense) -> Prose {
    let value: Prose.Role = tense == .now ? .changed : .text
    let target = target(of: change)
    func written(_ name: String, _ new: UInt64, _ old: UInt64) -> Prose {
      var line = Prose(name, tense == .now ? .strong : .text, to: target) + " ← "
      line += Prose(new.hex8, value)
      if new == old {
        line += Prose("   as before", .dim)
      } else if tense != .future {
        line += Prose("   was \(old.hex8)", tense == .now ? .old : .dim)
      }
      return line
    }
    switch change {
    case .registerWrite(let iommu, let offset, let old, let new, _):
      let name = name(iommu, offset)
      if isCommand(iommu, offset) {
        let purpose = register(iommu, offset)?.purpose ?? ""
        let bank = bank(iommu, offset).map { "bank \($0) " } ?? ""
        return Prose(name, tense == .now ? .strong : .text, to: target) + " ← "
          + Prose(new.hex8, value) + Prose("   \(bank)\(purpose)", .dim)
      }
      return written(name, UInt64(new), UInt64(old))
    case .registerSet(let iommu, let offset, let old, let new):
      return written(name(iommu, offset), UInt64(new), UInt64(old))
        + Prose("   by the hardware", .dim)
    case .registerRead(let iommu, let offset, let read):
      return Prose(name(iommu, offset), .text, to: target) + " → " + Prose(read.hex8, value)
        + Prose(bank(iommu, offset).map { "   bank \($0)" } ?? "", .dim)
    case .memoryWrite(let address, let old, let new):
      return written(place(address), UInt64(new), UInt64(old))
    case .memoryWrite64(let address, let old, let new): return written(place(address), new, old)
    case .dmaWrite(let address, let old, let new):
      return "memory " + written(address.value.hex8, UInt64(new), UInt64(old))
    case .memoryRead(let address, let read, let level):
      return Prose(place(address, level: level > 0 ? Int(level) : nil), .text, to: target) + " → "
        + Prose(read.hex8, value)
    case .routingRead(let address, let read):
      return Prose(place(address), .text, to: target) + " → " + Prose(read.hex8, value)
    case .contextFill(_, let source, let entry):
      return "context cache keeps \(machine.words.text(ofStream: UInt32(source))): "
        + Prose("\(machine.words.tag) \(entry.domain)", value) + ", table "
        + Prose(entry.table.value.hex8, .physical)
    case .contextDrop(_, let source, _):
      return "context cache forgets \(machine.words.text(ofStream: UInt32(source)))"
    case .domainTag(let domain, let old, let new):
      let name = Prose(machine.system.name(of: DomainID(Int(domain))), .domain)
      let tag = machine.words.tag
      return new == 0
        ? name + " gives \(tag) \(Int(old)) back" : name + " is " + Prose("\(tag) \(new)", value)
    case .check(let question, let answer):
      return Prose(question.description + "  ", .text) + Prose(answer == 0 ? "no" : "yes", .dim)
    case .tlbFill(let entry, _, _):
      return "TLB keeps \(iova: IOVA(entry.iova)) \(entry.size.bytes.sizeText) → "
        + Prose(entry.physical.hex8, .physical)
    case .fault: return Prose(change.words(in: machine, registers: registers), .fault)
    case .hazard(let hazard, _, _): return Prose(hazard.words, .fault)
    case .link(let domain, let device, _):
      return "link \(machine.system.name(of: DeviceID(Int(device)))) into "
        + Prose(machine.system.name(of: DomainID(Int(domain))), .domain)
        + "'s list of \(machine.words.contexts)"
    default: return Prose(change.words(in: machine, registers: registers), .text)
    }
  }

  /// Many alike, from one event to another, as one line.
  func run(_ first: Change, _ last: Change, count: Int, _ tense: Tense) -> Prose {
    let times = Prose(" × \(count)", .strong)
    let line: Prose
    switch (first, last) {
    case (.call(let function, _), _): line = Prose(function.description, .text) + times
    case (.check(let question, _), _): line = Prose(question.description, .text) + times
    case (.registerWrite(let iommu, let offset, _, _, _), .registerWrite(_, _, _, let new, _)):
      line =
        Prose(name(iommu, offset), .text, to: target(of: last)) + times
        + Prose("   the last ← \(new.hex8)", .dim)
    case (.memoryWrite(let from, _, let new), .memoryWrite(let to, _, _)):
      line = words(from, to, count, new.hex8)
    case (.memoryWrite64(let from, _, let new), .memoryWrite64(let to, _, _)):
      line = words(from, to, count, new.hex8)
    case (.memoryRead(let from, _, _), .memoryRead(let to, _, _)):
      line = words(from, to, count, nil)
    default: line = prose(first, tense) + times
    }
    return tense == .future ? line.all(.dim) : line
  }

  private func words(
    _ from: PhysicalAddress, _ to: PhysicalAddress, _ count: Int, _ first: String?
  ) -> Prose {
    var line = Prose(place(from), .text, to: .physical(from.value)) + Prose(" … ", .dim)
    line += Prose(place(to), .text, to: .physical(to.value))
    line += Prose(" × \(count)", .strong)
    return line + Prose(first.map { "   the first ← \($0)" } ?? "   read", .dim)
  }

  /// What a step is about, to go there.
  func target(of change: Change) -> Prose.Target? {
    switch change {
    case .registerWrite(let iommu, let offset, _, _, _), .registerRead(let iommu, let offset, _),
      .registerSet(let iommu, let offset, _, _):
      .register(iommu: Int(iommu), offset: offset)
    case .memoryWrite(let address, _, _), .memoryWrite64(let address, _, _),
      .memoryRead(let address, _, _), .routingRead(let address, _):
      .physical(address.value)
    case .tlbFill(let entry, _, _): .iova(entry.iova)
    case .fault(let fault): .iova(fault.iova.value)
    default: nil
    }
  }

  /// A register that holds nothing: writing it is a command.
  private func isCommand(_ iommu: UInt8, _ offset: UInt32) -> Bool {
    machine.board.iommus[Int(iommu)].registerIndex(at: offset) == nil
  }

  /// The context that a register belongs to, if any.
  private func bank(_ iommu: UInt8, _ offset: UInt32) -> Int? {
    machine.board.iommus[Int(iommu)].bank(ofRegister: offset)
  }

  private func register(_ iommu: UInt8, _ offset: UInt32) -> RegisterMap.Register? {
    registers.register(at: offset, banks: machine.board.iommus[Int(iommu)].bankPages)?.register
  }

  private func name(_ iommu: UInt8, _ offset: UInt32) -> String {
    registers.name(at: offset, banks: machine.board.iommus[Int(iommu)].bankPages)
  }

  /// A word of memory by its place in a table, where it lies in one.
  private func place(_ address: PhysicalAddress, level: Int? = nil) -> String {
    machine.wordName(at: address, level: level) ?? address.value.hex8
  }
}

extension TrafficAccess.Outcome {
  /// One or two words, with a sign where it went wrong.
  var prose: Prose {
    switch self {
    case .hit: Prose("hit", .live)
    case .walked(let reads): Prose("\(reads) read\(reads == 1 ? "" : "s")", .half)
    case .fault: Prose("✗ fault", .fault)
    case .bypassed: Prose("untranslated", .dim)
    case .stalled: Prose("✗ stalled", .fault)
    }
  }
}
