package import IOMMUAPI
internal import IOMMUClients
package import IOMMUHardware
package import IOMMUModel
internal import IOMMUValues

/// What clients of the IOMMU API hold of a domain: buffers, addresses that wait for a flush, guest memory.
package struct DomainHoldings: Hashable, Sendable {
  package enum Owner: Hashable, Sendable {
    /// The DMA API made it, or was given it, for a device.
    case device(String)
    case guest(String, isCoherent: Bool)
  }

  /// A buffer as its driver knows it.
  package struct Buffer: Hashable, Sendable {
    package let name: String
    package let iova: IOVA
    package let size: UInt64
    /// Which way data go, and how it came to be mapped.
    package let words: String

    package var last: UInt64 { iova.value &+ (size &- 1) }
  }

  /// Unmapped addresses that nobody gets before the next flush.
  package struct Waiting: Hashable, Sendable {
    package let iova: IOVA
    package let size: UInt64
    /// In microseconds since the boot.
    package let until: UInt64
    /// The buffer that was there.
    package let buffer: String?
    /// A TLB still leads its device there.
    package let isReachable: Bool

    package var last: UInt64 { iova.value &+ (size &- 1) }
  }

  /// A run of guest memory.
  package struct Slot: Hashable, Sendable {
    package let guest: UInt64
    package let host: UInt64
    package let size: UInt64
    /// The host backs it with pages of 2M, else of 4K.
    package let isHuge: Bool
  }

  package private(set) var owner: Owner?
  /// What is mapped, the newest last.
  package private(set) var buffers: [Buffer] = []
  /// The oldest first.
  package private(set) var waiting: [Waiting] = []
  package private(set) var slots: [Slot] = []
  /// What is handed to nobody, for something on the bus answers there itself.
  package private(set) var reserved: [ClosedRange<UInt64>] = []
  /// How often the device has reached a buffer that its driver had given up.
  package private(set) var staleReaches = 0

  package init() {}

  package init(of domain: DomainID, in machine: Machine) {
    let clients = machine.clients
    if let space = clients.spaces.last(where: { $0.domain == domain }) {
      take(space, in: machine)
    } else if let vm = clients.machines.last(where: {
      $0.isAlive && ($0.domain == domain || $0.given == domain)
    }) {
      owner = .guest(vm.name, isCoherent: vm.isCoherent)
      slots = vm.slots.map {
        Slot(guest: $0.guest, host: $0.host, size: $0.size, isHuge: $0.isHuge)
      }
    }
  }

  private mutating func take(_ space: DMASpace, in machine: Machine) {
    owner = .device(machine.system.name(of: space.device))
    staleReaches = space.staleReaches
    let all = machine.clients.buffers.filter { $0.device == space.device }
    buffers = all.filter(\.isMapped).map {
      Buffer(name: $0.name, iova: $0.iova, size: $0.size, words: $0.words)
    }
    if machine.system.devices[space.device.index].dma.isPCI { reserved = machine.system.windows }
    guard !space.queue.isEmpty else { return }
    let stale = machine.staleEntries(of: space.device)
    let bits = UInt64(space.addresses.granuleBits)
    waiting = space.queue.map { entry in
      let (iova, size) = (IOVA(entry.frame << bits), entry.pages << bits)
      let last = iova.value &+ (size &- 1)
      return Waiting(
        iova: iova, size: size, until: space.timer,
        buffer: all.last { !$0.isMapped && iova.value <= $0.iova.value && $0.iova.value <= last }?
          .name,
        isReachable: stale.contains {
          $0.iova <= last && iova.value <= $0.iova &+ $0.size.offsetMask
        }
      )
    }
  }
}

extension Buffer {
  /// Which way its data go, and how it came to be mapped.
  fileprivate var words: String {
    switch kind {
    case .single: direction.name
    case .scattered: "\(direction.name), scattered"
    case .coherent: "coherent"
    }
  }
}

extension Machine {
  /// What a device's TLB remembers under the device's tag and its tables no longer say.
  fileprivate func staleEntries(of device: DeviceID) -> [TLBEntry] {
    let found = system.devices[device.index]
    guard let bank = found.bank else { return [] }
    let unit = board.iommus[found.iommu]
    let status = BankStatus(bank: bank, of: found.iommu, in: self)
    return unit.tlb.usedSlots.compactMap { slot in
      guard let entry = unit.tlb[slot], unit.tag(of: entry, is: status.tag),
        truth(of: entry, in: found.iommu).isStale
      else { return nil }
      return entry
    }
  }

  /// Why a stale TLB entry is still there, where the flush queue of lazy mode is the reason.
  package func lazyWindow(of entry: TLBEntry, in iommu: Int) -> Prose? {
    for space in clients.spaces where system.devices[space.device.index].iommu == iommu {
      guard !space.queue.isEmpty else { continue }
      let holdings = DomainHoldings(of: space.domain, in: self)
      guard
        let found = holdings.waiting.first(where: {
          $0.isReachable && $0.iova.value <= entry.iova &+ entry.size.offsetMask
            && entry.iova <= $0.last
        })
      else { continue }
      let device = system.name(of: space.device)
      var words = Prose("It waits for the flush at \(found.until.timeText): until then ")
      words += Prose(device, .strong, to: .named(device)) + " still reaches "
      words += Prose(found.buffer ?? "what was there", .strong)
      return words + ", which its driver has given up."
    }
    return nil
  }

  /// The mode, the design and the clock, where they are not the usual ones.
  package var unusualState: [String] {
    var words: [String] = []
    let waiting = clients.spaces.reduce(0) { $0 + $1.queue.count }
    if clients.isLazy || waiting > 0 {
      let until = clients.spaces.filter { $0.timer > 0 }.map(\.timer).min()
      words.append(
        "lazy"
          + (until.map { ", \(waiting) wait\(waiting == 1 ? "s" : "") until \($0.timeText)" } ?? "")
      )
    }
    if clients.clock > 0 { words.append("at \(clients.clock.timeText)") }
    if system.design != .c { words.append("design \(system.design.name)") }
    return words
  }

  /// Guests that have no domain yet, in a few words each: they get one with their first device.
  package var waitingGuests: [(name: String, words: String)] {
    clients.machines.filter { $0.isAlive && $0.domain == nil }.map { vm in
      let count = vm.slots.count
      return (vm.name, "\(count) slot\(count == 1 ? "" : "s"), no domain yet")
    }
  }

  /// A device's driver has mapped something by the DMA API, now or before.
  package func usesDMAAPI(_ device: String) -> Bool { defaultDomain(of: device) != nil }

  /// Somebody attached the device to a domain that is not its default one: the DMA API answers -EBUSY.
  package func isAttachedPastDMAAPI(_ device: String) -> Bool {
    guard
      let attached = system.device(named: device).flatMap({ system.devices[$0.index].attachedTo })
    else { return false }
    return attached != defaultDomain(of: device)
  }

  package func defaultDomain(of device: String) -> DomainID? {
    system.device(named: device).flatMap { clients.space(of: $0) }.map { clients.spaces[$0].domain }
  }

  /// Where a guest's memory ends.
  package func memoryEnd(ofGuest name: String) -> UInt64? {
    clients.machine(named: name).flatMap {
      clients.machines[$0].slots.map { $0.guest &+ $0.size }.max()
    }
  }

  /// The domain that a buffer's or a guest's name leads to, and where in it.
  package func place(ofHolding name: String) -> (domain: String, iova: UInt64?)? {
    if let index = clients.buffer(named: name) {
      let buffer = clients.buffers[index]
      guard let space = clients.space(of: buffer.device) else { return nil }
      return (system.name(of: clients.spaces[space].domain), buffer.iova.value)
    }
    guard let vm = clients.machine(named: name), let domain = clients.machines[vm].domain else {
      return nil
    }
    return (system.name(of: domain), nil)
  }
}

extension Verb {
  /// Design B's allocator, which one platform alone has.
  package static var privateAlloc: Verb { .msmAlloc }
}
