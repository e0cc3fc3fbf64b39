/// What a VT-d unit leaves in its registers when it stops a request.
extension Board {
  /// Records a fault and returns it with the FSTS it left.
  ///
  /// The unit has few records; a fault that finds none free sets PFO and is lost. Nothing stalls.
  mutating func raiseVTD(_ fault: Fault) -> Fault {
    var fault = fault
    let iommu = Int(fault.iommu)
    if fault.isRecorded { record(fault, iommu) }
    fault.status = register(VTDRegisters.fsts, of: iommu)
    journal.append(.fault(fault))
    if fault.isRecorded, isInterruptingVTD(iommu) { journal.append(.interrupt(iommu: fault.iommu)) }
    return fault
  }

  private mutating func record(_ fault: Fault, _ iommu: Int) {
    let status = register(VTDRegisters.fsts, of: iommu)
    guard status & VTDRegisters.FSTS.overflow == 0 else { return }
    let count = capabilities(of: iommu).faultRecords
    let first = VTDRegisters.FSTS.index(status)
    let free = (0..<count).map { (first + $0) % count }.first {
      register(VTDRegisters.record($0) + 12, of: iommu) >> 31 == 0
    }
    guard let free else {
      setRegister(VTDRegisters.fsts, of: iommu, status | VTDRegisters.FSTS.overflow)
      return
    }
    let place = VTDRegisters.record(free)
    let page = fault.iova.value & ~0xfff
    setRegister(place, of: iommu, UInt32(truncatingIfNeeded: page))
    setRegister(place + 4, of: iommu, UInt32(truncatingIfNeeded: page >> 32))
    setRegister(place + 8, of: iommu, UInt32(fault.stream))
    // F, T (1 is a read) and the reason.
    let type: UInt32 = fault.access == .write ? 0 : 1 << 30
    setRegister(place + 12, of: iommu, 1 << 31 | type | UInt32(fault.reason))
    settleFaultStatus(iommu)
  }

  /// PPF is up while a record is pending, and FRI names the first.
  mutating func settleFaultStatus(_ iommu: Int) {
    let old = register(VTDRegisters.fsts, of: iommu)
    let pending = (0..<capabilities(of: iommu).faultRecords).first {
      register(VTDRegisters.record($0) + 12, of: iommu) >> 31 == 1
    }
    var status = old & VTDRegisters.FSTS.overflow
    if let pending { status |= VTDRegisters.FSTS.pending | UInt32(pending) << 8 }
    if status != old { setRegister(VTDRegisters.fsts, of: iommu, status) }
  }

  /// A record is pending, and fault events may interrupt.
  func isInterruptingVTD(_ iommu: Int) -> Bool {
    register(VTDRegisters.fsts, of: iommu) & VTDRegisters.FSTS.pending != 0
      && register(VTDRegisters.fectl, of: iommu) & VTDRegisters.interruptMask == 0
  }
}
