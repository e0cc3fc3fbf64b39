package import IOMMUAPI
package import IOMMUHardware
internal import IOMMULab
package import IOMMUModel

/// Machines to start from.
extension Machine {
  /// The mail's machine out of reset: nothing is probed.
  package static func msm8x60Unprobed() throws -> Machine {
    Machine(unprobed: try Library.platform("msm8x60"))
  }

  /// The mail's machine after its boot, with nothing recorded yet.
  package static func msm8x60() throws -> Machine {
    var machine = try msm8x60Unprobed()
    try machine.probeAll()
    _ = machine.takeRecording()
    return machine
  }

  /// Two domains, `first` and `second`, that map 0x10000000 to 0x60000000 and to 0x70000000.
  package static func withTwoDomains() throws -> Machine {
    var machine = try msm8x60()
    for (name, physical) in [("first", UInt64(0x6000_0000)), ("second", 0x7000_0000)] {
      let domain = try machine.allocateDomain(name)
      try machine.map(
        domain, iova: IOVA(0x1000_0000), to: PhysicalAddress(physical), size: 0x10_0000,
        [.read, .write])
    }
    _ = machine.takeRecording()
    return machine
  }

  package func domain(_ name: String) throws -> DomainID {
    guard let domain = system.domain(named: name) else { throw NotThere(name: name) }
    return domain
  }

  package func device(_ name: String) throws -> DeviceID {
    guard let device = system.device(named: name) else { throw NotThere(name: name) }
    return device
  }

  /// The index of an IOMMU on the board.
  package func unit(_ name: String) throws -> Int {
    system.devices[try device(name).index].iommu
  }

  package mutating func attach(_ device: String, to domain: String) throws {
    try attach(try self.device(device), to: try self.domain(domain))
  }

  package mutating func detach(_ device: String, from domain: String) throws {
    detach(try self.device(device), from: try self.domain(domain))
  }

  /// A device reads an address.
  package mutating func read(_ device: String, _ iova: UInt64) throws -> Board.Answer {
    read(request(by: try self.device(device), at: IOVA(iova), .read))
  }
}

/// A name that a test uses and the machine does not know.
package struct NotThere: Error {
  package let name: String
}

extension Recording {
  /// The registers that software wrote, in order.
  package var registerWrites: [RegisterWrite] {
    events.compactMap {
      guard case .registerWrite(let iommu, let offset, _, let new, _) = $0.change else {
        return nil
      }
      return RegisterWrite(iommu: Int(iommu), offset: offset, word: new)
    }
  }
}

/// One write by software to a register.
package struct RegisterWrite: Hashable, Sendable, CustomStringConvertible {
  package let iommu: Int
  package let offset: UInt32
  package let word: UInt32

  package init(iommu: Int, offset: UInt32, word: UInt32) {
    (self.iommu, self.offset, self.word) = (iommu, offset, word)
  }

  package var description: String {
    "\(iommu):\(String(offset, radix: 16))=\(String(word, radix: 16))"
  }
}
