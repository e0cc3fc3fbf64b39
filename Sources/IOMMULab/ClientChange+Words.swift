internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
internal import IOMMUModel
internal import IOMMUValues

/// The clients' changes in one short line each, and as JSON.
extension ClientChange {
  /// The name that `--events` gives the kind.
  var kind: String {
    switch self {
    case .clock: "clock"
    case .mode: "mode"
    case .space: "dma-space"
    case .iovaInsert: "iova-insert"
    case .iovaRemove: "iova-remove"
    case .iovaGrow: "iova-grow"
    case .iovaHint: "iova-hint"
    case .iovaCache: "iova-cache"
    case .queued: "flush-queue-add"
    case .unqueued: "flush-queue-remove"
    case .queuedTable: "flush-queue-add-table"
    case .unqueuedTable: "flush-queue-remove-table"
    case .timer: "timer"
    case .staleReach: "stale-reach"
    case .bufferMapped: "buffer-mapped"
    case .bufferPage: "buffer-page"
    case .bufferSegment: "buffer-segment"
    case .bufferUnmapped: "buffer-unmapped"
    case .dmaDebug: "dma-debug"
    case .vm: "vm"
    case .vmFree: "vm-free"
    case .vmDomain: "vm-domain"
    case .slot: "memslot"
    case .slotDropped: "memslot-dropped"
    case .assigned: "assigned"
    case .deassigned: "deassigned"
    case .coherent: "vm-coherent"
    case .pinned: "pages-pinned"
    case .unpinned: "pages-unpinned"
    case .unpinnedForeign: "foreign-pages-unpinned"
    case .pinsLeaked: "pins-leaked"
    }
  }

  func add(to json: inout JSONText, in machine: Machine) {
    let system = machine.system
    func space(_ index: UInt16) { json.add("device", Self.device(index, machine)) }
    func frames(_ low: UInt64, _ high: UInt64) {
      json.add("first", low.hex)
      json.add("last", high.hex)
    }
    func device(_ index: UInt16) { json.add("device", system.name(of: DeviceID(Int(index)))) }
    func pages(_ vm: UInt16, _ frame: UInt64, _ pages: UInt64) {
      json.add("vm", Self.vm(vm, machine))
      json.add("frame", frame.hex)
      json.add("pages", Int(clamping: pages))
    }
    func slot(_ vm: UInt16, _ guest: UInt64, _ host: UInt64, _ size: UInt64) {
      json.add("vm", Self.vm(vm, machine))
      json.add("guest", guest.hex8)
      json.add("physical", host.hex8)
      json.add("size", size.hex)
    }
    switch self {
    case .clock(let old, let new):
      json.add("old", Int(clamping: old))
      json.add("new", Int(clamping: new))
    case .mode(let old, let new):
      json.add("old", old ? "lazy" : "strict")
      json.add("new", new ? "lazy" : "strict")
    case .space(let index, let domain, let first, let last, _):
      device(index)
      json.add("domain", system.name(of: DomainID(Int(domain))))
      json.add("firstFrame", first.hex)
      json.add("lastAddress", last.hex)
    case .iovaInsert(let index, let low, let high), .iovaRemove(let index, let low, let high):
      space(index)
      frames(low, high)
    case .iovaGrow(let high, let old, let new, let index):
      space(index)
      frames(new, high)
      json.add("old", old.hex)
    case .iovaHint(let index, let hint, let old, let new):
      space(index)
      json.add("hint", hint.name)
      json.add("old", old.hex)
      json.add("new", new.hex)
    case .iovaCache(let index, let move, let order, let magazine, _, let frame):
      space(index)
      json.add("move", "\(move)")
      json.add("pages", 1 << Int(order))
      json.add("magazine", Int(magazine))
      json.add("frame", frame.hex)
    case .queued(let index, let frame, let pages), .unqueued(let frame, let pages, _, let index):
      space(index)
      json.add("frame", frame.hex)
      json.add("pages", Int(clamping: pages))
    case .queuedTable(let index, let table), .unqueuedTable(let index, let table):
      space(index)
      json.add("address", table.value.hex8)
    case .timer(let index, let old, let new):
      space(index)
      json.add("old", Int(clamping: old))
      json.add("new", Int(clamping: new))
    case .staleReach(let index, let buffer, let iova):
      space(index)
      json.add("buffer", machine.clients.bufferName(buffer))
      json.add("iova", iova.value.hex8)
    case .bufferMapped(let name, let index, let iova, let size, let direction, let kind):
      json.add("buffer", system.names[Int(name)])
      device(index)
      json.add("iova", iova.value.hex8)
      json.add("size", size.hex)
      json.add("direction", direction.name)
      json.add("kind", "\(kind)")
    case .bufferPage(let page): json.add("address", page.value.hex8)
    case .bufferSegment(let iova, let size):
      json.add("iova", iova.value.hex8)
      json.add("size", size.hex)
    case .bufferUnmapped(let buffer): json.add("buffer", machine.clients.bufferName(buffer))
    case .dmaDebug(let iova, let mapped, let given, let index, let mistake):
      device(index)
      json.add("mistake", mistake.name)
      json.add("iova", iova.value.hex8)
      json.add("text", mistake.text(at: iova, mapped: mapped, given: given))
    case .vm(let name, _): json.add("vm", system.names[Int(name)])
    case .vmFree(let vm): json.add("vm", Self.vm(vm, machine))
    case .vmDomain(let vm, let old, let new):
      json.add("vm", Self.vm(vm, machine))
      let domain = DomainID(Int(max(old, new)) - 1)
      json.add("domain", system.name(of: domain))
      json.add("has", new != 0)
    case .slot(let guest, let host, let size, let vm, _),
      .slotDropped(let guest, let host, let size, let vm, _):
      slot(vm, guest, host, size)
    case .assigned(let vm, let index), .deassigned(let vm, let index, _):
      json.add("vm", Self.vm(vm, machine))
      device(index)
    case .coherent(let vm, let old, let new):
      json.add("vm", Self.vm(vm, machine))
      json.add("old", old)
      json.add("new", new)
    case .pinned(let vm, let frame, let count), .unpinned(let vm, let frame, let count),
      .unpinnedForeign(let vm, let frame, let count):
      pages(vm, frame, count)
    case .pinsLeaked(let vm, let count):
      json.add("vm", Self.vm(vm, machine))
      json.add("pages", Int(clamping: count))
    }
  }

  static func device(_ space: UInt16, _ machine: Machine) -> String {
    machine.clients.spaces.indices.contains(Int(space))
      ? machine.system.name(of: machine.clients.spaces[Int(space)].device) : "?"
  }

  static func vm(_ index: UInt16, _ machine: Machine) -> String {
    machine.clients.machines.indices.contains(Int(index))
      ? machine.clients.machines[Int(index)].name : "?"
  }

  /// The first address of a page frame of a space.
  static func address(_ frame: UInt64, _ space: UInt16, _ machine: Machine) -> IOVA {
    let spaces = machine.clients.spaces
    let bits = spaces.indices.contains(Int(space)) ? spaces[Int(space)].addresses.granuleBits : 12
    return IOVA(frame << UInt64(bits))
  }

  /// What happened, as short as it can be said.
  func words(in machine: Machine) -> String {
    let system = machine.system
    func device(_ space: UInt16) -> String { Self.device(space, machine) }
    func vm(_ index: UInt16) -> String { Self.vm(index, machine) }
    func at(_ frame: UInt64, _ space: UInt16) -> String {
      Self.address(frame, space, machine).value.hex8
    }
    func count(_ pages: UInt64) -> String { pages == 1 ? "1 page" : "\(pages) pages" }
    func deviceName(_ index: UInt16) -> String { system.name(of: DeviceID(Int(index))) }
    switch self {
    case .clock(_, let new): return "the clock says \(new.timeText)"
    case .mode(_, let isLazy): return isLazy ? "lazy: flushes wait" : "strict: each unmap flushes"
    case .space(let index, let domain, _, _, _):
      return "\(system.name(of: DomainID(Int(domain)))) gives addresses to \(deviceName(index))"
    case .iovaInsert(let space, let low, let high):
      return "addresses in use: \(at(low, space)), \(count(high - low + 1))"
    case .iovaRemove(let space, let low, let high):
      return "addresses free: \(at(low, space)), \(count(high - low + 1))"
    case .iovaGrow(_, _, let new, let space): return "reserved from \(at(new, space)) on"
    case .iovaHint(let space, .smallestFailed, _, let new):
      return new == 1 << (32 - UInt64(Self.bits(space, machine)))
        ? "below 4G anything may be free" : "below 4G no \(count(new)) are free"
    case .iovaHint(let space, let hint, _, let new):
      let place = new == .max ? "the top" : at(new, space)
      return "searches \(hint == .below4G ? "below" : "above") 4G begin at \(place)"
    case .iovaCache(let space, let move, let order, _, _, let frame):
      return move.words(at(frame, space), count(1 << UInt64(order)))
    case .queued(let space, let frame, let pages):
      return "\(at(frame, space)), \(count(pages)), waits for a flush"
    case .unqueued(let frame, let pages, let since, let space):
      return "\(at(frame, space)), \(count(pages)), has waited since \(since.timeText)"
    case .queuedTable(_, let table): return "the table at \(table.value.hex8) waits with it"
    case .unqueuedTable(_, let table): return "the table at \(table.value.hex8) need not wait"
    case .timer(_, _, let new):
      return new == 0 ? "no flush is due" : "a flush is due at \(new.timeText)"
    case .staleReach(let space, let buffer, let iova):
      return
        "\(device(space)) reaches \(machine.clients.bufferName(buffer)) at \(iova.value.hex8), "
        + "which its driver gave up"
    case .bufferMapped(let name, let index, let iova, let size, let direction, _):
      return "\(system.names[Int(name)]): \(deviceName(index)) finds \(size.sizeText) at "
        + "\(iova.value.hex8), \(direction.words)"
    case .bufferPage(let page): return "its page at \(page.value.hex8)"
    case .bufferSegment(let iova, let size): return "segment \(iova.value.hex8) \(size.sizeText)"
    case .bufferUnmapped(let buffer):
      return "\(machine.clients.bufferName(buffer)) is given up"
    case .dmaDebug(let iova, let mapped, let given, let index, let mistake):
      return
        "DMA-API: \(deviceName(index)): \(mistake.text(at: iova, mapped: mapped, given: given))"
    case .vm(let name, _): return "\(system.names[Int(name)]), a guest, begins"
    case .vmFree(let index): return "\(vm(index)) is gone"
    case .vmDomain(let index, let old, let new):
      let domain = system.name(of: DomainID(Int(max(old, new)) - 1))
      return new == 0 ? "\(vm(index)) has no domain" : "\(vm(index)) has the domain \(domain)"
    case .slot(let guest, let host, let size, let index, _):
      return "\(vm(index)) sees \(size.sizeText) at \(guest.hex8), in memory at \(host.hex8)"
    case .slotDropped(let guest, _, _, let index, _):
      return "\(vm(index)) does not get the slot at \(guest.hex8)"
    case .assigned(let index, let device): return "\(deviceName(device)) belongs to \(vm(index))"
    case .deassigned(let index, let device, _):
      return "\(deviceName(device)) no longer belongs to \(vm(index))"
    case .coherent(let index, _, _): return "\(vm(index)) maps coherently from now on"
    case .pinned(_, let frame, let pages): return "pin \(count(pages)) at \((frame << 12).hex8)"
    case .unpinned(_, let frame, let pages): return "unpin \(count(pages)) at \((frame << 12).hex8)"
    case .unpinnedForeign(let index, let frame, let pages):
      return "unpin \(count(pages)) at \((frame << 12).hex8), which \(vm(index)) had not pinned"
    case .pinsLeaked(let index, let pages):
      return "\(count(pages)) of \(vm(index)) stay\(pages == 1 ? "s" : "") pinned for ever"
    }
  }

  private static func bits(_ space: UInt16, _ machine: Machine) -> UInt8 {
    let spaces = machine.clients.spaces
    return spaces.indices.contains(Int(space)) ? spaces[Int(space)].addresses.granuleBits : 12
  }
}

extension IOVAHint {
  fileprivate var name: String {
    switch self {
    case .below4G: "cached32_node"
    case .above4G: "cached_node"
    case .smallestFailed: "max32_alloc_size"
    }
  }
}

extension CacheMove {
  fileprivate func words(_ address: String, _ pages: String) -> String {
    switch self {
    case .push: "cache keeps \(address), \(pages)"
    case .pop: "cache hands out \(address), \(pages)"
    case .swap: "the caches of \(pages) change places"
    case .store: "the full cache of \(pages) goes to the depot"
    case .fetch: "the depot gives a cache of \(pages) back"
    case .drop: "an empty cache of \(pages) is thrown away"
    }
  }
}

extension DMADirection {
  var words: String {
    switch self {
    case .toDevice: "to be read"
    case .fromDevice: "to be written"
    case .bidirectional: "to be read and written"
    }
  }

  /// `dir2name`.
  fileprivate var kernelName: String {
    switch self {
    case .toDevice: "DMA_TO_DEVICE"
    case .fromDevice: "DMA_FROM_DEVICE"
    case .bidirectional: "DMA_BIDIRECTIONAL"
    }
  }
}

extension BufferKind {
  /// `type2name`.
  fileprivate var kernelName: String {
    switch self {
    case .single: "single"
    case .scattered: "scatter-gather"
    case .coherent: "coherent"
    }
  }
}

extension DMAMistake {
  var name: String {
    switch self {
    case .notAllocated: "not-allocated"
    case .differentSize: "different-size"
    case .differentDirection: "different-direction"
    case .wrongFunction: "wrong-function"
    case .pending: "pending"
    }
  }

  /// The line that dma-debug prints.
  func text(at iova: IOVA, mapped: UInt64, given: UInt64) -> String {
    let address = "[device address=\(iova.value.hex(digits: 16))]"
    switch self {
    case .notAllocated:
      return "device driver tries to free DMA memory it has not allocated \(address) "
        + "[size=\(given) bytes]"
    case .differentSize:
      return "device driver frees DMA memory with different size \(address) "
        + "[map size=\(mapped) bytes] [unmap size=\(given) bytes]"
    case .differentDirection:
      return "device driver frees DMA memory with different direction \(address) "
        + "[mapped with \(Self.direction(mapped))] [unmapped with \(Self.direction(given))]"
    case .wrongFunction:
      return "device driver frees DMA memory with wrong function \(address) "
        + "[mapped as \(Self.function(mapped))] [unmapped as \(Self.function(given))]"
    case .pending:
      return "device driver has pending DMA allocations while released from device "
        + "[count=\(given)], one of leaked entries: \(address) [size=\(mapped) bytes]"
    }
  }

  private static func direction(_ raw: UInt64) -> String {
    DMADirection(rawValue: UInt8(truncatingIfNeeded: raw))?.kernelName ?? "?"
  }

  private static func function(_ raw: UInt64) -> String {
    BufferKind(rawValue: UInt8(truncatingIfNeeded: raw))?.kernelName ?? "?"
  }
}

extension Clients {
  /// The name of a buffer by its number, as far as there is one.
  func bufferName(_ buffer: UInt32) -> String {
    buffers.indices.contains(Int(buffer)) ? buffers[Int(buffer)].name : "?"
  }
}
