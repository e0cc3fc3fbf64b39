/// `iommu_map`, `iommu_unmap` and `iommu_iova_to_phys` of Linux 3.6 and the driver under them.
extension PlainMachine {
  /// Bits OR-ed to a page's address, by size and by the two lowest bits of `prot`.
  ///
  /// The reference's table: not cached, write-back write-allocate, write-back, write-through.
  private static let leafBits: [UInt32: [UInt32]] = [
    0x100_0000: [0x70c06, 0x71c0e, 0x70c0e, 0x70c0a],
    0x10_0000: [0x30c06, 0x31c0e, 0x30c0e, 0x30c0a],
    0x1_0000: [0xc35, 0xc7d, 0xc3d, 0xc39],
    0x1000: [0xc36, 0xc7e, 0xc3e, 0xc3a],
  ]

  /// All arithmetic is that of 32-bit C.
  mutating func map(
    _ name: String, iova: UInt32, to physical: UInt32, size: UInt32, prot: UInt32
  ) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    return map(domain, iova: iova, to: physical, size: size, prot: prot)
      .map { .refused($0) } ?? .done(0)
  }

  /// `iommu_map`: nil when it was done.
  mutating func map(
    _ domain: Int, iova: UInt32, to physical: UInt32, size: UInt32, prot: UInt32
  ) -> Int32? {
    if iova % 0x1000 != 0 || physical % 0x1000 != 0 || size % 0x1000 != 0 { return Self.einval }
    var done: UInt32 = 0
    while done < size {
      let (from, to) = (iova &+ done, physical &+ done)
      let sizes: [UInt32] = [0x100_0000, 0x10_0000, 0x1_0000, 0x1000]
      let bytes = sizes.first { $0 <= size - done && from % $0 == 0 && to % $0 == 0 } ?? 0x1000
      if let errno = mapPage(domain, from, to, bytes, prot) {
        if done > 0 { unmapPage(domain, iova, done) }
        return errno
      }
      done += bytes
    }
    return nil
  }

  /// `msm_iommu_map`: nil when it was done.
  mutating func mapPage(
    _ domain: Int, _ iova: UInt32, _ physical: UInt32, _ bytes: UInt32, _ prot: UInt32
  ) -> Int32? {
    guard let table = domains[domain].table, let bits = Self.leafBits[bytes] else {
      return Self.einval
    }
    let word = physical / bytes * bytes | bits[Int(prot % 4)]
    let slot = table + iova / 0x10_0000 * 4
    let count: UInt32 = bytes == 0x100_0000 || bytes == 0x1_0000 ? 16 : 1
    if bytes >= 0x10_0000 {
      for index in 0..<count { memory[slot &+ index * 4] = word }
    } else {
      if memory[slot] == 0 {
        guard let page = takePages(1, for: .secondLevel, of: domain) else { return Self.enomem }
        memory[slot] = page | 1
      }
      // Whatever stands in the first level is taken for a table's word.
      let second = memory[slot] / 0x400 * 0x400 + iova / 0x1000 % 0x100 * 4
      for index in 0..<count { memory[second &+ index * 4] = word }
    }
    flush(domain)
    return nil
  }

  mutating func unmap(_ name: String, iova: UInt32, size: UInt32) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    if iova % 0x1000 != 0 || size % 0x1000 != 0 { return .refused(Self.einval) }
    // The driver is handed all of it and always says that all of it is done.
    if size > 0 { unmapPage(domain, iova, size) }
    return .done(size)
  }

  /// `msm_iommu_unmap`, which answers `bytes` whatever it did.
  mutating func unmapPage(_ domain: Int, _ iova: UInt32, _ bytes: UInt32) {
    guard let table = domains[domain].table, Self.leafBits[bytes] != nil else { return }
    let slot = table + iova / 0x10_0000 * 4
    let word = memory[slot]
    if word == 0 { return }
    let count: UInt32 = bytes == 0x100_0000 || bytes == 0x1_0000 ? 16 : 1
    if bytes >= 0x10_0000 {
      for index in 0..<count { memory[slot &+ index * 4] = 0 }
    } else {
      let second = word / 0x400 * 0x400
      for index in 0..<count { memory[second &+ (iova / 0x1000 % 0x100 + index) * 4] = 0 }
      if (0..<UInt32(256)).allSatisfy({ memory[second + $0 * 4] == 0 }) {
        pages.giveBack(second)
        memory[slot] = 0
      }
    }
    flush(domain)
  }

  /// Asks the hardware through the context attached last, as a privileged read.
  mutating func iovaToPhys(_ name: String, _ iova: UInt32) -> PlainAnswer {
    guard let domain = domain(name) else { return .error }
    return .done(iovaToPhys(domain, iova))
  }

  /// `msm_iommu_iova_to_phys`.
  mutating func iovaToPhys(_ domain: Int, _ iova: UInt32) -> UInt32 {
    guard domains[domain].table != nil, let device = domains[domain].attached.first,
      let context = PlainWiring.context(device), let table = banks[context.bank]?.table
    else { return 0 }
    writeTLBIALL(of: context.bank)
    dropAll(of: context.bank.unit)
    write(0x810, of: context.bank, iova / 0x1000 * 0x1000)
    // The probe is told bits 31:12 of the address.
    let walk = PlainWalk(memory, from: table, for: iova / 0x1000 * 0x1000)
    guard let page = walk.page, page.allows(.read, isPrivileged: true) else { return 0 }
    remember(page, for: context.bank, at: iova, read: walk.read)
    return page.address(of: iova)
  }

  /// The pages with tables of a domain that its first level leads to, in use or not.
  func reached(by domain: Int) -> Set<UInt32> {
    guard let table = domains[domain].table else { return [] }
    let words = (0..<UInt32(4096)).map { memory[table + $0 * 4] }
    return Set(words.filter { $0 % 4 == 1 }.map { $0 / 0x1000 * 0x1000 })
  }
}
