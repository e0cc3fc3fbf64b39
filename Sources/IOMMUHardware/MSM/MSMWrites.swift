/// What an MSM System MMU does when software writes one of its registers.
extension Board {
  /// The side effects of a write: invalidations, probes, restored status, the end of a stall.
  mutating func reactMSM(toWriteOf word: UInt32, at offset: UInt32, of iommu: Int) {
    let page = Int(offset >> 12)
    if page < iommus[iommu].bankCount {
      reactInBank(page, register: offset & 0xfff, word: word, iommu: iommu)
      return
    }
    switch offset {
    case MSMRegisters.globalTLBIALL: dropTLB(of: iommu) { _ in true }
    case MSMRegisters.tlbivmid: dropTLB(of: iommu) { $0.vmid == UInt16(word & 0x1f) }
    case MSMRegisters.esrRestore: setRegister(MSMRegisters.esr, of: iommu, word)
    default: break
    }
  }

  private mutating func reactInBank(_ bank: Int, register: UInt32, word: UInt32, iommu: Int) {
    let vmid = bankVMID(bank, of: iommu)
    let asid = UInt8(truncatingIfNeeded: word)
    let page = UInt64(word & 0xffff_f000)
    func covers(_ entry: TLBEntry) -> Bool {
      entry.vmid == vmid && page & ~entry.size.offsetMask == entry.iova
    }
    switch register {
    // That a bank's TLBIALL drops what carries its VMID is inferred. The 3.6 driver gives every
    // bank VMID 0, so there it empties the whole IOMMU.
    case MSMRegisters.contextTLBIALL: dropTLB(of: iommu) { $0.vmid == vmid }
    case MSMRegisters.tlbiasid:
      dropTLB(of: iommu) { $0.vmid == vmid && !$0.flags.contains(.global) && $0.asid == asid }
    case MSMRegisters.tlbiva:
      dropTLB(of: iommu) { covers($0) && ($0.flags.contains(.global) || $0.asid == asid) }
    case MSMRegisters.tlbivaa: dropTLB(of: iommu, where: covers)
    case MSMRegisters.v2ppr: probe(word, bank, of: iommu, .read, isPrivileged: true)
    case MSMRegisters.v2ppw: probe(word, bank, of: iommu, .write, isPrivileged: true)
    case MSMRegisters.v2pur: probe(word, bank, of: iommu, .read, isPrivileged: false)
    case MSMRegisters.v2puw: probe(word, bank, of: iommu, .write, isPrivileged: false)
    case MSMRegisters.fsrRestore:
      setRegister(MSMRegisters.offset(MSMRegisters.fsr, bank: bank), of: iommu, word)
    case MSMRegisters.resume:
      let fsr = MSMRegisters.offset(MSMRegisters.fsr, bank: bank)
      let status = self.register(fsr, of: iommu)
      if status & MSMRegisters.FSR.ss != 0 {
        setRegister(fsr, of: iommu, status & ~MSMRegisters.FSR.ss)
      }
    default: break
    }
  }

  /// The VMID under which a bank's own probes and invalidations run: CBACR.CBVMID.
  package func bankVMID(_ bank: Int, of iommu: Int) -> UInt16 {
    UInt16(register(MSMRegisters.cbacr(UInt32(bank)), of: iommu) >> 16 & 0x1f)
  }

  /// V2P: translates VA[31:12] of `word` through a bank and puts the answer into its PAR.
  ///
  /// A miss walks when ACTLR.V2PCFG is not 0 (the driver uses 1 and 3), and fills the TLB.
  private mutating func probe(
    _ word: UInt32, _ bank: Int, of iommu: Int, _ access: Access, isPrivileged: Bool
  ) {
    let request = Request(
      iommu: iommu, stream: 0, iova: IOVA(UInt64(word & 0xffff_f000)), access: access,
      isPrivileged: isPrivileged)
    let control = register(MSMRegisters.offset(MSMRegisters.sctlr, bank: bank), of: iommu)
    let configuration = register(MSMRegisters.offset(MSMRegisters.actlr, bank: bank), of: iommu)
    var trace = WalkTrace()
    let outcome =
      control & MSMRegisters.SCTLR.m == 0
      ? WalkOutcome.bypassed(PhysicalAddress(request.iova.value))
      : translateMSM(
        request, bank: bank, vmid: bankVMID(bank, of: iommu), isNonSecure: true,
        walksOnMiss: MSMRegisters.ACTLR.v2pcfg(configuration) != 0, watcher: &trace)
    for case .read(let word, let address, let level) in trace.steps {
      journal.append(.memoryRead(address, value: word, level: UInt8(level)))
    }
    if case .translated(_, let entry, let slot) = outcome {
      if let slot { countTLBHit(slot, of: iommu) } else { fillTLB(of: iommu, with: entry) }
    }
    setRegister(
      MSMRegisters.offset(MSMRegisters.par, bank: bank), of: iommu,
      parWord(outcome, bank: bank, iommu: iommu))
  }

  /// The word that PAR shows for an outcome.
  ///
  /// A fault has bit 0 set and FSR's bits. Otherwise bits 31:12 are the page with the address's own
  /// lower bits merged in, SS marks a supersection, and MT (inferred: Armv7's coding of the inner
  /// policy), SH, NS and NOS tell the memory's kind.
  private func parWord(_ outcome: WalkOutcome, bank: Int, iommu: Int) -> UInt32 {
    switch outcome {
    case .bypassed(let address): return UInt32(truncatingIfNeeded: address.value)
    case .stalled: return 1
    case .fault(let fault):
      let level = fault.level == 2 ? MSMRegisters.FSR.sl : 0
      return 1 | MSMRegisters.FSR.bit(of: fault.kind) | level
    case .translated(let address, let entry, _):
      let type = MemoryType(of: entry.attributes, bank: bank, iommu: iommu, on: self)
      return UInt32(truncatingIfNeeded: address.value) & 0xffff_f000
        | (entry.size == .size16M ? 2 : 0) | type.parBits
        | (entry.attributes & 16 != 0 ? 1 << 9 : 0)
    }
  }
}

extension Board {
  /// Asks for an invalidation by the register that stands for it.
  mutating func invalidateMSM(_ what: Invalidation, of iommu: Int) {
    func write(_ register: UInt32, bank: Int, _ word: UInt32) {
      writeRegister(MSMRegisters.offset(register, bank: bank), of: iommu, word)
    }
    switch what {
    case .all: writeRegister(MSMRegisters.globalTLBIALL, of: iommu, 0)
    case .vmid(let vmid): writeRegister(MSMRegisters.tlbivmid, of: iommu, vmid)
    case .bank(let bank): write(MSMRegisters.contextTLBIALL, bank: bank, 0)
    case .asid(let asid, let bank): write(MSMRegisters.tlbiasid, bank: bank, asid)
    case .address(let iova, let asid?, let bank):
      write(MSMRegisters.tlbiva, bank: bank, page(iova) | asid)
    case .address(let iova, nil, let bank): write(MSMRegisters.tlbivaa, bank: bank, page(iova))
    case .contexts, .domain: break
    }
    func page(_ iova: IOVA) -> UInt32 { UInt32(truncatingIfNeeded: iova.value) & 0xffff_f000 }
  }
}
