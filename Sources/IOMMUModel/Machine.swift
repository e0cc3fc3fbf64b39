public import IOMMUAPI
package import IOMMUClients
internal import IOMMUDrivers
public import IOMMUHardware

/// A whole machine as one value: the silicon, the kernel's records, and the driver between them.
///
/// It has two faces. The kernel face programs it: allocate, attach, map, unmap, detach, down to
/// register and memory writes. The bus face uses it: one DMA request in, an address or a fault out.
/// The gap between the two is what there is to learn.
public struct Machine: Sendable {
  package let platform: Platform
  package internal(set) var system: System
  /// The DMA API and KVM, which know that there is an IOMMU API and no more.
  package private(set) var clients = Clients()
  private let driver: DriverFamily

  /// Out of reset: nothing is probed.
  package init(unprobed platform: Platform) {
    self.platform = platform
    system = platform.makeSystem()
    driver = platform.makeDriver()
  }

  package var board: Board {
    // Read in place: a copy counts references to some dozen arrays.
    _read { yield system.board }
  }

  // MARK: The kernel face

  /// Probes one device: it gets its IOMMU data, and its streams are routed.
  ///
  /// - Throws: ENODEV before its IOMMU, EBUSY a second time.
  public mutating func probe(_ device: DeviceID) throws(KernelError) {
    switch driver {
    case .msm(let driver): try system.probe(device, through: driver)
    case .vtd(let driver): try system.probe(device, through: driver)
    }
  }

  /// Probes whatever is not probed yet, as a boot does: IOMMUs first.
  public mutating func probeAll() throws(KernelError) {
    switch driver {
    case .msm(let driver): try system.probeAll(through: driver)
    case .vtd(let driver): try system.probeAll(through: driver)
    }
  }

  /// Allocates a domain (`iommu_domain_alloc`).
  ///
  /// - Throws: ENOMEM when no pages are left for its table.
  public mutating func allocateDomain(_ name: String) throws(KernelError) -> DomainID {
    try allocateDomain(name, for: nil)
  }

  /// The same with design A's parameter.
  package mutating func allocateDomain(
    _ name: String, for cookie: DeviceID?
  ) throws(KernelError) -> DomainID {
    switch driver {
    case .msm(let driver):
      try system.allocateDomain(named: name, for: cookie, through: driver)
    case .vtd(let driver):
      try system.allocateDomain(named: name, for: cookie, through: driver)
    }
  }

  /// The driver has an allocator of its own beside the generic call: design B, on MSM.
  package var hasPrivateAllocator: Bool {
    switch driver {
    case .msm: system.design == .b
    case .vtd: false
    }
  }

  /// Allocates a domain for one context by the driver's own call (`msm_iommu_domain_alloc`).
  ///
  /// - Precondition: There is such a call.
  package mutating func allocatePrivately(
    _ name: String, for context: DeviceID
  ) throws(KernelError) -> DomainID {
    switch driver {
    case .msm(let driver):
      try driver.allocateDomain(named: name, for: context, in: &system)
    case .vtd: throw .privateAllocatorOnly
    }
  }

  /// Chooses one of the three designs of 2010.
  package mutating func choose(_ design: Design) { system.choose(design) }

  /// Frees a domain, attached or not (`iommu_domain_free`).
  public mutating func free(_ domain: DomainID) {
    switch driver {
    case .msm(let driver): system.free(domain, through: driver)
    case .vtd(let driver): system.free(domain, through: driver)
    }
  }

  /// Attaches a device to a domain (`iommu_attach_device`).
  ///
  /// - Throws: EBUSY while it is attached anywhere, EINVAL before it is probed.
  public mutating func attach(_ device: DeviceID, to domain: DomainID) throws(KernelError) {
    switch driver {
    case .msm(let driver): try system.attach(device, to: domain, through: driver)
    case .vtd(let driver): try system.attach(device, to: domain, through: driver)
    }
  }

  /// Detaches a device (`iommu_detach_device`); nothing refuses.
  public mutating func detach(_ device: DeviceID, from domain: DomainID) {
    switch driver {
    case .msm(let driver): system.detach(device, from: domain, through: driver)
    case .vtd(let driver): system.detach(device, from: domain, through: driver)
    }
  }

  /// Maps `size` bytes (`iommu_map`).
  ///
  /// - Throws: EINVAL for a misaligned address or size, ENOMEM without pages for a table.
  public mutating func map(
    _ domain: DomainID, iova: IOVA, to physical: PhysicalAddress, size: UInt64,
    _ protection: Protection
  ) throws(KernelError) {
    switch driver {
    case .msm(let driver):
      try system.map(
        domain, iova: iova, to: physical, size: size, protection, through: driver)
    case .vtd(let driver):
      try system.map(
        domain, iova: iova, to: physical, size: size, protection, through: driver)
    }
  }

  /// Unmaps `size` bytes and answers how many the driver says were unmapped (`iommu_unmap`).
  ///
  /// - Throws: EINVAL for a misaligned address or size.
  public mutating func unmap(
    _ domain: DomainID, iova: IOVA, size: UInt64
  ) throws(KernelError) -> UInt64 {
    switch driver {
    case .msm(let driver): try system.unmap(domain, iova: iova, size: size, through: driver)
    case .vtd(let driver): try system.unmap(domain, iova: iova, size: size, through: driver)
    }
  }

  /// Where an address of a domain leads, 0 where nowhere (`iommu_iova_to_phys`).
  public mutating func physicalAddress(
    of iova: IOVA, in domain: DomainID
  ) throws(KernelError) -> PhysicalAddress {
    switch driver {
    case .msm(let driver): try system.physicalAddress(of: iova, in: domain, through: driver)
    case .vtd(let driver): try system.physicalAddress(of: iova, in: domain, through: driver)
    }
  }

  // MARK: The clients

  /// Makes a client's call, through whichever driver there is.
  package mutating func make<Call: ClientCall>(_ call: Call) throws(KernelError) -> Call.Answer {
    switch driver {
    case .msm(let driver): try call.make(by: &clients, in: &system, through: driver)
    case .vtd(let driver): try call.make(by: &clients, in: &system, through: driver)
    }
  }

  /// Runs the interrupt handler of every IOMMU whose interrupt line is up, unless they are held.
  package mutating func handleInterrupts() {
    guard !system.holdsInterrupts else { return }
    for iommu in system.board.iommus.indices where system.board.isInterrupting(iommu) {
      handleInterrupt(of: iommu)
    }
  }

  /// Runs the interrupt handler of one IOMMU, whether or not anything is pending.
  package mutating func handleInterrupt(of iommu: Int) {
    switch driver {
    case .msm(let driver): driver.handleInterrupt(of: iommu, in: &system)
    case .vtd(let driver): driver.handleInterrupt(of: iommu, in: &system)
    }
  }

  // MARK: The bus face

  /// The request that a device makes: with one of its streams, or with any other.
  package func request(
    by device: DeviceID, at iova: IOVA, _ access: Access, stream: UInt32? = nil,
    isPrivileged: Bool = false
  ) -> Request {
    let source = system.devices[device.index]
    return Request(
      iommu: source.iommu, stream: stream ?? source.streams.first ?? 0, iova: iova, access: access,
      isPrivileged: isPrivileged)
  }

  /// A device reads the word at an address.
  package mutating func read(_ request: Request) -> Board.Answer {
    let answer = system.board.translate(request)
    if case .reached(let address, let isBypass) = answer {
      if !isBypass { noteReach(of: request) }
      system.board.readByDevice(at: address)
    }
    return answer
  }

  /// A device stores a word at an address.
  ///
  /// 32 bits, or 64 where the value needs them.
  package mutating func write(_ request: Request, _ word: UInt64) -> Board.Answer {
    let answer = system.board.translate(request)
    guard case .reached(let address, let isBypass) = answer else { return answer }
    if !isBypass { noteReach(of: request) }
    if let word = UInt32(exactly: word) {
      system.board.writeByDevice(word, at: PhysicalAddress(address.value & ~3))
    } else {
      system.board.writeByDevice(doubleWord: word, at: PhysicalAddress(address.value & ~7))
    }
    return answer
  }

  /// Notes that a translated request arrived, if the device's driver no longer expects it.
  private mutating func noteReach(of request: Request) {
    guard !clients.spaces.isEmpty else { return }
    clients.noteReach(
      of: request.iova, iommu: request.iommu, stream: request.stream, &system)
  }

  // MARK: Time

  /// What was recorded since the last call.
  package mutating func takeRecording() -> Recording { system.board.journal.take() }

  /// Switches the journal; `capacity` is the most events kept of one operation.
  package mutating func setRecording(_ isOn: Bool, capacity: Int? = nil) {
    system.board.journal.isOn = isOn
    if let capacity { system.board.journal.capacity = capacity }
  }

  package mutating func undo(_ change: Change, images: [[UInt32]]) {
    if case .client(let change) = change {
      clients.undo(change)
    } else {
      system.undo(change, images: images)
    }
  }

  package mutating func redo(_ change: Change) {
    if case .client(let change) = change {
      clients.redo(change, names: system.names)
    } else {
      system.redo(change)
    }
  }

  /// The pages written since the last call.
  package mutating func takeDirtyPages() -> [UInt64] { system.board.takeDirtyPages() }

  /// The machine without the words of its memory, for a checkpoint that keeps them by pages.
  package func withoutWords() -> Machine {
    var shell = self
    shell.system.board.forgetWords()
    return shell
  }

  /// Learns the names that a later state of the same machine has come to know.
  package mutating func adoptNames(of later: Machine) { system.adoptNames(of: later.system) }

  /// Gives a machine made by ``withoutWords()`` the words of `other`, some pages replaced.
  package mutating func takeWords(
    of other: Machine, replaced pages: [(key: UInt64, value: [UInt32]?)]
  ) {
    system.board.takeWords(of: other.board, replaced: pages)
  }
}

extension Machine: Equatable {
  /// Compares the state: silicon and records.
  public static func == (left: Machine, right: Machine) -> Bool {
    left.system == right.system && left.clients == right.clients
  }
}
