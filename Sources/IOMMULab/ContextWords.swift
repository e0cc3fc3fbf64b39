internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// A word outside the registers that is part of a context: families that keep contexts in memory
/// show it beside the registers.
package struct ContextWord: Sendable {
  package struct Field: Sendable {
    package let bits: ClosedRange<Int>
    package let name: String
    package let value: UInt64
    package let words: String
  }

  package let name: String
  package let purpose: String
  /// Where it lies; nil for what the unit itself remembers.
  package let address: PhysicalAddress?
  package let word: UInt64
  package let words: Prose
  /// From the highest bit to the lowest.
  package let fields: [Field]

  /// The words of a context, in the order in which a request meets them.
  package static func all(bank: Int, of iommu: Int, in machine: Machine) -> [Self] {
    switch machine.board.iommus[iommu].family {
    case .msm: []
    case .vtd: vtd(bank, iommu, machine)
    }
  }

  // MARK: VT-d

  private static func vtd(_ bank: Int, _ iommu: Int, _ machine: Machine) -> [Self] {
    guard machine.board.doubleRegister(VTDRegisters.rtaddr, of: iommu) != 0,
      let rootAddress = machine.rootEntryAddress(bank: bank, of: iommu)
    else { return [] }
    let memory = machine.board.memory
    var words = [root(memory.doubleWord(at: rootAddress), at: rootAddress)]
    let known = machine.contextEntry(bank: bank, of: iommu)
    if let known, let address = machine.contextEntryAddress(bank: bank, of: iommu) {
      words.append(low(known, at: address, machine))
      words.append(high(known, at: address + 8))
    }
    if let cached = cached(bank, iommu, machine, known) { words.append(cached) }
    return words
  }

  private static func root(_ word: UInt64, at address: PhysicalAddress) -> Self {
    let isPresent = word & 1 != 0
    return Self(
      name: "ROOT", purpose: "the root entry of its bus", address: address, word: word,
      words: isPresent
        ? Prose("P 1", .text) + Prose(": present", .dim) + Prose("   context table ", .dim)
          + Prose((word & ~0xfff).hex8, .physical)
        : Prose("P 0", .dim) + Prose(": no device of its bus has an entry", .dim),
      fields: [
        Field(
          bits: 12...63, name: "CTP", value: word & ~0xfff, words: "context table of the bus"),
        Field(
          bits: 0...0, name: "P", value: word & 1, words: isPresent ? "present" : "not present"),
      ])
  }

  private static func low(
    _ entry: ContextEntry, at address: PhysicalAddress, _ machine: Machine
  ) -> Self {
    var words = Prose("P 0", .dim) + Prose(": not present, its requests are stopped", .dim)
    if entry.isPresent {
      words = Prose("P 1", .text) + Prose(": present   table ", .dim)
      words += Prose(entry.table.value.hex8, .physical)
      if let domain = machine.domain(withTable: entry.table) {
        words += Prose(" of ", .dim) + Prose(machine.system.name(of: domain), .domain)
      }
    }
    let types = ["walks tables", "walks tables, device TLBs allowed", "passes through", "reserved"]
    return Self(
      name: "CONTEXT", purpose: "its context entry, lower half", address: address,
      word: entry.low, words: words,
      fields: [
        Field(bits: 12...63, name: "SLPTPTR", value: entry.table.value, words: "first table"),
        Field(
          bits: 2...3, name: "TT", value: entry.translationType,
          words: types[Int(entry.translationType)]),
        Field(
          bits: 1...1, name: "FPD", value: entry.low >> 1 & 1,
          words: entry.hidesFaults ? "faults are not recorded" : "faults are recorded"),
        Field(
          bits: 0...0, name: "P", value: entry.low & 1,
          words: entry.isPresent ? "present" : "not present"),
      ])
  }

  private static func high(_ entry: ContextEntry, at address: PhysicalAddress) -> Self {
    Self(
      name: "CONTEXT_HI", purpose: "its context entry, upper half", address: address,
      word: entry.high,
      words: entry.isPresent
        ? Prose("DID \(entry.domain)", .text) + Prose(": domain-id", .dim)
          + Prose("   AW \(entry.high & 7)", .text) + Prose(": \(entry.levels) levels", .dim)
        : Prose("says nothing while P is 0", .dim),
      fields: [
        Field(
          bits: 8...23, name: "DID", value: UInt64(entry.domain),
          words: "domain-id, tags its TLB entries"),
        Field(bits: 0...2, name: "AW", value: entry.high & 7, words: "\(entry.levels) levels"),
      ])
  }

  private static func cached(
    _ bank: Int, _ iommu: Int, _ machine: Machine, _ known: ContextEntry?
  ) -> Self? {
    guard let device = machine.device(bank: bank, of: iommu),
      let stream = machine.system.devices[device.index].streams.first,
      let entry = machine.board.iommus[iommu].contextCache[UInt16(truncatingIfNeeded: stream)]
    else { return nil }
    return Self(
      name: "CACHE", purpose: "the context entry that the unit remembers", address: nil,
      word: entry.low,
      words: entry == known
        ? Prose("remembered, as it is in memory", .dim)
        : Prose("≠ memory: ", .stale) + Prose("used until it is invalidated", .dim),
      fields: [])
  }
}
