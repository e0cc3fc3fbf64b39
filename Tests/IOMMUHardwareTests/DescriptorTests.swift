import IOMMUHardware
import Testing

/// Words of Armv7 short-descriptor tables, at every shape, lowest and highest.
@Suite struct `Armv7 short descriptors` {
  private func first(_ word: UInt32) -> Descriptor {
    FormatID.armv7Short.decode(UInt64(word), level: 1)
  }
  private func second(_ word: UInt32) -> Descriptor {
    FormatID.armv7Short.decode(UInt64(word), level: 2)
  }

  private func leaf(_ descriptor: Descriptor) throws -> Leaf {
    guard case .leaf(let leaf) = descriptor else { throw NoLeaf() }
    return leaf
  }

  private struct NoLeaf: Error {}

  @Test func `type 0 is invalid at both levels, whatever its other bits`() {
    #expect(first(0) == .invalid)
    #expect(first(0xffff_fffc) == .invalid)
    #expect(second(0) == .invalid)
    #expect(second(0xffff_fffc) == .invalid)
  }

  @Test func `first-level type 3 is reserved, for there is no PXN`() {
    #expect(first(3) == .reserved)
    #expect(first(0xffff_ffff) == .reserved)
  }

  @Test func `a table word names a table at a multiple of 1 KiB`() {
    #expect(first(0x0000_0001) == .table(PhysicalAddress(0)))
    #expect(first(0x5a7d_4001) == .table(PhysicalAddress(0x5a7d_4000)))
    #expect(first(0x0004_1401) == .table(PhysicalAddress(0x4_1400)))
    #expect(first(0xffff_fffd) == .table(PhysicalAddress(0xffff_fc00)))
  }

  @Test(
    arguments: [
      (UInt32(0x0000_0c02), UInt64(0), UInt8(20)), (0xfff0_0c02, 0xfff0_0000, 20),
      (0x5b01_0c02, 0x5b00_0000, 20), (0x0004_0c02, 0, 24), (0xffff_0c0e, 0xff00_0000, 24),
      (0x5c05_0c02, 0x5c00_0000, 24),
    ])
  func `sections and supersections`(word: UInt32, base: UInt64, bits: UInt8) throws {
    let leaf = try leaf(first(word))
    #expect(leaf.physical == PhysicalAddress(base))
    #expect(leaf.size == PageSize(bits: bits))
  }

  @Test(
    arguments: [
      (UInt32(0x0000_0031), UInt64(0), UInt8(16)), (0xffff_0031, 0xffff_0000, 16),
      (0x5a45_0431, 0x5a45_0000, 16), (0x0000_0032, 0, 12), (0xffff_f032, 0xffff_f000, 12),
      (0x5a12_3432, 0x5a12_3000, 12), (0x5a12_3433, 0x5a12_3000, 12),
    ])
  func `large and small pages`(word: UInt32, base: UInt64, bits: UInt8) throws {
    let leaf = try leaf(second(word))
    #expect(leaf.physical == PhysicalAddress(base))
    #expect(leaf.size == PageSize(bits: bits))
  }

  @Test func `the attributes stand elsewhere in each shape`() throws {
    // Section: XN bit 4, S 16, nG 17, NS 19, TEX[0] 12, C 3, B 2.
    #expect(try !leaf(first(0x12)).rights.contains(.execute))
    #expect(try leaf(first(1 << 16 | 2)).isShared)
    #expect(try !leaf(first(1 << 17 | 2)).isGlobal)
    #expect(try leaf(first(1 << 19 | 2)).isNonSecure)
    #expect(try leaf(first(1 << 12 | 2)).memoryClass == 4)
    #expect(try leaf(first(1 << 3 | 2)).memoryClass == 2)
    #expect(try leaf(first(1 << 2 | 2)).memoryClass == 1)
    // Large page: XN bit 15, S 10, nG 11, TEX[0] 12. Bit 6 is no attribute here.
    #expect(try !leaf(second(1 << 15 | 1)).rights.contains(.execute))
    #expect(try leaf(second(1 << 10 | 1)).isShared)
    #expect(try !leaf(second(1 << 11 | 1)).isGlobal)
    #expect(try leaf(second(1 << 12 | 1)).memoryClass == 4)
    #expect(try leaf(second(1 << 6 | 1)).memoryClass == 0)
    // Small page: XN bit 0, S 10, nG 11, TEX[0] 6.
    #expect(try !leaf(second(3)).rights.contains(.execute))
    #expect(try leaf(second(1 << 10 | 2)).isShared)
    #expect(try !leaf(second(1 << 11 | 2)).isGlobal)
    #expect(try leaf(second(1 << 6 | 2)).memoryClass == 4)
    #expect(try leaf(second(2)).isGlobal)
  }

  @Test func `the driver's 64K write-back page is really class 3, and its 4K page class 7`() throws
  {
    #expect(try leaf(second(0xc7d)).memoryClass == 3)
    #expect(try leaf(second(0xc7e)).memoryClass == 7)
    #expect(try leaf(first(0x3_1c0e)).memoryClass == 7)
  }

  /// AP[2:0], then with the access flag off: privileged read, write, user read, write; and with it on.
  @Test(
    arguments: [
      (0, "----", "rw--"), (1, "rw--", "rw--"), (2, "rwr-", "rwrw"), (3, "rwrw", "rwrw"),
      (4, "----", "r---"), (5, "r---", "r---"), (6, "r-r-", "r-r-"), (7, "r-r-", "r-r-"),
    ] as [(UInt32, String, String)])
  func `access permissions`(ap: UInt32, off: String, on: String) throws {
    let section = try leaf(first((ap & 3) << 10 | (ap >> 2) << 15 | 2))
    let large = try leaf(second((ap & 3) << 4 | (ap >> 2) << 9 | 1))
    let small = try leaf(second((ap & 3) << 4 | (ap >> 2) << 9 | 2))
    for leaf in [section, large, small] {
      #expect(letters(leaf.rights) == off)
      #expect(letters(leaf.rightsWithAccessFlag) == on)
      #expect(leaf.accessFlag == [1, 3, 5, 7].contains(ap))
    }
  }

  private func letters(_ rights: Rights) -> String {
    (rights.allows(.read, isPrivileged: true) ? "r" : "-")
      + (rights.allows(.write, isPrivileged: true) ? "w" : "-")
      + (rights.allows(.read, isPrivileged: false) ? "r" : "-")
      + (rights.allows(.write, isPrivileged: false) ? "w" : "-")
  }

  @Test func `fetching takes the right to read and XN clear`() {
    #expect(Rights([.userRead, .execute]).allows(.execute, isPrivileged: false))
    #expect(!Rights([.userRead]).allows(.execute, isPrivileged: false))
    #expect(!Rights([.privilegedRead, .execute]).allows(.execute, isPrivileged: false))
  }
}

/// What every format must answer, whichever there are.
@Suite struct `Every page-table format` {
  @Test(arguments: FormatID.allCases)
  func `its levels cover the whole address`(format: FormatID) {
    var bits = 12
    for level in format.levels.reversed() {
      #expect(format.entryBits(level: level) == bits)
      #expect(format.entryCount(level: level).nonzeroBitCount == 1)
      bits += format.entryCount(level: level).trailingZeroBitCount
    }
    #expect(bits == format.addressBits)
    #expect(format.pageSizes.smallestBytes == 4096)
  }

  @Test(arguments: FormatID.allCases)
  func `no field overlaps another, and each says what its bits hold`(format: FormatID) {
    let words: [UInt64] = [
      0, 0xffff_ffff, 0x5a7d_4001, 0x9e33_0c0a, 0x8007_0c06, 0x5a45_0c7d, 0x5a12_3c7e, 3,
      0xfff0_0c13,
    ]
    for level in format.levels {
      for word in words {
        var seen: UInt64 = 0
        for field in format.fields(of: word, level: level) {
          var value: UInt64 = 0
          for range in field.bits {
            for bit in range.reversed() {
              #expect(seen >> UInt64(bit) & 1 == 0, "bit \(bit) of \(word) at level \(level)")
              seen |= 1 << UInt64(bit)
              value = value << 1 | word >> UInt64(bit) & 1
            }
          }
          #expect(field.value == value, "\(field.name) of \(word) at level \(level)")
        }
      }
    }
  }

  @Test func `a section's fields, from high to low`() {
    let fields = FormatID.armv7Short.fields(of: 0x9e33_0c0a, level: 1)
    #expect(
      fields.map(\.name) == ["base", "NS", "super", "nG", "S", "AP", "TEX C B", "XN", "type"])
    #expect(fields.map(\.value) == [0x9e3, 0, 0, 1, 1, 3, 2, 0, 2])
    #expect(fields.first?.meaning == .address(PhysicalAddress(0x9e30_0000)))
  }
}

/// `iommu_pgsize`, as Linux 3.6 had it inside `iommu_map`.
@Suite struct `Page sizes` {
  @Test func `a bitmap names sizes, and the smallest of them`() {
    let sizes = PageSizes([.size4K, .size64K, .size1M, .size16M])
    #expect(sizes.bitmap == 0x111_1000)
    #expect(sizes.smallestBytes == 0x1000)
    #expect(sizes.contains(.size64K))
    #expect(!sizes.contains(PageSize(bits: 13)))
  }
}
