/// What a TLB answered last, for each of a few pages: the same request again needs no route, no
/// comparing of ways and no question of rights.
///
/// Nothing of the machine's state lies here, only what follows from it. A shortcut holds as long as
/// no register changes, and no entry comes to or leaves the TLB that could answer for its page; the
/// primitives of ``Board`` that do such things forget what no longer holds.
@usableFromInline struct Shortcuts: Sendable {
  @usableFromInline struct Shortcut: Sendable {
    /// Base of the page, and who may ask in which way: a ``Request`` without the offset.
    @usableFromInline let page: UInt64
    @usableFromInline let asker: UInt64
    /// When it was noted; see ``Shortcuts/era``.
    @usableFromInline let era: UInt64
    /// Base of the page in memory.
    @usableFromInline let physical: UInt64
    /// Where the board counts the entry's hits.
    @usableFromInline let counter: Int
  }

  /// None before the first is noted; then so many that a page's number chooses one.
  @usableFromInline private(set) var places: [Shortcut] = []
  /// What was noted in another era holds no more.
  @usableFromInline private(set) var era: UInt64 = 1

  @inlinable static var count: Int { 256 }
  /// Shortcuts are for pages of this size alone, and while the TLB holds no others.
  static var size: PageSize { .size4K }

  init() {}

  @inlinable @inline(__always)
  static func place(of page: UInt64) -> Int {
    Int(truncatingIfNeeded: page &>> 12) & (count &- 1)
  }

  @inlinable @inline(__always)
  static func asker(_ request: Request) -> UInt64 {
    UInt64(truncatingIfNeeded: request.iommu) &<< 40 | UInt64(request.stream) &<< 8
      | UInt64(request.access.rawValue) &<< 1 | (request.isPrivileged ? 1 : 0)
  }

  /// What is known about a request.
  @inlinable @inline(__always)
  func find(_ request: Request) -> Shortcut? {
    let page = request.iova.value & ~0xfff
    let place = Self.place(of: page)
    guard place < places.count else { return nil }
    let found = places[place]
    let difference =
      (found.page ^ page) | (found.asker ^ Self.asker(request)) | (found.era ^ era)
    return difference == 0 ? found : nil
  }

  /// Notes that `request` was answered by a page of ``size`` at `physical`.
  mutating func note(_ request: Request, physical: UInt64, counter: Int) {
    let page = request.iova.value & ~0xfff
    if places.isEmpty {
      let nothing = Shortcut(page: .max, asker: .max, era: 0, physical: 0, counter: 0)
      places = Array(repeating: nothing, count: Self.count)
    }
    places[Self.place(of: page)] = Shortcut(
      page: page, asker: Self.asker(request), era: era, physical: physical, counter: counter)
  }

  /// Another answer may hold for the pages of an entry that comes or goes.
  mutating func forget(_ entry: TLBEntry) {
    guard !places.isEmpty else { return }
    guard entry.size == Self.size else {
      forgetAll()
      return
    }
    let place = Self.place(of: entry.iova)
    if places[place].page == entry.iova {
      places[place] = Shortcut(page: .max, asker: .max, era: 0, physical: 0, counter: 0)
    }
  }

  /// Something changed that any answer may depend on.
  mutating func forgetAll() { era &+= 1 }
}
