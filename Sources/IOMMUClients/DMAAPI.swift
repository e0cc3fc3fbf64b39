internal import IOMMUAPI
internal import IOMMUValues

/// The DMA API over the IOMMU API: `drivers/iommu/dma-iommu.c` of Linux 6.1.
extension Clients {
  // MARK: The default domain

  /// The space of a device, which its first use makes, attached if it is attached nowhere.
  mutating func readySpace(
    of device: DeviceID, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> Int {
    let holder = system.devices[device.index].attachedTo
    let known = space(of: device)
    if let known, holder == spaces[known].domain { return known }
    // 6.1 keeps a group that somebody took for a domain of his own from its drivers.
    if let holder, system.ask("does the device belong to another domain?", true) {
      throw .busy(device: device, domain: holder)
    }
    if let known {
      try system.attach(device, to: spaces[known].domain, through: driver)
      return known
    }
    let domain = try defaultDomain(of: device, &system, driver)
    return try makeSpace(of: device, domain, &system, driver)
  }

  /// `iommu_alloc_default_domain`: the same call for every platform, without a word about IOMMUs.
  private mutating func defaultDomain(
    of device: DeviceID, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> DomainID {
    let index = try system.within("iommu_alloc_default_domain", .device(device)) {
      (system) throws(KernelError) in
      let name = freeName("dma:" + system.name(of: device), system)
      let domain: DomainID
      do throws(KernelError) {
        domain = try system.allocateDomain(named: name, through: driver)
      } catch {
        // A null pointer says no more than that.
        throw .noDomain
      }
      do throws(KernelError) {
        try system.attach(device, to: domain, through: driver)
      } catch {
        system.free(domain, through: driver)
        throw error
      }
      return Int64(domain.index)
    }
    return DomainID(Int(index))
  }

  /// A name that nothing has yet: `wish`, or `wish` and a number.
  func freeName(_ wish: String, _ system: System) -> String {
    var (name, number) = (wish, 1)
    while system.domain(named: name) != nil || buffer(named: name) != nil
      || machine(named: name) != nil
    {
      number += 1
      name = "\(wish).\(number)"
    }
    return name
  }

  /// `iommu_setup_dma_ops`: hangs an allocator of addresses on a domain.
  mutating func makeSpace(
    of device: DeviceID, _ domain: DomainID, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> Int {
    let number = spaces.count
    guard number < UInt16.max else { throw .noDomain }
    system.inside("iommu_dma_init_domain", .domain(domain)) { system in
      let smallest = driver.pageSizes.smallestBytes
      let bits = UInt8(smallest.trailingZeroBitCount)
      change(
        .space(
          device: UInt16(device.index), domain: UInt32(domain.index),
          first: max(1, driver.aperture.lowerBound >> UInt64(bits)),
          last: driver.aperture.upperBound, granuleBits: bits), &system)
      guard system.devices[device.index].dma.isPCI, !system.windows.isEmpty else { return }
      let windows = system.windows
      system.inside("iova_reserve_pci_windows", .device(device)) { system in
        for window in windows {
          withAddresses(of: number, &system) { addresses, system in
            _ = addresses.reserve(
              window.lowerBound >> UInt64(bits)...window.upperBound >> UInt64(bits), &system)
          }
        }
      }
    }
    return number
  }

  // MARK: One buffer

  /// Maps a buffer for a device, and answers where the device finds it.
  ///
  /// `dma_map_page_attrs`. With a name it is a driver's buffer, which dma-debug watches.
  mutating func map(
    _ physical: PhysicalAddress, bytes: UInt64, _ direction: DMADirection, for device: DeviceID,
    named name: Int?, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let value = try system.within("dma_map_page_attrs", .device(device)) {
      (system) throws(KernelError) in
      let space = try readySpace(of: device, &system, driver)
      let iova = try system.within("iommu_dma_map_page", .device(device)) {
        (system) throws(KernelError) in
        let protection = Protection(direction, system.devices[device.index].dma)
        return Int64(
          bitPattern: try place(physical, bytes: bytes, protection, in: space, &system, driver)
            .value)
      }
      if let name {
        note(name, device, IOVA(UInt64(bitPattern: iova)), bytes, direction, .single, &system)
      }
      return iova
    }
    return IOVA(UInt64(bitPattern: value))
  }

  /// `__iommu_dma_map`: whole pages, so that the answer has the buffer's own offset in its page.
  private mutating func place(
    _ physical: PhysicalAddress, bytes: UInt64, _ protection: Protection, in space: Int,
    _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let domain = spaces[space].domain
    let value = try system.within("__iommu_dma_map", .domain(domain)) {
      (system) throws(KernelError) in
      let offset = physical.value & (granule(of: space) - 1)
      guard let size = aligned(bytes, offset, space) else {
        throw .noAddresses(device: spaces[space].device, size: bytes)
      }
      let iova = try takeAddresses(size, in: space, &system)
      do throws(KernelError) {
        try system.map(
          domain, iova: iova, to: PhysicalAddress(physical.value &- offset), size: size, protection,
          through: driver)
      } catch {
        freeAddresses(iova, size, in: space, &system)
        throw error
      }
      return Int64(bitPattern: iova.value &+ offset)
    }
    return IOVA(UInt64(bitPattern: value))
  }

  /// Unmaps a buffer (`dma_unmap_page_attrs`): void, so that nothing is refused.
  mutating func unmap(
    _ iova: IOVA, bytes: UInt64, _ direction: DMADirection, for device: DeviceID, in space: Int,
    isWatched: Bool, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    system.inside("dma_unmap_page_attrs", .device(device)) { system in
      system.inside("iommu_dma_unmap_page", .device(device)) { system in
        let domain = spaces[space].domain
        let physical = physicalAddress(of: iova, in: domain, &system, driver)
        // WARN_ON(!phys): then nothing is unmapped, and the addresses are not freed either.
        guard system.ask("does the address lead anywhere?", physical.value != 0) else { return }
        takeAway(iova, bytes: bytes, in: space, &system, driver)
      }
      if isWatched { check(iova, bytes, direction, .single, device, &system) }
    }
  }

  func physicalAddress(
    of iova: IOVA, in domain: DomainID, _ system: inout System, _ driver: some IOMMUDriver
  ) -> PhysicalAddress {
    do throws(KernelError) {
      return try system.physicalAddress(of: iova, in: domain, through: driver)
    } catch {
      return PhysicalAddress(0)
    }
  }

  /// `__iommu_dma_unmap`: strict mode flushes and frees at once, lazy mode lets the addresses wait.
  mutating func takeAway(
    _ iova: IOVA, bytes: UInt64, in space: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    let domain = spaces[space].domain
    system.inside("__iommu_dma_unmap", .domain(domain)) { system in
      let offset = iova.value & (granule(of: space) - 1)
      let first = IOVA(iova.value &- offset)
      guard let size = aligned(bytes, offset, space) else { return }
      var gather = UnmapGather()
      let done: UInt64
      do throws(KernelError) {
        done = try system.unmapFast(
          domain, iova: first, size: size, gather: &gather, through: driver)
      } catch {
        done = 0
      }
      _ = system.ask("was as much unmapped as was asked for?", done == size)
      if system.ask("may the flush wait?", isLazy) {
        enqueue(first, size, tables: gather.freed, in: space, &system, driver)
      } else {
        system.synchronize(&gather, of: domain, through: driver)
        freeAddresses(first, size, in: space, &system)
      }
    }
  }

  // MARK: Addresses

  func granule(of space: Int) -> UInt64 { 1 << UInt64(spaces[space].addresses.granuleBits) }

  /// Whole pages that hold so many bytes from an offset on; nil where 64 bits cannot say how many.
  func aligned(_ bytes: UInt64, _ offset: UInt64, _ space: Int) -> UInt64? {
    let mask = granule(of: space) - 1
    let (sum, isTooMuch) = bytes.addingReportingOverflow(offset)
    let (rounded, isMore) = sum.addingReportingOverflow(mask)
    return isTooMuch || isMore ? nil : rounded & ~mask
  }

  mutating func takeAddresses(
    _ size: UInt64, in space: Int, _ system: inout System
  ) throws(KernelError) -> IOVA {
    let device = spaces[space].device
    let traits = system.devices[device.index].dma
    let wish = IOVASpace.Wish(
      bytes: size, mask: traits.mask, apertureEnd: spaces[space].last, triesLowFirst: traits.isPCI)
    let found = withAddresses(of: space, &system) { $0.allocate(wish, &$1) }
    guard let found else { throw .noAddresses(device: device, size: size) }
    return found
  }

  mutating func freeAddresses(
    _ iova: IOVA, _ size: UInt64, in space: Int, _ system: inout System
  ) {
    withAddresses(of: space, &system) { $0.free(iova, bytes: size, &$1) }
  }
}

extension Protection {
  /// `dma_info_to_prot`: what a direction allows the device.
  init(_ direction: DMADirection, _ traits: DMATraits) {
    self =
      switch direction {
      case .toDevice: .read
      case .fromDevice: .write
      case .bidirectional: [.read, .write]
      }
    if traits.isCoherent { insert(.cache) }
  }
}
