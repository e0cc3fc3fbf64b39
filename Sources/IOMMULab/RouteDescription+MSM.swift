internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// The way through an MSM System MMU: MID, M2VCBR, context bank, TTBR0, memory.
extension RouteDescription {
  init(msm facts: Facts) {
    let stream = facts.request.stream
    var (bank, isOn) = (facts.device.bank, false)
    for step in facts.trace.steps {
      switch step {
      case .route(_, _, let routed): bank = routed
      case .control(_, _, let on): isOn = on
      case .routing, .probe, .read, .check: break
      }
    }
    var bypass: (hop: Int, why: String)?
    var stop: (hop: Int, words: String, short: String)?
    switch facts.outcome {
    case .bypassed: bypass = (2, "M is 0: passes untranslated")
    case .fault(let fault): stop = (3, facts.words(for: fault), "fault")
    case .stalled:
      isOn = true
      stop = (3, "", "stalled")
    case .translated: break
    }
    let status = BankStatus(
      bank: facts.device.bank, of: facts.request.iommu, in: facts.machine)
    let unit = facts.machine.board.iommus[facts.request.iommu].name
    let target = Prose("to bank ", .dim) + Prose("\(bank)", .iova)
    func register(_ offset: UInt32) -> Prose.Target {
      .register(iommu: facts.request.iommu, offset: offset)
    }
    let route = Prose("M2VCBR_\(stream)", .text, to: register(MSMRegisters.m2vcbr(stream)))
    // Software may have routed a stream to a bank that is not there.
    let isThere = bank < facts.machine.board.iommus[facts.request.iommu].bankCount
    let registers = isThere ? bank : facts.device.bank
    let control = register(MSMRegisters.offset(MSMRegisters.sctlr, bank: registers))
    let base = register(MSMRegisters.offset(MSMRegisters.ttbr0, bank: registers))
    self.init(
      hops: [
        Hop(
          title: Prose("device", .strong), width: 12, first: Prose(facts.device.name, .text),
          second: Prose("as MID ", .dim) + Prose("\(stream)", .iova),
          name: Prose(facts.device.name, .strong),
          detail: Prose("MID ", .dim) + Prose("\(stream)", .iova), isOnTheWay: true),
        Hop(
          title: Prose("IOMMU ", .strong) + Prose(unit, .text), width: 13,
          first: route, second: target, name: route, detail: target, isOnTheWay: true),
        Hop(
          title: Prose("context bank ", .strong) + Prose("\(bank)", .text), width: 16,
          first: Prose("SCTLR.M", .text, to: control) + " "
            + (isOn ? Prose("= 1", .live) : Prose("= 0", .dim)),
          second: Self.tableWords(status, base, isChanged: facts.isTableChanged),
          name: Prose("bank \(bank)", .text, to: control),
          detail: isOn ? Prose("M 1", .live) : Prose("M 0", .dim), isOnTheWay: true),
        facts.domainHop(table: status.table, isOnTheWay: isOn),
        facts.memoryHop(isOnTheWay: facts.reachesMemory || bypass != nil),
      ], bypass: bypass, stop: stop)
  }

  private static func tableWords(
    _ status: BankStatus, _ register: Prose.Target, isChanged: Bool
  ) -> Prose {
    if status.isStalled { return Prose("stalled", .fault) }
    if isChanged { return Prose("TTBR0 ◀ set", .changed, to: register) }
    return Prose("TTBR0", .dim, to: register) + " "
      + (status.table != nil ? Prose("set", .text) : Prose("0", .dim))
  }
}

extension RoutingLine {
  static func msm(_ device: Int, _ machine: Machine, _ registers: RegisterMap) -> [Self] {
    let found = machine.system.devices[device]
    return found.streams.map { stream in
      let offset = MSMRegisters.m2vcbr(stream)
      let word = machine.board.register(offset, of: found.iommu)
      return Self(
        who: "MID \(stream)",
        place: registers.name(at: offset, banks: machine.board.iommus[found.iommu].bankPages),
        word: word.hex8,
        goesTo: Prose("bank \(MSMRegisters.M2VCBR.cbndx(word))", .text)
          + Prose(", VMID \(MSMRegisters.M2VCBR.vmid(word))", .dim))
    }
  }
}
