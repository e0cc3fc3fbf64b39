internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// Events as JSON objects, for `run --json --events`.
extension Event {
  func json(in machine: Machine, registers: RegisterMap) -> JSONText {
    var json = JSONText()
    json.add("event", kind)
    json.add("depth", Int(depth))
    let system = machine.system
    func iommu(_ index: UInt8) { json.add("iommu", machine.board.iommus[Int(index)].name) }
    func register(_ index: UInt8, _ offset: UInt32) {
      iommu(index)
      json.add("offset", UInt64(offset).hex(digits: 5))
      let banks = machine.board.iommus[Int(index)].bankPages
      json.add("name", registers.name(at: offset, banks: banks))
    }
    func address(_ address: PhysicalAddress) { json.add("address", address.value.hex8) }
    func domain(_ index: UInt32) { json.add("domain", system.name(of: DomainID(Int(index)))) }
    func device(_ index: UInt16) { json.add("device", system.name(of: DeviceID(Int(index)))) }
    func entry(_ index: UInt8, _ slot: UInt16, _ entry: TLBEntry) {
      iommu(index)
      json.add("slot", Int(slot))
      json.add("iova", entry.iova.hex8)
      json.add("physical", entry.physical.hex8)
      json.add("size", entry.size.bytes.hex)
      json.add("vmid", Int(entry.vmid))
      json.add("asid", Int(entry.asid))
    }
    switch change {
    case .call(let function, let subject):
      json.add("function", function.description)
      if let name = subject.name(in: machine) { json.add("subject", name) }
    case .return(let value): json.add("value", Int(value))
    case .check(let question, let answer):
      json.add("question", question.description)
      json.add("answer", Int(answer))
    case .message(let format, let first, let second):
      json.add("text", KernelMessage.text(format, first, second))
    case .hazard(let hazard, let at, let word):
      json.add("hazard", hazard.name)
      address(at)
      json.add("word", word.hex8)
    case .registerWrite(let index, let offset, let old, let new, let kept):
      register(index, offset)
      json.add("old", old.hex8)
      json.add("new", new.hex8)
      if kept != new { json.add("kept", kept.hex8) }
    case .registerRead(let index, let offset, let value):
      register(index, offset)
      json.add("value", value.hex8)
    case .registerSet(let index, let offset, let old, let new):
      register(index, offset)
      json.add("old", old.hex8)
      json.add("new", new.hex8)
    case .memoryWrite64(let at, let old, let new), .dmaWrite64(let at, let old, let new):
      address(at)
      json.add("old", old.hex(digits: 16))
      json.add("new", new.hex(digits: 16))
    case .routingRead(let at, let value):
      address(at)
      json.add("value", value.hex(digits: 16))
    case .contextFill(let index, let source, let entry),
      .contextDrop(let index, let source, let entry):
      iommu(index)
      json.add("source", SourceID(source).description)
      json.add("high", entry.high.hex(digits: 16))
      json.add("low", entry.low.hex(digits: 16))
    case .domainTag(let index, let old, let new):
      domain(index)
      json.add("old", Int(old))
      json.add("new", Int(new))
    case .memoryWrite(let at, let old, let new), .dmaWrite(let at, let old, let new):
      address(at)
      json.add("old", old.hex8)
      json.add("new", new.hex8)
    case .dmaRead(let at, let value):
      address(at)
      json.add("value", value.hex8)
    case .memoryRead(let at, let value, let level):
      address(at)
      json.add("value", value.hex8)
      json.add("level", Int(level))
    case .pageAlloc(let at, let count, _, _, _), .pageFree(let at, let count, _, _):
      address(at)
      json.add("pages", Int(count))
    case .pageClear(let at, let image):
      address(at)
      json.add("wasZero", image < 0)
    case .tlbHit(let index, let slot):
      iommu(index)
      json.add("slot", Int(slot))
    case .tlbMiss(let index, let bank, let iova):
      iommu(index)
      json.add("context", Int(bank))
      json.add("iova", iova.value.hex8)
    case .tlbFill(let filled, let index, let slot): entry(index, slot, filled)
    case .tlbDrop(let dropped, let index, let slot, _),
      .tlbEvict(let dropped, let index, let slot, _):
      entry(index, slot, dropped)
    case .fault(let fault): json.add("fault", fault.json(in: machine))
    case .stalled(let index, let bank):
      iommu(index)
      json.add("context", Int(bank))
    case .interrupt(let index): iommu(index)
    case .domainAlloc(let index, let name):
      json.add("domain", Int(index))
      json.add("name", system.names[Int(name)])
    case .domainFree(let index): domain(index)
    case .domainTable(let index, let old, let new):
      domain(index)
      json.add("old", old.value.hex8)
      json.add("new", new.value.hex8)
    case .link(let to, let index, let position), .unlink(let to, let index, let position):
      domain(to)
      device(index)
      json.add("position", Int(position))
    case .bind(let index): device(index)
    case .interruptsHeld(let old, let new):
      json.add("old", old ? "hold" : "auto")
      json.add("new", new ? "hold" : "auto")
    case .pageLimit(let old, let new):
      json.add("old", Int(old))
      json.add("new", Int(new))
    case .design(let old, let new):
      json.add("old", old.name)
      json.add("new", new.name)
    case .domainCookie(let index, let cookie):
      domain(index)
      device(cookie)
    case .client(let change): change.add(to: &json, in: machine)
    }
    return json
  }

  /// The name that `--events` gives the kind.
  private var kind: String {
    switch change {
    case .call: "call"
    case .return: "return"
    case .check: "check"
    case .message: "message"
    case .hazard: "hazard"
    case .registerWrite: "register-write"
    case .registerRead: "register-read"
    case .registerSet: "register-set"
    case .memoryWrite, .memoryWrite64: "memory-write"
    case .routingRead: "routing-read"
    case .contextFill: "context-fill"
    case .contextDrop: "context-drop"
    case .domainTag: "domain-tag"
    case .memoryRead: "memory-read"
    case .dmaWrite, .dmaWrite64: "dma-write"
    case .dmaRead: "dma-read"
    case .pageAlloc: "page-alloc"
    case .pageFree: "page-free"
    case .pageClear: "page-clear"
    case .tlbHit: "tlb-hit"
    case .tlbMiss: "tlb-miss"
    case .tlbFill: "tlb-fill"
    case .tlbDrop: "tlb-drop"
    case .tlbEvict: "tlb-evict"
    case .fault: "fault"
    case .stalled: "stalled"
    case .interrupt: "interrupt"
    case .domainAlloc: "domain-alloc"
    case .domainFree: "domain-free"
    case .domainTable: "domain-table"
    case .link: "link"
    case .unlink: "unlink"
    case .bind: "bind"
    case .pageLimit: "page-limit"
    case .interruptsHeld: "interrupt-mode"
    case .design: "design"
    case .domainCookie: "domain-cookie"
    case .client(let change): change.kind
    }
  }
}

extension Fault {
  func json(in machine: Machine) -> JSONText {
    var json = JSONText()
    json.add("iommu", machine.board.iommus[Int(iommu)].name)
    switch machine.board.iommus[Int(iommu)].family {
    case .msm:
      json.add("context", Int(bank))
      json.add("kind", kind.name)
      json.add("far", iova.value.hex8)
      json.add("fsr", status.hex8)
    case .vtd:
      json.add("kind", kind.name)
      json.add("reason", Int(reason))
      json.add("source", SourceID(stream).description)
      // The unit records the page.
      json.add("address", (iova.value & ~0xfff).hex8)
      json.add("iova", iova.value.hex8)
      json.add("fsts", status.hex8)
    }
    return json
  }
}

extension Hazard {
  var name: String {
    switch self {
    case .overwroteMappedMemory: "overwrote-mapped-memory"
    case .wroteBeyondTable: "wrote-beyond-table"
    case .leakedTable: "leaked-table"
    case .freedWhileAttached: "freed-while-attached"
    case .unmappedNothing: "unmapped-nothing"
    case .tornGroup: "torn-group"
    case .freedForeignPage: "freed-foreign-page"
    case .mappedTwice: "mapped-twice"
    case .leftHalfMapped: "left-half-mapped"
    case .unmappedMore: "unmapped-more"
    }
  }
}

extension Subject {
  /// What the subject is called.
  package func name(in machine: Machine) -> String? {
    let system = machine.system
    switch self {
    case .none: return nil
    case .domain(let index):
      return Int(index) < system.domains.count ? system.name(of: DomainID(Int(index))) : nil
    case .device(let index): return system.name(of: DeviceID(Int(index)))
    case .bank(let iommu, let bank): return "\(machine.board.iommus[Int(iommu)].name)/\(bank)"
    case .iommu(let index): return machine.board.iommus[Int(index)].name
    case .access(let iova, let device):
      return "\(system.name(of: DeviceID(Int(device)))) \(iova.value.hex8)"
    }
  }
}
