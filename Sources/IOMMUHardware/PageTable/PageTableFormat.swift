/// The page-table formats there are; the closed list that a new one joins.
package enum FormatID: String, Hashable, Sendable, CaseIterable {
  case armv7Short = "armv7-short"

  /// How many levels of tables a walk may read.
  package var levels: Int {
    switch self {
    case .armv7Short: 2
    }
  }

  package var pageSizes: PageSizes {
    switch self {
    case .armv7Short: ARMv7Short.pageSizes
    }
  }

  /// How many entries a table of `level` has; the first level is 1.
  package func entryCount(level: Int) -> Int {
    switch self {
    case .armv7Short: level == 1 ? ARMv7Short.firstLevelCount : ARMv7Short.secondLevelCount
    }
  }

  /// How many bytes of address one entry of `level` stands for, as log2.
  package func entryBits(level: Int) -> Int {
    switch self {
    case .armv7Short: level == 1 ? 20 : 12
    }
  }

  /// Reads a word of a table of `level` the way the walker does.
  package func decode(_ word: UInt32, level: Int) -> Descriptor {
    switch self {
    case .armv7Short: level == 1 ? ARMv7Short.decodeFirst(word) : ARMv7Short.decodeSecond(word)
    }
  }

  /// Walks the tables alone, from the first level at `base`: where they lead `iova`, if anywhere.
  ///
  /// No register, TLB or right is looked at.
  package func physicalAddress(
    of iova: IOVA, from base: PhysicalAddress, in memory: PhysicalMemory
  ) -> PhysicalAddress? {
    var nobody = NoWatcher()
    switch self {
    case .armv7Short:
      guard
        case .leaf(let leaf, _) = ARMv7Short.walk(memory, from: base, for: iova, watcher: &nobody)
      else { return nil }
      return leaf.physical + (iova.value & leaf.size.offsetMask)
    }
  }

  /// The fields of a word of a table of `level`, from the highest bit to the lowest.
  package func fields(of word: UInt32, level: Int) -> [DescriptorField] {
    switch self {
    case .armv7Short: ARMv7Short.fields(of: word, level: level)
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
  package let isNonSecure: Bool
}

/// A field of a descriptor for people: its bits, its name, its value in words.
package struct DescriptorField: Hashable, Sendable {
  package let name: String
  /// The ranges of bits it is made of, highest first.
  package let bits: [ClosedRange<Int>]
  package let value: UInt32
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
