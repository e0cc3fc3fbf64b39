/// The pages that page tables are taken from: always the lowest free ones.
///
/// Linux: `__get_free_pages`. The real allocator's choice depends on all that ran before; the lowest
/// free pages make every run the same.
package struct PagePool: Hashable, Sendable {
  /// The most pages that may be in use at once; nil is no limit.
  ///
  /// `limit pages N` sets it.
  package var limit: Int?
  /// One entry a page from the start of the pool, as far as it was ever used.
  private(set) var uses: [PageUse] = []
  /// Who took each page in use: a number that means something to the taker only.
  ///
  /// 0 when free.
  private(set) var owners: [UInt32] = []
  package private(set) var pagesInUse = 0
  /// No page below this index is free.
  private var firstCandidate = 0

  package init() {}

  /// 256 MiB: no single call may take more, however much it is asked to map.
  private static let pageCount: UInt64 = 1 << 16
  private static let firstPage = PhysicalMemory.poolBase.page

  /// The lowest run of `count` free pages that starts at a multiple of its own size.
  ///
  /// Nil when the limit would be passed or the pool is full.
  package func lowestFreeRun(of count: Int) -> PhysicalAddress? {
    guard pagesInUse + count <= limit ?? .max else { return nil }
    var start = (firstCandidate + count - 1) / count * count
    while start < uses.count, (start..<min(start + count, uses.count)).contains(where: isInUse) {
      start += count
    }
    let end = Self.firstPage + UInt64(start + count)
    return end <= Self.firstPage + Self.pageCount
      ? PhysicalAddress((Self.firstPage + UInt64(start)) << 12) : nil
  }

  private func isInUse(_ index: Int) -> Bool { uses[index].isInUse }

  package func use(ofPage page: UInt64) -> PageUse {
    guard page >= Self.firstPage, page - Self.firstPage < UInt64(uses.count) else { return .buffer }
    return uses[Int(page - Self.firstPage)]
  }

  /// Who took a page that is in use; 0 for any other.
  package func owner(ofPage page: UInt64) -> UInt32 {
    guard page >= Self.firstPage, page - Self.firstPage < UInt64(owners.count) else { return 0 }
    return owners[Int(page - Self.firstPage)]
  }

  /// The pages that were ever handed out, lowest first, each with its present use.
  package var pages: [(page: UInt64, use: PageUse, owner: UInt32)] {
    uses.indices.compactMap { index in
      uses[index] == .buffer
        ? nil : (Self.firstPage + UInt64(index), uses[index], owners[index])
    }
  }

  /// How many pages somebody has taken and not given back.
  package func pageCount(of owner: UInt32) -> Int {
    owner == 0 ? 0 : owners.count { $0 == owner }
  }

  /// The bytes that its records take.
  var allocatedBytes: Int { uses.capacity + owners.capacity * 4 }

  mutating func setUse(ofPage page: UInt64, to use: PageUse, owner: UInt32) {
    guard page >= Self.firstPage, page < 1 << 20 else { return }
    let index = Int(page - Self.firstPage)
    if index >= uses.count {
      owners.append(contentsOf: repeatElement(0, count: index + 1 - uses.count))
      uses.append(contentsOf: repeatElement(.buffer, count: index + 1 - uses.count))
    }
    pagesInUse += (use.isInUse ? 1 : 0) - (uses[index].isInUse ? 1 : 0)
    uses[index] = use
    owners[index] = use.isInUse ? owner : 0
    while let last = uses.last, last == .buffer {
      uses.removeLast()
      owners.removeLast()
    }
    if !use.isInUse { firstCandidate = min(firstCandidate, index) }
    while firstCandidate < uses.count, uses[firstCandidate].isInUse { firstCandidate += 1 }
  }
}
