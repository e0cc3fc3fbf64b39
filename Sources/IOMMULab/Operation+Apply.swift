package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// One switch from operation to machine call.
extension Machine {
  /// Does an operation to the machine, and lets the interrupt handlers run that it calls for.
  ///
  /// Whatever it holds, it does not trap: names that are not there and numbers that do not fit come
  /// back as an error, a refusal of the kernel as one with its errno.
  package mutating func apply(_ operation: Operation) -> Outcome {
    let outcome = perform(operation)
    handleInterrupts()
    return outcome
  }

  private mutating func perform(_ operation: Operation) -> Outcome {
    do throws(Stop) {
      switch operation {
      case .use(_, let isProbed):
        if isProbed { try refusable { (machine) throws(KernelError) in try machine.probeAll() } }
        return .done(0)
      case .probe(nil):
        try refusable { (machine) throws(KernelError) in try machine.probeAll() }
        return .done(0)
      case .probe(let name?):
        let device = try anyDevice(name)
        try refusable { (machine) throws(KernelError) in try machine.probe(device) }
        return .done(0)
      case .alloc(let name):
        if let kind = kind(of: name) {
          throw .error("\(name) is \(kind) already; names are unique")
        }
        try refusable { (machine) throws(KernelError) in _ = try machine.allocateDomain(name) }
        return .done(0)
      case .free(let name):
        free(try domain(name))
        return .done(0)
      case .attach(let domain, let device):
        let (domain, device) = (try self.domain(domain), try anyDevice(device))
        try refusable { (machine) throws(KernelError) in try machine.attach(device, to: domain) }
        return .done(0)
      case .detach(let domain, let device):
        detach(try anyDevice(device), from: try self.domain(domain))
        return .done(0)
      case .map(let name, let iova, let physical, let size, let protection):
        let domain = try domain(name)
        try fits([iova, physical, size])
        try refusable { (machine) throws(KernelError) in
          try machine.map(
            domain, iova: IOVA(iova), to: PhysicalAddress(physical), size: size, protection)
        }
        return .done(0)
      case .unmap(let name, let iova, let size):
        let domain = try domain(name)
        try fits([iova, size])
        var bytes: UInt64 = 0
        try refusable { (machine) throws(KernelError) in
          bytes = try machine.unmap(domain, iova: IOVA(iova), size: size)
        }
        return .done(bytes)
      case .iovaToPhys(let name, let iova):
        let domain = try domain(name)
        try fits([iova])
        var address = PhysicalAddress(0)
        try refusable { (machine) throws(KernelError) in
          address = try machine.physicalAddress(of: IOVA(iova), in: domain)
        }
        return .done(address.value)
      case .read(let written): return outcome(of: read(try request(written)))
      case .write(let written, let value):
        guard let word = UInt32(exactly: value) else {
          throw .error("\(value.hex) does not fit into a word of 32 bits")
        }
        return outcome(of: write(try request(written), word))
      case .walk(let written): return lookAhead(try request(written))
      case .dump(let name):
        if domainOrNil(name) == nil { _ = try iommu(name) }
        return .done(0)
      }
    } catch {
      return error.outcome(in: self)
    }
  }

  // MARK: Names and numbers

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

  private mutating func refusable(
    _ body: (inout Machine) throws(KernelError) -> Void
  ) throws(Stop) {
    do throws(KernelError) { try body(&self) } catch { throw .refused(error) }
  }

  private func domainOrNil(_ name: String) -> DomainID? { system.domain(named: name) }

  private func domain(_ name: String) throws(Stop) -> DomainID {
    if let domain = domainOrNil(name) { return domain }
    if system.domains.contains(where: { system.names[$0.name] == name }) {
      throw .error("the domain \(name) was freed")
    }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a domain") }
    throw .error("there is no domain \(name); alloc \(name) makes one")
  }

  private func anyDevice(_ name: String) throws(Stop) -> DeviceID {
    if let device = system.device(named: name) { return device }
    if let kind = kind(of: name) { throw .error("\(name) is \(kind), not a device") }
    throw .error("there is no device \(name)")
  }

  /// A device that makes requests: not an IOMMU.
  private func requester(_ name: String) throws(Stop) -> DeviceID {
    let device = try anyDevice(name)
    guard system.devices[device.index].parent == nil else { return device }
    let behind = system.devices.filter { $0.parent == device }.map(\.name)
    throw .error(
      "\(name) is an IOMMU; what asks is behind it: \(behind.joined(separator: ", "))")
  }

  /// The index of an IOMMU among the board's.
  package func iommu(_ name: String) throws(Stop) -> Int {
    let device = try anyDevice(name)
    guard system.devices[device.index].parent == nil else {
      throw .error("\(name) is a device behind an IOMMU, not a domain and not an IOMMU")
    }
    return system.devices[device.index].iommu
  }

  private func kind(of name: String) -> String? {
    if domainOrNil(name) != nil { return "a domain" }
    guard let device = system.device(named: name) else { return nil }
    return system.devices[device.index].parent == nil ? "an IOMMU" : "a device"
  }

  private func fits(_ numbers: [UInt64]) throws(Stop) {
    let bits = platform.addressBits
    for number in numbers where bits < 64 && number >> UInt64(bits) != 0 {
      let shown = number == .max ? "a number of 64 bits or more" : number.hex
      throw .error("\(shown) does not fit: \(platform.name) has words of \(bits) bits")
    }
  }

  /// Turns a request as written into one as it arrives at the IOMMU.
  package func request(_ written: Operation.DeviceRequest) throws(Stop) -> Request {
    let device = try requester(written.device)
    try fits([written.iova])
    let stream = written.stream ?? UInt64(system.devices[device.index].streams.first ?? 0)
    guard stream < UInt64(MSMRegisters.streamCount) else {
      throw .error(
        "stream ID \(stream) is too large: the highest is \(MSMRegisters.streamCount - 1)")
    }
    return request(
      by: device, at: IOVA(written.iova), written.access, stream: UInt32(stream),
      isPrivileged: written.isPrivileged)
  }

  // MARK: Answers of the bus face

  private func outcome(of answer: Board.Answer) -> Outcome {
    switch answer {
    case .reached(let address, let isBypass):
      .reached(address, isBypass: isBypass, word: board.word(at: address))
    case .stalled: .stalled
    case .fault(let fault): .fault(fault)
    }
  }

  /// What a request would come to.
  ///
  /// It is tried on a copy, so that a fault can say its status too.
  private func lookAhead(_ request: Request) -> Outcome {
    var copy = board
    copy.journal.isOn = false
    return outcome(of: copy.translate(request))
  }
}

extension KernelError {
  /// What happened, to which things, and the next thing to try.
  package func reason(in machine: Machine) -> String {
    let system = machine.system
    switch self {
    case .misaligned(let iova, let physical, let size, let smallest):
      let pa = physical.map { ", pa \($0.value.hex)" } ?? ""
      return "iova \(iova.value.hex)\(pa) and size \(size.hex) must be multiples of "
        + smallest.sizeText
    case .unsupportedSize(let size): return "no page has a size of \(size.hex) bytes"
    case .outOfPages: return "no pages are left for a page table; free a domain first"
    case .busy(let device, let domain) where !system.domains[domain.index].isAllocated:
      let name = system.name(of: device)
      return "\(name) is still attached to \(system.name(of: domain)), which was freed; "
        + "detach it from any domain"
    case .busy(let device, let domain):
      let name = system.name(of: device)
      return "\(name) is attached to \(system.name(of: domain)) already; "
        + "detach \(system.name(of: domain)) \(name) first"
    case .noIOMMUData(let device):
      let name = system.name(of: device)
      return system.devices[device.index].parent == nil
        ? "\(name) is an IOMMU; attach one of the devices behind it"
        : "\(name) has no IOMMU data: it was not probed; probe \(name) first"
    case .iommuNotProbed(let device):
      let parent = system.devices[device.index].parent.map { system.name(of: $0) } ?? "its IOMMU"
      return "\(parent) was not probed, so \(system.name(of: device)) finds no IOMMU; "
        + "probe \(parent) first"
    case .probedAlready(let device): return "\(system.name(of: device)) is probed already"
    case .noTable(let domain): return "\(system.name(of: domain)) has no page table: it was freed"
    case .noAnswer(let device): return "\(system.name(of: device)) does not answer"
    case .noMemoryClass(let protection):
      return "the CPU has no memory type for the cache policy \(protection.rawValue & 3)"
    }
  }
}
