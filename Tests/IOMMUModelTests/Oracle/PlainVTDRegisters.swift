/// The driver's invalidations, by registers, and what they make the unit forget.
extension PlainVTDMachine {
  private mutating func write(_ offset: UInt32, _ word: UInt64) {
    let (low, high) = (UInt32(word % (1 << 32)), UInt32(word >> 32))
    writes.append(PlainWrite(unit: Self.unit, offset: offset, word: low))
    writes.append(PlainWrite(unit: Self.unit, offset: offset + 4, word: high))
    registers[offset] = low
    registers[offset + 4] = high
  }

  /// CCMD, for one requester of one domain-id.
  mutating func dropContext(of source: UInt64, id: UInt64) {
    write(0x028, 1 << 63 | 3 << 61 | source << 16 | id)
    if let context = contexts[source], context.id == id { contexts[source] = nil }
    // ICC falls, and the granularity stands in CAIG.
    registers[0x02c] = 3 << 29 | 3 << 27
  }

  /// IOTLB, for one domain-id; writes are drained first, reads are not.
  mutating func dropDomain(_ id: UInt64) {
    write(0x108, 1 << 63 | 2 << 60 | 1 << 48 | id << 32)
    remembered.removeAll { $0.id == id }
    registers[0x10c] = UInt32(2 << 28 | 2 << 25 | 1 << 16 | id)
  }

  /// IVA and IOTLB, for `1 << mask` pages of one domain-id.
  private mutating func dropPages(_ frame: UInt64, mask: UInt64, isHint: Bool, of id: UInt64) {
    write(0x100, frame << 12 | (isHint ? 0x40 : 0) | mask)
    write(0x108, 1 << 63 | 3 << 60 | 1 << 48 | id << 32)
    let count = UInt64(1) << mask
    let first = frame / count * count
    remembered.removeAll {
      let start = $0.page.base >> 12
      return $0.id == id && start < first + count && first < start + $0.page.bytes >> 12
    }
    registers[0x10c] = UInt32(3 << 28 | 3 << 25 | 1 << 16 | id)
  }

  /// `iommu_flush_iotlb_psi`.
  mutating func flush(_ frame: UInt64, _ count: UInt64, isHint: Bool, of domain: Int) {
    guard let id = domains[domain].id else { return }
    var mask: UInt64 = 0
    while 1 << mask < count { mask += 1 }
    // A range that is not aligned to its size: as many pages as hold its first and its last.
    if frame % (1 << mask) != 0 {
      let last = frame &+ count &- 1
      while frame >> mask != last >> mask { mask += 1 }
    }
    if mask > 18 {
      dropDomain(id)
    } else {
      dropPages(frame, mask: mask, isHint: isHint, of: id)
    }
  }

  /// `dmar_fault`: one record, cleared, and the status.
  mutating func handleFault() {
    for (offset, word) in [(UInt32(0x20c), UInt32(1 << 31)), (0x034, 0x83)] {
      writes.append(PlainWrite(unit: Self.unit, offset: offset, word: word))
    }
    registers[0x20c] = (registers[0x20c] ?? 0) & 0x7fff_ffff
  }
}
