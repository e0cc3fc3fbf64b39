public import IOMMUAPI
public import IOMMUHardware

/// The MSM IOMMU driver, as its ``Era`` had it, with page tables kept in L2 (`CONFIG_IOMMU_PGTABLES_L2`).
///
/// `drivers/iommu/msm_iommu.c` and `msm_iommu_dev.c`: the same writes in the same order, the same
/// refusals, and the same mistakes. A field setter reads, changes and writes the whole register, so
/// one field is one write, also where nothing changes. It holds no references: it is handed on in every
/// call, and counting them would cost more than mapping a page.
@usableFromInline package struct MSMDriver: IOMMUDriver {
  package let era: Era
  /// The CPU's own memory types (CP15 PRRR), which attach copies.
  package let cpuPRRR: UInt32
  package let cpuNMRR: UInt32
  /// What the kernel adds to an IOMMU's physical base to reach its registers.
  package let ioOffset: UInt32
  /// `msm_iommu_tex_class`.
  @usableFromInline let memoryClasses: MemoryClasses

  @inlinable package var pageSizes: PageSizes { ARMv7Short.pageSizes }

  @usableFromInline package var aperture: ClosedRange<UInt64> { 0...0xffff_ffff }

  package init(era: Era, cpuPRRR: UInt32, cpuNMRR: UInt32, ioOffset: UInt32) {
    self.era = era
    (self.cpuPRRR, self.cpuNMRR, self.ioOffset) = (cpuPRRR, cpuNMRR, ioOffset)
    memoryClasses = MemoryClasses(prrr: cpuPRRR, nmrr: cpuNMRR)
  }

  // MARK: Domains

  @usableFromInline
  package func initialize(_ domain: DomainID, in system: inout System) throws(KernelError) {
    _ = try system.within("msm_iommu_domain_init", .domain(domain)) {
      (system) throws(KernelError) in
      switch system.design {
      case .a:
        guard
          system.ask(
            "is a context handed in?", isContext(system.domains[domain.index].cookie, system))
        else { throw .noCookie }
      case .b:
        guard system.ask("is this the driver's own allocator?", false) else {
          throw .privateAllocatorOnly
        }
      case .c: break
      }
      try makeTable(of: domain, in: &system)
      return 0
    }
  }

  /// Design B's call, which a client must know by name.
  package func allocateDomain(
    named name: String, for context: DeviceID, in system: inout System
  ) throws(KernelError) -> DomainID {
    let index = try system.within("msm_iommu_domain_alloc", .device(context)) {
      (system) throws(KernelError) in
      guard system.ask("is it a context?", isContext(context, system)) else { throw .noCookie }
      let domain = system.addDomain(named: name)
      system.setCookie(of: domain, to: context)
      do throws(KernelError) {
        try makeTable(of: domain, in: &system)
      } catch {
        system.retire(domain)
        throw error
      }
      return Int64(domain.index)
    }
    return DomainID(Int(index))
  }

  private func isContext(_ device: DeviceID?, _ system: System) -> Bool {
    device.flatMap { system.devices[$0.index].bank } != nil
  }

  private func makeTable(of domain: DomainID, in system: inout System) throws(KernelError) {
    guard
      let table = system.board.allocatePages(4, for: .firstLevelTable, owner: domain.owner)
    else { throw .outOfPages }
    system.setTable(of: domain, to: table)
  }

  /// Frees the tables, whoever still walks them.
  @usableFromInline
  package func destroy(_ domain: DomainID, in system: inout System) {
    system.inside("msm_iommu_domain_destroy", .domain(domain)) { system in
      guard let table = system.domains[domain.index].table else { return }
      for index in 0..<UInt64(ARMv7Short.firstLevelCount) {
        let word = system.board.word(at: table + index * 4)
        if word & 3 == Word.typeTable { system.board.freePages(Word.table(word), 1) }
      }
      system.board.freePages(table, 4)
      system.setTable(of: domain, to: nil)
    }
  }

  // MARK: Attach and detach

  @usableFromInline
  package func attach(
    _ device: DeviceID, to domain: DomainID, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("msm_iommu_attach_dev", .device(device)) { (system) throws(KernelError) in
      guard let table = system.domains[domain.index].table else { throw .noTable(domain: domain) }
      guard let context = Context(device, in: system) else { throw .noIOMMUData(device: device) }
      if system.design != .c, let cookie = system.domains[domain.index].cookie {
        guard system.ask("is it the context that the domain was allocated for?", cookie == device)
        else { throw .otherCookie(device: device, cookie: cookie) }
      }
      let holder = system.devices[device.index].attachedTo
      if system.ask("is the context attached already?", holder != nil), let holder {
        throw .busy(device: device, domain: holder)
      }
      program(context, table: table, in: &system)
      system.link(device, to: domain)
      flush(domain, in: &system)
      return 0
    }
  }

  /// Resets the device's bank; that it belongs to another domain is not checked.
  @usableFromInline
  package func detach(_ device: DeviceID, from domain: DomainID, in system: inout System) {
    system.inside("msm_iommu_detach_dev", .device(device)) { system in
      guard system.domains[domain.index].table != nil, let context = Context(device, in: system)
      else { return }
      flush(domain, in: &system)
      reset(context, in: &system)
      system.unlink(device)
    }
  }

  /// Drops what the TLBs hold, bank by bank, the last attached first.
  @inlinable @inline(__always)
  func flush(_ domain: DomainID, in system: inout System) {
    if !system.domains[domain.index].attached.isEmpty { Self.flushAttached(domain, in: &system) }
  }

  @usableFromInline @inline(never)
  static func flushAttached(_ domain: DomainID, in system: inout System) {
    system.inside("__flush_iotlb", .domain(domain)) { system in
      for position in system.domains[domain.index].attached.indices {
        let device = system.domains[domain.index].attached[position]
        guard let context = Context(device, in: system) else { continue }
        context.write(MSMRegisters.contextTLBIALL, 0, &system)
      }
    }
  }

  /// There is nothing to do: each unmap has flushed already.
  @usableFromInline
  package func flushAll(_ domain: DomainID, in system: inout System) {}

  /// `msm_iommu_domain_has_cap`: no, whatever is asked.
  @usableFromInline
  package func isCoherent(_ domain: DomainID, in system: System) -> Bool { false }

  // MARK: IOVA to physical

  /// Asks the hardware, through the bank attached last.
  ///
  /// Unattached, the answer is 0.
  @usableFromInline
  package func physicalAddress(
    of iova: IOVA, for domain: DomainID, in system: inout System
  ) -> PhysicalAddress {
    var answer: UInt32 = 0
    system.inside("msm_iommu_iova_to_phys", .domain(domain)) { system in
      let attached = system.domains[domain.index].attached
      guard !system.ask("is no context attached?", attached.isEmpty),
        system.domains[domain.index].table != nil,
        let device = attached.first, let context = Context(device, in: system)
      else { return }
      let va = UInt32(truncatingIfNeeded: iova.value)
      context.write(MSMRegisters.contextTLBIALL, 0, &system)
      context.write(MSMRegisters.v2ppr, va & 0xffff_f000, &system)
      let par = context.read(MSMRegisters.par, &system)
      // PAR.FAULT: nothing is mapped. PAR.SS: a supersection, where 24 bits are the address's own.
      if par & 1 == 0 {
        answer =
          par & 2 != 0 ? par & 0xff00_0000 | va & 0x00ff_ffff : par & 0xffff_f000 | va & 0xfff
      }
    }
    return PhysicalAddress(UInt64(answer))
  }
}

/// A context bank that is in use, as the driver addresses it: `base` and `ctx`.
struct Context {
  let iommu: Int
  let bank: Int

  init(iommu: Int, bank: Int) {
    (self.iommu, self.bank) = (iommu, bank)
  }

  /// Nil when the device is not a context, or was not probed: it has no driver data then.
  init?(_ device: DeviceID, in system: System) {
    let index = device.index
    guard system.devices[index].isBound, let bank = system.devices[index].bank,
      let parent = system.devices[index].parent, system.devices[parent.index].isBound
    else { return nil }
    self.init(iommu: system.devices[index].iommu, bank: bank)
  }

  var subject: Subject { .bank(iommu: UInt8(iommu), bank: UInt8(bank)) }

  func write(_ register: UInt32, _ value: UInt32, _ system: inout System) {
    system.board.writeRegister(MSMRegisters.offset(register, bank: bank), of: iommu, value)
  }

  func read(_ register: UInt32, _ system: inout System) -> UInt32 {
    system.board.readRegister(MSMRegisters.offset(register, bank: bank), of: iommu)
  }

  /// Sets the bits of `mask` to `value` (already in place), by one write of the whole register.
  func set(_ register: UInt32, _ mask: UInt32, _ value: UInt32, _ system: inout System) {
    setGlobal(MSMRegisters.offset(register, bank: bank), mask, value, &system)
  }

  /// The same for a register anywhere in the window.
  func setGlobal(_ offset: UInt32, _ mask: UInt32, _ value: UInt32, _ system: inout System) {
    let old = system.board.register(offset, of: iommu)
    system.board.writeRegister(offset, of: iommu, old & ~mask | value)
  }
}

/// The CPU's memory class for each cache policy that the kernel knows.
@usableFromInline struct MemoryClasses: Hashable, Sendable {
  /// A byte for each policy; 0xff where the CPU has no class for it.
  @usableFromInline let bytes: UInt32

  /// Looks for write-back, write-through and the like among what the CPU's own registers describe.
  init(prrr: UInt32, nmrr: UInt32) {
    // Not cached, write-back write-allocate, write-back no-allocate, write-through.
    var bytes: UInt32 = 0
    for policy: UInt32 in [2, 3, 1, 0] {
      let found = (UInt32(0)..<8).first { n in
        let isShared = prrr >> (24 + n) & 1 == 1
        let (inner, outer) = (nmrr >> (2 * n) & 3, nmrr >> (16 + 2 * n) & 3)
        return prrr >> (2 * n) & 3 == 2 && isShared && inner == policy && outer == policy
      }
      bytes = bytes << 8 | (found ?? 0xff)
    }
    self.bytes = bytes
  }

  /// The class for the policy in the two lowest bits of `protection`.
  @inlinable @inline(__always)
  subscript(_ protection: Protection) -> UInt32? {
    let found = bytes &>> (8 &* (protection.rawValue & 3)) & 0xff
    return found == 0xff ? nil : found
  }
}
