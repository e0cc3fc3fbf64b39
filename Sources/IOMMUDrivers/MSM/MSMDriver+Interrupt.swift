public import IOMMUAPI
internal import IOMMUHardware

/// What the driver does when an IOMMU interrupts: print, and clear.
extension MSMDriver {
  /// `msm_iommu_fault_handler`: the same reads, lines and writes, in the same order.
  ///
  /// Messages are formats with C's `%08x` and `%d`; `%[` is replaced by the names of FSR's set bits.
  @usableFromInline
  package func handleInterrupt(of iommu: Int, in system: inout System) {
    system.inside("msm_iommu_fault_handler", .iommu(UInt8(iommu))) { system in
      func say(_ format: Label, _ first: UInt32 = 0, _ second: UInt32 = 0) {
        system.board.journal.append(.message(format, first, second))
      }
      say("Unexpected IOMMU page fault!")
      let unit = system.devices.first { $0.iommu == iommu && $0.parent == nil }
      say("base = %08x", (unit?.base ?? 0) &+ ioOffset)
      for bank in 0..<system.board.iommus[iommu].bankCount {
        let context = Context(iommu: iommu, bank: bank)
        guard context.read(MSMRegisters.fsr, &system) != 0 else { continue }
        say("Fault occurred in context %d.", UInt32(bank))
        say("Interesting registers:")
        let fsr = context.read(MSMRegisters.fsr, &system)
        pair("FAR    = %08x    PAR    = %08x", MSMRegisters.far, MSMRegisters.par, context, &system)
        say("FSR    = %08x [%[]", fsr, fsr)
        pair(
          "FSYNR0 = %08x    FSYNR1 = %08x", MSMRegisters.fsynr0, MSMRegisters.fsynr1, context,
          &system)
        pair(
          "TTBR0  = %08x    TTBR1  = %08x", MSMRegisters.ttbr0, MSMRegisters.ttbr1, context,
          &system)
        pair(
          "SCTLR  = %08x    ACTLR  = %08x", MSMRegisters.sctlr, MSMRegisters.actlr, context,
          &system)
        pair(
          "PRRR   = %08x    NMRR   = %08x", MSMRegisters.prrr, MSMRegisters.nmrr, context, &system)
        // Clears TF, AFF, APF and SS; what else was set stays.
        context.write(MSMRegisters.fsr, 0x4000_000f, &system)
      }
    }
  }

  /// Prints two registers; the second is read first, as C evaluates the arguments.
  private func pair(
    _ format: Label, _ first: UInt32, _ second: UInt32, _ context: Context,
    _ system: inout System
  ) {
    let right = context.read(second, &system)
    let left = context.read(first, &system)
    system.board.journal.append(.message(format, left, right))
  }
}
