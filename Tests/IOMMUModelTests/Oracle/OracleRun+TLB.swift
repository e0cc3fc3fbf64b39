import IOMMUHardware
import IOMMULab
import IOMMUModel

/// What a TLB entry says, in a form that both machines can be brought to.
private struct Saying: Hashable {
  let iova: UInt64
  let bytes: UInt64
  let physical: UInt64
  let asid: Int
  let isGlobal: Bool
  /// Privileged read and write, user read and write, fetch: as bits.
  let rights: Int
  /// The memory's class, shared and non-secure: as bits.
  let attributes: Int

  init(_ entry: PlainEntry) {
    let page = entry.page
    (iova, bytes) = (UInt64(page.base), UInt64(page.bytes))
    physical = UInt64(page.physical)
    (asid, isGlobal) = (entry.bank.number, page.isGlobal)
    rights =
      (page.allows(.read, isPrivileged: true) ? 1 : 0)
      + (page.allows(.write, isPrivileged: true) ? 2 : 0)
      + (page.allows(.read, isPrivileged: false) ? 4 : 0)
      + (page.allows(.write, isPrivileged: false) ? 8 : 0) + (page.isExecutable ? 16 : 0)
    attributes =
      Int(page.memoryClass) + (page.isShared ? 8 : 0) + (page.isNonSecure ? 16 : 0)
  }

  init(_ entry: TLBEntry) {
    (iova, bytes, physical) = (entry.iova, 1 << UInt64(entry.sizeBits), entry.physical)
    (asid, isGlobal) = (Int(entry.asid), entry.flags.contains(.global))
    rights =
      (entry.rights.contains(.privilegedRead) ? 1 : 0)
      + (entry.rights.contains(.privilegedWrite) ? 2 : 0)
      + (entry.rights.contains(.userRead) ? 4 : 0)
      + (entry.rights.contains(.userWrite) ? 8 : 0) + (entry.rights.contains(.execute) ? 16 : 0)
    attributes = Int(entry.attributes)
  }
}

/// The TLBs, and why an entry may differ from what a walk would give.
extension OracleRun {
  /// Four ways in each of 16 sets, chosen by the lowest bits of the page's number.
  private static let (sets, ways): (UInt64, Int) = (16, 4)

  /// Marks the entries that something recorded since their fill may have made stale.
  ///
  /// A word that their walk read was written or cleared, or a register changed that says where and
  /// whether their bank walks. The dropping of what a full set has no room for is taken over too.
  mutating func excuse(_ recording: Recording) {
    var isFilled = false
    for event in recording.events {
      switch event.change {
      case .tlbFill: isFilled = true
      case .tlbEvict(let entry, let iommu, _, _): evict(entry, from: Int(iommu))
      case .memoryWrite(let address, _, _), .dmaWrite(let address, _, _):
        excuse(isFilled) { $0.read.contains { UInt64($0) == address.value } }
      case .pageClear(let base, _):
        excuse(isFilled) { $0.read.contains { UInt64($0) & ~0xfff == base.value } }
      case .registerWrite(let iommu, let offset, _, _, _),
        .registerSet(let iommu, let offset, _, _):
        // SCTLR, CONTEXTIDR, TTBR0, TTBR1, TTBCR.
        guard [0x000, 0x008, 0x010, 0x014, 0x018].contains(offset & 0xfff) else { continue }
        let units = units
        excuse(isFilled) {
          units[$0.bank.unit] == Int(iommu) && $0.bank.number == Int(offset >> 12)
        }
      default: break
      }
    }
  }

  private mutating func excuse(_ isFilled: Bool, _ isMeant: (PlainEntry) -> Bool) {
    for index in plain.remembered.indices {
      let entry = plain.remembered[index]
      if isFilled || !entry.isFresh, !entry.isExcused, isMeant(entry) {
        plain.remembered[index].isExcused = true
      }
    }
  }

  private func set(_ entry: PlainEntry) -> UInt64 {
    UInt64(entry.page.base / entry.page.bytes) % Self.sets
  }

  /// An entry may leave for another only from a full set.
  private mutating func evict(_ entry: TLBEntry, from iommu: Int) {
    let older = plain.remembered.indices.filter {
      !plain.remembered[$0].isFresh && units[plain.remembered[$0].bank.unit] == iommu
    }
    guard let leaving = older.first(where: { Saying(plain.remembered[$0]) == Saying(entry) }) else {
      return complain("the model evicts \(entry), which was not there")
    }
    let set = set(plain.remembered[leaving])
    if older.count(where: { self.set(plain.remembered[$0]) == set }) != Self.ways {
      complain("the model evicts \(entry) from a set with room")
    }
    plain.remembered.remove(at: leaving)
  }

  /// Both remember the same, and each entry equals a walk unless an event explains why not.
  mutating func checkTLBs() {
    for (index, iommu) in machine.board.iommus.enumerated() {
      let entries = plain.remembered.filter { units[$0.bank.unit] == index }
      let expected = Set(entries.map { Saying($0) })
      guard !expected.isEmpty || iommu.tlb.count > 0 else { continue }
      let found = iommu.tlb.usedSlots.compactMap { iommu.tlb[$0] }
      if found.contains(where: { $0.vmid != 0 || !$0.flags.contains(.nonSecure) }) {
        complain("an entry of \(iommu.name) has a VMID or is secure")
      }
      let sayings = Set(found.map { Saying($0) })
      if sayings != expected || found.count != entries.count {
        complain(
          "the TLB of \(iommu.name) holds \(found.count) entries, not \(entries.count); too many: "
            + "\(sayings.subtracting(expected)), missing: \(expected.subtracting(sayings))")
      }
    }
    for entry in plain.remembered {
      let table = plain.banks[entry.bank]?.table
      let walk = table.map { PlainWalk(plain.memory, from: $0, for: entry.iova) }
      guard walk?.page != entry.page else { continue }
      note("stale entry")
      if !entry.isExcused {
        complain("\(entry) is remembered, a walk gives \(String(describing: walk?.page))")
      }
    }
  }
}
