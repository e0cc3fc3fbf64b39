/// A domain as the kernel remembers it.
struct PlainDomain {
  let name: String
  var isLive = true
  /// Where its first level lies; nil once it was freed.
  var table: UInt32?
  /// Names of contexts, the last attached first.
  var attached: [String] = []
}

/// What one context bank holds.
struct PlainBankState: Hashable {
  /// The table in TTBR0 while the bank is on; nil is off.
  ///
  /// It is a number in a register: freeing the domain does not change it.
  var table: UInt32?
  var fsr: UInt32 = 0
  var far: UInt32 = 0
  var fsynr0: UInt32 = 0
  var fsynr1: UInt32 = 0
}

/// What an operation comes to.
enum PlainAnswer: Hashable {
  case done(UInt32)
  /// The number is an errno.
  case refused(Int32)
  /// It names something that is not there.
  case error
}

/// The second implementation: Linux 3.6 with its MSM driver over the hardware, in dictionaries.
///
/// Domains, attaching and detaching stand here; mapping and requests in files of their own.
struct PlainMachine {
  static let einval: Int32 = 22
  static let enomem: Int32 = 12
  static let ebusy: Int32 = 16

  var memory = PlainMemory()
  var pages = PlainPages()
  var domains: [PlainDomain] = []
  var banks: [PlainBank: PlainBankState] = [:]
  var remembered: [PlainEntry] = []
  /// What software wrote to registers since somebody last emptied it.
  var writes: [PlainWrite] = []

  func domain(_ name: String) -> Int? {
    domains.firstIndex { $0.isLive && $0.name == name }
  }

  /// Takes pages and clears them.
  mutating func takePages(_ count: UInt32, for use: PlainPages.Use, of domain: Int) -> UInt32? {
    guard let base = pages.take(count, for: use, of: domain) else { return nil }
    for index in 0..<count * 0x400 where memory[base + index * 4] != 0 {
      memory[base + index * 4] = 0
    }
    return base
  }

  mutating func alloc(_ name: String) -> PlainAnswer {
    let isTaken =
      domain(name) != nil || PlainWiring.context(name) != nil || PlainWiring.units.contains(name)
    if isTaken { return .error }
    guard let table = takePages(4, for: .firstLevel, of: domains.count) else {
      // The domain had a number before its table was asked for.
      domains.append(PlainDomain(name: name, isLive: false))
      return .refused(Self.enomem)
    }
    domains.append(PlainDomain(name: name, table: table))
    return .done(0)
  }

  /// Gives back every table that the first level leads to, and the first level.
  ///
  /// Contexts stay attached to what is no longer there, and their banks stay on.
  mutating func free(_ name: String) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    free(domain)
    return .done(0)
  }

  mutating func free(_ domain: Int) {
    domains[domain].isLive = false
    guard let table = domains[domain].table else { return }
    for index in 0..<UInt32(4096) {
      let word = memory[table + index * 4]
      if word % 4 == 1 { pages.giveBack(word / 0x400 * 0x400) }
    }
    for index in 0..<UInt32(4) { pages.giveBack(table + index * 0x1000) }
    domains[domain].table = nil
  }

  mutating func attach(_ device: String, to name: String) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    guard let context = PlainWiring.context(device) else {
      return PlainWiring.units.contains(device) ? .refused(Self.einval) : .error
    }
    return attach(context, to: domain).map { .refused($0) } ?? .done(0)
  }

  /// `msm_iommu_attach_dev`: nil when it was done.
  mutating func attach(_ context: PlainWiring.Context, to domain: Int) -> Int32? {
    guard let table = domains[domain].table else { return Self.einval }
    // Also when it is attached to this very domain, or to one that was freed.
    if domains.contains(where: { $0.attached.contains(context.name) }) { return Self.ebusy }
    reset(context.bank)
    writeProgram(of: context.bank, table: table)
    banks[context.bank]?.table = table
    domains[domain].attached.insert(context.name, at: 0)
    flush(domain)
    return nil
  }

  /// Resets the context's bank, whoever holds it, also when nobody does.
  mutating func detach(_ device: String, from name: String) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    guard let context = PlainWiring.context(device) else {
      return PlainWiring.units.contains(device) ? .done(0) : .error
    }
    detach(context, from: domain)
    return .done(0)
  }

  /// `msm_iommu_detach_dev`, which looks at the domain only for whether it was freed.
  mutating func detach(_ context: PlainWiring.Context, from domain: Int) {
    guard domains[domain].table != nil else { return }
    flush(domain)
    reset(context.bank)
    for index in domains.indices { domains[index].attached.removeAll { $0 == context.name } }
  }

  /// Everything to 0 but FSYNR and the ASID, and the TLB dropped.
  private mutating func reset(_ bank: PlainBank) {
    let old = banks[bank] ?? PlainBankState()
    banks[bank] = PlainBankState(fsynr0: old.fsynr0, fsynr1: old.fsynr1)
    writeReset(of: bank)
    dropAll(of: bank.unit)
  }

  /// CTX_TLBIALL on every bank of the domain, the last attached first.
  mutating func flush(_ domain: Int) {
    for name in domains[domain].attached {
      guard let context = PlainWiring.context(name) else { continue }
      writeTLBIALL(of: context.bank)
      dropAll(of: context.bank.unit)
    }
  }

  /// What CTX_TLBIALL of any bank reaches: all that has the bank's VMID.
  ///
  /// The driver gives every bank VMID 0, so it is the whole IOMMU.
  mutating func dropAll(of unit: String) {
    remembered.removeAll { $0.bank.unit == unit }
  }
}
