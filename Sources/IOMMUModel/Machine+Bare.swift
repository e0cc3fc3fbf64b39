internal import IOMMUAPI
package import IOMMUHardware

/// The machine with no driver between: words of memory and registers, as a probe on the desk would
/// read and write them.
extension Machine {
  package mutating func readWord(at address: PhysicalAddress) -> UInt32 {
    system.board.readWord(at: address)
  }

  package mutating func writeWord(_ word: UInt32, at address: PhysicalAddress) {
    system.board.writeWord(word, at: address)
  }

  /// Reads the register at an offset of an IOMMU's window.
  package mutating func readRegister(_ offset: UInt32, of iommu: Int) -> UInt32 {
    system.board.readRegister(offset, of: iommu)
  }

  /// Writes a register; whatever the hardware does in answer, it does.
  package mutating func writeRegister(_ offset: UInt32, of iommu: Int, _ word: UInt32) {
    system.board.writeRegister(offset, of: iommu, word)
  }

  /// Drops TLB entries.
  package mutating func invalidate(_ what: Invalidation, of iommu: Int) {
    system.board.invalidate(what, of: iommu)
  }

  /// Limits the pages that tables may take, all together; nil lifts the limit.
  package mutating func limitPages(to limit: Int?) { system.board.limitPages(to: limit) }

  /// Lets faults stay pending, or has them handled by themselves again.
  package mutating func holdInterrupts(_ isHeld: Bool) { system.holdInterrupts(isHeld) }
}
