internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// One plain sentence on why something happened, and where it is written that it does.
package struct Narration: Hashable, Sendable {
  package let sentence: Prose
  /// A kernel file and function, or a section of a specification.
  package let source: String

  init(_ sentence: Prose, _ source: String = "") {
    (self.sentence, self.source) = (sentence, source)
  }
}

extension Narration {
  /// Why the event at `index` of a recording happened.
  package init(
    of index: Int, in recording: Recording, machine: Machine, registers: RegisterMap
  ) {
    let event = recording.events[index]
    let function = Self.function(around: index, in: recording)
    let place = function.map { "\(Self.file(of: $0))  \($0)()" } ?? ""
    let explainer = Explainer(
      machine: machine, registers: registers, function: function ?? "", place: place)
    self = explainer.explain(event.change)
  }

  /// The function that the event at `index` happened in.
  package static func function(around index: Int, in recording: Recording) -> String? {
    let depth = recording.events[index].depth
    for earlier in stride(from: index - 1, through: 0, by: -1)
    where recording.events[earlier].depth < depth {
      if case .call(let function, _) = recording.events[earlier].change {
        return function.description
      }
    }
    return nil
  }

  /// The kernel file that a function is in.
  package static func file(of function: String) -> String {
    if let file = Self.clientFile(of: function) { return file }
    return switch function {
    case "iommu_set_root_entry", "iommu_enable_translation", "iommu_flush_iotlb_psi":
      "intel/iommu.c"
    case _ where function.hasPrefix("iommu_"): "iommu.c"
    case "platform_drv_probe": "drivers/base/platform.c"
    case "dmar_fault", "dmar_set_interrupt": "intel/dmar.c"
    case _ where Self.isIntel(function): "intel/iommu.c"
    case "msm_iommu_probe", "msm_iommu_ctx_probe", "msm_iommu_reset": "msm_iommu_dev.c"
    default: "msm_iommu.c"
    }
  }
}

extension Narration {
  private static func isIntel(_ function: String) -> Bool {
    function.hasPrefix("intel_iommu_") || function.hasPrefix("domain_context_")
      || ["init_dmars", "dmar_remove_one_dev_info", "__iommu_flush_context", "__iommu_flush_iotlb"]
        .contains(function)
  }
}

/// Puts one change into words; knows where it happened.
struct Explainer {
  let machine: Machine
  let registers: RegisterMap
  let function: String
  let place: String

  var words: FamilyWords { FamilyWords(machine.platform.family) }

  func explain(_ change: Change) -> Narration {
    let system = machine.system
    switch change {
    case .call(let name, _):
      return Narration("The kernel calls \(strong: name.description).", place)
    case .return: return Narration("", place)
    case .check(let question, let answer): return explainCheck(question.description, answer)
    case .message: return Narration("The kernel prints a line about the fault.", place)
    case .hazard(let hazard, let at, let word): return explainHazard(hazard, at, word)
    case .registerWrite(let iommu, let offset, let old, let new, _):
      return explainWrite(Int(iommu), offset, old, new)
    case .registerRead(let iommu, let offset, let value):
      return explainRead(Int(iommu), offset, value)
    case .registerSet(let iommu, let offset, _, let new):
      return explainSet(Int(iommu), offset, new)
    case .memoryWrite(let at, _, let new): return explainTableWrite(at, UInt64(new))
    case .memoryWrite64(let at, _, let new): return explainTableWrite(at, new)
    case .routingRead(let at, let value): return explainRouting(at, value)
    case .contextFill(_, let source, let entry):
      return Narration(
        "The unit remembers that \(strong: SourceID(source).description) uses domain-id "
          + "\(Int(entry.domain)). Changing the entry in memory is no longer enough.",
        "VT-d, context cache")
    case .contextDrop(_, let source, _):
      return Narration(
        "The next request of \(strong: SourceID(source).description) reads its context entry "
          + "again.", place.isEmpty ? "VT-d, context cache" : place)
    case .domainTag(let index, _, let new):
      let name = system.name(of: DomainID(Int(index)))
      return Narration(
        new == 0
          ? "No device uses \(domain: name) any more: its domain-id may go to another."
          : "\(domain: name) gets domain-id \(Int(new)), which will tag its TLB entries.", place)
    case .dmaWrite(let at, _, let new):
      return Narration(
        "The request arrives: the device stores \(new.hex8) at \(physical: at).", "the bus face")
    case .dmaWrite64(let at, _, let new):
      return Narration(
        "The request arrives: the device stores \(new.hex8) at \(physical: at).", "the bus face")
    case .dmaRead(let at, let value):
      return Narration(
        "The request arrives: the device fetches \(value.hex8) from \(physical: at).",
        "the bus face")
    case .memoryRead(let at, let value, 0):
      return Narration("Software reads \(value.hex8) at \(physical: at).", place)
    case .memoryRead(let at, let value, let level): return explainWalk(at, value, Int(level))
    case .pageAlloc(let at, let count, let use, _, _):
      return explainPages(at, Int(count), use)
    case .pageFree(let at, _, _, _):
      return Narration(
        "The pages at \(physical: at) go back to the kernel, words and all. "
          + "Who still walks them walks freed memory.", place)
    case .pageClear(let at, let image):
      return Narration(
        image < 0
          ? "A fresh table is cleared, so that no entry maps anything yet."
          : "The page at \(physical: at) held old words; a fresh table must not map by accident.",
        place)
    case .tlbHit:
      return Narration(
        "The TLB remembers this page, so no table is read. Were the table changed since, nobody "
          + "would notice.", words.tlbSource)
    case .tlbMiss(_, _, let iova):
      return Narration(
        "The TLB knows nothing about \(iova: iova), so the tables must be read.", words.tlbSource)
    case .tlbFill(let entry, _, _):
      return Narration(
        "The TLB keeps the answer for all \(entry.size.bytes.sizeText) of the page, tagged "
          + "\(words.tag(of: entry)), until somebody invalidates it.", words.tlbSource)
    case .tlbDrop(let entry, _, _, _):
      return Narration(
        "The entry for \(iova: IOVA(entry.iova)) is gone: the next request there reads the tables.",
        place.isEmpty ? words.tlbSource : place)
    case .tlbEvict(let entry, _, _, _):
      return Narration(
        "The set is full, so the entry for \(iova: IOVA(entry.iova)) leaves.", "platform data")
    case .fault(let fault): return explainFault(fault)
    case .stalled(_, let bank):
      return Narration(
        "Bank \(Int(bank)) is stalled by an earlier fault: the request waits until FSR is cleared "
          + "or RESUME is written.", "FSR.SS")
    case .interrupt(let iommu):
      return Narration(
        "\(words.interruptCause), so \(strong: machine.board.iommus[Int(iommu)].name) interrupts "
          + "the CPU about it.", words.interruptSource)
    case .domainAlloc(_, let name):
      return Narration(
        "\(domain: system.names[Int(name)]) is a domain: a page table to be. Nothing says which "
          + "IOMMU it is for.", place)
    case .domainFree(let index) where function == "iommu_domain_alloc":
      return Narration(
        "The driver made no table, so that \(domain: system.name(of: DomainID(Int(index)))) never was: "
          + "iommu_domain_alloc answers NULL.", place)
    case .domainFree(let index):
      return Narration(
        "\(domain: system.name(of: DomainID(Int(index)))) is gone. Nobody asked whether a context "
          + "still uses it.", place)
    case .domainTable(let index, _, let new):
      let name = system.name(of: DomainID(Int(index)))
      return Narration(
        new.value == 0
          ? "\(domain: name) no longer has a table."
          : "The table of \(domain: name) is at \(physical: new). It can be filled before any "
            + "device is attached.", place)
    case .link(let to, let device, _):
      let domain = system.name(of: DomainID(Int(to)))
      return Narration(
        "\(strong: system.name(of: DeviceID(Int(device)))) joins the list of \(domain: domain): "
          + "from now on its TLB is flushed with the others.", place)
    case .unlink(let from, let device, _):
      let domain = system.name(of: DomainID(Int(from)))
      return Narration(
        "\(strong: system.name(of: DeviceID(Int(device)))) leaves the list of \(domain: domain) "
          + "and may be attached again.", place)
    case .bind(let device):
      return Narration(
        "\(strong: system.name(of: DeviceID(Int(device)))) now carries its IOMMU data. This is the "
          + "mail's answer: the device knows.", place)
    case .interruptsHeld(_, let isHeld):
      return Narration(
        isHeld
          ? "No handler runs by itself from here on: faults stay pending, and a context that "
            + "stalls stays stalled until somebody clears it."
          : "From here on the interrupt handler runs at the end of the operation that faulted.")
    case .design(_, let new): return Narration(new.meaning, "the mail of 30 July 2010")
    case .domainCookie(let index, let device):
      return Narration(
        "\(domain: system.name(of: DomainID(Int(index)))) is bound to "
          + "\(strong: system.name(of: DeviceID(Int(device)))) before it is attached: whoever allocates "
          + "must know the device, and one domain for two IOMMUs has no such name.",
        place)
    case .client(let change): return explainClient(change)
    case .pageLimit(_, let new):
      return Narration(
        new < 0 ? "Tables may take any number of pages." : "Tables may take \(Int(new)) pages.")
    }
  }

  private func explainCheck(_ question: String, _ answer: UInt32) -> Narration {
    if let narration = explainClientCheck(question, answer != 0) { return narration }
    switch (question, answer) {
    case ("is the context attached already?", 0):
      return Narration("The context is on no domain's list, so it can be attached.", place)
    case ("is the context attached already?", _):
      return Narration("A context has at most one domain at a time: \(fault: "-EBUSY").", place)
    case ("is the first-level word 0?", 1) where function == "msm_iommu_map":
      return Narration("No second-level table is there yet: one must be made.", place)
    case ("is the first-level word 0?", 0) where function == "msm_iommu_map":
      return Narration("The word is taken for a table pointer, whatever it is.", place)
    case ("is no context attached?", 1):
      return Narration(
        "Without a context nobody can be asked: the answer is 0, though the table may be full.",
        place)
    case ("is no context attached?", 0):
      return Narration("The driver asks the hardware, through the context attached last.", place)
    case ("does its IOMMU have driver data?", 0):
      return Narration("The IOMMU was not probed before its context: \(fault: "-ENODEV").", place)
    case ("is the second-level table empty now?", 1):
      return Narration("That was the table's last entry: its page is freed.", place)
    case ("may it be used so?", 1):
      return Narration("The entry's rights allow this access.", words.rightsSource)
    case ("may it be used so?", _):
      return Narration("The entry's rights forbid this access.", words.rightsSource)
    case (_, 0): return Narration("The code asks: \(question) It is not so.", place)
    default: return Narration("The code asks: \(question) It is so.", place)
    }
  }

  private func explainHazard(
    _ hazard: Hazard, _ at: PhysicalAddress, _ word: UInt32
  ) -> Narration {
    let sentence: Prose =
      switch hazard {
      case .overwroteMappedMemory:
        "A section's word was taken for a table: \(word.hex8) was written into mapped memory at \(physical: at)."
      case .wroteBeyondTable:
        "The index ran past the end: \(word.hex8) was written behind the table, at \(physical: at)."
      case .leakedTable:
        "Nothing leads to the second-level table at \(physical: at) any more. Its page is lost."
      case .freedWhileAttached:
        "Contexts still point at the table at \(physical: at), which is being freed."
      case .unmappedNothing:
        "No word was changed. The driver answers with the length it was asked for all the same."
      case .tornGroup:
        "A large page is 16 equal words; one of them is now different, and the others still map."
      case .leftHalfMapped:
        "No page was left for a table. The driver says that nothing was mapped, so nobody unmaps what was."
      case .mappedTwice:
        "The entry at \(physical: at) maps something already. It keeps what it had; the log gets a line."
      case .unmappedMore:
        "What is mapped here is larger than what was asked for, and goes as a whole."
      case .freedForeignPage:
        "The page at \(physical: at) never came from the allocator, and is freed all the same."
      }
    return Narration(sentence, place)
  }

  private func explainTableWrite(_ at: PhysicalAddress, _ new: UInt64) -> Narration {
    let format = machine.platform.format
    let use = machine.board.memory.use(ofPage: at.page)
    switch use {
    case .rootTable, .contextTable: return explainRoutingWrite(at, use, new)
    case .buffer, .coherentBuffer:
      return Narration("A word of memory changes. No table of the kernel's lies there.", place)
    case .freed:
      return Narration("A word changes in a page that went back to the allocator.", place)
    case .firstLevelTable, .lowerLevelTable: break
    }
    let isFirst = use == .firstLevelTable
    let level = isFirst ? format.firstLevel : format.levels[1]
    let name = format.levels.count > 2 ? "table" : isFirst ? "first-level" : "second-level"
    switch format.decode(new, level: level) {
    case .invalid, .reserved:
      return Narration(
        "The \(name) entry is cleared. Until the TLB is flushed, the old answer may live on.",
        place)
    case .table(let base):
      return Narration(
        "The entry now leads to the next table, at \(physical: base).", place)
    case .leaf(let leaf) where format.levels.count > 2:
      return Narration(
        "The entry maps a page of \(physical: leaf.physical). The walker will find it here, and "
          + "nowhere else.", place)
    case .leaf(let leaf):
      let size = leaf.size.bytes.sizeText
      return Narration(
        "One \(name) entry maps \(size) to \(physical: leaf.physical). The walker will find it "
          + "here, and nowhere else.", place)
    }
  }

  private func explainWalk(_ at: PhysicalAddress, _ word: UInt64, _ level: Int) -> Narration {
    let source = words.walkSource
    switch machine.platform.format.decode(word, level: level) {
    case .invalid, .reserved:
      return Narration(
        "The word at \(physical: at) is no valid entry: nothing is mapped there.", source)
    case .table(let base):
      return Narration(
        "The index picks one of \(machine.platform.format.entryCount(level: level)) words. It is "
          + "a table: go on at \(physical: base).", source)
    case .leaf(let leaf):
      return Narration(
        "The word at \(physical: at) is a leaf: \(leaf.size.bytes.sizeText) at "
          + "\(physical: leaf.physical). The address's lower bits follow unchanged.", source)
    }
  }

  private func explainFault(_ fault: Fault) -> Narration {
    let source = words.faultSource
    let device = machine.system.devices.first {
      $0.iommu == Int(fault.iommu)
        && (fault.reason == 0
          ? $0.bank == Int(fault.bank) : $0.streams.contains(UInt32(fault.stream)))
    }
    let who = device?.name ?? machine.board.iommus[Int(fault.iommu)].name
    let sentence: Prose =
      switch fault.kind {
      case .translation:
        "Nothing is mapped at \(iova: fault.iova): \(strong: who) is stopped, and the registers say why."
      case .accessFlag: "The access flag of \(iova: fault.iova) is 0 and the bank checks it."
      case .permission: "\(iova: fault.iova) is mapped, but not for this access."
      case .tlbMiss: "The TLB missed and ACTLR.TLBMCFG does not let the bank walk."
      case .externalAbort: "A table lies where no memory answers."
      case .configuration where fault.reason != 0:
        "\(strong: who) is stopped: \(VTDFaultReason(rawValue: fault.reason)?.words ?? "unknown")."
      case .configuration: "Stream \(Int(fault.stream)) is routed to a bank that does not exist."
      }
    return Narration(sentence, source)
  }
}
