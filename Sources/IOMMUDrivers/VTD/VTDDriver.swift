public import IOMMUAPI
public import IOMMUHardware

/// Intel's IOMMU driver of Linux 6.1, legacy mode, with second-stage tables and register-based
/// invalidation.
///
/// `drivers/iommu/intel/iommu.c`. A domain starts with tables of the platform's one IOMMU; the real
/// driver starts one level higher and takes that level out again when the first device is attached.
@usableFromInline package struct VTDDriver: IOMMUDriver {
  @inlinable package var levels: Int { 4 }
  @inlinable package var addressBits: UInt64 { 48 }

  package init() {}

  @inlinable package var pageSizes: PageSizes { VTDSecondStage.pageSizes }

  @usableFromInline
  package var aperture: ClosedRange<UInt64> { 0...(1 << addressBits - 1) }

  /// The highest page frame that a domain's tables can hold.
  @inlinable var lastFrame: UInt64 { 1 << (addressBits - 12) - 1 }

  // MARK: Domains

  @usableFromInline
  package func initialize(_ domain: DomainID, in system: inout System) throws(KernelError) {
    _ = try system.within("intel_iommu_domain_alloc", .domain(domain)) {
      (system) throws(KernelError) in
      guard let table = system.board.allocatePages(1, for: .firstLevelTable, owner: domain.owner)
      else { throw .outOfPages }
      system.setTable(of: domain, to: table)
      return 0
    }
  }

  /// Frees the tables; a context entry that names them goes on naming them.
  @usableFromInline
  package func destroy(_ domain: DomainID, in system: inout System) {
    system.inside("intel_iommu_domain_free", .domain(domain)) { system in
      guard system.domains[domain.index].table != nil else { return }
      var gather = UnmapGather()
      clear(0, lastFrame, of: domain, &gather, &system)
      give(back: gather.freed, &system)
    }
  }

  // MARK: Attach and detach

  /// Moves the device: wherever it was attached before, it is taken off without a word.
  @usableFromInline
  package func attach(
    _ device: DeviceID, to domain: DomainID, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("intel_iommu_attach_device", .device(device)) {
      (system) throws(KernelError) in
      guard let source = Requester(device, in: system) else { throw .noGroup(device: device) }
      if system.ask(
        "does the device have a domain?", system.devices[device.index].attachedTo != nil)
      {
        remove(source, in: &system)
      }
      guard let table = system.domains[domain.index].table else { throw .noTable(domain: domain) }
      takeTag(for: domain, in: &system)
      system.link(device, to: domain)
      do throws(KernelError) {
        try map(source, to: domain, table: table, in: &system)
      } catch {
        remove(source, in: &system)
        throw error
      }
      return 0
    }
  }

  @usableFromInline
  package func detach(_ device: DeviceID, from domain: DomainID, in system: inout System) {
    system.inside("intel_iommu_detach_device", .device(device)) { system in
      guard let source = Requester(device, in: system),
        system.devices[device.index].attachedTo != nil
      else { return }
      remove(source, in: &system)
    }
  }

  /// `domain_context_mapping_one`: the context entry that makes a requester see a domain's tables.
  private func map(
    _ source: Requester, to domain: DomainID, table: PhysicalAddress, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("domain_context_mapping_one", .device(source.device)) {
      (system) throws(KernelError) in
      guard let entry = source.contextEntry(allocating: true, in: &system) else {
        throw .outOfPages
      }
      // An entry that is there already stays, without a word.
      guard
        !system.ask(
          "is the context entry there already?", system.board.doubleWord(at: entry) & 1 != 0)
      else { return 0 }
      let tag = UInt64(system.domains[domain.index].tag ?? 0)
      system.board.writeDoubleWord(0, at: entry)
      system.board.writeDoubleWord(0, at: entry + 8)
      // AW, and the domain-id; then the table, and P.
      system.board.writeDoubleWord(tag << 8 | UInt64(levels - 2), at: entry + 8)
      system.board.writeDoubleWord(table.value | 1, at: entry)
      // The hardware does not remember entries that are not there, so nothing is flushed.
      return 0
    }
  }

  /// `dmar_remove_one_dev_info`: clears the context entry, and flushes what was known of it.
  private func remove(_ source: Requester, in system: inout System) {
    system.inside("dmar_remove_one_dev_info", .device(source.device)) { system in
      let domain = system.devices[source.device.index].attachedTo
      system.inside("domain_context_clear_one", .device(source.device)) { system in
        guard let entry = source.contextEntry(allocating: false, in: &system) else { return }
        let old = ContextEntry(
          low: system.board.doubleWord(at: entry), high: system.board.doubleWord(at: entry + 8))
        system.board.writeDoubleWord(0, at: entry)
        system.board.writeDoubleWord(0, at: entry + 8)
        flushContext(.device(source.source, domain: old.domain), of: source.iommu, in: &system)
        flushIOTLB(.domain(old.domain), of: source.iommu, in: &system)
      }
      system.unlink(source.device)
      if let domain { giveTagBack(of: domain, in: &system) }
    }
  }

  // MARK: Domain-ids

  /// A domain gets its id with the first device, the lowest that is free; 0 is never used.
  private func takeTag(for domain: DomainID, in system: inout System) {
    guard system.domains[domain.index].tag == nil else { return }
    let used = Set(system.domains.compactMap(\.tag))
    system.setTag(of: domain, to: (1...UInt16.max).first { !used.contains($0) })
  }

  private func giveTagBack(of domain: DomainID, in system: inout System) {
    if system.domains[domain.index].attached.isEmpty { system.setTag(of: domain, to: nil) }
  }
}

/// A probed device, as the bus knows it.
struct Requester {
  let device: DeviceID
  let iommu: Int
  let source: SourceID

  /// Nil when the device is the IOMMU itself, or was not probed.
  init?(_ device: DeviceID, in system: System) {
    let found = system.devices[device.index]
    guard found.isBound, found.parent != nil, let stream = found.streams.first else { return nil }
    self.device = device
    iommu = found.iommu
    source = SourceID(UInt16(truncatingIfNeeded: stream))
  }

  /// `iommu_context_addr`: where the requester's entry lies.
  ///
  /// Nil when its bus has no context table, and none may or can be had.
  func contextEntry(allocating: Bool, in system: inout System) -> PhysicalAddress? {
    let roots = system.board.doubleRegister(VTDRegisters.rtaddr, of: iommu) & ~0xfff
    let root = PhysicalAddress(roots) + source.bus * 16
    var word = system.board.doubleWord(at: root)
    if !system.ask("does the bus have a context table?", word & 1 != 0) {
      guard allocating,
        let page = system.board.allocatePages(1, for: .contextTable, owner: 0)
      else { return nil }
      word = page.value | 1
      system.board.writeDoubleWord(word, at: root)
    }
    return PhysicalAddress(word & ~0xfff) + source.devfn * 16
  }
}
