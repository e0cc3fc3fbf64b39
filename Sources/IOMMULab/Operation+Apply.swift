internal import IOMMUAPI
internal import IOMMUHardware
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
      case .probe(nil):
        try refusable { (machine) throws(KernelError) in try machine.probeAll() }
      case .probe(let name?):
        let device = try anyDevice(name)
        try refusable { (machine) throws(KernelError) in try machine.probe(device) }
      case .alloc(let name):
        if let kind = kind(of: name) {
          throw .error("\(name) is \(kind) already; names are unique")
        }
        try refusable { (machine) throws(KernelError) in _ = try machine.allocateDomain(name) }
      case .free(let name):
        let domain = try domain(name)
        try belongsToNobody(domain, name)
        free(domain)
      case .attach(let domain, let device):
        let (domain, device) = (try self.domain(domain), try anyDevice(device))
        try refusable { (machine) throws(KernelError) in try machine.attach(device, to: domain) }
      case .detach(let domain, let device):
        detach(try anyDevice(device), from: try self.domain(domain))
      case .map(let name, let iova, let physical, let size, let protection):
        let domain = try domain(name)
        try fits([iova, physical, size])
        try refusable { (machine) throws(KernelError) in
          try machine.map(
            domain, iova: IOVA(iova), to: PhysicalAddress(physical), size: size, protection)
        }
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
      case .read(let written):
        // Asked before the answer is put in words, which would otherwise hold a copy of the machine.
        let answer = read(try request(written))
        return outcome(of: answer)
      case .write(let written, let value):
        let word = try word(value)
        guard word >> 32 == 0 || written.iova & 7 == 0 else {
          throw .error("a value of 64 bits goes to a multiple of 8, not to \(written.iova.hex)")
        }
        let answer = write(try request(written), word)
        return outcome(of: answer, isWide: word >> 32 != 0)
      case .walk(let written): return lookAhead(try request(written))
      case .dump(.object(let name)):
        if domainOrNil(name) == nil, kind(of: name) != "an IOMMU" { _ = try domain(name) }
      case .dump(.tlb(let name)): _ = try iommu(name)
      case .dump(.faults): break
      case .writeWord(let physical, let value):
        writeWord(try word(value), at: try wordAddress(physical))
      case .readWord(let physical):
        return .done(readWord(at: try wordAddress(physical)))
      case .register(let name, let offset, nil):
        let iommu = try iommu(name)
        return .done(UInt64(readRegister(try registerOffset(offset, of: iommu), of: iommu)))
      case .register(let name, let offset, let value?):
        try setRegister(offset, of: name, to: value)
      case .invalidate(let target, let scope):
        let iommu = try iommu(target.iommu)
        invalidate(try invalidation(scope, target.bank, of: iommu), of: iommu)
      case .irq(.auto): holdInterrupts(false)
      case .irq(.hold): holdInterrupts(true)
      case .irq(.run(let name)): handleInterrupt(of: try iommu(name))
      case .traffic(let name, let traffic):
        guard traffic.count <= Traffic.mostAccesses else {
          throw .error("\(traffic.count) accesses; \(Traffic.mostAccesses) are the most at once")
        }
        return .traffic(run(traffic, by: try requester(name)))
      case .client(let operation): return .done(try perform(operation))
      case .limitPages(let limit): limitPages(to: limit.map { Int(clamping: $0) })
      }
      return .done(0)
    } catch {
      return error.outcome(in: self)
    }
  }

  // MARK: Answers of the bus face

  private func outcome(of answer: Board.Answer, isWide: Bool = false) -> Outcome {
    switch answer {
    case .reached(let address, let isBypass):
      .reached(
        address, isBypass: isBypass,
        word: isWide ? board.doubleWord(at: address) : UInt64(board.word(at: address)))
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
