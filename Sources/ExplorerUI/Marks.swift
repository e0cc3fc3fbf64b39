internal import IOMMUHardware
internal import IOMMULab

/// What the current step changed, and what changed earlier in the same operation.
struct Marks {
  struct Mark {
    /// What it was before the step, or before the operation.
    let old: UInt32
    /// It is the current step that changed it.
    let isNow: Bool
  }

  struct Register: Hashable {
    let iommu: Int
    let offset: UInt32
  }

  private(set) var registers: [Register: Mark] = [:]
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
        let first = words[address.value]?.old ?? old
        if isNow || old != new {
          words[address.value] = Mark(old: isNow ? old : first, isNow: isNow)
        }
      case .memoryWrite64(let address, let old, let new):
        for (place, shift) in [(address, UInt64(0)), (address + 4, 32)] {
          let (old, new) = (
            UInt32(truncatingIfNeeded: old >> shift), UInt32(truncatingIfNeeded: new >> shift)
          )
          let first = words[place.value]?.old ?? old
          if isNow || old != new {
            words[place.value] = Mark(old: isNow ? old : first, isNow: isNow)
          }
        }
      default: break
      }
    }
  }

  private mutating func note(
    _ iommu: Int, _ offset: UInt32, old: UInt32, new: UInt32, isNow: Bool
  ) {
    let key = Register(iommu: iommu, offset: offset)
    if isNow { currentBank = key }
    guard isNow || old != new else { return }
    registers[key] = Mark(old: isNow ? old : registers[key]?.old ?? old, isNow: isNow)
  }

  func register(_ offset: UInt32, of iommu: Int) -> Mark? {
    registers[Register(iommu: iommu, offset: offset)]
  }

  func word(at address: PhysicalAddress) -> Mark? { words[address.value] }
}
