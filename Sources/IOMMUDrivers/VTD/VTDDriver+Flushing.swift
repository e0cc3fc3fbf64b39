public import IOMMUAPI
internal import IOMMUHardware

/// How the driver empties the unit's caches, by registers.
extension VTDDriver {
  /// Which context entries the unit is to forget.
  enum ContextScope {
    case all
    case device(SourceID, domain: UInt16)
  }

  /// `__iommu_flush_context`: writes CCMD, and reads it until ICC falls.
  func flushContext(_ scope: ContextScope, of iommu: Int, in system: inout System) {
    system.inside("__iommu_flush_context", .iommu(UInt8(iommu))) { system in
      let invalidate: UInt64 = 1 << 63
      let word: UInt64 =
        switch scope {
        case .all: invalidate | 1 << 61
        case .device(let source, let domain):
          invalidate | 3 << 61 | UInt64(source.value) << 16 | UInt64(domain)
        }
      system.board.writeDoubleRegister(VTDRegisters.ccmd, of: iommu, word)
      _ = system.board.readRegister(VTDRegisters.high(VTDRegisters.ccmd), of: iommu)
    }
  }

  /// Which entries the IOTLB is to drop.
  enum IOTLBScope {
    case all
    case domain(UInt16)
    /// 2^mask pages from an address; `hint` says that only leaves changed.
    case pages(IOVA, mask: UInt64, hint: Bool, domain: UInt16)
  }

  /// `__iommu_flush_iotlb`: for pages the address first, then the command, read until IVT falls.
  func flushIOTLB(_ scope: IOTLBScope, of iommu: Int, in system: inout System) {
    system.inside("__iommu_flush_iotlb", .iommu(UInt8(iommu))) { system in
      // Writes that are under way are drained first; the driver leaves reads alone.
      let invalidate: UInt64 = 1 << 63 | 1 << 48
      let word: UInt64
      switch scope {
      case .all: word = invalidate | 1 << 60
      case .domain(let domain): word = invalidate | 2 << 60 | UInt64(domain) << 32
      case .pages(let iova, let mask, let hint, let domain):
        system.board.writeDoubleRegister(
          VTDRegisters.iva, of: iommu, iova.value | (hint ? 1 << 6 : 0) | mask)
        word = invalidate | 3 << 60 | UInt64(domain) << 32
      }
      system.board.writeDoubleRegister(VTDRegisters.iotlb, of: iommu, word)
      _ = system.board.readRegister(VTDRegisters.high(VTDRegisters.iotlb), of: iommu)
    }
  }

  /// `iommu_flush_iotlb_psi`: some pages of a domain, or all of it where that is too much.
  func flushPages(
    _ frame: UInt64, _ count: UInt64, hint: UInt64, of domain: DomainID, in system: inout System
  ) {
    // Without an id, no unit has ever seen the domain.
    guard let tag = system.domains[domain.index].tag,
      let device = system.domains[domain.index].attached.first
    else { return }
    let iommu = system.devices[device.index].iommu
    system.inside("iommu_flush_iotlb_psi", .domain(domain)) { system in
      let unit = system.board.capabilities(of: iommu)
      var mask = UInt64(64 - (max(count, 1) - 1).leadingZeroBitCount)
      let low: UInt64 = mask >= 64 ? .max : 1 << mask - 1
      if frame & low != 0 {
        // The range crosses a border of its own size: take the next power that holds it.
        let shared = ~(frame ^ (frame &+ count &- 1)) & ~low
        mask = shared == 0 ? 64 : UInt64(shared.trailingZeroBitCount)
      }
      if !unit.invalidatesPages || mask > unit.maximumAddressMask {
        flushIOTLB(.domain(tag), of: iommu, in: &system)
      } else {
        flushIOTLB(
          .pages(IOVA(frame << 12), mask: mask, hint: hint != 0, domain: tag), of: iommu,
          in: &system)
      }
    }
  }

  /// `intel_flush_iotlb_all`: one command for everything that carries the domain's id.
  @usableFromInline
  package func flushAll(_ domain: DomainID, in system: inout System) {
    guard let tag = system.domains[domain.index].tag,
      let device = system.domains[domain.index].attached.first
    else { return }
    let iommu = system.devices[device.index].iommu
    system.inside("intel_flush_iotlb_all", .domain(domain)) { system in
      flushIOTLB(.domain(tag), of: iommu, in: &system)
    }
  }

  /// Every unit that the domain is attached to must be able to snoop; without one, nobody knows.
  @usableFromInline
  package func isCoherent(_ domain: DomainID, in system: System) -> Bool {
    let attached = system.domains[domain.index].attached
    return !attached.isEmpty
      && attached.allSatisfy {
        system.board.capabilities(of: system.devices[$0.index].iommu).controlsSnoop
      }
  }

  /// `intel_iommu_tlb_sync`: what an unmap gathered is flushed, and only then freed.
  ///
  /// Nobody asks whether it gathered anything: then the last page of all 64 bits is flushed.
  @usableFromInline
  package func synchronize(
    _ gather: inout UnmapGather, for domain: DomainID, in system: inout System
  ) {
    let start = gather.start ?? .max
    system.board.journal.enter("intel_iommu_tlb_sync", .domain(domain))
    let count = (gather.last &- start &+ start & 0xfff &+ 0xfff) >> 12
    flushPages(start >> 12, count, hint: gather.freed.isEmpty ? 1 : 0, of: domain, in: &system)
    give(back: gather.freed, &system)
    gather = UnmapGather()
    system.board.journal.leave()
  }

  func give(back pages: [PhysicalAddress], _ system: inout System) {
    for page in pages { system.board.freePages(page, 1) }
  }
}
