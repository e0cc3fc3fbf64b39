/// A device's request as it arrives at the unit.
struct PlainVTDRequest {
  let source: UInt64
  let iova: UInt64
  let access: PlainAccess
}

/// A context entry that the unit remembers.
struct PlainVTDContext {
  let low: UInt64
  let high: UInt64
  /// The words that it was read from, root entry first.
  let read: [UInt64]
  /// Something happened since that may make it differ from the one in memory.
  var isExcused = false

  var id: UInt64 { high >> 8 & 0xffff }
  var table: UInt64 { low / 0x1000 * 0x1000 }
  var hidesFaults: Bool { low & 2 != 0 }
  var passesThrough: Bool { low & 0xc == 8 }
}

/// A page that a walk has found, with what every level on its way allows.
struct PlainVTDPage: Hashable {
  let base: UInt64
  let bytes: UInt64
  let physical: UInt64
  let canRead: Bool
  let canWrite: Bool
  let isSnooped: Bool

  var level: Int { bytes == 0x1000 ? 1 : bytes == 0x20_0000 ? 2 : 3 }

  func covers(_ iova: UInt64) -> Bool { iova / bytes * bytes == base }
  func allows(_ access: PlainAccess) -> Bool { access == .write ? canWrite : canRead }
}

/// A translation that the unit remembers.
struct PlainVTDEntry {
  let id: UInt64
  let page: PlainVTDPage
  /// The table of level 4 from which the walk began, and the address it was for.
  let table: UInt64
  let iova: UInt64
  let read: [UInt64]
  var isExcused = false
  /// It came to be in the last operation.
  var isFresh = true
}

/// How a request ends.
enum PlainVTDEnding: Hashable {
  case bypassed
  case reached(UInt64, isHit: Bool)
  case fault(reason: UInt64, level: Int, isRecorded: Bool, isHit: Bool)

  var isHit: Bool {
    switch self {
    case .bypassed: false
    case .reached(_, let isHit), .fault(_, _, _, let isHit): isHit
    }
  }
}

/// The bus face.
extension PlainVTDMachine {
  /// From 1 TiB on no memory answers.
  private static let end: UInt64 = 1 << 40
  /// Bits of an address that the unit does not have.
  private static let tooHigh: UInt64 = ~(1 << 48 - 1)

  enum Found {
    case context(PlainVTDContext)
    case fault(UInt64, isRecorded: Bool)
  }

  /// Root entry and context entry, from memory.
  func routed(_ source: UInt64) -> Found {
    let root = roots + source / 0x100 * 16
    let low = memory[root]
    if low % 2 == 0 { return .fault(1, isRecorded: true) }
    if memory[root + 8] != 0 || low & (0xffe | Self.tooHigh) != 0 {
      return .fault(0xa, isRecorded: true)
    }
    let place = low / 0x1000 * 0x1000 + source % 0x100 * 16
    if place >= Self.end { return .fault(9, isRecorded: true) }
    let context = PlainVTDContext(
      low: memory[place], high: memory[place + 8], read: [root, root + 8, place, place + 8])
    if context.low % 2 == 0 { return .fault(2, isRecorded: true) }
    if context.low & (0xff0 | Self.tooHigh) != 0 || context.high & ~0xff_ff7f != 0 {
      return .fault(0xb, isRecorded: true)
    }
    // Faults that the entry is there to hide: all that come after its reserved bits.
    if context.low & 4 != 0 { return .fault(0xd, isRecorded: !context.hidesFaults) }
    if context.high % 8 != 2 { return .fault(3, isRecorded: !context.hidesFaults) }
    return .context(context)
  }

  /// The four levels: a page or a reason, and the words read.
  func walk(
    _ table: UInt64, _ iova: UInt64, _ access: PlainAccess
  ) -> (page: PlainVTDPage?, reason: UInt64, level: Int, read: [UInt64]) {
    var (table, level) = (table, 4)
    var read: [UInt64] = []
    var (canRead, canWrite) = (true, true)
    while true {
      let place = Self.slot(table, iova / 0x1000, level)
      if place >= Self.end { return (nil, level == 4 ? 3 : 7, level, read) }
      read.append(place)
      let word = memory[place]
      (canRead, canWrite) = (canRead && word & 1 != 0, canWrite && word & 2 != 0)
      if access == .write ? word & 2 == 0 : word & 1 == 0 {
        return (nil, access == .write ? 5 : 6, level, read)
      }
      let bytes = Self.span(level) * 0x1000
      let isLarge = Self.isLarge(word) && (level == 2 || level == 3)
      let isLeaf = level == 1 || isLarge
      var reserved: UInt64 = 0x400f_0000_0000_0000
      if !isLeaf { reserved |= level == 4 ? 0x880 : 0x800 }
      if isLarge { reserved |= bytes - 0x1000 }
      if word & reserved != 0 { return (nil, 0xc, level, read) }
      let next = word % (1 << 48) / 0x1000 * 0x1000
      if isLeaf {
        if next < 0xfef0_0000, next + bytes > 0xfee0_0000 { return (nil, 0xe, level, read) }
        let page = PlainVTDPage(
          base: iova / bytes * bytes, bytes: bytes, physical: next / bytes * bytes,
          canRead: canRead, canWrite: canWrite, isSnooped: word & 0x800 != 0)
        return (page, 0, level, read)
      }
      (table, level) = (next, level - 1)
    }
  }

  /// How a request would end whatever is remembered of tables, its context given.
  private func ending(
    of request: PlainVTDRequest, through context: PlainVTDContext
  ) -> PlainVTDEnding {
    if context.passesThrough { return .bypassed }
    let isRecorded = !context.hidesFaults
    if request.iova >> 48 != 0 {
      return .fault(reason: 4, level: 0, isRecorded: isRecorded, isHit: false)
    }
    let walk = walk(context.table, request.iova, request.access)
    guard let page = walk.page else {
      return .fault(
        reason: walk.reason, level: walk.level, isRecorded: isRecorded, isHit: false)
    }
    return .reached(page.physical + request.iova % page.bytes, isHit: false)
  }

  /// How a request would end if nothing were remembered.
  func walked(_ request: PlainVTDRequest) -> PlainVTDEnding {
    switch routed(request.source) {
    case .context(let context): ending(of: request, through: context)
    case .fault(let reason, let isRecorded):
      .fault(reason: reason, level: 0, isRecorded: isRecorded, isHit: false)
    }
  }

  func context(of source: UInt64) -> Found {
    contexts[source].map { .context($0) } ?? routed(source)
  }

  /// What the IOTLB holds of a request's address: nothing in most cases, rarely several things.
  func hits(of request: PlainVTDRequest) -> [PlainVTDEntry] {
    guard case .context(let context) = context(of: request.source), !context.passesThrough,
      request.iova >> 48 == 0
    else { return [] }
    return remembered.filter { $0.id == context.id && $0.page.covers(request.iova) }
  }

  /// The ways a request may end; when several remembered pages cover an address, any may answer.
  func endings(of request: PlainVTDRequest) -> [PlainVTDEnding] {
    switch context(of: request.source) {
    case .fault(let reason, let isRecorded):
      return [.fault(reason: reason, level: 0, isRecorded: isRecorded, isHit: false)]
    case .context(let context):
      let hits = hits(of: request)
      if hits.isEmpty { return [ending(of: request, through: context)] }
      return hits.map { hit in
        if hit.page.allows(request.access) {
          return .reached(hit.page.physical + request.iova % hit.page.bytes, isHit: true)
        }
        return .fault(
          reason: request.access == .write ? 5 : 6, level: hit.page.level,
          isRecorded: !context.hidesFaults, isHit: true)
      }
    }
  }

  /// Lets a request end so, and stores a word when it has one and arrives.
  mutating func apply(
    _ ending: PlainVTDEnding, of request: PlainVTDRequest, storing word: UInt32?
  ) {
    if case .context(let context) = context(of: request.source) {
      contexts[request.source] = context
      if case .reached(_, isHit: false) = ending {
        let walk = walk(context.table, request.iova, request.access)
        if let page = walk.page {
          remembered.append(
            PlainVTDEntry(
              id: context.id, page: page, table: context.table, iova: request.iova, read: walk.read
            ))
        }
      }
    }
    switch ending {
    case .bypassed: if let word { memory.storeHalf(request.iova, word) }
    case .reached(let address, _): if let word { memory.storeHalf(address, word) }
    case .fault(let reason, _, true, _):
      let page = request.iova / 0x1000 * 0x1000
      registers[0x200] = UInt32(page % (1 << 32))
      registers[0x204] = UInt32(page >> 32)
      registers[0x208] = UInt32(request.source)
      registers[0x20c] = UInt32(reason) | (request.access == .write ? 0 : 1 << 30)
      handleFault()
    case .fault: break
    }
  }
}
