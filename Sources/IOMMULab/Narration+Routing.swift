internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// Root and context tables in words, and what pages are taken for.
extension Explainer {
  func explainPages(_ at: PhysicalAddress, _ count: Int, _ use: PageUse) -> Narration {
    let format = machine.platform.format
    func table(_ level: Int) -> String {
      let bytes = UInt64(1) << UInt64(format.entryBits(level: level))
      return "\(format.entryCount(level: level)) entries of \(bytes.sizeText)"
    }
    let isDeep = format.levels.count > 2
    switch use {
    case .firstLevelTable:
      return Narration(
        count == 1
          ? "A page at \(physical: at) becomes the domain's first table: \(table(format.firstLevel))."
          : "\(count) pages make a first-level table at \(physical: at): \(table(format.firstLevel)).",
        place)
    case .lowerLevelTable where isDeep:
      return Narration("A page at \(physical: at) becomes a table further down.", place)
    case .lowerLevelTable:
      return Narration(
        "A page at \(physical: at) becomes a second-level table: \(table(format.levels[1])).", place
      )
    case .rootTable:
      return Narration("A page at \(physical: at) becomes the root table: one entry a bus.", place)
    case .contextTable:
      return Narration(
        "A page at \(physical: at) becomes a context table: one entry for each device and function "
          + "of a bus.", place)
    case .coherentBuffer:
      return Narration(
        "A page at \(physical: at) is taken for the buffer. The driver never sees this address: the "
          + "device gets an IOVA, the CPU a mapping of its own.", place)
    case .buffer, .freed: return Narration("A page at \(physical: at) is taken.", place)
    }
  }

  /// A half of a root or context entry that the unit read.
  func explainRouting(_ at: PhysicalAddress, _ value: UInt64) -> Narration {
    let isRoot = machine.board.memory.use(ofPage: at.page) == .rootTable
    let half = at.value & 8 == 0
    let sentence: Prose =
      switch (isRoot, half) {
      case (true, true):
        "The bus picks a root entry; it leads to the bus's context table at \(physical: PhysicalAddress(value & ~0xfff))."
      case (false, true):
        "Device and function pick a context entry; the tables begin at \(physical: PhysicalAddress(value & ~0xfff))."
      case (false, false):
        "Its upper half: domain-id \(Int(value >> 8 & 0xffff)), and how many levels the tables have."
      case (true, false): "The upper half of a root entry is not used in legacy mode."
      }
    return Narration(sentence, "VT-d, root and context entries")
  }

  func explainRoutingWrite(_ at: PhysicalAddress, _ use: PageUse, _ value: UInt64) -> Narration {
    let isLow = at.value & 8 == 0
    if use == .rootTable {
      return Narration(
        "The root entry of a bus now leads to its context table at "
          + "\(physical: PhysicalAddress(value & ~0xfff)).", place)
    }
    let sentence: Prose =
      switch (value == 0, isLow) {
      case (true, _): "The context entry is cleared: whoever comes from there is stopped."
      case (false, false):
        "The upper half of the context entry: domain-id \(Int(value >> 8 & 0xffff)), four levels."
      case (false, true):
        "The context entry names the tables at \(physical: PhysicalAddress(value & ~0xfff)) and is "
          + "present: from here the device sees memory through them."
      }
    return Narration(sentence, place)
  }

  /// A register of a VT-d unit.
  func explainVTDWrite(_ unit: IOMMU, _ offset: UInt32, _ new: UInt32) -> Narration? {
    guard unit.family == .vtd else { return nil }
    switch offset {
    case VTDRegisters.gcmd where new & VTDRegisters.te != 0:
      return Narration("TE: from here every request must find its context entry.", place)
    case VTDRegisters.gcmd where new & VTDRegisters.srtp != 0:
      return Narration("SRTP: the unit takes the root table's address.", place)
    case VTDRegisters.rtaddr:
      return Narration(
        "The root table is at \(physical: PhysicalAddress(UInt64(new & ~0xfff))).", place)
    case VTDRegisters.high(VTDRegisters.ccmd) where new >> 31 == 1:
      return Narration(
        "The unit forgets context entries: what it remembered may be wrong from here on.", place)
    case VTDRegisters.high(VTDRegisters.iotlb) where new >> 31 == 1:
      let sentence: Prose =
        switch new >> 28 & 3 {
        case 1: "All of the IOTLB is dropped."
        case 2: "All entries of domain-id \(Int(new & 0xffff)) are dropped."
        default: "The pages named in IVA are dropped for domain-id \(Int(new & 0xffff))."
        }
      return Narration(sentence, place)
    case VTDRegisters.iva:
      return Narration("Which page to drop, and as log2 how many after it.", place)
    case VTDRegisters.frcd...:
      return Narration("Writing 1 to F clears the record: it is free for the next fault.", place)
    default:
      let found = registers.register(at: offset, banks: 0)
      return Narration(
        "\(strong: found?.name ?? "A register"): \(found?.register.purpose ?? "").", place)
    }
  }
}
