extension IOMMU {
  /// Writing `word` to the register at `offset` makes this unit forget something it remembers.
  ///
  /// It says nothing about whether there was anything to forget.
  package func isFlush(_ word: UInt32, at offset: UInt32) -> Bool {
    switch family {
    case .msm: isMSMFlush(at: offset)
    case .vtd:
      // Bit 63 of CCMD (ICC) and of IOTLB (IVT) is the command; the halves are written one by one.
      (offset == VTDRegisters.high(VTDRegisters.ccmd)
        || offset == VTDRegisters.high(VTDRegisters.iotlb)) && word >> 31 == 1
    }
  }

  private func isMSMFlush(at offset: UInt32) -> Bool {
    guard bank(ofRegister: offset) != nil else {
      return offset == MSMRegisters.globalTLBIALL || offset == MSMRegisters.tlbivmid
    }
    return [
      MSMRegisters.contextTLBIALL, MSMRegisters.tlbiasid, MSMRegisters.tlbiva,
      MSMRegisters.tlbivaa,
    ].contains(offset & 0xfff)
  }
}
