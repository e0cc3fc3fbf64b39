package import IOMMUAPI
package import IOMMUValues

/// Watches what drivers do with their buffers: `kernel/dma/debug.c`.
extension Clients {
  /// `debug_dma_map_page` and its like: remembers a buffer.
  mutating func note(
    _ name: Int, _ device: DeviceID, _ iova: IOVA, _ bytes: UInt64, _ direction: DMADirection,
    _ kind: BufferKind, _ system: inout System
  ) {
    system.inside("add_dma_entry", .device(device)) { system in
      change(
        .bufferMapped(
          name: UInt32(name), device: UInt16(device.index), iova: iova, size: bytes, direction, kind
        ),
        &system)
    }
  }

  /// Compares what is unmapped with what was mapped (`check_unmap`).
  mutating func check(
    _ iova: IOVA, _ bytes: UInt64, _ direction: DMADirection, _ kind: BufferKind,
    _ device: DeviceID, _ system: inout System
  ) {
    system.inside("check_unmap", .device(device)) { system in
      func complain(_ mistake: DMAMistake, _ mapped: UInt64, _ given: UInt64) -> ClientChange {
        .dmaDebug(
          at: iova, mapped: mapped, given: given, device: UInt16(device.index), mistake)
      }
      let found = buffers.lastIndex { $0.isMapped && $0.device == device && $0.iova == iova }
      guard let found else {
        change(complain(.notAllocated, 0, bytes), &system)
        return
      }
      let buffer = buffers[found]
      if buffer.size != bytes { change(complain(.differentSize, buffer.size, bytes), &system) }
      if buffer.kind != kind {
        change(
          complain(.wrongFunction, UInt64(buffer.kind.rawValue), UInt64(kind.rawValue)), &system)
      }
      if buffer.direction != direction {
        change(
          complain(
            .differentDirection, UInt64(buffer.direction.rawValue), UInt64(direction.rawValue)),
          &system)
      }
      change(.bufferUnmapped(buffer: UInt32(found)), &system)
    }
  }

  /// `dma_debug_device_change`: the driver leaves the device; what is still mapped has leaked.
  mutating func release(_ device: DeviceID, _ system: inout System) {
    system.inside("dma_debug_device_change", .device(device)) { system in
      let leaked = buffers.filter { $0.isMapped && $0.device == device }
      guard let last = leaked.last else { return }
      change(
        .dmaDebug(
          at: last.iova, mapped: last.size, given: UInt64(leaked.count),
          device: UInt16(device.index), .pending), &system)
    }
  }

  /// Buffers whose driver never unmapped them.
  package var pending: [Buffer] { buffers.filter(\.isMapped) }

  // MARK: Devices that come too late

  /// Notes that a device reached an address, if that is one its driver has given up.
  ///
  /// The kernel cannot see this; it is what the window between unmap and flush lets happen.
  package mutating func noteReach(
    of iova: IOVA, iommu: Int, stream: UInt32, _ system: inout System
  ) {
    guard
      let space = spaces.firstIndex(where: {
        let device = system.devices[$0.device.index]
        return device.iommu == iommu && device.attachedTo == $0.domain
          && device.streams.contains(stream)
      })
    else { return }
    let device = spaces[space].device
    var stale: Int?
    for index in buffers.indices.reversed()
    where buffers[index].device == device && buffers[index].contains(iova) {
      if buffers[index].isMapped { return }
      stale = stale ?? index
    }
    guard let stale else { return }
    change(.staleReach(space: UInt16(space), buffer: UInt32(stale), iova), &system)
  }
}

/// A driver maps a buffer (`dma_map_page`).
package struct DMAMap: ClientCall {
  private let (device, name): (DeviceID, String)
  private let (physical, bytes, direction): (PhysicalAddress, UInt64, DMADirection)

  package init(
    _ device: DeviceID, _ name: String, _ physical: PhysicalAddress, bytes: UInt64,
    _ direction: DMADirection
  ) {
    (self.device, self.name) = (device, name)
    (self.physical, self.bytes, self.direction) = (physical, bytes, direction)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let name = system.number(ofName: name)
    return try clients.map(
      physical, bytes: bytes, direction, for: device, named: name, &system, driver)
  }
}

/// A driver unmaps a buffer, perhaps with a size or a direction that are not the buffer's.
package struct DMAUnmap: ClientCall {
  private let device: DeviceID
  private let buffer: Int
  private let bytes: UInt64?
  private let direction: DMADirection?

  package init(
    _ device: DeviceID, buffer: Int, bytes: UInt64? = nil, _ direction: DMADirection? = nil
  ) {
    (self.device, self.buffer) = (device, buffer)
    (self.bytes, self.direction) = (bytes, direction)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    guard let space = clients.space(of: device) else { throw .noDomain }
    let buffer = clients.buffers[buffer]
    if buffer.kind == .scattered {
      clients.unmapScattered(
        buffer, bytes: bytes ?? buffer.size, direction ?? buffer.direction, for: device, in: space,
        &system, driver)
    } else {
      clients.unmap(
        buffer.iova, bytes: bytes ?? buffer.size, direction ?? buffer.direction, for: device,
        in: space, isWatched: true, &system, driver)
    }
  }
}

/// Buffers mapped and unmapped without dma-debug, as most kernels run.
package struct DMAChurn: ClientCall {
  private let device: DeviceID
  private let (count, live): (Int, Int)

  /// - Parameters:
  ///   - device: Whose driver it is.
  ///   - count: How many pages are mapped and unmapped, all in all.
  ///   - live: How many of them are mapped at once.
  package init(_ device: DeviceID, count: Int, live: Int) {
    (self.device, self.count, self.live) = (device, count, live)
  }

  /// Answers the sum of all addresses.
  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> UInt64 {
    var sum: UInt64 = 0
    var mapped = [IOVA](repeating: IOVA(0), count: max(1, live))
    for index in 0..<count {
      let slot = index % mapped.count
      if index >= mapped.count { try unmap(mapped[slot], &clients, &system, driver) }
      let page = PhysicalAddress(0x6000_0000 + UInt64(index & 0xffff) << 12)
      let iova = try clients.map(
        page, bytes: 4096, .bidirectional, for: device, named: nil, &system, driver)
      mapped[slot] = iova
      sum &+= iova.value
    }
    for iova in mapped.prefix(count) { try unmap(iova, &clients, &system, driver) }
    return sum
  }

  private func unmap(
    _ iova: IOVA, _ clients: inout Clients, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    guard let space = clients.space(of: device) else { throw .noDomain }
    clients.unmap(
      iova, bytes: 4096, .bidirectional, for: device, in: space, isWatched: false, &system, driver)
  }
}

/// The driver leaves its device.
package struct DMARelease: ClientCall {
  private let device: DeviceID

  package init(_ device: DeviceID) { self.device = device }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    clients.release(device, &system)
  }
}

/// Platform code makes a domain the default domain of a device (`arm_iommu_attach_device`).
package struct DMADomain: ClientCall {
  private let device: DeviceID
  private let domain: DomainID

  package init(_ device: DeviceID, _ domain: DomainID) {
    (self.device, self.domain) = (device, domain)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("arm_iommu_attach_device", .device(device)) {
      (system) throws(KernelError) in
      if system.devices[device.index].attachedTo != domain {
        try system.attach(device, to: domain, through: driver)
      }
      _ = try clients.makeSpace(of: device, domain, &system, driver)
      return 0
    }
  }
}
