package import IOMMUAPI
package import IOMMUHardware

/// What a context bank's registers say, taken together: what a glance at it should tell.
///
/// Read from the hardware alone. That a domain's list names a context does not make it translate.
package struct BankStatus: Hashable, Sendable {
  package enum State: Hashable, Sendable {
    /// It translates.
    case live
    /// Something is programmed, but it does not translate yet, or no more.
    case half
    case off
  }

  package let state: State
  /// Where its walker starts; nil while nothing is set.
  package let table: PhysicalAddress?
  /// The tag on its TLB entries.
  package let asid: Int
  /// An earlier fault holds its requests.
  package let isStalled: Bool

  package init(bank: Int, of iommu: Int, on board: Board) {
    func word(_ register: UInt32) -> UInt32 {
      board.register(MSMRegisters.offset(register, bank: bank), of: iommu)
    }
    let base = ARMv7Short.tableBase(word(MSMRegisters.ttbr0))
    table = base.value == 0 ? nil : base
    let isOn = word(MSMRegisters.sctlr) & MSMRegisters.SCTLR.m != 0
    state = isOn ? .live : table != nil || word(MSMRegisters.actlr) != 0 ? .half : .off
    asid = Int(word(MSMRegisters.contextidr) & 0xff)
    isStalled = word(MSMRegisters.fsr) & MSMRegisters.FSR.ss != 0
  }
}

extension Machine {
  /// The domain whose first-level table lies at an address.
  package func domain(withTable table: PhysicalAddress) -> DomainID? {
    system.domains.lastIndex { $0.table == table }.map(DomainID.init)
  }

  /// The context device that stands for a bank, if any does.
  package func device(bank: Int, of iommu: Int) -> DeviceID? {
    system.devices.firstIndex { $0.iommu == iommu && $0.bank == bank }.map(DeviceID.init)
  }

  /// The live domains, in the order of their allocation.
  package var liveDomains: [DomainID] {
    system.domains.indices.filter { system.domains[$0].isAllocated }.map(DomainID.init)
  }

  /// Which table an address lies in: its level, and the index of the word there.
  package func tableSlot(at address: PhysicalAddress) -> (level: Int, index: Int)? {
    switch board.memory.use(ofPage: address.page) {
    case .firstLevelTable: (1, Int(address.value & 0x3fff) >> 2)
    case .lowerLevelTable: (2, Int(address.value & 0x3ff) >> 2)
    case .buffer, .freed: nil
    }
  }
}
