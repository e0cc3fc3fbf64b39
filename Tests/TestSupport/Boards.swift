package import IOMMUHardware

/// Boards to start from: one MSM IOMMU, brought up by bare register writes.
extension Board {
  /// One IOMMU with two context banks and a small TLB, as it comes out of reset.
  package static func small(
    sets: Int = 4, ways: Int = 2, banks: Int = 2, holes: [Range<UInt64>] = []
  ) -> Board {
    Board(
      iommus: [
        IOMMU(
          name: "mdp0", family: .msm, bankCount: banks, tlb: TLBGeometry(sets: sets, ways: ways))
      ], holes: holes)
  }

  package mutating func write(_ register: UInt32, bank: Int = 0, _ word: UInt32) {
    writeRegister(MSMRegisters.offset(register, bank: bank), of: 0, word)
  }

  package func word(of register: UInt32, bank: Int = 0) -> UInt32 {
    self.register(MSMRegisters.offset(register, bank: bank), of: 0)
  }

  /// Switches a bank on: it walks from `table` on a miss, and stream `bank` leads to it.
  package mutating func turnOn(
    bank: Int = 0, table: UInt32, asid: UInt32 = 0, vmid: UInt32 = 0, actlr: UInt32 = 0x3_3002
  ) {
    writeRegister(
      MSMRegisters.m2vcbr(UInt32(bank)), of: 0, UInt32(bank) << 8 | vmid | 3 << 22)
    writeRegister(MSMRegisters.cbacr(UInt32(bank)), of: 0, vmid << 16)
    write(MSMRegisters.contextidr, bank: bank, asid)
    write(MSMRegisters.actlr, bank: bank, actlr)
    write(MSMRegisters.ttbr0, bank: bank, table)
    write(MSMRegisters.sctlr, bank: bank, 1)
  }

  /// Stores a word of a table.
  package mutating func put(_ word: UInt32, _ address: UInt64) {
    writeWord(word, at: PhysicalAddress(address))
  }

  package func request(
    _ iova: UInt64, _ access: Access = .read, stream: UInt32 = 0, isPrivileged: Bool = false
  ) -> Request {
    Request(
      iommu: 0, stream: stream, iova: IOVA(iova), access: access, isPrivileged: isPrivileged)
  }

  /// What a request would come to, without a trace of it.
  package func look(
    _ iova: UInt64, _ access: Access = .read, stream: UInt32 = 0, isPrivileged: Bool = false
  ) -> WalkOutcome {
    walk(request(iova, access, stream: stream, isPrivileged: isPrivileged))
  }

  /// Lets a request through.
  @discardableResult
  package mutating func go(
    _ iova: UInt64, _ access: Access = .read, stream: UInt32 = 0, isPrivileged: Bool = false
  ) -> Answer {
    translate(request(iova, access, stream: stream, isPrivileged: isPrivileged))
  }

  /// The bases of the addresses that the TLB remembers, in the order of its slots.
  package var remembered: [UInt64] {
    iommus[0].tlb.usedSlots.compactMap { iommus[0].tlb[$0]?.iova }
  }

  /// The events since the last call.
  package mutating func takeChanges() -> [Change] {
    journal.take().events.map(\.change)
  }
}

extension WalkOutcome {
  /// The fault a request would raise.
  package var fault: Fault? {
    if case .fault(let fault) = self { fault } else { nil }
  }

  /// What the TLB holds or would hold of the request.
  package var entry: TLBEntry? {
    if case .translated(_, let entry, _) = self { entry } else { nil }
  }
}

extension Board.Answer {
  package var fault: Fault? {
    if case .fault(let fault) = self { fault } else { nil }
  }

  /// Where the request ended.
  package var address: UInt64? {
    if case .reached(let address, _) = self { address.value } else { nil }
  }

  package var isBypass: Bool {
    if case .reached(_, let isBypass) = self { isBypass } else { false }
  }
}
