internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUModel
internal import IOMMUValues

/// From a client's operation to its call.
extension Machine {
  /// Guest memory ends here; KVM's own limits lie beyond what a lesson needs.
  private static let mostGuestMemory: UInt64 = 16 << 30
  /// All slots of a guest together.
  private static let mostSlotBytes: UInt64 = 4 << 30
  private static let mostMachines = 10_000

  /// Does it, and answers the result: an address, or 0.
  mutating func perform(_ operation: ClientOperation) throws(Stop) -> UInt64 {
    switch operation {
    case .dmaMap(let name, let buffer, let physical, let size, let direction):
      let device = try requester(name)
      try isFree(buffer: buffer, size)
      try fits([physical, size, physical &+ (size - 1)])
      return try call(
        DMAMap(device, buffer, PhysicalAddress(physical), bytes: size, direction)
      ).value
    case .dmaMapScattered(let name, let buffer, let pieces, let direction):
      let device = try requester(name)
      for piece in pieces {
        try isFree(buffer: buffer, piece.size)
        try fits([piece.physical, piece.size, piece.physical &+ (piece.size - 1)])
      }
      return try call(DMAMapScattered(device, buffer, pieces, direction)).value
    case .dmaAlloc(let name, let buffer, let size):
      let device = try requester(name)
      try isFree(buffer: buffer, size)
      try fits([size])
      return try call(DMAAlloc(device, buffer, bytes: size)).value
    case .dmaUnmap(let name, let buffer, let size, let direction):
      let device = try user(name)
      guard size != 0 else { throw .error("a buffer has at least one byte") }
      try fits([size ?? 0])
      let known = try self.buffer(buffer)
      try call(DMAUnmap(device, buffer: known, bytes: size, direction))
    case .dmaFree(let name, let buffer):
      let device = try user(name)
      try call(DMAFree(device, buffer: try self.buffer(buffer)))
    case .dmaRelease(let name): try call(DMARelease(try requester(name)))
    case .dmaDomain(let name, let domain):
      let device = try requester(name)
      try call(DMADomain(device, try freeDomain(domain)))
    case .mode(let isLazy): try call(SetMode(isLazy: isLazy))
    case .wait(let microseconds): try call(Wait(microseconds: microseconds))
    case .design(let design): choose(design)
    case .allocFor(let name, let cookie): try allocate(name, for: cookie)
    case .msmAlloc(let name, let context): try allocatePrivately(name, context)
    case .vm, .memslot, .assign, .deassign, .vmFree: try performForGuest(operation)
    }
    return 0
  }

  private mutating func performForGuest(_ operation: ClientOperation) throws(Stop) {
    switch operation {
    case .vm(let name, let domain):
      if let kind = kind(of: name) {
        throw .error("\(name) is \(kind) already; names are unique")
      }
      guard clients.machines.count < Self.mostMachines else {
        throw .error("there have been \(Self.mostMachines) guests; that is enough")
      }
      var given: DomainID?
      if let domain { given = try freeDomain(domain) }
      _ = try call(KVMCreate(name, domain: given))
    case .memslot(let name, let guest, let host, let size, let isHuge):
      let vm = try guestMachine(name)
      try fits([guest, host, size, guest &+ (max(size, 1) - 1), host &+ (max(size, 1) - 1)])
      let (end, isTooMuch) = guest.addingReportingOverflow(size)
      guard !isTooMuch, end <= Self.mostGuestMemory else {
        throw .error("a guest's memory ends at 16G here")
      }
      let bytes = clients.machines[vm].slots.reduce(size) { $0 + $1.size }
      guard bytes <= Self.mostSlotBytes else {
        throw .error("a guest has at most 4G of memory here")
      }
      try call(KVMSlot(vm, guest: guest, host: host, size: size, isHuge: isHuge))
    case .assign(let name, let device):
      let vm = try guestMachine(name)
      try call(KVMAssign(vm, try requester(device), isAssigned: true))
    case .deassign(let name, let device):
      let vm = try guestMachine(name)
      try call(KVMAssign(vm, try requester(device), isAssigned: false))
    case .vmFree(let name): try call(KVMDestroy(try guestMachine(name)))
    default: break
    }
  }

  private mutating func call<Call: ClientCall>(_ call: Call) throws(Stop) -> Call.Answer {
    do throws(KernelError) { return try make(call) } catch { throw .refused(error) }
  }

  // MARK: Names

  /// A buffer may take this name, and has a size.
  private func isFree(buffer name: String, _ size: UInt64) throws(Stop) {
    guard size > 0 else { throw .error("a buffer has at least one byte") }
    if let buffer = clients.buffer(named: name) {
      if clients.buffers[buffer].isMapped {
        throw .error("\(name) is mapped already; dma-unmap gives it up")
      }
    } else if let kind = kind(of: name) {
      throw .error("\(name) is \(kind) already; names are unique")
    }
  }

  private func buffer(_ name: String) throws(Stop) -> Int {
    if let buffer = clients.buffer(named: name) { return buffer }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a buffer") }
    throw .error("there is no buffer \(name); dma-map makes one")
  }

  /// A device that has used the DMA API before.
  private func user(_ name: String) throws(Stop) -> DeviceID {
    let device = try requester(name)
    guard clients.space(of: device) != nil else {
      throw .error("\(name) has mapped nothing yet; dma-map makes its default domain")
    }
    return device
  }

  private func guestMachine(_ name: String) throws(Stop) -> Int {
    if let vm = clients.machine(named: name) { return vm }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a guest") }
    throw .error("there is no guest \(name); vm \(name) starts one")
  }

  // MARK: Domains

  /// A domain that no client has taken over.
  private func freeDomain(_ name: String) throws(Stop) -> DomainID {
    let domain = try domain(name)
    try belongsToNobody(domain, name)
    return domain
  }

  /// Refuses to take a domain from under a client, which would go on using it.
  func belongsToNobody(_ domain: DomainID, _ name: String) throws(Stop) {
    if let space = clients.spaces.first(where: { $0.domain == domain }) {
      throw .error(
        "\(name) is the default domain of \(system.name(of: space.device)); it stays as long as the "
          + "device")
    }
    let owner = clients.machines.first { $0.isAlive && ($0.domain == domain || $0.given == domain) }
    if let owner {
      throw .error("\(name) belongs to \(owner.name); vm-free \(owner.name) frees it")
    }
  }

  private mutating func allocate(_ name: String, for cookie: String) throws(Stop) {
    if let kind = kind(of: name) { throw .error("\(name) is \(kind) already; names are unique") }
    guard system.design == .a else {
      throw .error(
        "iommu_domain_alloc takes no parameter under design \(system.design.name); only under a")
    }
    let device = try anyDevice(cookie)
    try refusable { (machine) throws(KernelError) in
      _ = try machine.allocateDomain(name, for: device)
    }
  }

  private mutating func allocatePrivately(_ name: String, _ context: String) throws(Stop) {
    if let kind = kind(of: name) { throw .error("\(name) is \(kind) already; names are unique") }
    guard hasPrivateAllocator else {
      throw .error(
        system.design == .b
          ? "there is no msm_iommu_domain_alloc on \(platform.name): a client that calls it is not "
            + "portable"
          : "there is no msm_iommu_domain_alloc under design \(system.design.name); only under b")
    }
    let device = try anyDevice(context)
    try refusable { (machine) throws(KernelError) in
      _ = try machine.allocatePrivately(name, for: device)
    }
  }
}
