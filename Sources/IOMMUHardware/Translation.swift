/// A device's request: the walk's outcome applied, or a fault raised.
extension Board {
  /// What a device got for its request.
  package enum Answer: Hashable, Sendable {
    case reached(PhysicalAddress, isBypass: Bool)
    case stalled
    case fault(Fault)
  }

  /// Lets a request through: counts a hit or fills the TLB, or records a fault in registers.
  package mutating func translate(_ request: Request) -> Answer {
    guard journal.isOn else {
      return apply(walk(request), of: request)
    }
    var trace = WalkTrace()
    let outcome = walk(request, watcher: &trace)
    // What a hit does to its entry comes before the question whether it may be used so.
    let isHit = if case .translated(_, _, _?) = outcome { true } else { false }
    for step in trace.steps where !(isHit && step.isCheck) { note(step, of: request) }
    let answer = apply(outcome, of: request)
    for step in trace.steps where isHit && step.isCheck { note(step, of: request) }
    return answer
  }

  private mutating func note(_ step: WalkTrace.Step, of request: Request) {
    switch step {
    case .route(let offset, let value, _), .control(let offset, let value, _):
      journal.append(
        .registerRead(iommu: UInt8(request.iommu), offset: offset, value: value))
    case .probe(nil, _, _):
      let route = register(MSMRegisters.m2vcbr(request.stream), of: request.iommu)
      journal.append(
        .tlbMiss(
          iommu: UInt8(request.iommu), bank: UInt8(MSMRegisters.M2VCBR.cbndx(route)),
          iova: request.iova))
    case .read(let word, let address, let level):
      journal.append(.memoryRead(address, value: word, level: UInt8(level)))
    case .check(_, let isAllowed):
      journal.append(.check("may it be used so?", answer: isAllowed ? 1 : 0))
    // A hit is an event of its own, with the counter that it moves.
    case .probe: break
    }
  }

  private mutating func apply(_ outcome: WalkOutcome, of request: Request) -> Answer {
    switch outcome {
    case .bypassed(let address): return .reached(address, isBypass: true)
    case .translated(let address, let entry, let slot):
      if let slot {
        countTLBHit(slot, of: request.iommu)
      } else {
        fillTLB(of: request.iommu, with: entry)
      }
      return .reached(address, isBypass: false)
    case .stalled(let bank):
      journal.append(.stalled(iommu: UInt8(request.iommu), bank: UInt8(bank)))
      return .stalled
    case .fault(let fault):
      switch iommus[request.iommu].family {
      case .msm: return .fault(raiseMSM(fault))
      }
    }
  }
}
