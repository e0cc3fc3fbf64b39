package import IOMMUAPI
package import IOMMUValues

/// A run of memory, one of the pieces of a scattered buffer.
package struct MemoryPiece: Hashable, Sendable {
  package let physical: UInt64
  package let size: UInt64

  package init(physical: UInt64, size: UInt64) { (self.physical, self.size) = (physical, size) }
}

/// Scattered and coherent buffers.
extension Clients {
  /// A piece laid out on pages.
  private struct Laid {
    let offset: UInt64
    let bytes: UInt64
    let physical: UInt64
    /// Whole pages, and what is added so that no segment crosses a boundary.
    var length: UInt64
  }

  /// No segment crosses a multiple of 4 GiB, and none is longer than 64 KiB: what holds for a device
  /// whose driver says nothing else.
  private static let segmentMask: UInt64 = 0xffff_ffff
  private static let longestSegment: UInt64 = 0x1_0000

  // MARK: Scattered

  /// `dma_map_sg`: one range of addresses for all pieces.
  mutating func mapScattered(
    _ pieces: [MemoryPiece], _ direction: DMADirection, for device: DeviceID, named name: Int,
    _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let value = try system.within("dma_map_sg_attrs", .device(device)) {
      (system) throws(KernelError) in
      let space = try readySpace(of: device, &system, driver)
      let protection = Protection(direction, system.devices[device.index].dma)
      var segments: [Buffer.Segment] = []
      let bytes = pieces.reduce(0) { $0 &+ $1.size }
      _ = try system.within("iommu_dma_map_sg", .device(device)) {
        (system) throws(KernelError) in
        let (laid, length) = try layOut(pieces, space)
        let iova = try takeAddresses(length, in: space, &system)
        do throws(KernelError) {
          try mapPieces(laid, at: iova, protection, in: space, &system, driver)
        } catch {
          freeAddresses(iova, length, in: space, &system)
          // Everything but ENOMEM becomes EINVAL for the caller.
          throw error.errno == .ENOMEM ? error : .scatterFailed
        }
        segments = Self.finalise(laid, from: iova)
        return Int64(segments.count)
      }
      let first = segments.first?.iova ?? IOVA(0)
      note(name, device, first, bytes, direction, .scattered, &system)
      for segment in segments {
        change(.bufferSegment(segment.iova, size: segment.size), &system)
      }
      return Int64(bitPattern: first.value)
    }
    return IOVA(UInt64(bitPattern: value))
  }

  /// Lays the pieces out on pages, one after the other.
  private func layOut(
    _ pieces: [MemoryPiece], _ space: Int
  ) throws(KernelError) -> (pieces: [Laid], length: UInt64) {
    var laid: [Laid] = []
    var total: UInt64 = 0
    for piece in pieces {
      let offset = piece.physical & (granule(of: space) - 1)
      let (sum, isTooMuch) = (total &+ Self.segmentMask).addingReportingOverflow(piece.size)
      guard let length = aligned(piece.size, offset, space), !isTooMuch, sum < 1 << 62,
        length < 1 << 62
      else {
        throw .noAddresses(device: spaces[space].device, size: piece.size)
      }
      let pad = (Self.segmentMask &- total &+ 1) & Self.segmentMask
      if pad != 0, pad < length - 1, let last = laid.indices.last {
        laid[last].length += pad
        total += pad
      }
      laid.append(
        Laid(offset: offset, bytes: piece.size, physical: piece.physical - offset, length: length))
      total += length
    }
    return (laid, total)
  }

  /// `iommu_map_sg`: pieces that adjoin in memory are mapped together.
  private mutating func mapPieces(
    _ pieces: [Laid], at iova: IOVA, _ protection: Protection, in space: Int,
    _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    let domain = spaces[space].domain
    _ = try system.within("iommu_map_sg", .domain(domain)) { (system) throws(KernelError) in
      var (mapped, start, length): (UInt64, UInt64, UInt64) = (0, 0, 0)
      func mapRun() throws(KernelError) {
        guard length > 0 else { return }
        try system.map(
          domain, iova: iova + mapped, to: PhysicalAddress(start), size: length, protection,
          through: driver)
        mapped += length
      }
      do throws(KernelError) {
        for piece in pieces {
          if length > 0, piece.physical == start &+ length {
            length += piece.length
          } else {
            try mapRun()
            (start, length) = (piece.physical, piece.length)
          }
        }
        try mapRun()
      } catch {
        _ = try system.unmap(domain, iova: iova, size: mapped, through: driver)
        throw error
      }
      return Int64(bitPattern: mapped)
    }
  }

  /// `__finalise_sg`: what adjoins for the device becomes one segment.
  private static func finalise(_ pieces: [Laid], from iova: IOVA) -> [Buffer.Segment] {
    var segments: [Buffer.Segment] = []
    var (address, current) = (iova.value, UInt64(0))
    for piece in pieces {
      if current > 0, piece.offset == 0, address & segmentMask != 0,
        current <= longestSegment, longestSegment - current >= piece.bytes,
        let last = segments.popLast()
      {
        current += piece.bytes
        segments.append(.init(iova: last.iova, size: current))
      } else {
        current = piece.bytes
        segments.append(.init(iova: IOVA(address &+ piece.offset), size: current))
      }
      address &+= piece.length
      // Only a piece that fills its last page can be followed without a gap.
      if piece.bytes + piece.offset < piece.length { current = 0 }
    }
    return segments
  }

  /// `dma_unmap_sg`: one unmap of the whole span.
  mutating func unmapScattered(
    _ buffer: Buffer, bytes: UInt64, _ direction: DMADirection, for device: DeviceID,
    in space: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    system.inside("dma_unmap_sg_attrs", .device(device)) { system in
      check(buffer.iova, bytes, direction, .scattered, device, &system)
      system.inside("iommu_dma_unmap_sg", .device(device)) { system in
        let end = buffer.segments.last.map { $0.iova.value &+ $0.size } ?? buffer.iova.value
        takeAway(buffer.iova, bytes: end &- buffer.iova.value, in: space, &system, driver)
      }
    }
  }

  // MARK: Coherent

  /// `dma_alloc_coherent`: memory and its place in the device's addresses at once.
  mutating func allocate(
    bytes: UInt64, for device: DeviceID, named name: Int, _ system: inout System,
    _ driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let value = try system.within("dma_alloc_attrs", .device(device)) {
      (system) throws(KernelError) in
      let space = try readySpace(of: device, &system, driver)
      var pages: [PhysicalAddress] = []
      let iova = try system.within("iommu_dma_alloc", .device(device)) {
        (system) throws(KernelError) in
        guard let size = aligned(bytes, 0, space) else { throw .noBufferPages(size: bytes) }
        pages = try takePages(size, bytes, &system)
        do throws(KernelError) {
          let iova = try takeAddresses(size, in: space, &system)
          let protection = Protection(.bidirectional, system.devices[device.index].dma)
          let laid = pages.map { Laid(offset: 0, bytes: 4096, physical: $0.value, length: 4096) }
          do throws(KernelError) {
            try mapPieces(laid, at: iova, protection, in: space, &system, driver)
          } catch {
            freeAddresses(iova, size, in: space, &system)
            throw error
          }
          return Int64(bitPattern: iova.value)
        } catch {
          system.giveBack(pages)
          throw error
        }
      }
      note(
        name, device, IOVA(UInt64(bitPattern: iova)), bytes, .bidirectional, .coherent, &system)
      for page in pages { change(.bufferPage(page), &system) }
      return iova
    }
    return IOVA(UInt64(bitPattern: value))
  }

  /// `__iommu_dma_alloc_pages`: page by page, from wherever there is one.
  private func takePages(
    _ size: UInt64, _ bytes: UInt64, _ system: inout System
  ) throws(KernelError) -> [PhysicalAddress] {
    var pages: [PhysicalAddress] = []
    _ = try system.within("__iommu_dma_alloc_pages") { (system) throws(KernelError) in
      while UInt64(pages.count) < size >> 12 {
        guard let page = system.takeBufferPage() else {
          system.giveBack(pages)
          throw .noBufferPages(size: bytes)
        }
        pages.append(page)
      }
      return Int64(pages.count)
    }
    return pages
  }

  /// `dma_free_coherent`: takes the mapping away, then the pages.
  mutating func free(
    buffer index: Int, for device: DeviceID, in space: Int, _ system: inout System,
    _ driver: some IOMMUDriver
  ) {
    let buffer = buffers[index]
    let (wasMapped, owns) = (buffer.isMapped, buffer.kind == .coherent)
    system.inside("dma_free_attrs", .device(device)) { system in
      check(buffer.iova, buffer.size, .bidirectional, .coherent, device, &system)
      system.inside("iommu_dma_free", .device(device)) { system in
        takeAway(buffer.iova, bytes: buffer.size, in: space, &system, driver)
        // Freeing twice frees somebody else's pages in the real kernel; that far this does not go.
        if wasMapped, owns {
          system.inside("__iommu_dma_free_pages") { system in system.giveBack(buffer.pages) }
        }
      }
    }
  }
}

/// A driver maps scattered memory into one range.
package struct DMAMapScattered: ClientCall {
  private let device: DeviceID
  private let name: String
  private let pieces: [MemoryPiece]
  private let direction: DMADirection

  package init(
    _ device: DeviceID, _ name: String, _ pieces: [MemoryPiece], _ direction: DMADirection
  ) {
    (self.device, self.name) = (device, name)
    (self.pieces, self.direction) = (pieces, direction)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let name = system.number(ofName: name)
    return try clients.mapScattered(pieces, direction, for: device, named: name, &system, driver)
  }
}

/// A driver has memory allocated that device and CPU share.
package struct DMAAlloc: ClientCall {
  private let device: DeviceID
  private let name: String
  private let bytes: UInt64

  package init(_ device: DeviceID, _ name: String, bytes: UInt64) {
    (self.device, self.name, self.bytes) = (device, name, bytes)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> IOVA {
    let name = system.number(ofName: name)
    return try clients.allocate(bytes: bytes, for: device, named: name, &system, driver)
  }
}

/// A driver gives such memory back.
package struct DMAFree: ClientCall {
  private let device: DeviceID
  private let buffer: Int

  package init(_ device: DeviceID, buffer: Int) { (self.device, self.buffer) = (device, buffer) }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    guard let space = clients.space(of: device) else { throw .noDomain }
    clients.free(buffer: buffer, for: device, in: space, &system, driver)
  }
}
