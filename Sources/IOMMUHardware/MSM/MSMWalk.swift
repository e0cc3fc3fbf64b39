/// The way of a request through an MSM System MMU.
///
/// MID → M2VCBR → context bank → SCTLR.M → TLB → TTBR0 → first level → second level. That a bank
/// with SCTLR.M 0 passes addresses untranslated is inferred; no public manual says so.
extension Board {
  @inline(__always)
  func walkMSM(_ request: Request, watcher: inout some WalkWatcher) -> WalkOutcome {
    let banks = iommus[request.iommu].bankCount
    let route = iommus[request.iommu].registers[
      MSMRegisters.streamIndex(request.stream, banks: banks)]
    let bank = MSMRegisters.M2VCBR.cbndx(route)
    watcher.route(offset: MSMRegisters.m2vcbr(request.stream), value: route, bank: bank)
    guard bank < banks else {
      return .fault(request.fault(.configuration, level: 0, bank: bank))
    }
    if register(MSMRegisters.fsr, ofBank: bank, request) & MSMRegisters.FSR.ss != 0 {
      return .stalled(bank: bank)
    }
    let control = register(MSMRegisters.sctlr, ofBank: bank, request)
    let isOn = control & MSMRegisters.SCTLR.m != 0
    watcher.control(
      offset: MSMRegisters.offset(MSMRegisters.sctlr, bank: bank), value: control, isOn: isOn)
    guard isOn else { return .bypassed(PhysicalAddress(request.iova.value)) }
    let configuration = register(MSMRegisters.actlr, ofBank: bank, request)
    return translateMSM(
      request, bank: bank, vmid: MSMRegisters.M2VCBR.vmid(route),
      isNonSecure: MSMRegisters.M2VCBR.isNonSecure(route),
      // Only 3 is known to walk.
      walksOnMiss: MSMRegisters.ACTLR.tlbmcfg(configuration) == 3, watcher: &watcher)
  }

  /// A register of a context bank of the IOMMU that is asked.
  private func register(_ register: UInt32, ofBank bank: Int, _ request: Request) -> UInt32 {
    iommus[request.iommu].registers[MSMRegisters.bankIndex(register, bank: bank)]
  }

  /// TLB, tables and rights of one context bank that is on: for a stream, or for a V2P probe.
  @inline(__always)
  func translateMSM(
    _ request: Request, bank: Int, vmid: UInt16, isNonSecure: Bool, walksOnMiss: Bool,
    watcher: inout some WalkWatcher
  ) -> WalkOutcome {
    let asid = UInt8(
      truncatingIfNeeded: register(MSMRegisters.contextidr, ofBank: bank, request))
    let iova = request.iova.value
    let slot = iommus[request.iommu].tlb.lookup(
      iova, vmid: vmid, asid: asid, isNonSecure: isNonSecure)
    watcher.probe(slot: slot, vmid: vmid, asid: asid)
    if let slot, let entry = iommus[request.iommu].tlb[slot] {
      return finish(request, bank: bank, entry: entry, slot: slot, level: 0, watcher: &watcher)
    }
    guard walksOnMiss else { return .fault(request.fault(.tlbMiss, level: 0, bank: bank)) }
    let base = tableBase(ofBank: bank, for: request)
    switch ARMv7Short.walk(memory, from: base, for: request.iova, watcher: &watcher) {
    case .fault(let kind, let level):
      return .fault(request.fault(kind, level: level, bank: bank))
    case .leaf(let leaf, let level):
      let control = register(MSMRegisters.sctlr, ofBank: bank, request)
      let checksFlag = control & MSMRegisters.SCTLR.afe != 0
      if checksFlag && !leaf.accessFlag {
        return .fault(request.fault(.accessFlag, level: level, bank: bank))
      }
      let flags: TLBEntry.Flags = leaf.isGlobal ? .global : []
      let entry = TLBEntry(
        iova: iova & ~leaf.size.offsetMask, physical: leaf.physical.value, vmid: vmid, asid: asid,
        sizeBits: leaf.size.bits, rights: checksFlag ? leaf.rightsWithAccessFlag : leaf.rights,
        attributes: leaf.memoryClass | (leaf.isShared ? 8 : 0) | (leaf.isNonSecure ? 16 : 0),
        flags: isNonSecure ? flags.union(.nonSecure) : flags)
      return finish(request, bank: bank, entry: entry, slot: nil, level: level, watcher: &watcher)
    }
  }

  /// TTBR0 serves all addresses while TTBCR.N is 0; else it serves those whose top N bits are 0.
  @inline(__always)
  private func tableBase(ofBank bank: Int, for request: Request) -> PhysicalAddress {
    let n = register(MSMRegisters.ttbcr, ofBank: bank, request) & 7
    let usesSecond = n > 0 && UInt32(truncatingIfNeeded: request.iova.value) >> (32 - n) != 0
    let word = register(
      usesSecond ? MSMRegisters.ttbr1 : MSMRegisters.ttbr0, ofBank: bank, request)
    // A table for a part of the addresses is smaller, and so may lie at a finer grain.
    return usesSecond || n == 0
      ? ARMv7Short.tableBase(word)
      : PhysicalAddress(UInt64(word & ~((1 << (14 - n)) - 1)))
  }

  @inline(__always)
  private func finish(
    _ request: Request, bank: Int, entry: TLBEntry, slot: Int?, level: Int,
    watcher: inout some WalkWatcher
  ) -> WalkOutcome {
    let isAllowed = entry.rights.allows(request.access, isPrivileged: request.isPrivileged)
    watcher.check(entry.rights, isAllowed: isAllowed)
    guard isAllowed else {
      return .fault(
        request.fault(
          .permission, level: slot == nil ? level : (entry.sizeBits < 20 ? 2 : 1), bank: bank))
    }
    let offset = request.iova.value & entry.size.offsetMask
    return .translated(PhysicalAddress(entry.physical | offset), entry: entry, slot: slot)
  }
}

extension Request {
  func fault(_ kind: FaultKind, level: Int, bank: Int) -> Fault {
    Fault(
      iova: iova, kind: kind, level: UInt8(level), iommu: UInt8(iommu),
      bank: UInt8(truncatingIfNeeded: bank), access: access, isPrivileged: isPrivileged,
      stream: UInt16(truncatingIfNeeded: stream))
  }
}
