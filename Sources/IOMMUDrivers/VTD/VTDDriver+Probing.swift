public import IOMMUAPI
internal import IOMMUHardware

/// How the driver brings up a unit, and what it does when the unit reports faults.
extension VTDDriver {
  @usableFromInline
  package func probe(_ device: DeviceID, in system: inout System) throws(KernelError) {
    if let parent = system.devices[device.index].parent {
      _ = try system.within("intel_iommu_probe_device", .device(device)) {
        (system) throws(KernelError) in
        guard
          system.ask("is its IOMMU set up?", system.devices[parent.index].isBound)
        else { throw .iommuNotProbed(device: device) }
        system.bind(device)
        return 0
      }
    } else {
      try bringUp(device, in: &system)
    }
  }

  /// `init_dmars`: a root table, empty caches, fault interrupts, and translation on.
  private func bringUp(_ device: DeviceID, in system: inout System) throws(KernelError) {
    let iommu = system.devices[device.index].iommu
    _ = try system.within("init_dmars", .device(device)) { (system) throws(KernelError) in
      guard let root = system.board.allocatePages(1, for: .rootTable, owner: 0) else {
        throw .outOfPages
      }
      system.inside("iommu_set_root_entry", .iommu(UInt8(iommu))) { system in
        system.board.writeDoubleRegister(VTDRegisters.rtaddr, of: iommu, root.value)
        system.board.writeRegister(VTDRegisters.gcmd, of: iommu, VTDRegisters.srtp)
        _ = system.board.readRegister(VTDRegisters.gsts, of: iommu)
        flushContext(.all, of: iommu, in: &system)
        flushIOTLB(.all, of: iommu, in: &system)
      }
      system.inside("dmar_set_interrupt", .iommu(UInt8(iommu))) { system in
        system.board.writeRegister(VTDRegisters.fectl, of: iommu, 0)
        _ = system.board.readRegister(VTDRegisters.fectl, of: iommu)
      }
      system.inside("iommu_enable_translation", .iommu(UInt8(iommu))) { system in
        system.board.writeRegister(VTDRegisters.gcmd, of: iommu, VTDRegisters.te)
        _ = system.board.readRegister(VTDRegisters.gsts, of: iommu)
      }
      system.bind(device)
      return 0
    }
  }

  /// `dmar_fault`: reads, prints and clears every pending record, then the status.
  @usableFromInline
  package func handleInterrupt(of iommu: Int, in system: inout System) {
    system.inside("dmar_fault", .iommu(UInt8(iommu))) { system in
      let status = system.board.readRegister(VTDRegisters.fsts, of: iommu)
      if status != 0 {
        system.board.journal.append(.message("DRHD: handling fault status reg %x", status, 0))
      }
      guard status & VTDRegisters.FSTS.pending != 0 else { return }
      let count = system.board.capabilities(of: iommu).faultRecords
      var index = VTDRegisters.FSTS.index(status)
      while true {
        let record = VTDRegisters.record(index)
        let word = system.board.readRegister(record + 12, of: iommu)
        guard word >> 31 == 1 else { break }
        let source = system.board.readRegister(record + 8, of: iommu)
        let address = system.board.readRegister(record, of: iommu)
        let upper = system.board.readRegister(record + 4, of: iommu)
        system.board.writeRegister(record + 12, of: iommu, 1 << 31)
        report(word, source, address, upper, &system)
        index = (index + 1) % count
      }
      // PRO, bit 7, too: an overflow of page requests, which legacy mode has not.
      system.board.writeRegister(
        VTDRegisters.fsts, of: iommu,
        VTDRegisters.FSTS.overflow | VTDRegisters.FSTS.pending | 1 << 7)
    }
  }

  /// `dmar_fault_do_one`.
  private func report(
    _ word: UInt32, _ source: UInt32, _ address: UInt32, _ upper: UInt32, _ system: inout System
  ) {
    let line = FaultLine(
      source: SourceID(UInt16(truncatingIfNeeded: source)),
      reason: UInt8(truncatingIfNeeded: word), address: UInt64(upper) << 32 | UInt64(address))
    let format: Label = word >> 30 & 1 == 1 ? "[DMA Read NO_PASID] %F" : "[DMA Write NO_PASID] %F"
    system.board.journal.append(.message(format, line.first, line.second))
  }
}
