public import IOMMUAPI
internal import IOMMUHardware

/// How the driver brings up an IOMMU, a context device and a context bank.
extension MSMDriver {
  @usableFromInline
  package func probe(_ device: DeviceID, in system: inout System) throws(KernelError) {
    if let bank = system.devices[device.index].bank {
      try probeContext(device, bank: bank, in: &system)
    } else {
      try probeIOMMU(device, in: &system)
    }
  }

  /// Resets the whole IOMMU and sees by a trial translation that it is there.
  private func probeIOMMU(_ device: DeviceID, in system: inout System) throws(KernelError) {
    _ = try system.within("msm_iommu_probe", .device(device)) { (system) throws(KernelError) in
      let first = Context(iommu: system.devices[device.index].iommu, bank: 0)
      resetAll(first, in: &system)
      let isThere =
        switch era {
        case .linux3_6: tryTranslation(first, in: &system)
        }
      guard isThere else { throw .noAnswer(device: device) }
      system.bind(device)
      return 0
    }
  }

  /// A probe through empty tables must at least leave a fault in PAR.
  private func tryTranslation(_ first: Context, in system: inout System) -> Bool {
    first.set(MSMRegisters.sctlr, 1, 1, &system)
    first.write(MSMRegisters.par, 0, &system)
    first.set(MSMRegisters.actlr, 3 << 16, 1 << 16, &system)
    first.write(MSMRegisters.v2ppr, 0, &system)
    let par = first.read(MSMRegisters.par, &system)
    first.set(MSMRegisters.actlr, 3 << 16, 0, &system)
    first.set(MSMRegisters.sctlr, 1, 0, &system)
    return system.ask("did the trial translation leave a PAR?", par != 0)
  }

  /// Routes the context's MIDs to its bank.
  ///
  /// From here on the device carries its IOMMU data.
  private func probeContext(
    _ device: DeviceID, bank: Int, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("msm_iommu_ctx_probe", .device(device)) { (system) throws(KernelError) in
      let parent = system.devices[device.index].parent
      guard
        system.ask(
          "does its IOMMU have driver data?",
          parent.map { system.devices[$0.index].isBound } ?? false)
      else {
        throw .iommuNotProbed(device: device)
      }
      let context = Context(iommu: system.devices[device.index].iommu, bank: bank)
      let cbacr = MSMRegisters.cbacr(UInt32(bank))
      for mid in system.devices[device.index].streams {
        let m2vcbr = MSMRegisters.m2vcbr(mid)
        system.board.writeRegister(m2vcbr, of: context.iommu, 0)
        system.board.writeRegister(cbacr, of: context.iommu, 0)
        context.setGlobal(m2vcbr, 0x1f, 0, &system)
        context.setGlobal(m2vcbr, 0xff << 8, UInt32(bank) << 8, &system)
        context.setGlobal(cbacr, 0x1f << 16, 0, &system)
        switch era {
        // VMIDs are all 0, and the bank's number is its ASID.
        case .linux3_6: context.set(MSMRegisters.contextidr, 0xff, UInt32(bank), &system)
        }
        context.setGlobal(m2vcbr, 3 << 22, 3 << 22, &system)
      }
      system.bind(device)
      return 0
    }
  }

  /// `msm_iommu_reset`: the globals, then every bank.
  private func resetAll(_ first: Context, in system: inout System) {
    system.inside("msm_iommu_reset", .iommu(UInt8(first.iommu))) { system in
      first.setGlobal(MSMRegisters.cr, 1 << 0, 0, &system)
      first.setGlobal(MSMRegisters.cr, 1 << 2, 0, &system)
      system.board.writeRegister(MSMRegisters.esrRestore, of: first.iommu, 0)
      first.setGlobal(MSMRegisters.testbuscr, 1 << 0, 0, &system)
      system.board.writeRegister(MSMRegisters.cr, of: first.iommu, 0)
      first.setGlobal(MSMRegisters.testbuscr, 1 << 1, 0, &system)
      system.board.writeRegister(MSMRegisters.testbuscr, of: first.iommu, 0)
      system.board.writeRegister(MSMRegisters.tlbrsw, of: first.iommu, 0)
      system.board.writeRegister(MSMRegisters.globalTLBIALL, of: first.iommu, 0)
      system.board.writeRegister(MSMRegisters.rpuACR, of: first.iommu, 0)
      first.setGlobal(MSMRegisters.cr, 1 << 6, 1 << 6, &system)
      for bank in 0..<system.board.iommus[first.iommu].bankCount {
        let context = Context(iommu: first.iommu, bank: bank)
        clear(context, &system)
        context.write(MSMRegisters.contextidr, 0, &system)
      }
    }
  }

  /// `__reset_context`: the bank back to zero.
  func reset(_ context: Context, in system: inout System) {
    system.inside("__reset_context", context.subject) { system in
      switch era {
      // The ASID that probing gave stays.
      case .linux3_6: clear(context, &system)
      }
    }
  }

  private func clear(_ context: Context, _ system: inout System) {
    // The bypass fields belong to M2VCBR, whose index is a MID. The driver passes the bank's number,
    // so resetting bank k clears bypass bits of MID k.
    let m2vcbr = MSMRegisters.m2vcbr(UInt32(context.bank))
    for mask: UInt32 in [1 << 17, 1 << 18, 1 << 19, 3 << 20, 1 << 24] {
      context.setGlobal(m2vcbr, mask, 0, &system)
    }
    for register in [
      MSMRegisters.actlr, MSMRegisters.sctlr, MSMRegisters.fsrRestore, MSMRegisters.ttbr0,
      MSMRegisters.ttbr1, MSMRegisters.ttbcr, MSMRegisters.bfbcr, MSMRegisters.par,
      MSMRegisters.far, MSMRegisters.contextTLBIALL, MSMRegisters.tlbflpter,
      MSMRegisters.tlbslpter, MSMRegisters.tlblckr, MSMRegisters.prrr, MSMRegisters.nmrr,
    ] {
      context.write(register, 0, &system)
    }
  }

  /// `__program_context`: everything a bank needs, and SCTLR.M last.
  func program(_ context: Context, table: PhysicalAddress, in system: inout System) {
    system.inside("__program_context", context.subject) { system in
      reset(context, in: &system)
      // Walk the tables on a TLB miss, and for V2P.
      context.set(MSMRegisters.actlr, 3 << 12, 3 << 12, &system)
      context.set(MSMRegisters.actlr, 3 << 16, 3 << 16, &system)
      context.write(MSMRegisters.ttbcr, 0, &system)
      context.set(
        MSMRegisters.ttbr0, 0xffff_c000, UInt32(truncatingIfNeeded: table.value), &system)
      context.write(MSMRegisters.contextTLBIALL, 0, &system)
      // Faults interrupt on line 0 and stall the context.
      context.setGlobal(MSMRegisters.cbacr(UInt32(context.bank)), 0xff << 24, 0, &system)
      context.set(MSMRegisters.actlr, 1 << 1, 1 << 1, &system)
      context.set(MSMRegisters.actlr, 1 << 14, 1 << 14, &system)
      // Shareable by default, inner, outer and not at all.
      context.set(MSMRegisters.actlr, 1 << 5, 1 << 5, &system)
      context.set(MSMRegisters.actlr, 1 << 4, 1 << 4, &system)
      context.set(MSMRegisters.actlr, 1 << 6, 1 << 6, &system)
      // Memory types as the CPU has them.
      context.set(MSMRegisters.sctlr, 1 << 1, 1 << 1, &system)
      context.write(MSMRegisters.prrr, cpuPRRR, &system)
      context.write(MSMRegisters.nmrr, cpuNMRR, &system)
      context.set(MSMRegisters.bfbcr, 1, 1, &system)
      makeWalksCacheable(context, &system)
      context.set(MSMRegisters.sctlr, 1, 1, &system)
    }
  }

  /// Table walks go through the cache, write-back write-allocate: SH, NOS, IRGN and ORGN.
  private func makeWalksCacheable(_ context: Context, _ system: inout System) {
    let bases = [MSMRegisters.ttbr0, MSMRegisters.ttbr1]
    for bit: UInt32 in [1 << 1, 1 << 5] {
      for register in bases { context.set(register, bit, bit, &system) }
    }
    for register in bases {
      context.set(register, 1 << 0, 0, &system)
      context.set(register, 1 << 6, 1 << 6, &system)
    }
    for register in bases { context.set(register, 3 << 3, 1 << 3, &system) }
  }
}
