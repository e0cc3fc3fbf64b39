package import IOMMUAPI
package import IOMMUValues

/// The clients of the IOMMU API and what they remember: the DMA API, KVM, and the clock.
///
/// They are written once against `linux/iommu.h`. This target sees neither a driver nor a register,
/// which is the mail's point kept by the compiler. Like everything else their records change by events,
/// each of which can be undone and redone.
package struct Clients: Hashable, Sendable {
  /// Simulated time since the boot, in microseconds.
  package private(set) var clock: UInt64 = 0
  /// The DMA API leaves what was unmapped in the TLBs for a while, and flushes for many at once.
  package private(set) var isLazy = false
  package private(set) var spaces: [DMASpace] = []
  /// Every buffer there ever was.
  package private(set) var buffers: [Buffer] = []
  /// The newest buffer of each name.
  private var newestBuffer: [String: Int] = [:]
  /// What dma-debug complained about.
  package private(set) var reports: [DMAReport] = []
  /// Every virtual machine there ever was.
  package private(set) var machines: [VirtualMachine] = []

  package init() {}

  // MARK: Looking

  /// The buffer that a name stands for, by its number.
  package func buffer(named name: String) -> Int? { newestBuffer[name] }

  /// The virtual machine that a name stands for, by its number.
  package func machine(named name: String) -> Int? {
    machines.lastIndex { $0.name == name && $0.isAlive }
  }

  /// The address space that a device's buffers come from.
  package func space(of device: DeviceID) -> Int? { spaces.lastIndex { $0.device == device } }

  // MARK: Changes

  mutating func change(_ change: ClientChange, _ system: inout System) {
    redo(change, names: system.names)
    system.note(change)
  }

  /// Works on a space's addresses, whose changes are written down one by one.
  mutating func withAddresses<Answer>(
    of space: Int, _ system: inout System,
    _ body: (inout IOVASpace, inout System) -> Answer
  ) -> Answer {
    body(&spaces[space].addresses, &system)
  }

  /// Makes a change again that was undone, or for the first time.
  package mutating func redo(_ change: ClientChange, names: [String]) {
    switch change {
    case .clock(_, let new): clock = new
    case .mode(_, let isLazy): self.isLazy = isLazy
    case .space(let device, let domain, let first, let last, let bits):
      let addresses = IOVASpace(number: UInt16(spaces.count), granuleBits: bits, first: first)
      spaces.append(
        DMASpace(
          device: DeviceID(Int(device)), domain: DomainID(Int(domain)), last: last,
          addresses: addresses))
    case .iovaInsert(let space, _, _), .iovaRemove(let space, _, _), .iovaGrow(_, _, _, let space),
      .iovaHint(let space, _, _, _), .iovaCache(let space, _, _, _, _, _):
      spaces[Int(space)].addresses.redo(change)
    case .queued(let space, let frame, let pages):
      spaces[Int(space)].queue.append(.init(frame: frame, pages: pages, since: clock))
    case .unqueued(_, _, _, let space): spaces[Int(space)].queue.removeFirst()
    case .queuedTable(let space, let table):
      let last = spaces[Int(space)].queue.count - 1
      spaces[Int(space)].queue[last].tables.append(table)
    case .unqueuedTable(let space, _): spaces[Int(space)].queue[0].tables.removeFirst()
    case .timer(let space, _, let new): spaces[Int(space)].timer = new
    case .staleReach(let space, _, _): spaces[Int(space)].staleReaches += 1
    case .bufferMapped(let name, let device, let iova, let size, let direction, let kind):
      let name = names[Int(name)]
      buffers.append(
        Buffer(
          name: name, device: DeviceID(Int(device)), iova: iova, size: size, direction: direction,
          kind: kind, before: newestBuffer[name]))
      newestBuffer[name] = buffers.count - 1
    case .bufferPage(let page): buffers[buffers.count - 1].pages.append(page)
    case .bufferSegment(let iova, let size):
      buffers[buffers.count - 1].segments.append(.init(iova: iova, size: size))
    case .bufferUnmapped(let buffer): buffers[Int(buffer)].unmappedAt = clock
    case .dmaDebug(let iova, let mapped, let given, let device, let mistake):
      reports.append(
        DMAReport(
          mistake: mistake, device: DeviceID(Int(device)), iova: iova, mapped: mapped, given: given)
      )
    case .vm(let name, let given):
      machines.append(
        VirtualMachine(
          name: names[Int(name)], given: given == 0 ? nil : DomainID(Int(given) - 1)))
    case .vmFree, .vmDomain, .slot, .slotDropped, .assigned, .deassigned, .coherent, .pinned,
      .unpinned, .unpinnedForeign, .pinsLeaked:
      redoMachine(change)
    }
  }

  /// Takes a change back.
  ///
  /// - Precondition: It is the change made last.
  package mutating func undo(_ change: ClientChange) {
    switch change {
    case .clock(let old, _): clock = old
    case .mode(let wasLazy, _): isLazy = wasLazy
    case .space: spaces.removeLast()
    case .iovaInsert(let space, _, _), .iovaRemove(let space, _, _), .iovaGrow(_, _, _, let space),
      .iovaHint(let space, _, _, _), .iovaCache(let space, _, _, _, _, _):
      spaces[Int(space)].addresses.undo(change)
    case .queued(let space, _, _): spaces[Int(space)].queue.removeLast()
    case .unqueued(let frame, let pages, let since, let space):
      spaces[Int(space)].queue.insert(.init(frame: frame, pages: pages, since: since), at: 0)
    case .queuedTable(let space, _):
      let last = spaces[Int(space)].queue.count - 1
      spaces[Int(space)].queue[last].tables.removeLast()
    case .unqueuedTable(let space, let table):
      spaces[Int(space)].queue[0].tables.insert(table, at: 0)
    case .timer(let space, let old, _): spaces[Int(space)].timer = old
    case .staleReach(let space, _, _): spaces[Int(space)].staleReaches -= 1
    case .bufferMapped:
      let buffer = buffers.removeLast()
      newestBuffer[buffer.name] = buffer.before
    case .bufferPage: buffers[buffers.count - 1].pages.removeLast()
    case .bufferSegment: buffers[buffers.count - 1].segments.removeLast()
    case .bufferUnmapped(let buffer): buffers[Int(buffer)].unmappedAt = nil
    case .dmaDebug: reports.removeLast()
    case .vm: machines.removeLast()
    case .vmFree, .vmDomain, .slot, .slotDropped, .assigned, .deassigned, .coherent, .pinned,
      .unpinned, .unpinnedForeign, .pinsLeaked:
      undoMachine(change)
    }
  }

  private mutating func redoMachine(_ change: ClientChange) {
    switch change {
    case .vmFree(let vm): machines[Int(vm)].isAlive = false
    case .vmDomain(let vm, _, let new): machines[Int(vm)].setDomain(new)
    case .slot(let guest, let host, let size, let vm, let isHuge):
      machines[Int(vm)].slots.append(.init(isHuge: isHuge, guest: guest, host: host, size: size))
    case .slotDropped(_, _, _, let vm, _): machines[Int(vm)].slots.removeLast()
    case .assigned(let vm, let device): machines[Int(vm)].devices.append(DeviceID(Int(device)))
    case .deassigned(let vm, _, let position): machines[Int(vm)].devices.remove(at: Int(position))
    case .coherent(let vm, _, let new): machines[Int(vm)].isCoherent = new
    case .pinned(let vm, let frame, let pages): machines[Int(vm)].pins.add(frame, pages, 1)
    case .unpinned(let vm, let frame, let pages): machines[Int(vm)].pins.add(frame, pages, -1)
    case .unpinnedForeign(let vm, _, let pages): machines[Int(vm)].unpinnedForeign &+= pages
    case .pinsLeaked: break
    default: break
    }
  }

  private mutating func undoMachine(_ change: ClientChange) {
    switch change {
    case .vmFree(let vm): machines[Int(vm)].isAlive = true
    case .vmDomain(let vm, let old, _): machines[Int(vm)].setDomain(old)
    case .slot(_, _, _, let vm, _): machines[Int(vm)].slots.removeLast()
    case .slotDropped(let guest, let host, let size, let vm, let isHuge):
      machines[Int(vm)].slots.append(.init(isHuge: isHuge, guest: guest, host: host, size: size))
    case .assigned(let vm, _): machines[Int(vm)].devices.removeLast()
    case .deassigned(let vm, let device, let position):
      machines[Int(vm)].devices.insert(DeviceID(Int(device)), at: Int(position))
    case .coherent(let vm, let old, _): machines[Int(vm)].isCoherent = old
    case .pinned(let vm, let frame, let pages): machines[Int(vm)].pins.add(frame, pages, -1)
    case .unpinned(let vm, let frame, let pages): machines[Int(vm)].pins.add(frame, pages, 1)
    case .unpinnedForeign(let vm, _, let pages): machines[Int(vm)].unpinnedForeign &-= pages
    case .pinsLeaked: break
    default: break
    }
  }
}

/// A call of a client, to be made through whichever driver the machine has.
package protocol ClientCall {
  associatedtype Answer
  func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> Answer
}
