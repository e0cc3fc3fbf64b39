/// The page-table formats there are; the closed list that a new one joins.
package enum FormatID: String, Hashable, Sendable, CaseIterable {
  case armv7Short = "armv7-short"
  case vtdSecondStage = "vtd-second-stage"

  /// The levels of tables that a walk may read, in the order of the walk.
  ///
  /// Arm counts from 1 on the way down, VT-d down to 1.
  package var levels: [Int] {
    switch self {
    case .armv7Short: [1, 2]
    case .vtdSecondStage: [4, 3, 2, 1]
    }
  }

  package var firstLevel: Int { levels[0] }

  /// The level that a table entry of `level` leads to; nil after the last.
  package func level(after level: Int) -> Int? {
    levels.firstIndex(of: level).flatMap { $0 + 1 < levels.count ? levels[$0 + 1] : nil }
  }

  /// Bytes of one entry.
  package var entryBytes: UInt64 {
    switch self {
    case .armv7Short: 4
    case .vtdSecondStage: 8
    }
  }

  /// How many bits of an address tables of this format take.
  package var addressBits: Int { entryBits(level: firstLevel) + entryIndexBits(level: firstLevel) }

  /// How many bits of an address choose an entry of a table of `level`.
  package func entryIndexBits(level: Int) -> Int {
    entryCount(level: level).trailingZeroBitCount
  }

  /// The index that an address chooses in a table of `level`.
  package func index(of iova: IOVA, level: Int) -> Int {
    Int(truncatingIfNeeded: iova.value >> UInt64(entryBits(level: level)))
      & (entryCount(level: level) - 1)
  }

  /// An entry of a table as memory holds it.
  package func entry(_ index: Int, of table: PhysicalAddress, in memory: PhysicalMemory) -> UInt64 {
    let place = table + UInt64(index) * entryBytes
    return entryBytes == 8 ? memory.doubleWord(at: place) : UInt64(memory.word(at: place))
  }

  /// The indices of a table's entries that are not 0, in order.
  ///
  /// Kilobytes that memory knows to be empty are not read.
  package func usedEntries(
    of table: PhysicalAddress, level: Int, in memory: PhysicalMemory
  ) -> [Int] {
    let (count, bytes) = (entryCount(level: level), entryBytes)
    var used: [Int] = []
    var index = 0
    while index < count {
      let place = table + UInt64(index) * bytes
      let end = min(count, index + max(1, Int((1024 - place.value % 1024) / bytes)))
      if !memory.isKilobyteEmpty(at: place) {
        for entry in index..<end where self.entry(entry, of: table, in: memory) != 0 {
          used.append(entry)
        }
      }
      index = end
    }
    return used
  }

  package var pageSizes: PageSizes {
    switch self {
    case .armv7Short: ARMv7Short.pageSizes
    case .vtdSecondStage: VTDSecondStage.pageSizes
    }
  }

  /// How many entries a table of `level` has; the first level is 1.
  package func entryCount(level: Int) -> Int {
    switch self {
    case .armv7Short: level == 1 ? ARMv7Short.firstLevelCount : ARMv7Short.secondLevelCount
    case .vtdSecondStage: VTDSecondStage.entryCount
    }
  }

  /// How many bytes of address one entry of `level` stands for, as log2.
  package func entryBits(level: Int) -> Int {
    switch self {
    case .armv7Short: level == 1 ? 20 : 12
    case .vtdSecondStage: Int(VTDSecondStage.shift(level))
    }
  }

  /// Reads a word of a table of `level` the way the walker does.
  package func decode(_ entry: UInt64, level: Int) -> Descriptor {
    let word = UInt32(truncatingIfNeeded: entry)
    switch self {
    case .armv7Short:
      return level == 1 ? ARMv7Short.decodeFirst(word) : ARMv7Short.decodeSecond(word)
    case .vtdSecondStage: return VTDSecondStage.decode(entry, level: level)
    }
  }

  /// Walks the tables alone, from the first level at `base`: where they lead `iova`, if anywhere.
  ///
  /// No register, TLB or right is looked at.
  package func physicalAddress(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    // One function for each format: together they would need more registers than either does.
    switch self {
    case .armv7Short: ARMv7Short.physicalAddress(of: iova, from: base, in: memory)
    case .vtdSecondStage: VTDSecondStage.physicalAddress(of: iova, from: base, in: memory)
    }
  }

  /// The page that tables have for `iova`, with the rights that all their levels leave.
  package func leaf(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> Leaf? {
    switch self {
    case .armv7Short: ARMv7Short.leaf(of: iova, from: base, in: memory)
    case .vtdSecondStage: VTDSecondStage.leaf(of: iova, from: base, in: memory)
    }
  }

  /// The fields of a word of a table of `level`, from the highest bit to the lowest.
  package func fields(of entry: UInt64, level: Int) -> [DescriptorField] {
    switch self {
    case .armv7Short: ARMv7Short.fields(of: UInt32(truncatingIfNeeded: entry), level: level)
    case .vtdSecondStage: VTDSecondStage.fields(of: entry, level: level)
    }
  }
}

/// What a word of a page table says.
package enum Descriptor: Hashable, Sendable {
  /// Nothing is mapped here.
  case invalid
  /// A pattern that the architecture reserves; the walker faults on it.
  case reserved
  /// A table of the next level lies at this address.
  case table(PhysicalAddress)
  case leaf(Leaf)
}

/// The end of a walk: a page, and what it may be used for.
package struct Leaf: Hashable, Sendable {
  /// Base of the page in memory.
  package let physical: PhysicalAddress
  package let size: PageSize
  package let rights: Rights
  /// The descriptor's access flag: where the flag is checked and 0, every access faults.
  package let accessFlag: Bool
  /// What `rights` are where the access flag is checked.
  package let rightsWithAccessFlag: Rights
  /// Good for every ASID (nG is 0).
  package let isGlobal: Bool
  package let isShared: Bool
  /// The memory type's class: TEX[0], C and B, an index into PRRR and NMRR.
  package let memoryClass: UInt8
  /// Later requests keep apart by this bit when the bank is secure.
  package internal(set) var isNonSecure: Bool
}

/// A field of a descriptor for people: its bits, its name, its value in words.
package struct DescriptorField: Hashable, Sendable {
  package let name: String
  /// The ranges of bits it is made of, highest first.
  package let bits: [ClosedRange<Int>]
  package let value: UInt64
  /// What the value means; empty when there is nothing to say.
  package let meaning: Meaning

  /// What a field's value means, left to the view to put in words where addresses need a role.
  package enum Meaning: Hashable, Sendable {
    case words(String)
    case address(PhysicalAddress)
    /// A class of memory: what it means stands in registers.
    case memoryClass(Leaf)
  }
}
