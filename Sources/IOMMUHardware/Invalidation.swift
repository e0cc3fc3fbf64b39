/// Which TLB entries software asks an IOMMU to drop.
///
/// One case for each TLB operation that the hardware has a register for.
package enum Invalidation: Hashable, Sendable {
  /// MSM: GLOBAL_TLBIALL.
  case all
  /// MSM: TLBIVMID.
  case vmid(UInt32)
  /// MSM: CTX_TLBIALL.
  case bank(Int)
  /// MSM: TLBIASID.
  case asid(UInt32, bank: Int)
  /// One page; MSM: TLBIVA, and TLBIVAA for every ASID.
  case address(IOVA, asid: UInt32?, bank: Int)
  /// VT-d: every context entry that is remembered.
  case contexts
  /// VT-d: the entries of one domain-id, or of one of its pages.
  case domain(UInt16, page: IOVA?)
}

extension Board {
  /// Asks for an invalidation as a driver would: by writing the register that stands for it.
  package mutating func invalidate(_ what: Invalidation, of iommu: Int) {
    switch iommus[iommu].family {
    case .msm: invalidateMSM(what, of: iommu)
    case .vtd: invalidateVTD(what, of: iommu)
    }
  }

  private mutating func invalidateMSM(_ what: Invalidation, of iommu: Int) {
    func write(_ register: UInt32, bank: Int, _ word: UInt32) {
      writeRegister(MSMRegisters.offset(register, bank: bank), of: iommu, word)
    }
    switch what {
    case .all: writeRegister(MSMRegisters.globalTLBIALL, of: iommu, 0)
    case .vmid(let vmid): writeRegister(MSMRegisters.tlbivmid, of: iommu, vmid)
    case .bank(let bank): write(MSMRegisters.contextTLBIALL, bank: bank, 0)
    case .asid(let asid, let bank): write(MSMRegisters.tlbiasid, bank: bank, asid)
    case .address(let iova, let asid?, let bank):
      write(MSMRegisters.tlbiva, bank: bank, page(iova) | asid)
    case .address(let iova, nil, let bank): write(MSMRegisters.tlbivaa, bank: bank, page(iova))
    case .contexts, .domain: break
    }
    func page(_ iova: IOVA) -> UInt32 { UInt32(truncatingIfNeeded: iova.value) & 0xffff_f000 }
  }

  private mutating func invalidateVTD(_ what: Invalidation, of iommu: Int) {
    let start: UInt64 = 1 << 63
    switch what {
    case .all: writeDoubleRegister(VTDRegisters.iotlb, of: iommu, start | 1 << 60)
    case .contexts: writeDoubleRegister(VTDRegisters.ccmd, of: iommu, start | 1 << 61)
    case .domain(let domain, nil):
      writeDoubleRegister(VTDRegisters.iotlb, of: iommu, start | 2 << 60 | UInt64(domain) << 32)
    case .domain(let domain, let page?):
      writeDoubleRegister(VTDRegisters.iva, of: iommu, page.value & ~0xfff)
      writeDoubleRegister(VTDRegisters.iotlb, of: iommu, start | 3 << 60 | UInt64(domain) << 32)
    case .vmid, .bank, .asid, .address: break
    }
  }
}
