internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// Register accesses in words: what a write is for, and what it changes.
extension Explainer {
  func explainWrite(_ iommu: Int, _ offset: UInt32, _ old: UInt32, _ new: UInt32) -> Narration {
    let unit = machine.board.iommus[iommu]
    if let narration = explainVTDWrite(unit, offset, new) { return narration }
    guard Int(offset >> 12) < unit.bankCount else {
      return explainGlobalWrite(unit, offset, old, new)
    }
    let bank = Int(offset >> 12)
    let register = offset & 0xfff
    let isReset = function == "__reset_context" || function == "msm_iommu_reset"
    switch register {
    case MSMRegisters.contextTLBIALL where isReset:
      return Narration(
        "What the TLB holds for bank \(bank) may be wrong from here on: it goes.", place)
    case MSMRegisters.contextTLBIALL:
      return Narration(
        "Bank \(bank) may remember what is no longer so. TLBIALL drops all with its VMID; the driver "
          + "gives every bank VMID 0, so all of \(strong: unit.name) (inferred).", place)
    case _ where isReset && new == 0:
      return Narration(
        "Bank \(bank) goes back to zero first, so that nothing of its last user is left.", place)
    case MSMRegisters.ttbr0 where new >> 14 != old >> 14:
      return explainTableBase(bank, new)
    case MSMRegisters.ttbr0, MSMRegisters.ttbr1:
      return Narration(
        "The walker's own reads go through the cache: the tables are kept there.", place)
    case MSMRegisters.sctlr where new & 1 > old & 1:
      return Narration(
        "SCTLR.M is set last: all that it switches on is in place. From here bank \(bank) "
          + "translates.", place)
    case MSMRegisters.sctlr where new & 1 < old & 1:
      return Narration(
        "SCTLR.M is off: addresses pass bank \(bank) untranslated and unprotected (inferred).",
        place)
    case MSMRegisters.sctlr:
      return Narration("TRE: memory types are looked up in PRRR and NMRR.", place)
    case MSMRegisters.actlr: return explainACTLR(bank, old, new)
    case MSMRegisters.prrr, MSMRegisters.nmrr:
      return Narration(
        "Bank \(bank) gets the CPU's own memory types, so that both agree on what is cached.",
        place)
    case MSMRegisters.contextidr:
      return Narration("ASID \(Int(new & 0xff)) will tag bank \(bank)'s TLB entries.", place)
    case MSMRegisters.v2ppr:
      return Narration("V2PPR asks: where would a privileged read of this page go?", place)
    case MSMRegisters.fsr:
      return Narration("Writing 1 clears: the fault is dealt with and the stall ends.", place)
    default:
      let name = registers.name(at: offset, banks: unit.bankPages)
      let purpose = registers.register(at: offset, banks: unit.bankPages)?.register.purpose ?? ""
      return Narration("\(strong: name): \(purpose).", place)
    }
  }

  private func explainTableBase(_ bank: Int, _ new: UInt32) -> Narration {
    let base = ARMv7Short.tableBase(new)
    let others = machine.board.iommus.indices.flatMap { iommu in
      (0..<machine.board.iommus[iommu].bankCount).filter { other in
        let word = machine.board.register(
          MSMRegisters.offset(MSMRegisters.ttbr0, bank: other), of: iommu)
        return base.value != 0 && ARMv7Short.tableBase(word) == base
      }
    }
    return Narration(
      others.count > 1
        ? "TTBR0 tells the walker where to start. \(others.count) banks now share one table: \(strong: "one domain, \(others.count) contexts")."
        : "TTBR0 tells the walker where to start: at the first-level table \(physical: base).",
      place)
  }

  private func explainACTLR(_ bank: Int, _ old: UInt32, _ new: UInt32) -> Narration {
    let sentence: Prose =
      switch old ^ new {
      case let bits where bits & 3 << 12 != 0: "A TLB miss in bank \(bank) may walk the tables."
      case let bits where bits & 3 << 16 != 0: "V2P questions may walk the tables too."
      case let bits where bits & 1 << 1 != 0: "A fault in bank \(bank) shall interrupt the CPU."
      case let bits where bits & 1 << 14 != 0:
        "A faulting request is stalled, not ended: it waits until FSR is cleared."
      case let bits where bits & 7 << 4 != 0:
        "Requests are made shareable, so that caches stay coherent with the CPU."
      default: "Nothing changes: a field setter writes the whole register each time."
      }
    return Narration(sentence, place)
  }

  private func explainGlobalWrite(
    _ unit: IOMMU, _ offset: UInt32, _ old: UInt32, _ new: UInt32
  ) -> Narration {
    let name = registers.name(at: offset, banks: unit.bankPages)
    switch offset {
    case 0xf_f000..<0xf_f800 where function == "__reset_context" || function == "msm_iommu_reset":
      return Narration(
        "A slip of the driver: M2VCBR is indexed by stream, and it passes the bank's number. "
          + "Bypass bits of stream \(Int(offset & 0x7ff) / 4) go.", place)
    case 0xf_f000..<0xf_f800 where new & 0xff00 != old & 0xff00 || new >> 22 & 3 == 3:
      return Narration(
        "Stream \(Int(offset & 0x7ff) / 4) goes to bank \(MSMRegisters.M2VCBR.cbndx(new)): this is "
          + "the wiring that a domain need not know.", place)
    case MSMRegisters.globalTLBIALL:
      return Narration("All that \(strong: unit.name) had cached is forgotten.", place)
    default:
      let purpose = registers.register(at: offset, banks: unit.bankPages)?.register.purpose ?? ""
      return Narration("\(strong: name): \(purpose).", place)
    }
  }

  func explainRead(_ iommu: Int, _ offset: UInt32, _ value: UInt32) -> Narration {
    let unit = machine.board.iommus[iommu]
    let name = registers.name(at: offset, banks: unit.bankPages)
    if unit.family == .vtd {
      return function.isEmpty
        ? Narration(
          value & VTDRegisters.te != 0
            ? "GSTS.TES is 1: the request must find its way."
            : "GSTS.TES is 0: the address passes as it is.", "GSTS.TES")
        : Narration("The driver reads \(strong: name): \(value.hex8).", place)
    }
    if (0xf_f000..<0xf_f800).contains(offset) {
      return Narration(
        "The stream ID picks \(strong: name), and its CBNDX picks context bank "
          + "\(MSMRegisters.M2VCBR.cbndx(value)).", "M2VCBR.CBNDX")
    }
    if offset & 0xfff == MSMRegisters.sctlr, function.isEmpty {
      return Narration(
        value & 1 == 1
          ? "SCTLR.M is 1: the bank translates."
          : "SCTLR.M is 0: the address passes as it is, and nothing protects memory (inferred).",
        "SCTLR.M")
    }
    let who = function.isEmpty ? "Software" : "The driver"
    return Narration("\(who) reads \(strong: name): \(value.hex8).", place)
  }

  func explainSet(_ iommu: Int, _ offset: UInt32, _ new: UInt32) -> Narration {
    let unit = machine.board.iommus[iommu]
    let found = registers.register(at: offset, banks: unit.bankPages)
    let purpose = found?.register.purpose ?? ""
    if unit.family == .msm, offset & 0xfff == MSMRegisters.par, Int(offset >> 12) < unit.bankCount {
      return Narration(
        new & 1 == 1
          ? "PAR bit 0 is set: the question ended in a fault, by the bits beside it."
          : "PAR holds the answer: the page is at \(physical: PhysicalAddress(UInt64(new & 0xffff_f000))).",
        "PAR")
    }
    return Narration(
      "The hardware itself sets \(strong: found?.name ?? "a register"): \(purpose).", "")
  }
}
