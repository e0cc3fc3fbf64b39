package import IOMMUHardware

/// The requests that were stopped so far, oldest first: what `dump faults` shows.
package struct FaultLog: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    /// The line of the script, or the number of the operation, that asked.
    package let line: Int
    package let fault: Fault
  }

  package private(set) var entries: [Entry] = []

  package init() {}

  mutating func note(_ outcome: Outcome, line: Int) {
    if case .fault(let fault) = outcome { entries.append(Entry(line: line, fault: fault)) }
  }
}

/// What a context bank's fault registers hold while nobody has cleared them.
package struct PendingFault: Hashable, Sendable {
  package let iommu: Int
  package let bank: Int
  /// FSR: what happened.
  package let status: UInt32
  /// FAR: where.
  package let address: UInt32

  /// Those of all banks, in order.
  package static func all(on board: Board) -> [PendingFault] {
    board.iommus.indices.filter { board.iommus[$0].family == .msm }.flatMap { iommu in
      (0..<board.iommus[iommu].bankCount).compactMap { bank in
        func word(_ register: UInt32) -> UInt32 {
          board.register(MSMRegisters.offset(register, bank: bank), of: iommu)
        }
        let status = word(MSMRegisters.fsr)
        guard status & (MSMRegisters.FSR.pending | MSMRegisters.FSR.ss) != 0 else { return nil }
        return PendingFault(
          iommu: iommu, bank: bank, status: status, address: word(MSMRegisters.far))
      }
    }
  }
}
