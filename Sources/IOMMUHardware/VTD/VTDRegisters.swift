/// The registers of a VT-d remapping unit: where they are, and the fields the hardware acts on.
///
/// Intel VT-d specification, chapter "Register Descriptions"; Linux: `drivers/iommu/intel/iommu.h`.
/// Registers of 64 bits are two words here, low word first, as software may reach them; a command
/// starts when its high word is written.
package enum VTDRegisters {
  /// The window of one unit, in bytes.
  package static let windowBytes: UInt32 = 0x1000

  package static let ver: UInt32 = 0x000
  package static let cap: UInt32 = 0x008
  package static let ecap: UInt32 = 0x010
  package static let gcmd: UInt32 = 0x018
  package static let gsts: UInt32 = 0x01c
  package static let rtaddr: UInt32 = 0x020
  package static let ccmd: UInt32 = 0x028
  package static let fsts: UInt32 = 0x034
  package static let fectl: UInt32 = 0x038
  package static let fedata: UInt32 = 0x03c
  package static let feaddr: UInt32 = 0x040
  /// Where ECAP.IRO puts the two registers of the IOTLB.
  package static let iva: UInt32 = 0x100
  package static let iotlb: UInt32 = 0x108
  /// Where CAP.FRO puts the fault records, 16 bytes each.
  package static let frcd: UInt32 = 0x200

  /// The offset of one fault record.
  package static func record(_ index: Int) -> UInt32 { frcd + UInt32(index) * 16 }

  /// A register's high word.
  package static func high(_ register: UInt32) -> UInt32 { register + 4 }

  // MARK: Fields the hardware acts on

  /// GCMD and GSTS: translation on, root table pointer set.
  package static let te: UInt32 = 1 << 31
  package static let srtp: UInt32 = 1 << 30

  /// What a unit can do, as CAP and ECAP say it.
  package struct Capabilities: Hashable, Sendable {
    package let cap: UInt64
    package let ecap: UInt64

    package init(cap: UInt64, ecap: UInt64) { (self.cap, self.ecap) = (cap, ecap) }

    /// 48 bits in four levels, leaves of 2M and 1G, one fault record, invalidation by pages,
    /// snoop control and pass-through.
    package static let usual = Capabilities(cap: 0x00d2_008c_206f_0406, ecap: 0x10c1)

    /// MGAW: the widest address of a request, in bits; memory has as many here.
    package var addressBits: UInt64 { (cap >> 16 & 63) + 1 }
    /// SAGAW: tables of so many levels may be walked.
    package func supports(levels: Int) -> Bool { levels >= 2 && cap >> UInt64(6 + levels) & 1 == 1 }
    /// NFR: how many faults can be recorded.
    package var faultRecords: Int { Int(cap >> 40 & 0xff) + 1 }
    /// PSI: single pages can be invalidated, up to 2^MAMV at once.
    package var invalidatesPages: Bool { cap >> 39 & 1 == 1 }
    package var maximumAddressMask: UInt64 { cap >> 48 & 63 }
    /// SC: leaves may say that accesses snoop caches.
    package var controlsSnoop: Bool { ecap >> 7 & 1 == 1 }
    /// DT: devices may have TLBs of their own.
    package var hasDeviceTLB: Bool { ecap >> 2 & 1 == 1 }
    /// PT: a context may pass requests through.
    package var passesThrough: Bool { ecap >> 6 & 1 == 1 }
  }

  /// FSTS: what happened to fault records.
  package enum FSTS {
    /// PFO: a fault found no free record.
    package static let overflow: UInt32 = 1 << 0
    /// PPF: a record is pending.
    package static let pending: UInt32 = 1 << 1
    /// FRI: the first pending record.
    package static func index(_ word: UInt32) -> Int { Int(word >> 8 & 0xff) }
  }

  /// FECTL.IM: fault events do not interrupt.
  package static let interruptMask: UInt32 = 1 << 31

  // MARK: Storage

  static let storageCount = Int(windowBytes) / 4

  /// Where the word at `offset` is stored, or nil where there is no register.
  package static func index(of offset: UInt32) -> Int? {
    guard offset & 3 == 0, offset < windowBytes else { return nil }
    return Int(offset >> 2)
  }

  /// What a register holds after software wrote `word` over `old`.
  static func kept(_ word: UInt32, over old: UInt32, at offset: UInt32, records: Int) -> UInt32 {
    switch offset {
    case ..<gcmd, gsts: return old
    case gcmd, rtaddr, high(rtaddr), ccmd, high(ccmd), fectl, fedata, feaddr, high(feaddr):
      return word
    case iva, high(iva), iotlb, high(iotlb): return word
    // Writing 1 clears; PPF follows the records themselves.
    case fsts: return old & ~(word & FSTS.overflow)
    case frcd..<frcd + UInt32(records) * 16:
      // Only F can be cleared, by writing 1.
      return offset & 15 == 12 ? old & ~(word & 1 << 31) : old
    default: return 0
    }
  }
}

/// A requester on a PCI bus, as its source-id says: bus, device and function.
package struct SourceID: Hashable, Sendable, CustomStringConvertible {
  package let value: UInt16

  package init(_ value: UInt16) { self.value = value }

  /// Reads `00:19.0`: two hex digits, two hex digits, one digit below 8.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let place = parts[1].split(separator: ".", omittingEmptySubsequences: false)
    guard place.count == 2, parts[0].utf8.count == 2, place[0].utf8.count == 2,
      place[1].utf8.count == 1, let bus = UInt16(parts[0], radix: 16),
      let device = UInt16(place[0], radix: 16), device < 32,
      let function = UInt16(place[1], radix: 8)
    else { return nil }
    value = bus << 8 | device << 3 | function
  }

  package var bus: UInt64 { UInt64(value >> 8) }
  /// Device and function together: the index into a context table.
  package var devfn: UInt64 { UInt64(value & 0xff) }

  package var description: String {
    func hex(_ number: UInt16) -> String {
      (number < 16 ? "0" : "") + String(number, radix: 16)
    }
    return "\(hex(value >> 8)):\(hex(value >> 3 & 31)).\(value & 7)"
  }
}
