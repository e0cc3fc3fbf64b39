internal import IOMMUAPI
package import IOMMUHardware

/// The machine with no driver between: words of memory and registers, as a probe on the desk would
/// read and write them.
extension Machine {
  /// Reads one of the platform's words.
  package mutating func readWord(at address: PhysicalAddress) -> UInt64 {
    platform.wordBytes == 8
      ? system.board.readDoubleWord(at: address) : UInt64(system.board.readWord(at: address))
  }

  /// Stores one of the platform's words; of a word of 32 bits the upper half does not matter.
  package mutating func writeWord(_ word: UInt64, at address: PhysicalAddress) {
    if platform.wordBytes == 8 {
      system.board.writeDoubleWord(word, at: address)
    } else {
      system.board.writeWord(UInt32(truncatingIfNeeded: word), at: address)
    }
  }

  /// Reads the register at an offset of an IOMMU's window.
  package mutating func readRegister(_ offset: UInt32, of iommu: Int) -> UInt32 {
    system.board.readRegister(offset, of: iommu)
  }

  /// Writes a register of 64 bits: two words, the low one first.
  package mutating func writeDoubleRegister(_ offset: UInt32, of iommu: Int, _ word: UInt64) {
    system.board.writeDoubleRegister(offset, of: iommu, word)
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
