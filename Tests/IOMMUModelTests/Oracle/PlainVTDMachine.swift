/// A domain as the kernel remembers it.
struct PlainVTDDomain {
  let name: String
  var isLive = true
  /// Where its table of level 4 lies; nil once it was freed.
  var table: UInt64?
  /// Its domain-id while a device is attached, also after it was freed.
  var id: UInt64?
  /// Names of devices, the last attached first.
  var attached: [String] = []
}

/// The second implementation: Linux 6.1 with its VT-d driver over one remapping unit.
///
/// Written from `drivers/iommu/iommu.c`, `drivers/iommu/intel/iommu.c` and the VT-d specification.
/// Domains, attaching and detaching stand here; the rest in files of their own.
struct PlainVTDMachine {
  static let einval: Int32 = 22
  static let enomem: Int32 = 12
  static let efault: Int32 = 14
  static let ebusy: Int32 = 16

  static let unit = "iommu0"
  /// Each device with its source-id: bus, device and function.
  static let sources: [String: UInt64] = [
    "00:02.0": 0x0010, "00:02.1": 0x0011, "00:14.0": 0x00a0, "00:19.0": 0x00c8, "01:00.0": 0x0100,
  ]

  var memory = PlainVTDMemory()
  var pages = PlainVTDPages()
  var domains: [PlainVTDDomain] = []
  let roots: UInt64
  /// The context entries that the unit remembers, by source-id.
  var contexts: [UInt64: PlainVTDContext] = [:]
  /// The IOTLB.
  var remembered: [PlainVTDEntry] = []
  /// What software wrote to registers since somebody last emptied it: offset and word.
  var writes: [PlainWrite] = []
  /// What the registers hold that change after the boot.
  var registers: [UInt32: UInt32] = [:]
  /// How many entries were to be stored where one was already.
  var overMapped = 0

  /// A booted machine: the root table is the first page.
  init() {
    roots = pages.take(for: .root, of: nil) ?? 0
    // RTADDR, GSTS, and what the global invalidations of the boot leave in CCMD and IOTLB.
    registers = [
      0x020: UInt32(roots), 0x024: 0, 0x01c: 0xc000_0000, 0x034: 0, 0x038: 0,
      0x028: 0, 0x02c: 1 << 29 | 1 << 27, 0x108: 0, 0x10c: 1 << 28 | 1 << 25 | 1 << 16,
    ]
  }

  func domain(_ name: String) -> Int? {
    domains.firstIndex { $0.isLive && $0.name == name }
  }

  func isName(_ name: String) -> Bool {
    domain(name) != nil || Self.sources[name] != nil || name == Self.unit
  }

  /// Takes a page and clears it.
  mutating func takePage(for use: PlainVTDPages.Use, of domain: Int?) -> UInt64? {
    guard let page = pages.take(for: use, of: domain) else { return nil }
    for index in 0..<UInt64(512) where memory[page + index * 8] != 0 {
      memory[page + index * 8] = 0
    }
    return page
  }

  mutating func alloc(_ name: String) -> PlainAnswer64 {
    if isName(name) { return .error }
    guard let table = takePage(for: .firstTable, of: domains.count) else {
      domains.append(PlainVTDDomain(name: name, isLive: false))
      return .refused(Self.enomem)
    }
    domains.append(PlainVTDDomain(name: name, table: table))
    return .done(0)
  }

  /// `domain_exit`: the tables go, and devices stay attached to what is no longer there.
  mutating func free(_ name: String) -> PlainAnswer64 {
    guard let domain = domain(name) else { return .error }
    domains[domain].isLive = false
    guard let table = domains[domain].table else { return .done(0) }
    var freed: [UInt64] = []
    clear(table, 4, 0, 0, Self.lastFrame, &freed)
    for page in freed + [table] { pages.giveBack(page) }
    domains[domain].table = nil
    return .done(0)
  }

  // MARK: Attach and detach

  /// `intel_iommu_attach_device`: moves the device.
  mutating func attach(_ device: String, to name: String) -> PlainAnswer64 {
    guard let domain = domain(name), isName(device) else { return .error }
    guard let source = Self.sources[device] else {
      return device == Self.unit ? .refused(19) : .error
    }
    remove(device)
    guard let table = domains[domain].table else { return .refused(Self.einval) }
    if domains[domain].id == nil {
      domains[domain].id = (1...0xffff).first { id in !domains.contains { $0.id == id } }
    }
    domains[domain].attached.insert(device, at: 0)
    let root = roots + source / 0x100 * 16
    if memory[root] % 2 == 0 {
      guard let page = takePage(for: .context, of: nil) else {
        remove(device)
        return .refused(Self.enomem)
      }
      memory[root] = page + 1
    }
    let entry = memory[root] / 0x1000 * 0x1000 + source % 0x100 * 16
    // An entry that is there already is kept, and nobody is told.
    if memory[entry] % 2 == 0 {
      memory[entry + 8] = (domains[domain].id ?? 0) * 0x100 + 2
      memory[entry] = table + 1
    }
    return .done(0)
  }

  /// Takes a device off whatever it is attached to, whichever domain is named.
  mutating func detach(_ device: String, from name: String) -> PlainAnswer64 {
    guard domain(name) != nil, Self.sources[device] != nil || device == Self.unit else {
      return .error
    }
    remove(device)
    return .done(0)
  }

  /// `dmar_remove_one_dev_info`.
  private mutating func remove(_ device: String) {
    guard let domain = domains.firstIndex(where: { $0.attached.contains(device) }),
      let source = Self.sources[device]
    else { return }
    let root = memory[roots + source / 0x100 * 16]
    if root % 2 == 1 {
      let entry = root / 0x1000 * 0x1000 + source % 0x100 * 16
      let id = memory[entry + 8] >> 8 & 0xffff
      memory[entry] = 0
      memory[entry + 8] = 0
      dropContext(of: source, id: id)
      dropDomain(id)
    }
    domains[domain].attached.removeAll { $0 == device }
    if domains[domain].attached.isEmpty { domains[domain].id = nil }
  }
}

/// What an operation comes to, where numbers have 64 bits.
enum PlainAnswer64: Hashable {
  case done(UInt64)
  /// The number is an errno.
  case refused(Int32)
  /// It names something that is not there.
  case error
}
