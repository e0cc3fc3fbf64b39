internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

extension Subject {
  /// The address that path and walk look at: chosen by a person, or used last by the device, or the
  /// first one that is mapped.
  func address(in explorer: Explorer) -> IOVA {
    if let chosen = explorer.chosenAddress { return chosen }
    let timeline = explorer.timeline
    let past = timeline.entries.prefix(timeline.position.entry + 1).suffix(200)
    for entry in past.reversed() {
      if let request = entry.request, request.device == deviceName { return IOVA(request.iova) }
    }
    if let table, let first = explorer.mappings(from: table).ranges.first {
      return IOVA(first.iova.value + min(0x123, first.length - 1))
    }
    return IOVA(0x1000_0123)
  }

  /// The request that is looked at: a read of that address, as the device's first stream.
  func request(in explorer: Explorer) -> Request? {
    device.map { machine.request(by: $0, at: address(in: explorer), .read) }
  }
}

/// From device to memory: the way a request takes, with the live value on each hop.
struct PathView {
  let explorer: Explorer
  let subject: Subject
  let machine: Machine

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    machine = explorer.machine
  }

  // MARK: Lines

  /// A line that the cursor may stand on.
  enum Line {
    case register(RegistersView.Row)
    case routing(RoutingLine)
    case range(MappedRange)
    case bank(Int)
    case device(DeviceID)
  }

  /// Below the diagram: what there is to say of each hop.
  var lines: [Line] {
    switch subject.selection {
    case .iommu(let iommu):
      return (0..<machine.board.iommus[iommu].bankCount).map { .bank($0) }
    case .bank: return tellingRegisters.map { .register($0) } + (isTall ? neighbours : [])
    case .domain:
      let attached = subject.domain.map { machine.system.domains[$0.index].attached } ?? []
      return attached.map { .device($0) } + ranges.map { .range($0) }
    }
  }

  private var isTall: Bool { explorer.layout.inspector.height >= 36 }

  private var ranges: [MappedRange] {
    subject.table.map { explorer.mappings(from: $0).ranges } ?? []
  }

  private var routingLines: [RoutingLine] {
    subject.device.map {
      Array(
        RoutingLine.all(of: $0.index, in: machine, registers: explorer.registers).prefix(16))
    } ?? []
  }

  private var neighbours: [Line] {
    routingLines.map { .routing($0) } + ranges.map { .range($0) }
  }

  private var tellingRegisters: [RegistersView.Row] {
    guard subject.iommu != nil else { return [] }
    let (wanted, whenSet) = words.telling
    return RegistersView(explorer, subject).rows.filter { row in
      wanted.contains(row.name) && (row.word != 0 || !whenSet.contains(row.name))
    }
  }

  private var isFocused: Bool { explorer.focus == .inspector }

  /// Lays the cursor under one of the lines, and makes a click put it there.
  func finish(_ index: Int, at row: Int, in area: Rect, with pen: inout Pen) {
    if index == explorer.lineCursor, isFocused {
      pen.select(row: row, in: area, focused: true)
    }
    pen.link(
      Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
        .intersection(area), to: .point(.line(index)))
  }

  func draw(in area: Rect, with pen: inout Pen) {
    switch subject.selection {
    case .iommu(let iommu): drawStreams(of: iommu, in: area, with: &pen)
    case .domain(let name): drawDomain(name, in: area, with: &pen)
    case .bank: drawBank(in: area, with: &pen)
    }
  }

  // MARK: One context

  private func drawBank(in area: Rect, with pen: inout Pen) {
    guard let request = subject.request(in: explorer), let bank = subject.bank else {
      let words: Prose =
        "This bank exists in the hardware, but no device is behind it: no stream is routed here, so nothing reaches it."
      let lines = Wrapped(words, width: area.width - 4).lines
      for (row, line) in lines.enumerated() { pen.write(line, at: 2, 1 + row, in: area) }
      drawRegisters(from: 2 + lines.count, in: area, with: &pen)
      return
    }
    var trace = WalkTrace()
    let outcome = machine.board.walk(request, watcher: &trace)
    let place = machine.tablePlace(bank: bank, of: request.iommu)
    let diagram = PathDiagram(
      RouteDescription(
        RouteDescription.Facts(
          machine: machine, request: request, outcome: outcome, trace: trace,
          device: RouteDescription.DeviceFacts(name: subject.deviceName ?? "", bank: bank),
          isTableChanged: place.map { Marks(explorer.timeline).isNow($0) } ?? false)))
    var row: Int
    if area.width >= 78 {
      diagram.drawBoxes(in: area, with: &pen)
      row = 8
    } else {
      row = diagram.drawLine(in: area, with: &pen)
    }
    let isNarrow = area.width < 70
    pen.write(question(request, columns: area.width), at: isNarrow ? 1 : 2, row, in: area)
    draw(nil, outcome, row + 1, in: area, with: &pen)
    row += 2
    if let (step, later) = future(of: request, now: outcome) {
      draw(step, later, row, in: area, with: &pen)
      row += 1
    }
    let next = drawRegisters(from: row + 1, in: area, with: &pen)
    if isTall, area.height - next >= 8 { drawNeighbours(from: next + 1, in: area, with: &pen) }
  }

  /// What the answers below are about; where there is little room the diagram alone says who asks.
  private func question(_ request: Request, columns: Int) -> Prose {
    let name = Prose(subject.deviceName ?? "", .strong)
    let address = Prose(request.iova.value.hex8, .iova)
    switch columns {
    case ..<Self.tightWidth: return "A read of " + address + " would reach"
    case ..<70: return name + " reading " + address + " would reach"
    default:
      let stream = words.stream(request.stream, ofMany: streamCount)
      return "If " + name + " read " + address + "\(stream) it would reach"
    }
  }

  /// Below so many columns the answers are cut to what the diagram above does not say.
  static let tightWidth = 46

  /// Where there is room: the streams that come here, and what the table maps.
  private func drawNeighbours(from row: Int, in area: Rect, with pen: inout Pen) {
    var row = row
    pen.write(words.routingTitles, .dim, at: 2, row, in: area)
    var index = tellingRegisters.count
    let lines = routingLines
    for line in lines.prefix(max(0, area.height - row - 6)) {
      row += 1
      pen.write(line.who, .iova, at: 2, row, in: area)
      pen.write(line.place, at: 15, row, in: area)
      pen.write(line.word, at: 28, row, in: area)
      pen.write(line.goesTo, at: 41, row, in: area)
      finish(index, at: row, in: area, with: &pen)
      index += 1
    }
    row += 2
    index = tellingRegisters.count + lines.count
    guard subject.table != nil, area.height - row >= 2 else { return }
    pen.write("address          size               memory", .dim, at: 2, row, in: area)
    drawRanges(from: row + 1, firstLine: index, in: area, with: &pen)
  }

  /// The mapped ranges that fit, around the cursor; `firstLine` is the number of the first of all.
  func drawRanges(
    from row: Int, firstLine: Int, in area: Rect, with pen: inout Pen
  ) {
    let ranges = ranges
    let list = LineList(
      count: ranges.count, cursor: explorer.lineCursor - firstLine, height: area.height - row)
    pen.writeRight(list.hint, inset: 1, row - 1, in: area)
    let columns = ranges.last.map { $0.iova.value.hex8.count } ?? 10
    for (place, index) in list.visible.enumerated() {
      let line = RangeLine.prose(ranges[index], columns: columns)
      pen.write(
        line + Prose("  \(ranges[index].leaf.rightsText)", .dim), at: 2, row + place, in: area)
      finish(firstLine + index, at: row + place, in: area, with: &pen)
    }
  }

  /// What a request would reach now, or once a step is done.
  private func draw(
    _ step: Int?, _ outcome: WalkOutcome, _ row: Int, in area: Rect, with pen: inout Pen
  ) {
    let isNarrow = area.width < 70
    let isTight = area.width < Self.tightWidth
    let when = step.map { isTight ? "step \($0)" : "after step \($0)" } ?? "now"
    if isTight {
      pen.write(when, .dim, at: 1, row, in: area)
      let address = outcome.physical.map { Prose($0.value.hex8, .physical) + "  " } ?? ""
      let answer =
        address + words(for: outcome, isNarrow: true, namesDomain: false, isNow: step == nil)
      pen.write(answer, at: 12, row, in: area)
      return
    }
    pen.write(when, .dim, at: isNarrow ? 3 : 4, row, in: area)
    let column = isNarrow ? 18 : 20
    let address =
      outcome.physical.map { Prose($0.value.hex8, .physical) } ?? Prose("nowhere", .fault)
    pen.write(address, at: column, row, in: area)
    let answer = words(for: outcome, isNarrow: isNarrow, isNow: step == nil)
    pen.write(answer, at: column + (isNarrow ? 12 : 13), row, in: area)
  }

  private func words(
    for outcome: WalkOutcome, isNarrow: Bool, namesDomain: Bool = true, isNow: Bool
  ) -> Prose {
    switch outcome {
    case .bypassed:
      return Prose(isNarrow ? "untranslated" : "the same number: nothing is translated", .dim)
    case .stalled: return Prose("stalled by an earlier fault", .fault)
    case .fault(let fault):
      let level = fault.level == 0 || isNarrow ? "" : " at level \(fault.level)"
      return Prose("✗ \(fault.title)\(level)", .fault)
    case .translated(_, let entry, let slot):
      if isNarrow, subject.domainName == nil, subject.isTableFreed {
        return Prose("\(entry.size.bytes.sizeText) ", .text) + Prose("of a freed table", .fault)
      }
      // The TLB is looked at as it is now, so what comes later is not judged.
      let isStale = isNow && StaleHit(at: slot, of: subject.iommu, in: machine) != nil
      if isStale, isNarrow {
        return Prose("≠ stale", .stale)
          + Prose(" \(entry.size.bytes.sizeText) \(self.words.leaf(entry.size))", .dim)
      }
      var words = Prose("a ", .dim)
      words += Prose("\(entry.size.bytes.sizeText) ", .text)
      words += Prose(self.words.leaf(entry.size), .dim)
      if let name = subject.domainName {
        guard namesDomain else { return words }
        words += Prose(" of ", .dim) + Prose(name, .domain)
      } else if subject.isTableFreed {
        words += Prose(" by a freed table", .fault)
      }
      if !isNarrow { words += Prose(slot == nil ? "" : ", from the TLB", .dim) }
      return isStale ? words + Prose("  ≠ stale", .stale) : words
    }
  }

  var words: FamilyWords { machine.words }

  private var streamCount: Int {
    subject.device.map { machine.system.devices[$0.index].streams.count } ?? 1
  }

  /// What the rest of the current operation will make of the answer, and at which step.
  private func future(of request: Request, now: WalkOutcome) -> (step: Int, outcome: WalkOutcome)? {
    var later = explorer.timeline
    let remaining = later.stepCount - later.step
    guard remaining > 0, remaining < 200, later.recording.isComplete else { return nil }
    let entry = later.position.entry
    while later.step < later.stepCount, later.forward(), later.position.entry == entry {
      let outcome = later.machine.board.walk(request)
      if outcome.physical != now.physical { return (later.step, outcome) }
    }
    return nil
  }

  /// The bank's telling registers; returns the row after them.
  @discardableResult
  private func drawRegisters(from row: Int, in area: Rect, with pen: inout Pen) -> Int {
    guard subject.iommu != nil else { return row }
    let wanted = words.telling.names
    let rows = tellingRegisters
    let isNarrow = area.width < 70
    var row = row
    if !isNarrow, area.height - row > rows.count {
      pen.write("register     now          in words", .dim, at: 2, row, in: area)
      row += 1
    }
    let room = max(0, area.height - row)
    let order: [Int]
    if rows.count <= room {
      order = Array(rows.indices)
    } else if isFocused {
      order = Array(LineList(count: rows.count, cursor: explorer.lineCursor, height: room).visible)
    } else {
      order = mostTelling(room, of: rows, wanted)
    }
    for index in order where row < area.height {
      RegistersView.draw(
        rows[index], at: row, nameColumn: isNarrow ? 1 : 2, valueColumn: isNarrow ? 12 : 15,
        wordsColumn: isNarrow ? 24 : 28, iommu: subject.iommu, in: area, with: &pen)
      finish(index, at: row, in: area, with: &pen)
      row += 1
    }
    return row
  }

  /// The rows to show where there is no room for all: what has just changed is among them.
  private func mostTelling(
    _ count: Int, of rows: [RegistersView.Row], _ wanted: [String]
  ) -> [Int] {
    let rank = { (index: Int) in wanted.firstIndex(of: rows[index].name) ?? 9 }
    let isChanged = { (index: Int) in rows[index].mark?.isNow ?? false }
    let chosen = rows.indices.sorted {
      isChanged($0) != isChanged($1) ? isChanged($0) : rank($0) < rank($1)
    }.prefix(count)
    return chosen.sorted { rank($0) < rank($1) }
  }
}
