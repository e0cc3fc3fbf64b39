internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// One translation taken apart: bits of the address, TLB, each table read, rights, answer.
///
/// It only looks: the same walk by the device would count a hit or fill the TLB.
struct WalkView {
  struct Line {
    let name: String
    var looksAt: Prose
    let finds: Prose
    let means: Prose
    /// The same where there is little room.
    let brief: String
    /// It may leave the columns where its meaning does not fit into the last one.
    let spills: Bool
    let isBad: Bool

    init(
      _ name: String, looksAt: Prose = "", finds: Prose, means: Prose, brief: String,
      spills: Bool = false, isBad: Bool = false
    ) {
      (self.name, self.looksAt, self.finds, self.means) = (name, looksAt, finds, means)
      (self.brief, self.spills, self.isBad) = (brief, spills, isBad)
    }

    init(_ step: FamilyWords.Step, finds: Prose, isBad: Bool = false) {
      self.init(
        step.name, looksAt: step.looksAt, finds: finds, means: step.means, brief: step.brief,
        isBad: isBad)
    }
  }

  private(set) var lines: [Line] = []
  private let explorer: Explorer
  private let subject: Subject
  private let request: Request?
  private let outcome: WalkOutcome?
  private let machine: Machine
  private let format: FormatID
  private let words: FamilyWords

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    machine = explorer.machine
    format = machine.platform.format
    words = FamilyWords(machine.platform.family)
    request = subject.request(in: explorer)
    var trace = WalkTrace()
    outcome = request.map { explorer.machine.board.walk($0, watcher: &trace) }
    if let outcome {
      lines = trace.steps.map { line(for: $0) }
      if case .translated(_, let entry, _) = outcome { lines += memoryLine(entry) }
      if case .fault(let fault) = outcome { lines += reasonLine(fault) }
      lines.append(answer(outcome))
    }
  }

  // MARK: Steps as lines

  private func line(for step: WalkTrace.Step) -> Line {
    let banks = request.map { machine.board.iommus[$0.iommu].bankCount } ?? 0
    switch step {
    case .route(let offset, let value, let bank):
      let name = explorer.registers.name(at: offset, banks: banks)
      return Line(words.route(through: name, to: bank), finds: Prose(value.hex8, .text))
    case .control(_, let value, let isOn):
      return Line(words.control(isOn: isOn), finds: Prose(value.hex8, .text))
    case .probe(let slot, let vmid, let asid):
      return probe(slot, Prose(words.tag(vmid: vmid, asid: asid)))
    case .routing(let entry):
      return Line(
        words.routing(entry), finds: Prose(text(entry.low), .strong), isBad: entry.low & 1 == 0)
    case .read(let word, let address, let level): return read(word, address, level)
    case .check(let rights, let isAllowed):
      return Line(
        "check", looksAt: "rights", finds: Prose(Self.name(of: rights), .text),
        means: isAllowed ? "the access is allowed" : "it is not allowed",
        brief: isAllowed ? "allowed" : "forbidden", isBad: !isAllowed)
    }
  }

  /// What the TLB remembers, and whether the tables still say so.
  private func probe(_ slot: Int?, _ tag: Prose) -> Line {
    guard let slot else {
      return Line(
        "TLB", looksAt: tag, finds: Prose("nothing", .dim), means: "miss: read the tables",
        brief: "miss")
    }
    let finds = Prose("entry \(slot)", .live)
    guard let stale = StaleHit(at: slot, of: request?.iommu, in: machine) else {
      return Line("TLB", looksAt: tag, finds: finds, means: "hit: no table is read", brief: "hit")
    }
    let tables: Prose =
      stale.now.map {
        stale.isAboutRights ? "tables: \($0.rights.letters)" : "tables: \(physical: $0.physical)"
      } ?? "tables map nothing"
    return Line(
      "TLB", looksAt: tag, finds: finds, means: Prose("≠ stale", .stale) + ", " + tables,
      brief: "≠ stale")
  }

  /// A word of a table, written as wide as it is.
  private func text(_ word: UInt64) -> String { word.hex(digits: Int(format.entryBytes) * 2) }

  /// What a device may do, in the language's letters.
  private static func name(of rights: Rights) -> String {
    switch (rights.contains(.userRead), rights.contains(.userWrite)) {
    case (true, true): "rw"
    case (true, false): "r"
    case (false, true): "w"
    case (false, false): "none"
    }
  }

  private func read(_ word: UInt64, _ address: PhysicalAddress, _ level: Int) -> Line {
    let iova = request?.iova ?? IOVA(0)
    let index = UInt64(format.index(of: iova, level: level))
    let means: Prose
    let brief: String
    var isBad = false
    switch format.decode(word, level: level) {
    case .table(let next):
      let below = format.level(after: level) ?? level
      means = "\(format.tableName(level: below)) at \(physical: next)"
      brief = "a table"
    case .leaf(let leaf):
      means = "\(leaf.size.bytes.sizeText) at \(physical: leaf.physical)"
      brief = "a \(leaf.size.bytes.sizeText) leaf"
    case .invalid:
      means = "nothing is mapped here"
      brief = "unmapped"
      isBad = true
    case .reserved:
      means = "a reserved pattern"
      brief = "reserved"
      isBad = true
    }
    let table = level == format.firstLevel ? words.walkBase : "table"
    return Line(
      "read \(level)",
      looksAt: Prose(address.value.hex8, .physical)
        + Prose(" \(table)+\(format.entryBytes)×", .dim) + Prose(index.hex, .dim),
      finds: Prose(text(word), .strong), means: means, brief: brief, isBad: isBad)
  }

  /// What kind of memory the page asks for; nothing where a family has no kinds.
  private func memoryLine(_ entry: TLBEntry) -> [Line] {
    // A low screen keeps its rows for the way to the answer.
    guard let iommu = subject.iommu, let bank = subject.bank, explorer.height >= 30,
      let type = machine.board.memoryType(of: entry, bank: bank, iommu: iommu)
    else { return [] }
    let shared = type.isShareable ? ", shared" : ""
    return [
      Line(
        "memory", looksAt: Prose(words.memoryTypeRegisters),
        finds: Prose("class \(Int(entry.attributes & 7))", .text),
        means: Prose(type.words + shared, .text), brief: type.words)
    ]
  }

  /// Why the request was stopped, in the unit's own words.
  private func reasonLine(_ fault: Fault) -> [Line] {
    guard let reason = words.reason(for: fault) else { return [] }
    return [
      Line(
        "record", looksAt: Prose(reason.code), finds: Prose(reason.words), means: "", brief: "",
        spills: true, isBad: true)
    ]
  }

  private func answer(_ outcome: WalkOutcome) -> Line {
    switch outcome {
    case .translated(let address, let entry, _):
      let byte = "+ byte \((address.value & entry.size.offsetMask).hex)"
      let base = format.isLarge(entry.size) ? "base" : "page"
      return Line(
        "answer", finds: Prose(address.value.hex8, .physical),
        means: "\(base) \(physical: PhysicalAddress(entry.physical)) \(byte)", brief: byte,
        spills: true)
    case .bypassed(let address):
      return Line(
        "answer", finds: Prose(address.value.hex8, .physical), means: "untranslated",
        brief: "untranslated", spills: true)
    case .stalled:
      return Line(
        "answer", looksAt: Prose(words.stallField), finds: Prose("waits", .fault),
        means: "an earlier fault stalls the bank", brief: "stalled", spills: true, isBad: true)
    case .fault(let fault):
      return Line(
        "answer", finds: Prose("✗ fault", .fault),
        means: Prose("\(fault.kind.name) fault", .fault)
          + (fault.level > 0 ? " at level \(Int(fault.level))" : ""),
        brief: fault.kind.name, spills: true, isBad: true)
    }
  }

  // MARK: The view

  func draw(in area: Rect, with pen: inout Pen) {
    guard let request else {
      pen.write(
        "No device to ask: select a context with a device behind it.", .dim, at: 2, 1, in: area)
      return
    }
    let isNarrow = area.width < 70
    // Many steps need the row above the title.
    let isRoomy = area.height > 14
    var row = isRoomy && format.levels.count < 3 ? 1 : 0
    var title = Prose(subject.deviceName ?? "", .strong) + " reads "
    title += Prose(request.iova.value.hex8, .iova)
    let stream: Prose = " as \(words.stream) \(words.text(ofStream: request.stream))."
    title += title.width + stream.width + 2 <= area.width ? stream : "."
    if !isNarrow { title += Prose("  Which memory is that?", .dim) }
    pen.write(title, at: 2, row, in: area)
    row += isRoomy ? 2 : 1
    let ruler = AddressRuler(request.iova, format, outcome)
    row += ruler.draw(at: row, in: area, with: &pen) + (isRoomy ? 1 : 0)
    let columns = Columns(isNarrow: isNarrow, entryBytes: format.entryBytes)
    if !isNarrow {
      pen.write("step", .dim, at: 2, row, in: area)
      pen.write("looks at", .dim, at: columns.looksAt, row, in: area)
      pen.write("finds", .dim, at: columns.finds, row, in: area)
      pen.write("which means", .dim, at: columns.means, row, in: area)
      row += 1
    }
    drawSteps(columns, at: row, in: area, with: &pen)
  }

  /// As many steps as fit, around the cursor; the answer always.
  private func drawSteps(
    _ columns: Columns, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    let height = max(1, area.height - row)
    let hidden = max(0, lines.count - height)
    let top = min(hidden, max(0, explorer.walkCursor - height / 2))
    for place in 0..<min(height, lines.count) {
      let isLast = place == height - 1
      let index = isLast && hidden > 0 ? lines.count - 1 : top + place
      let isAhead = index > explorer.walkCursor && explorer.focus == .inspector
      var line = lines[index]
      if isLast, hidden > 0, line.looksAt.isEmpty {
        line.looksAt = Prose("\(hidden) more ↑↓", .dim)
      }
      draw(line, isAhead: isAhead, columns, at: row + place, in: area, with: &pen)
      if index == explorer.walkCursor {
        pen.select(row: row + place, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + row + place, width: area.width, height: 1)
          .intersection(area), to: .point(.walkStep(index)))
    }
  }

  /// Where the columns of the list of steps begin; words of 64 bits need more room.
  private struct Columns {
    let looksAt: Int
    let finds: Int
    let means: Int
    let isNarrow: Bool

    init(isNarrow: Bool, entryBytes: UInt64) {
      self.isNarrow = isNarrow
      let isLong = entryBytes > 4
      looksAt = isLong ? 12 : 11
      finds = isNarrow ? 24 : 37
      means = finds + (isLong ? isNarrow ? 19 : 20 : 12)
    }
  }

  private func draw(
    _ line: Line, isAhead: Bool, _ columns: Columns, at row: Int, in area: Rect,
    with pen: inout Pen
  ) {
    func write(_ prose: Prose, from column: Int, to end: Int) {
      let room = Rect(
        column: area.column, row: area.row, width: min(area.width, end), height: area.height)
      pen.write(isAhead ? prose.all(.dim) : prose, at: column, row, in: room)
    }
    let mark: Prose =
      line.isBad ? Prose("✗ ", .fault) : isAhead ? Prose("  ", .dim) : Prose("✓ ", .live)
    pen.write(mark + Prose(line.name, isAhead ? .dim : .text), at: 2, row, in: area)
    let looksAt =
      columns.isNarrow
      ? line.looksAt.shortened(to: columns.finds - columns.looksAt - 1)
      : line.looksAt
    pen.write(
      looksAt, at: columns.looksAt, row,
      in: Rect(
        column: area.column, row: area.row, width: min(area.width, columns.finds),
        height: area.height))
    let room = area.width - columns.means
    // The article goes first.
    let isTight = line.brief.count > room && line.brief.hasPrefix("a ")
    let brief = Prose(
      isTight ? String(line.brief.dropFirst(2)) : line.brief, line.isBad ? .fault : .text)
    var means = columns.isNarrow ? brief : line.means
    if line.spills, means.isEmpty || means.width > room {
      write(
        means.isEmpty ? line.finds : line.finds + "  " + means, from: columns.finds, to: area.width)
      return
    }
    if means.width > room { means = brief }
    write(line.finds, from: columns.finds, to: columns.means)
    write(means, from: columns.means, to: area.width)
  }
}

extension Prose {
  /// As many of its pieces as fit into so many columns.
  func shortened(to columns: Int) -> Prose {
    var short = Prose()
    for piece in pieces where short.width + piece.text.count <= columns {
      short.add(piece.text, piece.role)
    }
    return short
  }
}
