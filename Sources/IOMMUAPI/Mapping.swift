public import IOMMUHardware

/// Mapping by the generic core of Linux, `drivers/iommu/iommu.c`, as the system's ``CoreRules`` have it.
extension System {
  /// Maps `size` bytes, page by page, each as large as alignment and the rest allow.
  ///
  /// Linux: `iommu_map`. `size` is in bytes; it and both addresses must be multiples of the smallest
  /// page. When the driver refuses a page, those before it are unmapped again.
  @inlinable @inline(__always)
  package mutating func map(
    _ domain: DomainID, iova: IOVA, to physical: PhysicalAddress, size: UInt64,
    _ protection: Protection, through driver: some IOMMUDriver
  ) throws(KernelError) {
    if isOnePage(iova.value | physical.value, size, of: driver.pageSizes) {
      if board.journal.isOn {
        if mapRecorded(domain, iova: iova, to: physical, protection, through: driver) { return }
      } else if driver.mapOnePage(iova, to: physical, protection, for: domain, in: &self) != nil {
        return
      }
    }
    try mapPages(
      domain, iova: iova, to: physical, size: size, protection, through: driver)
  }

  /// Maps one page of the smallest size by storing one entry, and records all that it comes to;
  /// answers whether it did.
  @inlinable @inline(never)
  mutating func mapRecorded(
    _ domain: DomainID, iova: IOVA, to physical: PhysicalAddress, _ protection: Protection,
    through driver: some IOMMUDriver
  ) -> Bool {
    guard let stored = driver.mapOnePage(iova, to: physical, protection, for: domain, in: &self)
    else { return false }
    board.journal.note(
      stored, within: "iommu_map",
      asking: "are iova, pa and size multiples of the smallest page?", .domain(domain))
    return true
  }

  @inlinable @inline(never)
  mutating func mapPages(
    _ domain: DomainID, iova: IOVA, to physical: PhysicalAddress, size: UInt64,
    _ protection: Protection, through driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try within("iommu_map", .domain(domain)) { (system) throws(KernelError) in
      let smallest = driver.pageSizes.smallestBytes
      guard
        system.ask(
          "are iova, pa and size multiples of the smallest page?",
          (iova.value | physical.value | size) & (smallest - 1) == 0)
      else {
        throw .misaligned(iova: iova, physical: physical, size: size, smallest: smallest)
      }
      var done: UInt64 = 0
      do throws(KernelError) {
        while done < size {
          let page = system.rules.piece(
            of: driver.pageSizes, iova: iova.value &+ done, physical: physical.value &+ done,
            within: size - done)
          try driver.map(
            iova + done, to: physical + done, size: page, protection, for: domain, in: &system)
          done += page
        }
      } catch {
        _ = try system.unmap(domain, iova: iova, size: done, through: driver)
        throw error
      }
      return 0
    }
  }

  /// Unmaps `size` bytes and answers how many were unmapped, as far as the driver says.
  ///
  /// Linux: `iommu_unmap`. 3.6 hands the driver the whole rest each time, 6.1 a run of pages; both go
  /// on until the sum of its answers reaches the size or it answers 0. Misaligned, 6.1 answers 0.
  @inlinable @inline(__always)
  package mutating func unmap(
    _ domain: DomainID, iova: IOVA, size: UInt64, through driver: some IOMMUDriver
  ) throws(KernelError) -> UInt64 {
    if !board.journal.isOn, isOnePage(iova.value, size, of: driver.pageSizes),
      driver.unmapQuietly(iova, for: domain, in: &self)
    {
      return size
    }
    return try unmapPages(domain, iova: iova, size: size, through: driver)
  }

  @inlinable @inline(never)
  mutating func unmapPages(
    _ domain: DomainID, iova: IOVA, size: UInt64, through driver: some IOMMUDriver
  ) throws(KernelError) -> UInt64 {
    let bytes = try within("iommu_unmap", .domain(domain)) { (system) throws(KernelError) in
      var gather = UnmapGather()
      let done = try system.unmapPieces(
        domain, iova: iova, size: size, gather: &gather, through: driver)
      if !system.isRefusedQuietly(iova, size, of: driver.pageSizes) {
        driver.synchronize(&gather, for: domain, in: &system)
      }
      return Int64(bitPattern: done)
    }
    return UInt64(bitPattern: bytes)
  }

  /// `__iommu_unmap`: what both forms of unmap do before anything is flushed.
  @inlinable @inline(__always)
  mutating func unmapPieces(
    _ domain: DomainID, iova: IOVA, size: UInt64, gather: inout UnmapGather,
    through driver: some IOMMUDriver
  ) throws(KernelError) -> UInt64 {
    let smallest = driver.pageSizes.smallestBytes
    guard
      ask(
        "are iova and size multiples of the smallest page?",
        (iova.value | size) & (smallest - 1) == 0)
    else {
      if rules == .linux6_1 { return 0 }
      throw .misaligned(iova: iova, physical: nil, size: size, smallest: smallest)
    }
    var done: UInt64 = 0
    while done < size {
      let piece = rules.unmapPiece(
        of: driver.pageSizes, iova: iova.value &+ done, within: size - done)
      let bytes = driver.unmap(iova + done, size: piece, for: domain, gather: &gather, in: &self)
      if bytes == 0 { break }
      done &+= bytes
    }
    return done
  }

  /// 6.1 answers a misaligned unmap with 0, and then does not flush either.
  @inlinable
  func isRefusedQuietly(_ iova: IOVA, _ size: UInt64, of sizes: PageSizes) -> Bool {
    rules == .linux6_1 && (iova.value | size) & (sizes.smallestBytes - 1) != 0
  }

  /// The call is for one page of the smallest size: then all that the core does comes to one call of
  /// the driver.
  @inlinable @inline(__always)
  func isOnePage(_ addresses: UInt64, _ size: UInt64, of sizes: PageSizes) -> Bool {
    size == sizes.smallestBytes && addresses & (size &- 1) == 0
  }

  /// Where an address of the domain leads; 0 where it leads nowhere, as the kernel answers.
  ///
  /// Linux: `iommu_iova_to_phys`.
  @inlinable
  package mutating func physicalAddress(
    of iova: IOVA, in domain: DomainID, through driver: some IOMMUDriver
  ) throws(KernelError) -> PhysicalAddress {
    let value = try within("iommu_iova_to_phys", .domain(domain)) { (system) throws(KernelError) in
      Int64(bitPattern: driver.physicalAddress(of: iova, for: domain, in: &system).value)
    }
    return PhysicalAddress(UInt64(bitPattern: value))
  }
}

extension PageSizes {
  /// The largest size, in bytes, that fits into `bytes` and divides `addresses`.
  ///
  /// `addresses` are both addresses or-ed together; 0 can be divided by every size.
  @inlinable @inline(__always)
  package func largest(at addresses: UInt64, within bytes: UInt64) -> UInt64 {
    if bytes <= smallestBytes { return smallestBytes }
    let alignment = addresses == 0 ? UInt64.max : addresses & (~addresses &+ 1)
    let fitting = bitmap & ((alignment &<< 1) &- 1)
    var size = UInt64(1) << UInt64(63 - bytes.leadingZeroBitCount)
    size = fitting & (size | (size - 1))
    return size == 0 ? smallestBytes : 1 << UInt64(63 - size.leadingZeroBitCount)
  }
}

extension Subject {
  @inlinable
  package static func domain(_ domain: DomainID) -> Subject {
    .domain(UInt16(truncatingIfNeeded: domain.index))
  }

  @inlinable
  package static func device(_ device: DeviceID) -> Subject {
    .device(UInt16(truncatingIfNeeded: device.index))
  }
}
