/// The way of a request through a VT-d unit.
///
/// GSTS.TES → root entry of the bus → context entry of device and function, or the context cache →
/// IOTLB → second-stage tables.
extension Board {
  func walkVTD(_ request: Request, watcher: inout some WalkWatcher) -> WalkOutcome {
    let status = register(VTDRegisters.gsts, of: request.iommu)
    let isOn = status & VTDRegisters.te != 0
    watcher.control(offset: VTDRegisters.gsts, value: status, isOn: isOn)
    guard isOn else { return .bypassed(PhysicalAddress(request.iova.value)) }
    let unit = capabilities(of: request.iommu)
    switch contextEntry(of: request, unit, watcher: &watcher) {
    case .failure(let stop):
      var fault = request.fault(stop.reason, level: 0)
      fault.isRecorded = !stop.isHidden
      return .fault(fault)
    case .success(let context):
      // Pass-through: the context is there, and translates nothing.
      if context.translationType == 2 { return .bypassed(PhysicalAddress(request.iova.value)) }
      let outcome = translate(request, through: context, unit, watcher: &watcher)
      guard context.hidesFaults, case .fault(var fault) = outcome else { return outcome }
      fault.isRecorded = false
      return .fault(fault)
    }
  }

  /// What a unit says of itself.
  package func capabilities(of iommu: Int) -> VTDRegisters.Capabilities {
    VTDRegisters.Capabilities(
      cap: doubleRegister(VTDRegisters.cap, of: iommu),
      ecap: doubleRegister(VTDRegisters.ecap, of: iommu))
  }

  /// A register of 64 bits.
  package func doubleRegister(_ offset: UInt32, of iommu: Int) -> UInt64 {
    UInt64(register(VTDRegisters.high(offset), of: iommu)) << 32
      | UInt64(register(offset, of: iommu))
  }

  /// Reads and remembers the context entry of a request, unless it is remembered already.
  ///
  /// What is wrong or missing is not remembered: the next request reads it again.
  mutating func rememberContext(of request: Request) {
    guard register(VTDRegisters.gsts, of: request.iommu) & VTDRegisters.te != 0 else { return }
    let source = UInt16(truncatingIfNeeded: request.stream)
    guard iommus[request.iommu].contextCache[source] == nil else { return }
    var trace = WalkTrace()
    guard
      case .success(let context) = contextEntry(
        of: request, capabilities(of: request.iommu), watcher: &trace)
    else { return }
    for case .routing(let entry) in trace.steps { journal.note(entry) }
    fillContext(of: request.iommu, source: source, with: context)
  }

  // MARK: Root and context entry

  struct Stop: Error {
    let reason: VTDFaultReason
    /// FPD was set in the context entry that is wrong.
    var isHidden = false
  }

  private func contextEntry(
    of request: Request, _ unit: VTDRegisters.Capabilities, watcher: inout some WalkWatcher
  ) -> Result<ContextEntry, Stop> {
    let source = SourceID(UInt16(truncatingIfNeeded: request.stream))
    if let known = iommus[request.iommu].contextCache[source.value] {
      watcher.routing(
        RoutingEntry(
          kind: .context, address: PhysicalAddress(0), low: known.low, high: known.high,
          isCached: true))
      return .success(known)
    }
    let roots = PhysicalAddress(doubleRegister(VTDRegisters.rtaddr, of: request.iommu) & ~0xfff)
    let rootAddress = roots + source.bus * 16
    guard memory.answers(at: rootAddress) else {
      return .failure(Stop(reason: .rootTableUnreachable))
    }
    let root = routingEntry(.root, at: rootAddress)
    watcher.routing(root)
    guard root.low & 1 != 0 else { return .failure(Stop(reason: .rootEntryMissing)) }
    guard root.high == 0, root.low & (0xffe | ~((1 << unit.addressBits) - 1)) == 0 else {
      return .failure(Stop(reason: .rootEntryReserved))
    }
    let address = PhysicalAddress(root.low & ~0xfff) + source.devfn * 16
    guard memory.answers(at: address) else {
      return .failure(Stop(reason: .contextTableUnreachable))
    }
    let found = routingEntry(.context, at: address)
    watcher.routing(found)
    let context = ContextEntry(low: found.low, high: found.high)
    return check(context, unit).map {
      .failure(Stop(reason: $0, isHidden: context.hidesFaults && $0.isQualified))
    } ?? .success(context)
  }

  private func routingEntry(_ kind: RoutingEntry.Kind, at address: PhysicalAddress) -> RoutingEntry
  {
    RoutingEntry(
      kind: kind, address: address, low: memory.doubleWord(at: address),
      high: memory.doubleWord(at: address + 8), isCached: false)
  }

  /// What is wrong with a context entry, if anything.
  private func check(
    _ context: ContextEntry, _ unit: VTDRegisters.Capabilities
  ) -> VTDFaultReason? {
    guard context.isPresent else { return .contextEntryMissing }
    if context.reserved(addressBits: unit.addressBits) { return .contextEntryReserved }
    switch context.translationType {
    case 0: break
    case 1: if !unit.hasDeviceTLB { return .translationType }
    case 2: if !unit.passesThrough { return .translationType }
    default: return .translationType
    }
    return unit.supports(levels: context.levels) ? nil : .contextEntryInvalid
  }

  // MARK: TLB and tables

  private func translate(
    _ request: Request, through context: ContextEntry, _ unit: VTDRegisters.Capabilities,
    watcher: inout some WalkWatcher
  ) -> WalkOutcome {
    let iova = request.iova
    // 9 bits a level, and the 12 of a page; never wider than the unit takes.
    let bits = min(UInt64(12 + 9 * context.levels), unit.addressBits)
    guard bits >= 64 || iova.value >> bits == 0 else {
      return .fault(request.fault(.addressTooWide, level: 0))
    }
    let tlb = iommus[request.iommu].tlb
    let slot = tlb.lookup(iova.value, vmid: context.domain, asid: 0, isNonSecure: false)
    watcher.probe(slot: slot, vmid: context.domain, asid: 0)
    if let slot, let entry = tlb[slot] {
      return finish(request, entry: entry, slot: slot, watcher: &watcher)
    }
    switch VTDSecondStage.walk(
      memory, from: context.table, levels: context.levels, for: iova, request.access, of: unit,
      watcher: &watcher)
    {
    case .fault(let reason, let level, let isPresent):
      return .fault(request.fault(reason, level: level, isPresent: isPresent))
    case .leaf(let leaf, _):
      let entry = TLBEntry(
        iova: iova.value & ~leaf.size.offsetMask, physical: leaf.physical.value,
        vmid: context.domain, asid: 0, sizeBits: leaf.size.bits, rights: leaf.rights,
        attributes: leaf.isShared ? 8 : 0, flags: .global)
      return finish(request, entry: entry, slot: nil, watcher: &watcher)
    }
  }

  private func finish(
    _ request: Request, entry: TLBEntry, slot: Int?, watcher: inout some WalkWatcher
  ) -> WalkOutcome {
    let isAllowed = entry.rights.allows(request.access, isPrivileged: request.isPrivileged)
    watcher.check(entry.rights, isAllowed: isAllowed)
    guard isAllowed else {
      let level = 1 + (Int(entry.sizeBits) - 12) / 9
      return .fault(
        request.fault(request.access == .write ? .write : .read, level: level, isPresent: true))
    }
    let offset = request.iova.value & entry.size.offsetMask
    return .translated(PhysicalAddress(entry.physical | offset), entry: entry, slot: slot)
  }
}

extension Request {
  /// A fault as a VT-d unit knows it.
  ///
  /// The kind follows from the reason: an entry that is not there at all is a translation fault,
  /// one that lacks the right asked for is a permission fault.
  func fault(_ reason: VTDFaultReason, level: Int, isPresent: Bool = false) -> Fault {
    let kind: FaultKind =
      switch reason {
      case .read, .write: isPresent ? .permission : .translation
      case .addressTooWide: .translation
      case .interruptRange: .permission
      case .tableUnreachable, .rootTableUnreachable, .contextTableUnreachable: .externalAbort
      default: .configuration
      }
    var fault = fault(kind, level: level, bank: 0)
    fault.reason = reason.rawValue
    return fault
  }
}
