internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// Letting the devices work, and watching them.
///
/// All devices that are attached take part, whatever is selected: they share TLBs and tables, and
/// that is what there is to see. What they do are operations of the timeline like any other.
extension Explorer {
  /// How long the event loop waits before it hands in a tick; nil while nothing runs.
  package var millisecondsPerTick: Int? {
    if loading != nil { return 1 }
    return traffic.isRunning ? 1000 / traffic.speed.ticksPerSecond : nil
  }

  /// The traffic is looked at, at the end of the timeline: there it moves.
  var isWatchingTraffic: Bool { traffic.isOpen && timeline.isAtEnd }

  /// The keys of the traffic work.
  var isAmongTraffic: Bool { traffic.isOpen || traffic.isRunning }

  // MARK: Running

  mutating func toggleRunning() {
    if traffic.isRunning {
      traffic.isRunning = false
      notice =
        "Stopped at tick \(timeline.tick.grouped). \(strong: "P") goes back access by access, \(strong: "p") step by step."
      return
    }
    let later = timeline.entries.count - timeline.position.entry - 1
    traffic.isRunning = true
    tick()
    guard traffic.isRunning else { return }
    traffic.isOpen = true
    focus = .inspector
    if Subject(selection, in: machine).device == nil { moveAmongDevices(.up) }
    if later > 0 {
      notice = "The traffic starts here; \(later) later operation\(later == 1 ? "" : "s") given up."
    }
  }

  /// One operation for each attached device.
  mutating func tick() {
    guard loading == nil else { return goOnLoading() }
    guard traffic.isRunning else { return }
    let plan = TrafficPlan(seed: traffic.seed, accesses: traffic.speed.accesses)
    let operations = plan.nextTick(of: timeline)
    guard !operations.isEmpty else {
      traffic.isRunning = false
      notice =
        "No device is attached, so nobody asks. \(strong: ":attach DOMAIN DEVICE") attaches one."
      return
    }
    lesson?.run.willOperate(timeline)
    for operation in operations { timeline.perform(operation) }
    lesson?.run.checkGoals(timeline)
  }

  /// Who goes back in time does not want to be taken to its end again.
  mutating func stopInThePast() {
    if traffic.isRunning, !timeline.isAtEnd { traffic.isRunning = false }
  }

  mutating func changeSpeed(_ step: Int) {
    let index = traffic.speedIndex + step
    guard TrafficControl.speeds.indices.contains(index) else {
      notice = step > 0 ? "Faster it does not go." : "Slower it does not go: n makes single steps."
      return
    }
    traffic.speedIndex = index
  }

  mutating func chooseSeed(_ text: String) {
    guard let seed = UInt64(number: text.trimmingBlanks) else {
      prompt?.mistake = ParseError(line: 1, column: 1, "a number is needed, like 7")
      return
    }
    traffic.seed = seed
    prompt = nil
  }

  // MARK: Watching

  mutating func toggleTraffic() {
    traffic.isOpen.toggle()
    if traffic.isOpen { focus = .inspector }
  }

  /// The devices that the traffic is about: those attached, and those that were.
  var trafficDevices: [String] {
    let attached = TrafficPlan.devices(of: machine)
    return attached + timeline.traffic.devices.map(\.name).filter { !attached.contains($0) }
  }

  /// The traffic of the tick that the cursor is in.
  var currentTick: TrafficTotals? {
    timeline.isInTraffic ? timeline.latestTicks(1).first?.totals : nil
  }

  mutating func moveAmongDevices(_ direction: Direction) {
    let names = trafficDevices
    guard !names.isEmpty else { return }
    let step = direction.steps(across: 1, down: 1)
    let here = names.firstIndex { place(of: $0) == selection }
    select(device: here.map { max(0, min(names.count - 1, $0 + step)) } ?? 0)
  }

  mutating func select(device index: Int) {
    let names = trafficDevices
    guard names.indices.contains(index), let target = place(of: names[index]),
      target != selection
    else { return }
    selection = target
    if case .bank(let iommu, _) = target { folds[iommu] = true }
    resetCursors()
  }

  mutating func inspectFromTraffic() {
    remember()
    traffic.isOpen = false
    view = .path
  }

  /// In the list of the last accesses: back and on in time, one by one.
  mutating func moveInTraffic(_ direction: Direction) {
    switch direction {
    case .up: _ = timeline.backAccess()
    case .down: _ = timeline.forwardAccess()
    case .pageUp: _ = timeline.backOperation()
    case .pageDown: _ = timeline.forwardOperation()
    case .left: _ = timeline.back()
    case .right: _ = timeline.forward()
    }
  }

  /// What can be said of the traffic as a whole, for the device that is looked at.
  var trafficNarration: (sentence: Prose, source: String) {
    let totals = timeline.traffic
    let subject = Subject(selection, in: machine)
    guard totals.sum.accesses > 0, let device = subject.device, let name = subject.deviceName
    else {
      return (
        "Nobody has asked for anything yet. \(strong: "Space") sets all attached devices going.", ""
      )
    }
    guard let result = totals[name] else {
      return (
        "\(strong: name) has asked for nothing. \(strong: "Space") sets the attached devices going, ↑↓ choose one.",
        ""
      )
    }
    let what: Prose =
      switch lastPattern(of: name) ?? machine.platform.pattern(of: device) {
      case .scan:
        "\(strong: name) reads line after line, so what the TLB learns at one miss answers for the rest of the page."
      case .blocks:
        "\(strong: name) works block by block: it misses when a block lies in a page that the TLB does not hold."
      case .random:
        "\(strong: name) asks anywhere: it misses as often as its pages outnumber the entries of the TLB."
      }
    var also: Prose = " A miss costs table reads, and a flush makes every page miss once more."
    if result.faults > 0 {
      also =
        " \(fault: "\(result.faults.grouped) of its accesses \(result.faults == 1 ? "was" : "were") stopped"): not mapped there, or not for that."
    } else if result.stalled > 0 {
      also =
        " \(fault: "An earlier fault stalls it"): nothing gets through until somebody clears it."
    } else if result.bypassed > 0 {
      also = " Its context was off for some: those addresses passed untranslated."
    }
    return (what + also, machine.words.tlbSource)
  }

  /// How a device last went through memory, if that is not long ago.
  private func lastPattern(of name: String) -> AccessPattern? {
    for entry in timeline.entries.prefix(timeline.position.entry + 1).suffix(200).reversed() {
      if case .traffic(name, let traffic) = entry.operation { return traffic.pattern }
    }
    return nil
  }
}

extension BinaryInteger {
  /// Decimal, with commas between thousands.
  var grouped: String {
    var text = ""
    let digits = String(self)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3), text != "-" { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
