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
  /// The tag on its TLB entries: an ASID, a domain-id.
  package let tag: Int
  /// An earlier fault holds its requests.
  package let isStalled: Bool

  package init(bank: Int, of iommu: Int, in machine: Machine) {
    switch machine.board.iommus[iommu].family {
    case .msm: self.init(msmBank: bank, of: iommu, on: machine.board)
    case .vtd: self.init(vtdContext: bank, of: iommu, in: machine)
    }
  }

  private init(msmBank bank: Int, of iommu: Int, on board: Board) {
    func word(_ register: UInt32) -> UInt32 {
      board.register(MSMRegisters.offset(register, bank: bank), of: iommu)
    }
    let base = ARMv7Short.tableBase(word(MSMRegisters.ttbr0))
    table = base.value == 0 ? nil : base
    let isOn = word(MSMRegisters.sctlr) & MSMRegisters.SCTLR.m != 0
    state = isOn ? .live : table != nil || word(MSMRegisters.actlr) != 0 ? .half : .off
    tag = Int(word(MSMRegisters.contextidr) & 0xff)
    isStalled = word(MSMRegisters.fsr) & MSMRegisters.FSR.ss != 0
  }

  /// What root and context tables in memory say about a requester.
  private init(vtdContext bank: Int, of iommu: Int, in machine: Machine) {
    let entry = machine.contextEntry(bank: bank, of: iommu)
    let isOn = machine.board.register(VTDRegisters.gsts, of: iommu) & VTDRegisters.te != 0
    let isPresent = entry?.isPresent ?? false
    table = isPresent ? entry?.table : nil
    state = isPresent && isOn ? .live : entry.map { $0.low | $0.high != 0 } ?? false ? .half : .off
    tag = Int(entry?.domain ?? 0)
    isStalled = false
  }
}

extension Machine {
  /// The context entry of a VT-d requester as memory has it; nil without a context table.
  package func contextEntry(bank: Int, of iommu: Int) -> ContextEntry? {
    contextEntryAddress(bank: bank, of: iommu).map {
      ContextEntry(
        low: board.memory.doubleWord(at: $0), high: board.memory.doubleWord(at: $0 + 8))
    }
  }

  /// Where the root entry of a requester's bus lies.
  package func rootEntryAddress(bank: Int, of iommu: Int) -> PhysicalAddress? {
    guard let device = device(bank: bank, of: iommu),
      let stream = system.devices[device.index].streams.first
    else { return nil }
    let roots = PhysicalAddress(board.doubleRegister(VTDRegisters.rtaddr, of: iommu) & ~0xfff)
    return roots + SourceID(UInt16(truncatingIfNeeded: stream)).bus * 16
  }

  /// Where the context entry of a requester lies.
  package func contextEntryAddress(bank: Int, of iommu: Int) -> PhysicalAddress? {
    guard let device = device(bank: bank, of: iommu),
      let stream = system.devices[device.index].streams.first,
      let rootAddress = rootEntryAddress(bank: bank, of: iommu)
    else { return nil }
    let root = board.memory.doubleWord(at: rootAddress)
    guard root & 1 != 0 else { return nil }
    return PhysicalAddress(root & ~0xfff) + SourceID(UInt16(truncatingIfNeeded: stream)).devfn * 16
  }
}

/// Where a part of the machine's state is kept: in a register, or in a word of memory.
package enum StatePlace: Hashable, Sendable {
  case register(iommu: Int, offset: UInt32)
  case memory(PhysicalAddress)
}

extension Machine {
  /// Where it is written which table a context walks; nil where nothing leads to such a place.
  package func tablePlace(bank: Int, of iommu: Int) -> StatePlace? {
    switch board.iommus[iommu].family {
    case .msm:
      .register(iommu: iommu, offset: MSMRegisters.offset(MSMRegisters.ttbr0, bank: bank))
    case .vtd: contextEntryAddress(bank: bank, of: iommu).map { .memory($0) }
    }
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

  /// The live domain whose tables have the page of an address.
  package func tableOwner(of address: PhysicalAddress) -> DomainID? {
    let owner = board.memory.pool.owner(ofPage: address.page)
    return liveDomains.first { $0.owner == owner }
  }

  /// Which table an address lies in: whether it is a domain's first, and the index of its entry.
  ///
  /// Of lower tables, memory alone does not tell the level.
  package func tableSlot(at address: PhysicalAddress) -> (isFirst: Bool, index: Int)? {
    let format = platform.format
    func index(_ level: Int) -> Int {
      let bytes = UInt64(format.entryCount(level: level)) * format.entryBytes
      return Int(address.value & (bytes - 1)) / Int(format.entryBytes)
    }
    switch board.memory.use(ofPage: address.page) {
    case .firstLevelTable: return (true, index(format.firstLevel))
    case .lowerLevelTable: return (false, index(format.levels[1]))
    case .buffer, .freed, .rootTable, .contextTable, .coherentBuffer: return nil
    }
  }
}
