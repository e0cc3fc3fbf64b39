internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// Events and outcomes in one short line each, for `run` and for lists.
extension Change {
  /// What happened, as short as it can be said.
  package func words(in machine: Machine, registers: RegisterMap) -> String {
    let system = machine.system
    func name(_ iommu: UInt8, _ offset: UInt32) -> String {
      let unit = machine.board.iommus[Int(iommu)]
      let isBank = unit.family == .msm && Int(offset >> 12) < unit.bankCount
      let name = registers.name(at: offset, banks: unit.bankPages)
      return isBank ? "\(unit.name)/\(offset >> 12) \(name)" : "\(unit.name) \(name)"
    }
    let prefix = machine.platform.family == .msm ? "msm_iommu: " : "DMAR: "
    func domain(_ index: UInt32) -> String { system.name(of: DomainID(Int(index))) }
    func device(_ index: UInt16) -> String { system.name(of: DeviceID(Int(index))) }
    switch self {
    case .call(let function, let subject):
      return "\(function)(\(subject.name(in: machine) ?? ""))"
    case .return(let value): return "→ \(value)"
    case .check(let question, let answer): return "\(question) \(answer == 0 ? "no" : "yes")"
    case .message(let format, let first, let second):
      return prefix + KernelMessage.text(format, first, second)
    case .hazard(let hazard, let at, _): return "\(hazard.words) at \(at.value.hex8)"
    case .registerWrite(let iommu, let offset, let old, let new, _):
      return "\(name(iommu, offset)) ← \(new.hex8)  was \(old.hex8)"
    case .registerRead(let iommu, let offset, let value):
      return "\(name(iommu, offset)) is \(value.hex8)"
    case .registerSet(let iommu, let offset, let old, let new):
      return "\(name(iommu, offset)) becomes \(new.hex8)  was \(old.hex8)"
    case .memoryWrite64(let at, let old, let new):
      return "\(at.value.hex8) ← \(new.hex8)  was \(old.hex8)"
    case .routingRead(let at, let value): return "word at \(at.value.hex8) is \(value.hex8)"
    case .contextFill(_, let source, _):
      return "context entry of \(SourceID(source)) is remembered"
    case .contextDrop(_, let source, _):
      return "context entry of \(SourceID(source)) is forgotten"
    case .domainTag(let index, _, let new):
      return new == 0
        ? "\(domain(index)) gives its domain-id back"
        : "\(domain(index)) is domain-id \(new)"
    case .memoryWrite(let at, let old, let new):
      return "\(at.value.hex8) ← \(new.hex8)  was \(old.hex8)"
    case .dmaWrite64(let at, let old, let new):
      return "memory \(at.value.hex8) becomes \(new.hex8)  was \(old.hex8)"
    case .dmaWrite(let at, let old, let new):
      return "memory \(at.value.hex8) becomes \(new.hex8)  was \(old.hex8)"
    case .dmaRead(let at, let value): return "memory \(at.value.hex8) is \(value.hex8)"
    case .memoryRead(let at, let value, 0): return "word at \(at.value.hex8) is \(value.hex8)"
    case .memoryRead(let at, let value, let level):
      return "level \(level) word at \(at.value.hex8) is \(value.hex8)"
    case .pageAlloc(let at, let count, _, _, _):
      return "take \(count == 1 ? "a page" : "\(count) pages") at \(at.value.hex8)"
    case .pageFree(let at, let count, _, _):
      return "give back \(count == 1 ? "a page" : "\(count) pages") at \(at.value.hex8)"
    case .pageClear(let at, _): return "clear the page at \(at.value.hex8)"
    case .tlbHit(_, let slot): return "TLB hit in entry \(slot)"
    case .tlbMiss(_, _, let iova): return "TLB miss for \(iova.value.hex8)"
    case .tlbFill(let entry, _, let slot):
      return "TLB entry \(slot): \(entry.iova.hex8) \(entry.size.bytes.sizeText) → "
        + entry.physical.hex8
    case .tlbDrop(let entry, _, let slot, _): return "TLB entry \(slot) dropped: \(entry.iova.hex8)"
    case .tlbEvict(let entry, _, let slot, _):
      return "TLB entry \(slot) makes room: \(entry.iova.hex8)"
    case .fault(let fault): return fault.words
    case .stalled(_, let bank): return "bank \(bank) is stalled: the request waits"
    case .interrupt(let iommu): return "\(machine.board.iommus[Int(iommu)].name) interrupts"
    case .domainAlloc(_, let name): return "new domain \(system.names[Int(name)])"
    case .domainFree(let index): return "domain \(domain(index)) is gone"
    case .domainTable(let index, _, let new):
      return new.value == 0
        ? "\(domain(index)) has no table" : "table of \(domain(index)) is at \(new.value.hex8)"
    case .link(let to, let index, _): return "link \(device(index)) into \(domain(to))'s list"
    case .unlink(let from, let index, _):
      return "unlink \(device(index)) from \(domain(from))'s list"
    case .bind(let index): return "\(device(index)) has its IOMMU data"
    case .interruptsHeld(_, let isHeld):
      return isHeld ? "faults stay pending" : "faults are handled as they come"
    case .design(_, let new): return "design \(new.name) from now on"
    case .domainCookie(let index, let cookie):
      return "\(domain(index)) is for \(device(cookie))"
    case .client(let change): return change.words(in: machine)
    case .pageLimit(_, let new): return new < 0 ? "no limit on pages" : "at most \(new) pages"
    }
  }
}

extension Hazard {
  /// What went wrong, in words.
  package var words: String {
    switch self {
    case .overwroteMappedMemory: "mapped memory corrupted: a section was taken for a table"
    case .wroteBeyondTable: "written beyond the end of the table"
    case .leakedTable: "second-level table leaked: nothing leads to it any more"
    case .freedWhileAttached: "freed while attached: contexts still walk this table"
    case .unmappedNothing: "nothing was unmapped, yet the answer is success"
    case .tornGroup: "a group of 16 equal words is torn"
    case .leftHalfMapped: "the map failed half-way: what was done stays mapped"
    case .mappedTwice: "mapped already: the entry keeps what it had"
    case .unmappedMore: "more was unmapped than was asked for: the page is larger"
    case .freedForeignPage: "freed a page that the allocator had not handed out"
    }
  }
}

extension Fault {
  /// The fault in one line.
  package var words: String {
    let level = level == 0 ? "" : " at level \(level)"
    let plain = "\(kind.name) fault"
    let reason = title == plain ? "" : ", \(title)"
    return "\(plain)\(level)\(reason): \(access) of \(iova.value.hex8)"
  }
}

extension Outcome {
  /// The answer in one line.
  package func words(in machine: Machine) -> String {
    switch self {
    case .done(let value): value == 0 ? "ok" : value.hex8
    case .reached(let address, let isBypass, _):
      isBypass ? "\(address.value.hex8) untranslated" : address.value.hex8
    case .traffic(let result): result.words
    case .refused(let errno, let reason): "-\(errno.name): \(reason)"
    case .fault(let fault):
      "\(fault.words), \(fault.place(in: machine))"
    case .stalled: "stalled: the context waits until its fault is cleared"
    case .error(let message): "error: \(message)"
    }
  }
}

extension Fault {
  /// The same where there is little room.
  package func shortPlace(in machine: Machine) -> String {
    let unit = machine.board.iommus[Int(iommu)]
    switch unit.family {
    case .msm: return "\(unit.name)/\(bank)"
    case .vtd: return SourceID(stream).description
    }
  }

  /// Which IOMMU stopped it, and of whom.
  package func place(in machine: Machine) -> String {
    let unit = machine.board.iommus[Int(iommu)]
    switch unit.family {
    case .msm: return "\(unit.name) context \(bank)"
    case .vtd: return "\(unit.name), \(SourceID(stream))"
    }
  }
}

extension TrafficResult {
  /// The counts that are not 0.
  package var words: String {
    let counts: [(UInt64, String)] = [
      (hits, "hits"), (misses, "misses"), (bypassed, "untranslated"), (faults, "faults"),
      (stalled, "stalled"),
    ]
    let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return words.isEmpty ? "no access" : words.joined(separator: ", ")
  }
}
