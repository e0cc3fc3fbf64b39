/// The kind of memory a mapping asks for, found through PRRR and NMRR (TEX remap).
///
/// Arm ARM ARMv7-A, B3.8.3. With SCTLR.TRE set, TEX[0], C and B make a class from 0 to 7; PRRR
/// gives the class its type, NMRR the cache policies of normal memory.
package struct MemoryType: Hashable, Sendable {
  package enum Kind: UInt32, Hashable, Sendable { case stronglyOrdered, device, normal, reserved }
  package enum Policy: UInt32, Hashable, Sendable {
    case nonCacheable, writeBackWriteAllocate, writeThrough, writeBackNoAllocate
  }

  package let kind: Kind
  package let inner: Policy
  package let outer: Policy
  package let isShareable: Bool
  /// Shared among the inner domain only.
  package let isInnerOnly: Bool

  package init(memoryClass n: UInt32, isShared: Bool, prrr: UInt32, nmrr: UInt32) {
    kind = Kind(rawValue: prrr >> (2 * n) & 3) ?? .reserved
    inner = Policy(rawValue: nmrr >> (2 * n) & 3) ?? .nonCacheable
    outer = Policy(rawValue: nmrr >> (16 + 2 * n) & 3) ?? .nonCacheable
    isShareable =
      switch kind {
      case .stronglyOrdered: true
      case .device: prrr >> (isShared ? 17 : 16) & 1 == 1
      case .normal: prrr >> (isShared ? 19 : 18) & 1 == 1
      case .reserved: false
      }
    isInnerOnly = prrr >> (24 + n) & 1 == 1
  }

  /// The type that a bank's PRRR and NMRR give a TLB entry's attributes, or a leaf's.
  package init(of attributes: UInt8, bank: Int, iommu: Int, on board: Board) {
    self.init(
      memoryClass: UInt32(attributes & 7), isShared: attributes & 8 != 0,
      prrr: board.register(MSMRegisters.offset(MSMRegisters.prrr, bank: bank), of: iommu),
      nmrr: board.register(MSMRegisters.offset(MSMRegisters.nmrr, bank: bank), of: iommu))
  }

  /// MT, SH and NOS as PAR shows them.
  var parBits: UInt32 {
    let type: UInt32 =
      switch (kind, inner) {
      case (.stronglyOrdered, _), (.reserved, _): 1
      case (.device, _): 3
      case (.normal, .nonCacheable): 0
      case (.normal, .writeBackWriteAllocate): 5
      case (.normal, .writeThrough): 6
      case (.normal, .writeBackNoAllocate): 7
      }
    return type << 4 | (isShareable ? 1 << 7 : 0) | (isInnerOnly ? 1 << 10 : 0)
  }

  /// The type in words, as short as it can be said.
  package var words: String {
    switch kind {
    case .stronglyOrdered: "strongly ordered"
    case .device: "device memory"
    case .reserved: "reserved type"
    case .normal: inner == outer ? inner.words : "\(inner.words) inside, \(outer.words) outside"
    }
  }
}

extension MemoryType {
  /// The same for a column of a table.
  package var shortWords: String {
    guard kind == .normal else { return words }
    let (inner, outer) = (inner.shortWords, outer.shortWords)
    return inner == outer ? inner : "\(inner) / \(outer)"
  }
}

extension MemoryType.Policy {
  fileprivate var shortWords: String {
    switch self {
    case .nonCacheable: "not cached"
    case .writeBackWriteAllocate: "write-back WA"
    case .writeThrough: "write-through"
    case .writeBackNoAllocate: "write-back"
    }
  }

  package var words: String {
    switch self {
    case .nonCacheable: "not cached"
    case .writeBackWriteAllocate: "write-back, write-allocate"
    case .writeThrough: "write-through"
    case .writeBackNoAllocate: "write-back, no write-allocate"
    }
  }
}

extension Board {
  /// What a bank's registers make of a leaf's memory class; nil while classes are not remapped
  /// (SCTLR.TRE 0).
  func memoryTypeMSM(of leaf: Leaf, bank: Int, iommu: Int) -> MemoryType? {
    let sctlr = register(MSMRegisters.offset(MSMRegisters.sctlr, bank: bank), of: iommu)
    guard sctlr & MSMRegisters.SCTLR.tre != 0 else { return nil }
    return MemoryType(
      of: leaf.memoryClass | (leaf.isShared ? 8 : 0), bank: bank, iommu: iommu, on: self)
  }
}
