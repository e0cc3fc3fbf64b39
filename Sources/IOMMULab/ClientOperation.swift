package import IOMMUClients
internal import IOMMUModel
package import IOMMUValues

/// What the clients of the IOMMU API may be asked to do, one case for each verb of theirs.
package enum ClientOperation: Hashable, Sendable {
  // MARK: The DMA API

  case dmaMap(device: String, name: String, physical: UInt64, size: UInt64, DMADirection)
  /// A size or a direction that is not the buffer's is a mistake that a driver can make.
  case dmaUnmap(device: String, name: String, size: UInt64?, DMADirection?)
  case dmaMapScattered(device: String, name: String, [MemoryPiece], DMADirection)
  case dmaAlloc(device: String, name: String, size: UInt64)
  case dmaFree(device: String, name: String)
  case dmaRelease(device: String)
  case dmaDomain(device: String, domain: String)
  case mode(isLazy: Bool)
  case wait(microseconds: UInt64)

  // MARK: KVM

  case vm(String, domain: String?)
  case memslot(vm: String, guest: UInt64, host: UInt64, size: UInt64, isHuge: Bool)
  case assign(vm: String, device: String)
  case deassign(vm: String, device: String)
  case vmFree(String)

  // MARK: The three designs

  case design(Design)
  /// `alloc` with design A's parameter.
  case allocFor(String, cookie: String)
  case msmAlloc(String, context: String)

  package var verb: Verb {
    switch self {
    case .dmaMap: .dmaMap
    case .dmaUnmap: .dmaUnmap
    case .dmaMapScattered: .dmaMapSG
    case .dmaAlloc: .dmaAlloc
    case .dmaFree: .dmaFree
    case .dmaRelease: .dmaRelease
    case .dmaDomain: .dmaDomain
    case .mode: .mode
    case .wait: .wait
    case .vm: .vm
    case .memslot: .memslot
    case .assign: .assign
    case .deassign: .deassign
    case .vmFree: .vmFree
    case .design: .design
    case .allocFor: .alloc
    case .msmAlloc: .msmAlloc
    }
  }

  /// The buffer or the guest it is about.
  package var holding: String? {
    switch self {
    case .dmaMap(_, let name, _, _, _), .dmaUnmap(_, let name, _, _),
      .dmaMapScattered(_, let name, _, _), .dmaAlloc(_, let name, _), .dmaFree(_, let name),
      .vm(let name, _), .memslot(let name, _, _, _, _), .assign(let name, _),
      .deassign(let name, _), .vmFree(let name):
      name
    case .dmaRelease, .dmaDomain, .mode, .wait, .design, .allocFor, .msmAlloc: nil
    }
  }

  /// The domain that it names.
  package var domain: String? {
    switch self {
    case .dmaDomain(_, let domain), .allocFor(let domain, _), .msmAlloc(let domain, _): domain
    case .dmaMap, .dmaUnmap, .dmaMapScattered, .dmaAlloc, .dmaFree, .dmaRelease, .mode, .wait, .vm,
      .memslot, .assign, .deassign, .vmFree, .design:
      nil
    }
  }

  /// The device it is about.
  package var device: String? {
    switch self {
    case .dmaMap(let device, _, _, _, _), .dmaUnmap(let device, _, _, _),
      .dmaMapScattered(let device, _, _, _), .dmaAlloc(let device, _, _), .dmaFree(let device, _),
      .dmaRelease(let device), .dmaDomain(let device, _), .assign(_, let device),
      .deassign(_, let device), .allocFor(_, let device), .msmAlloc(_, let device):
      device
    case .mode, .wait, .vm, .memslot, .vmFree, .design: nil
    }
  }
}

extension DMADirection {
  /// As it is written.
  package var name: String {
    switch self {
    case .toDevice: "to"
    case .fromDevice: "from"
    case .bidirectional: "both"
    }
  }
}

extension Design {
  /// What was proposed, in a sentence.
  package var meaning: Prose {
    switch self {
    case .a:
      """
      Design A: iommu_domain_alloc takes a pointer and passes it through to the driver. MSM wants a \
      context there; an IOMMU that is alone ignores it. Who allocates must have one.
      """
    case .b:
      """
      Design B: the driver has an allocator of its own that takes a context. Who uses it has MSM's code \
      in him: the mail says no to that for KVM and others.
      """
    case .c:
      """
      Design C, which was built: a domain is for nobody in particular, and the device carries its IOMMU \
      data from the moment it is probed.
      """
    }
  }
}

extension ClientOperation {
  /// At most so many pages are mapped or unmapped by it, be they all small.
  func mostPages(on machine: Machine) -> UInt64 {
    let slots = machine.clients.machines.filter(\.isAlive).flatMap(\.slots)
    let guests = slots.reduce(UInt64(0)) { $0 &+ $1.size } >> 12
    return switch self {
    case .dmaMap(_, _, _, let size, _), .dmaAlloc(_, _, let size): size >> 12
    case .dmaMapScattered(_, _, let pieces, _): pieces.reduce(0) { $0 &+ $1.size >> 12 }
    case .dmaUnmap(_, _, let size, _): (size ?? 0) >> 12
    case .memslot(_, _, _, let size, _): size >> 12
    case .assign, .vmFree: guests
    case .dmaFree, .dmaRelease, .dmaDomain, .mode, .wait, .vm, .deassign, .design, .allocFor,
      .msmAlloc:
      0
    }
  }
}
