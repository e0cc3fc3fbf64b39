internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The stations of a request drawn as boxes, or as one line where there is less room.
struct PathDiagram {
  private let subject: Subject
  private let request: Request
  private let outcome: WalkOutcome
  /// The bank that the stream really goes to.
  private let bank: Int
  private let isOn: Bool
  /// The current step wrote where the bank's table is.
  private let isTableChanged: Bool

  init(
    _ subject: Subject, _ request: Request, _ outcome: WalkOutcome, _ trace: WalkTrace,
    isTableChanged: Bool
  ) {
    self.subject = subject
    self.isTableChanged = isTableChanged
    self.request = request
    self.outcome = outcome
    var (bank, isOn) = (subject.bank ?? 0, false)
    for step in trace.steps {
      switch step {
      case .route(_, _, let routed): bank = routed
      case .control(_, _, let on): isOn = on
      case .routing, .probe, .read, .check: break
      }
    }
    if case .stalled = outcome { isOn = true }
    (self.bank, self.isOn) = (bank, isOn)
  }

  private struct Station {
    let title: Prose
    let width: Int
    let first: Prose
    let second: Prose
    /// The request passes here.
    let isOnTheWay: Bool
  }

  private var reachesMemory: Bool {
    if case .translated = outcome { true } else { false }
  }

  private var isBypass: Bool {
    if case .bypassed = outcome { true } else { false }
  }

  private var used: Int {
    guard let table = subject.table else { return 0 }
    let count = subject.machine.platform.format.entryCount(level: 1)
    let memory = subject.machine.board.memory
    return (0..<count).count { memory.word(at: table + UInt64($0 * 4)) != 0 }
  }

  private func stations(nameRoom: Int) -> [Station] {
    let status = subject.status
    let name = DisplayWidth.truncate(subject.deviceName ?? "", to: nameRoom, ellipsis: "…")
    let control: Prose =
      Prose("SCTLR.M ", .text) + (isOn ? Prose("= 1", .live) : Prose("= 0", .dim))
    let below: Prose =
      if status?.isStalled == true {
        Prose("stalled", .fault)
      } else if isTableChanged {
        Prose("TTBR0 ◀ set", .changed)
      } else if status?.table != nil {
        Prose("TTBR0 ", .dim) + Prose("set", .text)
      } else {
        Prose("TTBR0 ", .dim) + Prose("0", .dim)
      }
    let domain = subject.domainName.map { Prose("domain ", .strong) + Prose($0, .domain) }
    let table = status?.table.map { Prose($0.value.hex8, .physical) } ?? Prose("no table", .dim)
    let entries: Prose =
      status?.table == nil ? "" : Prose("\(used) of 4096", .dim)
    return [
      Station(
        title: Prose("device", .strong), width: nameRoom + 4, first: Prose(name, .text),
        second: Prose("as MID ", .dim) + Prose("\(request.stream)", .iova), isOnTheWay: true),
      Station(
        title: Prose("IOMMU ", .strong) + Prose(subject.iommuName ?? "", .text), width: 13,
        first: Prose("M2VCBR_\(request.stream)", .text),
        second: Prose("to bank ", .dim) + Prose("\(bank)", .iova), isOnTheWay: true),
      Station(
        title: Prose("context bank ", .strong) + Prose("\(bank)", .text), width: 16,
        first: control, second: below, isOnTheWay: true),
      Station(
        title: domain
          ?? (subject.isTableFreed ? Prose("freed memory!", .fault) : Prose("no domain", .dim)),
        width: 14, first: table, second: entries,
        isOnTheWay: isOn && !isBypass),
      Station(
        title: Prose("memory", .strong), width: 8, first: Prose("DRAM", .text), second: "",
        isOnTheWay: reachesMemory || isBypass),
    ]
  }

  // MARK: Boxes

  func drawBoxes(in area: Rect, with pen: inout Pen) {
    // The boxes beside the device's take 51 columns, the arrows 12.
    let nameRoom = max(8, min(16, area.width - 2 - 63 - 4))
    let stations = stations(nameRoom: nameRoom)
    var column = 1
    var bankMiddle = 0
    var memoryMiddle = 0
    for (index, station) in stations.enumerated() {
      pen.write(station.title, at: column + 1, 1, in: area)
      drawBox(station, at: column, in: area, with: &pen)
      if index == 2 { bankMiddle = column + station.width / 2 }
      if index == 4 { memoryMiddle = column + station.width / 2 }
      column += station.width
      guard index < 4 else { continue }
      let next = stations[index + 1]
      let isPassed = next.isOnTheWay && !(isBypass && index >= 2)
      let isBroken = index == 3 && isFault
      drawArrow(isLive: isPassed, isBroken: isBroken, at: column, in: area, with: &pen)
      column += 3
    }
    if isBypass { drawBypass(from: bankMiddle, to: memoryMiddle, in: area, with: &pen) }
    if case .fault(let fault) = outcome {
      let text = Prose("✗ \(fault.kind.name) fault", .fault)
      pen.write(text, at: max(0, column - text.width - 1), 6, in: area)
    }
  }

  private var isFault: Bool {
    switch outcome {
    case .fault, .stalled: true
    case .translated, .bypassed: false
    }
  }

  private func drawBox(_ station: Station, at column: Int, in area: Rect, with pen: inout Pen) {
    let glyphs = pen.glyphs
    let isLive = station.isOnTheWay
    let style = pen.theme.style(isLive ? .live : .faint)
    let (across, down) =
      isLive
      ? (glyphs.horizontal, glyphs.vertical) : (glyphs.dashedHorizontal, glyphs.dashedVertical)
    let right = column + station.width - 1
    for place in column...right {
      pen.put(across, style, at: place, 2, in: area)
      pen.put(across, style, at: place, 5, in: area)
    }
    for row in 3...4 {
      pen.put(down, style, at: column, row, in: area)
      pen.put(down, style, at: right, row, in: area)
    }
    pen.put(glyphs.topLeft, style, at: column, 2, in: area)
    pen.put(glyphs.topRight, style, at: right, 2, in: area)
    pen.put(glyphs.bottomLeft, style, at: column, 5, in: area)
    pen.put(glyphs.bottomRight, style, at: right, 5, in: area)
    let inside = Rect(
      column: area.column + column + 1, row: area.row, width: station.width - 2, height: area.height
    )
    pen.write(station.first, at: 1, 3, in: inside)
    pen.write(station.second, at: 1, 4, in: inside)
  }

  private func drawArrow(
    isLive: Bool, isBroken: Bool, at column: Int, in area: Rect, with pen: inout Pen
  ) {
    let glyphs = pen.glyphs
    let style = pen.theme.style(isBroken ? .fault : isLive ? .live : .faint)
    let dash = isLive ? glyphs.horizontal : glyphs.dashedHorizontal
    pen.put(dash, style, at: column, 3, in: area)
    pen.put(isBroken ? glyphs.refused : dash, style, at: column + 1, 3, in: area)
    pen.put(isBroken ? " " : glyphs.current, style, at: column + 2, 3, in: area)
  }

  private func drawBypass(from: Int, to: Int, in area: Rect, with pen: inout Pen) {
    let style = pen.theme.style(.live)
    let glyphs = pen.glyphs
    pen.put(glyphs.teeDown, style, at: from, 5, in: area)
    pen.put(glyphs.teeUp, style, at: to, 5, in: area)
    for column in from...to { pen.put(glyphs.horizontal, style, at: column, 6, in: area) }
    pen.put(glyphs.bottomLeft, style, at: from, 6, in: area)
    pen.put(glyphs.bottomRight, style, at: to, 6, in: area)
    let text = Prose(" M is 0: passes untranslated ", .live)
    pen.write(text, at: from + max(1, (to - from - text.width) / 2), 6, in: area)
  }

  // MARK: One line

  func drawLine(in area: Rect, with pen: inout Pen) {
    let glyphs = pen.glyphs
    let names = [
      Prose(DisplayWidth.truncate(subject.deviceName ?? "", to: 10, ellipsis: glyphs.cut), .strong),
      Prose("M2VCBR_\(request.stream)", .text), Prose("bank \(bank)", .text),
      subject.domainName.map {
        Prose(DisplayWidth.truncate($0, to: 8, ellipsis: glyphs.cut), .domain)
      } ?? (subject.isTableFreed ? Prose("freed!", .fault) : Prose("none", .dim)),
      Prose("DRAM", .text),
    ]
    let details = [
      Prose("MID ", .dim) + Prose("\(request.stream)", .iova),
      Prose("to bank ", .dim) + Prose("\(bank)", .iova),
      isOn ? Prose("M 1", .live) : Prose("M 0", .dim), "", "",
    ]
    let live = [
      true, true, isOn && !isBypass, reachesMemory,
    ]
    var column = 1
    for (index, name) in names.enumerated() {
      pen.write(details[index], at: column, 2, in: area)
      if index == 3 {
        let text: Prose? =
          isBypass
          ? Prose("untranslated", .live)
          : isFault ? Prose(faultName, .fault) : nil
        if let text { pen.write(text, at: column, 2, in: area) }
      }
      column = pen.write(name, at: column, 1, in: area)
      guard index < live.count else { continue }
      let isBroken = index == 3 && isFault
      let style = pen.theme.style(isBroken ? .fault : live[index] ? .live : .faint)
      let dash = live[index] ? glyphs.horizontal : glyphs.dashedHorizontal
      let head = isBroken ? glyphs.refused : glyphs.current
      column = pen.write(" \(dash)\(dash)\(head) ", style: style, at: column, 1, in: area)
    }
  }

  private var faultName: String {
    switch outcome {
    case .fault: "✗ fault"
    case .stalled: "✗ stalled"
    case .translated, .bypassed: ""
    }
  }
}
