/// A device's request as it arrives at its IOMMU.
struct PlainRequest {
  let unit: String
  let stream: UInt32
  let iova: UInt32
  var access = PlainAccess.read
  var isPrivileged = false
}

/// A translation that an IOMMU remembers.
struct PlainEntry {
  let bank: PlainBank
  let page: PlainPage
  /// The address whose walk found it: a torn group of 16 words leads elsewhere from its others.
  let iova: UInt32
  /// The words that the walk read.
  let read: [UInt32]
  /// It came to be in the last operation.
  var isFresh = true
  /// Something happened since that may make it differ from a walk.
  var isExcused = false

  /// The bank's number is its ASID, and every VMID is 0.
  func answers(_ iova: UInt32, for bank: PlainBank) -> Bool {
    self.bank.unit == bank.unit && page.covers(iova) && (page.isGlobal || self.bank == bank)
  }
}

/// Why and how a request was stopped.
struct PlainFault: Hashable {
  let bank: PlainBank
  let iova: UInt32
  let level: Int
  /// Or else a translation fault.
  let isPermission: Bool

  /// One bit for the kind, SL, and SS because the driver asks for a stall.
  var fsr: UInt32 { (isPermission ? 8 : 2) | (level == 2 ? 0x1_0000 : 0) | 0x4000_0000 }
}

/// How a request ends.
enum PlainEnding: Hashable {
  case bypassed
  case reached(UInt32, page: PlainPage, isHit: Bool)
  case fault(PlainFault, isHit: Bool)

  var isHit: Bool {
    switch self {
    case .bypassed: false
    case .reached(_, _, let isHit), .fault(_, let isHit): isHit
    }
  }
}

/// The bus face.
extension PlainMachine {
  func bank(of request: PlainRequest) -> PlainBank {
    PlainWiring.bank(of: request.stream, in: request.unit)
  }

  /// How a walk would end it, whatever is remembered.
  func walked(_ request: PlainRequest) -> PlainEnding {
    let bank = bank(of: request)
    guard let table = banks[bank]?.table else { return .bypassed }
    let walk = PlainWalk(memory, from: table, for: request.iova)
    guard let page = walk.page else {
      return .fault(
        PlainFault(bank: bank, iova: request.iova, level: walk.level, isPermission: false),
        isHit: false)
    }
    return ending(of: request, page, isHit: false)
  }

  private func ending(of request: PlainRequest, _ page: PlainPage, isHit: Bool) -> PlainEnding {
    if page.allows(request.access, isPrivileged: request.isPrivileged) {
      return .reached(page.address(of: request.iova), page: page, isHit: isHit)
    }
    let bank = bank(of: request)
    return .fault(
      PlainFault(bank: bank, iova: request.iova, level: page.level, isPermission: true),
      isHit: isHit)
  }

  /// What is remembered of a request's address: nothing in most cases, and rarely several things.
  func hits(of request: PlainRequest) -> [PlainEntry] {
    let bank = bank(of: request)
    guard banks[bank]?.table != nil else { return [] }
    return remembered.filter { $0.answers(request.iova, for: bank) }
  }

  /// The ways a request may end.
  ///
  /// What is remembered comes before the tables. When several remembered pages cover an address
  /// (possible after tables were rewritten and nothing was dropped), any of them may answer.
  func endings(of request: PlainRequest) -> [PlainEnding] {
    let hits = hits(of: request)
    return hits.isEmpty
      ? [walked(request)] : hits.map { ending(of: request, $0.page, isHit: true) }
  }

  /// Lets a request end so, and stores a word when it has one and arrives.
  mutating func apply(_ ending: PlainEnding, of request: PlainRequest, storing word: UInt32?) {
    switch ending {
    case .bypassed: if let word { memory[request.iova] = word }
    case .reached(let address, let page, let isHit):
      let bank = bank(of: request)
      if !isHit, let table = banks[bank]?.table {
        let read = PlainWalk(memory, from: table, for: request.iova).read
        remember(page, for: bank, at: request.iova, read: read)
      }
      if let word { memory[address] = word }
    case .fault(let fault, _):
      let access = request.access
      banks[fault.bank]?.far = fault.iova
      banks[fault.bank]?.fsynr0 = request.stream % 0x100
      banks[fault.bank]?.fsynr1 =
        (request.isPrivileged ? 0x20 : 0) + (access == .execute ? 0x80 : 0)
        + (access == .write ? 0x100 : 0)
      banks[fault.bank]?.fsr = fault.fsr
      handleInterrupt(of: fault.bank.unit)
    }
  }

  mutating func remember(
    _ page: PlainPage, for bank: PlainBank, at iova: UInt32, read: [UInt32]
  ) {
    remembered.append(PlainEntry(bank: bank, page: page, iova: iova, read: read))
  }
}
