/// What a VT-d unit does when software writes one of its registers.
extension Board {
  /// Commands and what they leave: translation on or off, caches emptied, records cleared.
  mutating func reactVTD(toWriteOf word: UInt32, at offset: UInt32, of iommu: Int) {
    switch offset {
    case VTDRegisters.gcmd: obey(word, iommu)
    case VTDRegisters.high(VTDRegisters.ccmd): invalidateContexts(high: word, iommu)
    case VTDRegisters.high(VTDRegisters.iotlb): invalidateIOTLB(high: word, iommu)
    case VTDRegisters.frcd...: settleFaultStatus(iommu)
    default: break
    }
  }

  /// GCMD: the status register tells what was obeyed.
  private mutating func obey(_ command: UInt32, _ iommu: Int) {
    let old = register(VTDRegisters.gsts, of: iommu)
    var status = old & ~VTDRegisters.te | command & VTDRegisters.te
    if command & VTDRegisters.srtp != 0 { status |= VTDRegisters.srtp }
    if status != old { setRegister(VTDRegisters.gsts, of: iommu, status) }
  }

  /// CCMD with ICC set: drops context entries of all, of a domain, or of a requester.
  private mutating func invalidateContexts(high: UInt32, _ iommu: Int) {
    guard high >> 31 == 1 else { return }
    let low = register(VTDRegisters.ccmd, of: iommu)
    let (domain, source) = (UInt16(low & 0xffff), UInt16(low >> 16))
    // FM leaves out the low bits of the function.
    let mask: UInt16 = [0, 4, 6, 7][Int(high & 3)]
    let granularity = high >> 29 & 3
    if granularity != 0 {
      dropContexts(of: iommu) { held, entry in
        switch granularity {
        case 1: true
        case 2: entry.domain == domain
        default: entry.domain == domain && held & ~mask == source & ~mask
        }
      }
    }
    // ICC falls when it is done; CAIG says how much was done.
    setRegister(
      VTDRegisters.high(VTDRegisters.ccmd), of: iommu,
      high & ~(1 << 31 | 3 << 27) | granularity << 27)
  }

  /// IOTLB with IVT set: drops entries of all, of a domain, or of some of its pages.
  private mutating func invalidateIOTLB(high: UInt32, _ iommu: Int) {
    guard high >> 31 == 1 else { return }
    let domain = UInt16(high & 0xffff)
    let address = doubleRegister(VTDRegisters.iva, of: iommu)
    let granularity = high >> 28 & 3
    // 2^AM pages from an address whose low bits do not matter.
    let bits = min(12 + (address & 63), 63)
    let pages = address >> bits
    switch granularity {
    case 1: dropTLB(of: iommu) { _ in true }
    case 2: dropTLB(of: iommu) { $0.vmid == domain }
    case 3:
      dropTLB(of: iommu) {
        let size = max(bits, UInt64($0.sizeBits))
        return $0.vmid == domain && $0.iova >> size == (pages << bits) >> size
      }
    default: break
    }
    setRegister(
      VTDRegisters.high(VTDRegisters.iotlb), of: iommu,
      high & ~(1 << 31 | 3 << 25) | granularity << 25)
  }
}

extension Board {
  /// Asks for an invalidation by the registers that stand for it.
  mutating func invalidateVTD(_ what: Invalidation, of iommu: Int) {
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
