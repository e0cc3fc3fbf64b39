/// What an MSM System MMU leaves in its registers when it stops a request.
extension Board {
  /// Records a fault in its context bank and returns it with the FSR it left.
  ///
  /// FSR names one kind, by one bit. While a fault is pending a second one only adds MULTI: FAR and
  /// FSYNR keep the first. The stall bit is set where ACTLR.CFCFG asks for it.
  mutating func raiseMSM(_ fault: Fault) -> Fault {
    var fault = fault
    let iommu = Int(fault.iommu)
    guard fault.kind != .configuration else {
      setRegister(MSMRegisters.ear, of: iommu, UInt32(truncatingIfNeeded: fault.iova.value))
      setRegister(MSMRegisters.esynr0, of: iommu, UInt32(fault.stream & 0xff))
      // ESR.CFG: the stream's routing itself is wrong.
      setRegister(MSMRegisters.esr, of: iommu, register(MSMRegisters.esr, of: iommu) | 1)
      journal.append(.fault(fault))
      return fault
    }
    let bank = Int(fault.bank)
    func at(_ register: UInt32) -> UInt32 { MSMRegisters.offset(register, bank: bank) }
    let old = register(at(MSMRegisters.fsr), of: iommu)
    let configuration = register(at(MSMRegisters.actlr), of: iommu)
    let stall = configuration & MSMRegisters.ACTLR.cfcfg != 0 ? MSMRegisters.FSR.ss : 0
    if old & MSMRegisters.FSR.pending != 0 {
      fault.status = old | MSMRegisters.FSR.multi | stall
    } else {
      let level = fault.level == 2 ? MSMRegisters.FSR.sl : 0
      fault.status =
        old & MSMRegisters.FSR.multi | MSMRegisters.FSR.bit(of: fault.kind) | level | stall
      setRegister(
        at(MSMRegisters.far), of: iommu, UInt32(truncatingIfNeeded: fault.iova.value))
      setRegister(at(MSMRegisters.fsynr0), of: iommu, UInt32(fault.stream & 0xff))
      setRegister(
        at(MSMRegisters.fsynr1), of: iommu,
        (fault.isPrivileged ? 1 << 5 : 0) | (fault.access == .execute ? 1 << 7 : 0)
          | (fault.access == .write ? 1 << 8 : 0))
    }
    setRegister(at(MSMRegisters.fsr), of: iommu, fault.status)
    journal.append(.fault(fault))
    if configuration & MSMRegisters.ACTLR.cfeie != 0 {
      journal.append(.interrupt(iommu: fault.iommu))
    }
    return fault
  }

  /// The interrupt line of an IOMMU is up: a bank has a pending fault and may interrupt.
  func isInterruptingMSM(_ iommu: Int) -> Bool {
    (0..<iommus[iommu].bankCount).contains { bank in
      register(MSMRegisters.offset(MSMRegisters.fsr, bank: bank), of: iommu)
        & MSMRegisters.FSR.pending != 0
        && register(MSMRegisters.offset(MSMRegisters.actlr, bank: bank), of: iommu)
          & MSMRegisters.ACTLR.cfeie != 0
    }
  }
}
