internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

extension Condition {
  /// Whether it holds where a timeline stands, after so many operations of the learner's.
  package func holds(in timeline: Timeline, operations: Int) -> Bool {
    let machine = timeline.machine
    switch self {
    case .translates(let device, let iova, let access, let physical):
      guard case .reached(let address, false, _) = Self.walk(device, iova, access, machine) else {
        return false
      }
      return address.value == physical
    case .faults(let device, let iova, let access, let kind):
      guard case .fault(let fault) = Self.walk(device, iova, access, machine) else { return false }
      return kind.map { $0 == fault.kind } ?? true
    case .bypasses(let device, let iova):
      if case .reached(_, true, _) = Self.walk(device, iova, .read, machine) { return true }
      return false
    case .exists(let domain): return machine.system.domain(named: domain) != nil
    case .isGone(let domain): return machine.system.domain(named: domain) == nil
    case .isAttached(let device, let domain):
      guard let id = machine.system.domain(named: domain) else { return false }
      return machine.system.domains[id.index].attached.contains {
        machine.system.name(of: $0) == device
      }
    case .isDetached(let device):
      return !machine.liveDomains.contains { domain in
        machine.system.domains[domain.index].attached.contains {
          machine.system.name(of: $0) == device
        }
      }
    case .maps(let domain, let iova, let physical, let size):
      guard let leaf = machine.leaf(of: domain, iova) else { return false }
      return leaf.physical.value | iova & leaf.size.offsetMask == physical
        && (size.map { $0 == leaf.size.offsetMask &+ 1 } ?? true)
    case .leavesUnmapped(let domain, let iova):
      return machine.system.domain(named: domain) != nil && machine.leaf(of: domain, iova) == nil
    case .mostTables(let domain, let count):
      guard let id = machine.system.domain(named: domain),
        let table = machine.system.domains[id.index].table
      else { return false }
      return Mappings(from: table, in: machine).tables <= count
    case .word(let address, let value):
      return UInt64(machine.board.memory.word(at: PhysicalAddress(address & ~3))) == value
    case .register(let name, let offset, let value, let mask):
      guard let iommu = machine.index(ofIOMMU: name), let offset = UInt32(exactly: offset) else {
        return false
      }
      return UInt64(machine.board.register(offset, of: iommu)) & mask == value & mask
    case .mostStaleEntries(let count): return UInt64(Self.staleCount(on: machine)) <= count
    case .mostProblems(let count):
      return UInt64(Problem.found(in: timeline).count { !$0.isOrdinary }) <= count
    case .mostOperations(let count): return operations <= Int(clamping: count)
    }
  }

  /// What is so instead, in a few words; nil where that says no more than that it is not so.
  package func found(in timeline: Timeline, operations: Int) -> String? {
    let machine = timeline.machine
    switch self {
    case .translates(let device, let iova, let access, _),
      .faults(let device, let iova, let access, _):
      return switch Self.walk(device, iova, access, machine) {
      case .reached(let address, let isBypass, _):
        isBypass ? "untranslated" : address.value.hex8
      case .fault(let fault): "a \(fault.kind.name) fault"
      default: nil
      }
    case .bypasses(let device, let iova):
      if case .reached(let address, _, _) = Self.walk(device, iova, .read, machine) {
        return address.value.hex8
      }
      return "a fault"
    case .maps(let domain, let iova, _, _), .leavesUnmapped(let domain, let iova):
      guard let leaf = machine.leaf(of: domain, iova) else { return "not mapped" }
      let address = leaf.physical.value | iova & leaf.size.offsetMask
      return "\(address.hex8) by \(leaf.size.bytes.sizeText)"
    case .word(let address, _):
      return machine.board.memory.word(at: PhysicalAddress(address & ~3)).hex8
    case .register(let name, let offset, _, _):
      guard let iommu = machine.index(ofIOMMU: name), let offset = UInt32(exactly: offset) else {
        return nil
      }
      return machine.board.register(offset, of: iommu).hex8
    case .mostStaleEntries: return String(Self.staleCount(on: machine))
    case .mostProblems: return String(Problem.found(in: timeline).count { !$0.isOrdinary })
    case .mostOperations: return String(operations)
    case .exists, .isGone, .isAttached, .isDetached, .mostTables: return nil
    }
  }

  private static func walk(
    _ device: String, _ iova: UInt64, _ access: Access, _ machine: Machine
  ) -> Outcome {
    var copy = machine
    copy.setRecording(false)
    return copy.apply(
      .walk(Operation.DeviceRequest(device: device, iova: iova, access: access)))
  }

  private static func staleCount(on machine: Machine) -> Int {
    machine.board.iommus.indices.reduce(0) { sum, iommu in
      let tlb = machine.board.iommus[iommu].tlb
      return sum
        + tlb.usedSlots.count { slot in
          guard let entry = tlb[slot], machine.truth(of: entry, in: iommu).isStale else {
            return false
          }
          return true
        }
    }
  }
}

extension Problem {
  /// The problems where a timeline stands.
  fileprivate static func found(in timeline: Timeline) -> [Problem] {
    var mapped = MappingSurvey()
    mapped.refresh(timeline.machine)
    var readOnly = ReadOnlyMaps()
    return all(
      in: timeline.machine, leaked: mapped.leaked, readOnly: readOnly.upToNow(in: timeline))
  }
}
