internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What the current step changed, and what changed earlier in the same operation.
struct Marks {
  struct Mark {
    /// What it was before the step, or before the operation.
    let old: UInt64
    /// It is the current step that changed it.
    let isNow: Bool
  }

  struct Register: Hashable {
    let iommu: Int
    let offset: UInt32
  }

  private(set) var registers: [Register: Mark] = [:]
  /// Of memory, by the address of each half of 64 bits or word of 32.
  private(set) var words: [UInt64: Mark] = [:]
  /// The context banks and domains that the current step is about.
  private(set) var currentBank: Register?

  init(_ timeline: Timeline) {
    guard let current = timeline.currentEvent else { return }
    let events = timeline.happened
    for (index, event) in events.enumerated() where index <= current {
      let isNow = index == current
      switch event.change {
      case .registerWrite(let iommu, let offset, let old, _, let kept):
        note(Int(iommu), offset, old: old, new: kept, isNow: isNow)
      case .registerSet(let iommu, let offset, let old, let new):
        note(Int(iommu), offset, old: old, new: new, isNow: isNow)
      case .memoryWrite(let address, let old, let new), .dmaWrite(let address, let old, let new):
        note(address, old: old, new: new, isNow: isNow)
      case .memoryWrite64(let address, let old, let new):
        note(
          address, old: UInt32(truncatingIfNeeded: old), new: UInt32(truncatingIfNeeded: new),
          isNow: isNow)
        note(
          address + 4, old: UInt32(truncatingIfNeeded: old >> 32),
          new: UInt32(truncatingIfNeeded: new >> 32), isNow: isNow)
      default: break
      }
    }
  }

  private mutating func note(_ address: PhysicalAddress, old: UInt32, new: UInt32, isNow: Bool) {
    guard isNow || old != new else { return }
    let first = words[address.value]?.old ?? UInt64(old)
    words[address.value] = Mark(old: isNow ? UInt64(old) : first, isNow: isNow)
  }

  private mutating func note(
    _ iommu: Int, _ offset: UInt32, old: UInt32, new: UInt32, isNow: Bool
  ) {
    let key = Register(iommu: iommu, offset: offset)
    if isNow { currentBank = key }
    guard isNow || old != new else { return }
    registers[key] = Mark(
      old: isNow ? UInt64(old) : registers[key]?.old ?? UInt64(old), isNow: isNow)
  }

  func register(_ offset: UInt32, of iommu: Int) -> Mark? {
    registers[Register(iommu: iommu, offset: offset)]
  }

  /// A word of 32 bits.
  func word(at address: PhysicalAddress) -> Mark? { words[address.value] }

  /// A word of 64 bits that now holds `now`, whether it was written whole or by halves.
  func doubleWord(at address: PhysicalAddress, holding now: UInt64) -> Mark? {
    let (low, high) = (word(at: address), word(at: address + 4))
    guard low != nil || high != nil else { return nil }
    return Mark(
      old: (high?.old ?? now >> 32) << 32 | (low?.old ?? now & 0xffff_ffff),
      isNow: low?.isNow ?? false || high?.isNow ?? false)
  }

  /// The current step changed what is kept there.
  func isNow(_ place: StatePlace) -> Bool {
    switch place {
    case .register(let iommu, let offset): register(offset, of: iommu)?.isNow ?? false
    case .memory(let address): word(at: address)?.isNow ?? false
    }
  }
}
