/// One remembered translation: a page of addresses and where it led when the tables were walked.
package struct TLBEntry: Hashable, Sendable {
  /// Base of the page in the device's address space.
  package let iova: UInt64
  /// Base of the page in memory.
  package let physical: UInt64
  /// Who the entry is for: an MSM VMID, a VT-d domain-id.
  package let vmid: UInt16
  /// Tells contexts apart that share a VMID; of no matter when the entry is global.
  package let asid: UInt8
  /// log2 of the page's size in bytes.
  package let sizeBits: UInt8
  package let rights: Rights
  /// The memory type's class and shareability, in the format's own encoding.
  package let attributes: UInt8
  package let flags: Flags

  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Good for every ASID: the descriptor's nG bit was 0.
    package static let global = Flags(rawValue: 1)
    /// Filled by a non-secure transaction.
    package static let nonSecure = Flags(rawValue: 2)
  }

  package init(
    iova: UInt64, physical: UInt64, vmid: UInt16, asid: UInt8, sizeBits: UInt8, rights: Rights,
    attributes: UInt8, flags: Flags
  ) {
    (self.iova, self.physical, self.vmid, self.asid) = (iova, physical, vmid, asid)
    (self.sizeBits, self.rights, self.attributes, self.flags) = (
      sizeBits, rights, attributes, flags
    )
  }

  package var size: PageSize { PageSize(bits: sizeBits) }

  package var isGlobal: Bool { flags.contains(.global) }
}

/// What a lookup compares: an entry packed into two words, so that all ways of a set are compared
/// without a branch.
private struct Tag: Hashable, Sendable {
  /// The page's base, and in the bits below the smallest page its log2 size.
  let page: UInt64
  /// VMID, security and ASID.
  let owner: UInt32
  /// The bits of `owner` that must agree: all but the ASID where the entry is global.
  let ownerMask: UInt32

  /// Matches nothing.
  static let none = Tag(page: .max, owner: 0, ownerMask: 0)

  init(page: UInt64, owner: UInt32, ownerMask: UInt32) {
    (self.page, self.owner, self.ownerMask) = (page, owner, ownerMask)
  }

  init(_ entry: TLBEntry) {
    self.init(
      page: Self.page(entry.iova, bits: UInt64(entry.sizeBits)),
      owner: Self.owner(
        vmid: entry.vmid, asid: entry.asid, isNonSecure: entry.flags.contains(.nonSecure)),
      ownerMask: entry.flags.contains(.global) ? ~0xff : ~0)
  }

  static func page(_ address: UInt64, bits: UInt64) -> UInt64 {
    address & (~0 &<< bits) | bits
  }

  static func owner(vmid: UInt16, asid: UInt8, isNonSecure: Bool) -> UInt32 {
    UInt32(vmid) << 16 | (isNonSecure ? 1 << 8 : 0) | UInt32(asid)
  }

  func differs(from page: UInt64, _ owner: UInt32) -> Bool {
    (self.page ^ page) | UInt64((self.owner ^ owner) & ownerMask) != 0
  }
}

/// What a page may be used for, by privilege.
package struct Rights: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let privilegedRead = Rights(rawValue: 1)
  package static let privilegedWrite = Rights(rawValue: 2)
  package static let userRead = Rights(rawValue: 4)
  package static let userWrite = Rights(rawValue: 8)
  /// Instruction fetches, wherever reading is allowed.
  package static let execute = Rights(rawValue: 16)

  package func allows(_ access: Access, isPrivileged: Bool) -> Bool {
    let read = isPrivileged ? Rights.privilegedRead : .userRead
    return switch access {
    case .read: contains(read)
    case .write: contains(isPrivileged ? .privilegedWrite : .userWrite)
    case .execute: contains(read) && contains(.execute)
    }
  }

  /// Reading and writing in words; whether code may be fetched is another question.
  package var words: String {
    switch subtracting(.execute) {
    case []: "no access"
    case [.privilegedRead, .privilegedWrite, .userRead, .userWrite]: "read and write"
    case [.privilegedRead, .userRead]: "read only"
    case [.privilegedRead, .privilegedWrite]: "read and write, privileged only"
    case .privilegedRead: "read only, privileged only"
    default: "privileged may write, others read"
    }
  }
}

/// How many translations an IOMMU can remember, and which one leaves for a new one.
///
/// Platform data: the real numbers of MSM's are not public.
package struct TLBGeometry: Hashable, Sendable {
  /// A power of two.
  package let sets: Int
  package let ways: Int

  package init(sets: Int, ways: Int) {
    precondition(sets > 0 && sets & (sets - 1) == 0, "A TLB's number of sets is a power of two.")
    precondition(ways > 0 && sets * ways <= 1 << 16, "A TLB's entries are counted in 16 bits.")
    (self.sets, self.ways) = (sets, ways)
  }
}

/// The translations an IOMMU remembers, so that most DMA skips the page-table walk.
///
/// Nothing keeps the TLB equal to the tables. After an unmap the old answer stays usable until
/// somebody invalidates it, and the model keeps such stale entries on purpose: meeting one is the
/// lesson. Within a set the ways are filled in order, and then leave in order (round robin).
///
/// MSM: tagged by VMID and ASID. VT-d: IOTLB, tagged by domain-id.
package struct TLB: Hashable, Sendable {
  package let geometry: TLBGeometry
  private var entries: [TLBEntry?]
  /// The same entries as a lookup compares them.
  private var tags: [Tag]
  /// For each set: the way that leaves next when the set is full.
  private var victims: [UInt16]
  /// How many entries there are of each page size, so that a lookup tries only sizes in use.
  private var countBySize = [UInt16](repeating: 0, count: 64)
  private var sizesInUse: UInt64 = 0

  package init(_ geometry: TLBGeometry) {
    self.geometry = geometry
    entries = Array(repeating: nil, count: geometry.sets * geometry.ways)
    tags = Array(repeating: .none, count: geometry.sets * geometry.ways)
    victims = Array(repeating: 0, count: geometry.sets)
  }

  package var isEmpty: Bool { sizesInUse == 0 }

  package var count: Int { countBySize.reduce(0) { $0 + Int($1) } }

  package subscript(slot: Int) -> TLBEntry? { entries[slot] }

  /// All entries translate pages of this size.
  func holdsOnly(_ size: PageSize) -> Bool { sizesInUse == size.bytes }

  /// The slots in use, in order.
  package var usedSlots: [Int] { entries.indices.filter { entries[$0] != nil } }

  /// The slot whose entry translates `address`, or nil.
  @inline(__always)
  package func lookup(_ address: UInt64, vmid: UInt16, asid: UInt8, isNonSecure: Bool) -> Int? {
    let owner = Tag.owner(vmid: vmid, asid: asid, isNonSecure: isNonSecure)
    var sizes = sizesInUse
    while sizes != 0 {
      let bits = UInt64(truncatingIfNeeded: sizes.trailingZeroBitCount)
      sizes &= sizes &- 1
      let page = Tag.page(address, bits: bits)
      let first =
        Int(truncatingIfNeeded: address &>> bits & UInt64(geometry.sets &- 1)) &* geometry.ways
      // From the last way to the first, for of two that match the first one counts.
      var found = -1
      var slot = first &+ geometry.ways
      while slot > first {
        slot &-= 1
        found = tags[slot].differs(from: page, owner) ? found : slot
      }
      if found >= 0 { return found }
    }
    return nil
  }

  /// The slot a new entry for `iova` goes to: the set's first free way, or its next victim.
  package func slotForFill(iova: UInt64, size: PageSize) -> Int {
    let set = Int(truncatingIfNeeded: iova >> UInt64(size.bits) & UInt64(geometry.sets - 1))
    let first = set * geometry.ways
    return (first..<first + geometry.ways).first { entries[$0] == nil } ?? first + Int(victims[set])
  }

  // MARK: Changes, each with its inverse

  /// Puts an entry into a free slot.
  ///
  /// A full set moves its victim on.
  mutating func fill(_ slot: Int, with entry: TLBEntry) {
    entries[slot] = entry
    tags[slot] = Tag(entry)
    countBySize[Int(entry.sizeBits)] += 1
    sizesInUse |= entry.size.bytes
  }

  mutating func drop(_ slot: Int) {
    guard let entry = entries[slot] else { return }
    entries[slot] = nil
    tags[slot] = .none
    countBySize[Int(entry.sizeBits)] -= 1
    if countBySize[Int(entry.sizeBits)] == 0 { sizesInUse &= ~entry.size.bytes }
  }

  /// Moves a set's victim by one way, forward after an eviction and back when it is undone.
  mutating func moveVictim(ofSlot slot: Int, forward: Bool) {
    let set = slot / geometry.ways
    let ways = UInt16(geometry.ways)
    victims[set] = (victims[set] + (forward ? 1 : ways - 1)) % ways
  }
}
