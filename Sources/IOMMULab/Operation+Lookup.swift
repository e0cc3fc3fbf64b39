package import IOMMUAPI
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
      throw .error("the domain \(name) was freed")
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
    let device = try anyDevice(name)
    guard system.devices[device.index].parent == nil else {
      throw .error("\(name) is a device behind an IOMMU, not a domain and not an IOMMU")
    }
    return system.devices[device.index].iommu
  }

  func kind(of name: String) -> String? {
    if domainOrNil(name) != nil { return "a domain" }
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
}
