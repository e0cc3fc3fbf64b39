package import IOMMUAPI
internal import IOMMUClients
package import IOMMUHardware
package import IOMMUModel

/// From the names and numbers of an operation to the things of a machine, or to why there are none.
extension Machine {
  /// Why an operation was not done.
  package enum Stop: Error {
    case error(String)
    case refused(KernelError)

    func outcome(in machine: Machine) -> Outcome {
      switch self {
      case .error(let message): .error(message)
      case .refused(let error): .refused(error.errno, reason: error.reason(in: machine))
      }
    }
  }

  mutating func refusable(
    _ body: (inout Machine) throws(KernelError) -> Void
  ) throws(Stop) {
    do throws(KernelError) { try body(&self) } catch { throw .refused(error) }
  }

  func domainOrNil(_ name: String) -> DomainID? { system.domain(named: name) }

  func domain(_ name: String) throws(Stop) -> DomainID {
    if let domain = domainOrNil(name) { return domain }
    if system.domains.contains(where: { system.names[$0.name] == name }) {
      throw .error("there is no domain \(name) any more; alloc \(name) makes a new one")
    }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a domain") }
    throw .error("there is no domain \(name); alloc \(name) makes one")
  }

  func anyDevice(_ name: String) throws(Stop) -> DeviceID {
    if let device = system.device(named: name) { return device }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a device") }
    throw .error("there is no device \(name)")
  }

  /// A device that makes requests: not an IOMMU.
  func requester(_ name: String) throws(Stop) -> DeviceID {
    let device = try anyDevice(name)
    guard system.devices[device.index].parent == nil else { return device }
    let behind = system.devices.filter { $0.parent == device }.map(\.name)
    throw .error(
      "\(name) is an IOMMU; what asks is behind it: \(behind.joined(separator: ", "))")
  }

  /// The index of an IOMMU among the board's.
  package func iommu(_ name: String) throws(Stop) -> Int {
    guard let device = system.device(named: name) else {
      if let kind = kind(of: name) { throw .error("\(name) is \(kind), not an IOMMU") }
      let known = board.iommus.map(\.name).joined(separator: ", ")
      throw .error("there is no IOMMU \(name.shown); there are: \(known)")
    }
    guard system.devices[device.index].parent == nil else {
      throw .error("\(name) is a device behind an IOMMU, not a domain and not an IOMMU")
    }
    return system.devices[device.index].iommu
  }

  func kind(of name: String) -> String? {
    if domainOrNil(name) != nil { return "a domain" }
    if clients.buffer(named: name) != nil { return "a buffer" }
    if clients.machine(named: name) != nil { return "a guest" }
    guard let device = system.device(named: name) else { return nil }
    return system.devices[device.index].parent == nil ? "an IOMMU" : "a device"
  }

  func fits(_ numbers: [UInt64]) throws(Stop) {
    let bits = platform.addressBits
    for number in numbers where bits < 64 && number >> UInt64(bits) != 0 {
      let shown = number == .max ? "a number of 64 bits or more" : number.hex
      throw .error("\(shown) does not fit: \(platform.name) has words of \(bits) bits")
    }
  }

  /// A number that one of the platform's words can hold.
  func word(_ number: UInt64) throws(Stop) -> UInt64 {
    guard platform.wordBytes == 8 || number >> 32 == 0 else {
      throw .error("\(number.hex) does not fit into a word of 32 bits")
    }
    return number
  }

  /// The address of a word that software may reach: below 4 GiB on every platform.
  func wordAddress(_ number: UInt64) throws(Stop) -> PhysicalAddress {
    guard number >> 32 == 0 else {
      throw .error("\(number.hex) lies beyond 4 GiB; bare memory is below")
    }
    let bytes = platform.wordBytes
    guard number % bytes == 0 else {
      throw .error("no word lies at \(number.hex); an address of a word is a multiple of \(bytes)")
    }
    guard board.memory.answers(at: PhysicalAddress(number)) else {
      throw .error("no memory answers at \(number.hex)")
    }
    return PhysicalAddress(number)
  }

  /// An offset that lies in an IOMMU's window.
  func registerOffset(_ number: UInt64, of iommu: Int) throws(Stop) -> UInt32 {
    let window = UInt64(board.iommus[iommu].windowBytes)
    guard number < window else {
      throw .error("\(number.hex) lies beyond the registers, which end at \(window.hex)")
    }
    guard number & 3 == 0 else {
      throw .error("no register at \(number.hex): offsets are multiples of 4")
    }
    return UInt32(number)
  }

  /// Writes a register, or two neighbours when the value needs 64 bits.
  mutating func setRegister(
    _ offset: UInt64, of name: String, to value: UInt64
  ) throws(Stop) {
    let iommu = try iommu(name)
    let offset = try registerOffset(offset, of: iommu)
    let word = try word(value)
    if let word = UInt32(exactly: word) {
      writeRegister(offset, of: iommu, word)
    } else if offset & 7 == 0 {
      writeDoubleRegister(offset, of: iommu, word)
    } else {
      throw .error("\(value.hex) does not fit: no register of 64 bits begins at this offset")
    }
  }

  /// What an invalidation as written reaches on an IOMMU.
  func invalidation(
    _ scope: Operation.Scope, _ bank: UInt64?, of iommu: Int
  ) throws(Stop) -> Invalidation {
    let unit = board.iommus[iommu]
    guard words.has(scope, ofContext: bank != nil) else {
      throw .error("\(unit.name) has no such invalidation; right: \(words.usage(of: .invalidate))")
    }
    if let bank, bank >= UInt64(unit.bankCount) {
      throw .error("\(unit.name) has contexts 0 to \(unit.bankCount - 1), and no \(bank)")
    }
    func tag(_ name: String, _ number: UInt64, below limit: UInt64) throws(Stop) -> UInt32 {
      guard number < limit else { throw .error("\(name) \(number) is too large; below \(limit)") }
      return UInt32(number)
    }
    let place = Int(bank ?? 0)
    switch scope {
    case .all: return bank == nil ? .all : .bank(place)
    case .vmid(let vmid): return .vmid(try tag("VMID", vmid, below: 32))
    case .asid(let asid): return .asid(try tag("ASID", asid, below: 256), bank: place)
    case .address(let address, let asid):
      try fits([address])
      var tagged: UInt32?
      if let asid { tagged = try tag("ASID", asid, below: 256) }
      return .address(IOVA(address), asid: tagged, bank: place)
    case .contexts: return .contexts
    case .domain(let number, let address):
      guard let tag = UInt16(exactly: number) else {
        throw .error("domain-id \(number) is too large; below 65536")
      }
      try fits([address ?? 0])
      return .domain(tag, page: address.map { IOVA($0) })
    }
  }

  /// Turns a request as written into one as it arrives at the IOMMU.
  package func request(_ written: Operation.DeviceRequest) throws(Stop) -> Request {
    let device = try requester(written.device)
    try fits([written.iova])
    let stream = written.stream ?? UInt64(system.devices[device.index].streams.first ?? 0)
    let limit = board.iommus[system.devices[device.index].iommu].streamLimit
    guard stream < limit else {
      throw .error("stream ID \(stream) is too large: the highest is \(limit - 1)")
    }
    return request(
      by: device, at: IOVA(written.iova), written.access, stream: UInt32(stream),
      isPrivileged: written.isPrivileged)
  }
}
