/// What a device wants of an address.
enum PlainAccess { case read, write, execute }

/// A page that a walk has found: where it starts, where it leads, and what it allows.
struct PlainPage: Hashable {
  let base: UInt32
  let bytes: UInt32
  let physical: UInt32
  /// AP[2:0].
  let ap: UInt32
  let isExecutable: Bool
  let isGlobal: Bool
  let isShared: Bool
  let isNonSecure: Bool
  /// TEX[0], C and B.
  let memoryClass: UInt32

  /// 1 for what lies in the first level, 2 for the second.
  var level: Int { bytes >= 0x10_0000 ? 1 : 2 }

  func covers(_ iova: UInt32) -> Bool { iova / bytes * bytes == base }

  func address(of iova: UInt32) -> UInt32 { physical + iova % bytes }

  /// The table of access permissions with the access flag off.
  func allows(_ access: PlainAccess, isPrivileged: Bool) -> Bool {
    let canRead = isPrivileged ? [1, 2, 3, 5, 6, 7].contains(ap) : [2, 3, 6, 7].contains(ap)
    switch access {
    case .read: return canRead
    case .write: return isPrivileged ? [1, 2, 3].contains(ap) : ap == 3
    case .execute: return canRead && isExecutable
    }
  }
}

/// How a walk of the tables ended, and which words it read on the way.
struct PlainWalk {
  /// Nil is a translation fault.
  let page: PlainPage?
  let level: Int
  let read: [UInt32]

  /// Armv7 short descriptors, TTBCR 0, no access flag, no PXN.
  init(_ memory: PlainMemory, from table: UInt32, for iova: UInt32) {
    let address1 = table / 0x4000 * 0x4000 + iova / 0x10_0000 * 4
    let first = memory[address1]
    if first % 4 == 1 {
      let address2 = first / 0x400 * 0x400 + iova / 0x1000 % 0x100 * 4
      level = 2
      read = [address1, address2]
      page = Self.second(memory[address2], iova)
    } else {
      level = 1
      read = [address1]
      page = first % 4 == 2 ? Self.section(first, iova) : nil
    }
  }

  private static func bit(_ number: UInt32, of word: UInt32) -> UInt32 { word >> number % 2 }

  private static func section(_ word: UInt32, _ iova: UInt32) -> PlainPage {
    let bytes: UInt32 = bit(18, of: word) == 1 ? 0x100_0000 : 0x10_0000
    return PlainPage(
      base: iova / bytes * bytes, bytes: bytes, physical: word / bytes * bytes,
      ap: bit(15, of: word) * 4 + bit(11, of: word) * 2 + bit(10, of: word),
      isExecutable: bit(4, of: word) == 0, isGlobal: bit(17, of: word) == 0,
      isShared: bit(16, of: word) == 1, isNonSecure: bit(19, of: word) == 1,
      memoryClass: bit(12, of: word) * 4 + bit(3, of: word) * 2 + bit(2, of: word))
  }

  private static func second(_ word: UInt32, _ iova: UInt32) -> PlainPage? {
    if word % 4 == 0 { return nil }
    let isLarge = word % 4 == 1
    let bytes: UInt32 = isLarge ? 0x1_0000 : 0x1000
    return PlainPage(
      base: iova / bytes * bytes, bytes: bytes, physical: word / bytes * bytes,
      ap: bit(9, of: word) * 4 + bit(5, of: word) * 2 + bit(4, of: word),
      isExecutable: bit(isLarge ? 15 : 0, of: word) == 0, isGlobal: bit(11, of: word) == 0,
      isShared: bit(10, of: word) == 1, isNonSecure: false,
      memoryClass: bit(isLarge ? 12 : 6, of: word) * 4 + bit(3, of: word) * 2 + bit(2, of: word))
  }
}
