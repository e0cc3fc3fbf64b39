internal import IOMMUHardware

/// The bus face: a device's requests for many addresses.
struct Bus {
  private var board: Board
  /// The domain's first table, and its format.
  private let table: PhysicalAddress
  private let format: FormatID
  private let request: Request

  init(
    _ board: Board, table: PhysicalAddress, format: FormatID, asking request: Request,
    isRecorded: Bool
  ) {
    (self.board, self.table, self.format) = (board, table, format)
    self.board.journal.isOn = isRecorded
    self.request = request
  }

  private func request(at address: UInt32) -> Request {
    Request(
      iommu: request.iommu, stream: request.stream, iova: IOVA(UInt64(address)),
      access: request.access)
  }

  /// Walks for each address: stream, context bank, a TLB that holds nothing, both levels of tables
  /// in memory, rights.
  ///
  /// Answers the sum of what they lead to; an address that leads nowhere adds nothing.
  func walkAll(_ addresses: [UInt32]) -> UInt64 {
    var sum: UInt64 = 0
    for address in addresses {
      sum &+= board.destination(of: request(at: address))?.value ?? 0
    }
    return sum
  }

  /// Walks the domain's tables alone for each address, as can be done without a context.
  func walkTables(_ addresses: [UInt32]) -> UInt64 {
    var sum: UInt64 = 0
    for address in addresses {
      let iova = IOVA(UInt64(address))
      sum &+= format.physicalAddress(of: iova, from: table, in: board.memory)?.value ?? 0
    }
    return sum
  }

  /// Lets a request through for each address: it hits the TLB and is counted, or walks and fills it.
  mutating func translateAll(_ addresses: [UInt32]) -> UInt64 {
    var sum: UInt64 = 0
    for index in addresses.indices {
      if case .reached(let physical, _) = board.translate(request(at: addresses[index])) {
        sum &+= physical.value
      }
      if board.journal.isOn, index % callsPerRecording == 0 { board.journal.take().check() }
    }
    return sum
  }

  /// How many translations its TLB can hold.
  var tlbCapacity: Int {
    let geometry = board.iommus[request.iommu].tlb.geometry
    return geometry.sets * geometry.ways
  }
}
