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

  mutating func note(_ operation: Operation, _ outcome: Outcome, line: Int) {
    // Who only asks where a request would go stops nothing.
    if case .walk = operation { return }
    if case .fault(let fault) = outcome { entries.append(Entry(line: line, fault: fault)) }
  }
}

/// What fault registers hold while nobody has cleared them.
package struct PendingFault: Hashable, Sendable {
  package let iommu: Int
  /// Who: `mdp0/1`, or `iommu0 00:19.0`.
  package let place: String
  /// The registers that tell, by their names.
  package let registers: [Register]
  /// The register that says so.
  let offset: UInt32?

  package struct Register: Hashable, Sendable {
    package let name: String
    package let word: UInt32
  }

  /// Those of all IOMMUs, in order.
  package static func all(on board: Board) -> [PendingFault] {
    board.iommus.indices.flatMap { iommu in
      switch board.iommus[iommu].family {
      case .msm: ofBanks(of: iommu, on: board)
      case .vtd: ofRecords(of: iommu, on: board)
      }
    }
  }

  private static func ofBanks(of iommu: Int, on board: Board) -> [PendingFault] {
    (0..<board.iommus[iommu].bankCount).compactMap { bank in
      func register(_ name: String, _ offset: UInt32) -> Register {
        Register(
          name: name, word: board.register(MSMRegisters.offset(offset, bank: bank), of: iommu))
      }
      let status = register("FSR", MSMRegisters.fsr)
      let isPending = status.word & (MSMRegisters.FSR.pending | MSMRegisters.FSR.ss) != 0
      guard isPending else { return nil }
      return PendingFault(
        iommu: iommu, place: "\(board.iommus[iommu].name)/\(bank)",
        registers: [
          status, register("FAR", MSMRegisters.far), register("FSYNR0", MSMRegisters.fsynr0),
          register("FSYNR1", MSMRegisters.fsynr1),
        ], offset: MSMRegisters.offset(MSMRegisters.fsr, bank: bank))
    }
  }

  private static func ofRecords(of iommu: Int, on board: Board) -> [PendingFault] {
    (0..<board.capabilities(of: iommu).faultRecords).compactMap { index in
      let words = (0..<4).map {
        board.register(VTDRegisters.record(index) + UInt32($0) * 4, of: iommu)
      }
      guard words[3] >> 31 == 1 else { return nil }
      let source = SourceID(UInt16(truncatingIfNeeded: words[2]))
      return PendingFault(
        iommu: iommu, place: "\(board.iommus[iommu].name) \(source)",
        registers: words.enumerated().map { Register(name: "FRCD_\($0.offset)", word: $0.element) },
        offset: VTDRegisters.record(index) + 12)
    }
  }
}
