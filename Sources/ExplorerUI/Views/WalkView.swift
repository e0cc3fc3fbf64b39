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
    let looksAt: Prose
    let finds: Prose
    let means: Prose
    /// The same where there is little room.
    let brief: String
    let isBad: Bool
  }

  private(set) var lines: [Line] = []
  private let explorer: Explorer
  private let subject: Subject
  private let request: Request?
  private let outcome: WalkOutcome?
  private let machine: Machine

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    machine = explorer.machine
    request = subject.request(in: explorer)
    var trace = WalkTrace()
    outcome = request.map { explorer.machine.board.walk($0, watcher: &trace) }
    if let outcome {
      lines = trace.steps.map { line(for: $0) }
      if case .translated(_, let entry, _) = outcome { lines += memoryLine(entry) }
      lines.append(answer(outcome))
    }
  }

  // MARK: Steps as lines

  private func line(for step: WalkTrace.Step) -> Line {
    let banks = request.map { machine.board.iommus[$0.iommu].bankCount } ?? 0
    switch step {
    case .route(let offset, let value, let bank):
      return Line(
        name: "route", looksAt: Prose(explorer.registers.name(at: offset, banks: banks), .text),
        finds: Prose(value.hex8, .text), means: "CBNDX \(bank): bank \(bank)",
        brief: "to bank \(bank)", isBad: false)
    case .control(_, let value, let isOn):
      return Line(
        name: "bank", looksAt: "SCTLR", finds: Prose(value.hex8, .text),
        means: isOn ? "M 1: translates, by TTBR0" : "M 0: untranslated (inferred)",
        brief: isOn ? "M 1: on" : "M 0: off", isBad: false)
    case .probe(let slot, _, let asid):
      return Line(
        name: "TLB", looksAt: "ASID \(Int(asid))",
        finds: slot.map { Prose("entry \($0)", .live) } ?? Prose("nothing", .dim),
        means: slot == nil ? "miss: read the tables" : "hit: no table is read",
        brief: slot == nil ? "miss" : "hit", isBad: false)
    case .routing(let entry):
      let name = entry.kind == .root ? "root" : "context"
      return Line(
        name: name,
        looksAt: entry.isCached
          ? Prose("cached", .dim) : Prose(entry.address.value.hex8, .physical),
        finds: Prose(entry.low.hex8, .strong),
        means: entry.low & 1 == 0
          ? "not present"
          : entry.kind == .root
            ? "context table at \(physical: PhysicalAddress(entry.low & ~0xfff))"
            : "table at \(physical: PhysicalAddress(entry.low & ~0xfff))",
        brief: entry.low & 1 == 0 ? "missing" : "present", isBad: entry.low & 1 == 0)
    case .read(let word, let address, let level): return read(word, address, level)
    case .check(let rights, let isAllowed):
      return Line(
        name: "check", looksAt: "rights",
        finds: Prose(Self.name(of: rights), .text),
        means: isAllowed ? "the access is allowed" : "it is not allowed",
        brief: isAllowed ? "allowed" : "forbidden", isBad: !isAllowed)
    }
  }

  /// What a device may do, in the language's letters.
  private static func name(of rights: Rights) -> String {
    rights.contains(.userWrite) ? "rw" : rights.contains(.userRead) ? "r" : "none"
  }

  private func read(_ word: UInt64, _ address: PhysicalAddress, _ level: Int) -> Line {
    let descriptor = machine.platform.format.decode(word, level: level)
    let iova = request?.iova ?? IOVA(0)
    let index = machine.platform.format.index(of: iova, level: level)
    let means: Prose
    let brief: String
    var isBad = false
    switch descriptor {
    case .table(let next):
      means = "second level at \(physical: next)"
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
    return Line(
      name: "read \(level)",
      looksAt: Prose(address.value.hex8, .physical)
        + Prose(level == 1 ? " TTBR0+4×" : " table+4×", .dim) + Prose(UInt64(index).hex, .dim),
      finds: Prose(word.hex8, .strong), means: means, brief: brief, isBad: isBad)
  }

  /// What kind of memory the page asks for; nothing where the bank does not remap.
  private func memoryLine(_ entry: TLBEntry) -> [Line] {
    // A low screen keeps its rows for the way to the answer.
    guard let iommu = subject.iommu, let bank = subject.bank, explorer.height >= 30 else {
      return []
    }
    let type = MemoryType(of: entry.attributes, bank: bank, iommu: iommu, on: machine.board)
    let shared = type.isShareable ? ", shared" : ""
    return [
      Line(
        name: "memory", looksAt: "PRRR, NMRR",
        finds: Prose("class \(Int(entry.attributes & 7))", .text),
        means: Prose(type.words + shared, .text), brief: type.words, isBad: false)
    ]
  }

  private func answer(_ outcome: WalkOutcome) -> Line {
    switch outcome {
    case .translated(let address, let entry, _):
      let offset = address.value & entry.size.offsetMask
      return Line(
        name: "answer", looksAt: "", finds: Prose(address.value.hex8, .physical),
        means:
          "\(entry.size.bytes >= PageSize.size1M.bytes ? "base" : "page") \(physical: PhysicalAddress(entry.physical)) + byte \(offset.hex)",
        brief: "+ byte \(offset.hex)", isBad: false)
    case .bypassed(let address):
      return Line(
        name: "answer", looksAt: "", finds: Prose(address.value.hex8, .physical),
        means: "untranslated", brief: "untranslated", isBad: false)
    case .stalled:
      return Line(
        name: "answer", looksAt: "FSR.SS", finds: Prose("waits", .fault),
        means: "an earlier fault stalls the bank", brief: "stalled", isBad: true)
    case .fault(let fault):
      return Line(
        name: "answer", looksAt: "", finds: Prose("✗ fault", .fault),
        means: Prose("\(fault.kind.name) fault", .fault)
          + (fault.level > 0 ? " at level \(Int(fault.level))" : ""),
        brief: fault.kind.name, isBad: true)
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
    var row = area.height > 14 ? 1 : 0
    var title = Prose(subject.deviceName ?? "", .strong) + " reads "
    title += Prose(request.iova.value.hex8, .iova) + " as MID \(Int(request.stream))."
    if !isNarrow { title += Prose("  Which memory is that?", .dim) }
    pen.write(title, at: 2, row, in: area)
    row += area.height > 14 ? 2 : 1
    drawRuler(request.iova, at: row, in: area, with: &pen)
    row += area.height > 14 ? 5 : 4
    let columns = isNarrow ? (11, 24, 36) : (11, 37, 49)
    if !isNarrow {
      pen.write("step", .dim, at: 2, row, in: area)
      pen.write("looks at", .dim, at: columns.0, row, in: area)
      pen.write("finds", .dim, at: columns.1, row, in: area)
      pen.write("which means", .dim, at: columns.2, row, in: area)
      row += 1
    }
    let height = max(1, area.height - row)
    let overflow = max(0, lines.count - height)
    let first = min(overflow, max(0, explorer.walkCursor - height / 2))
    for place in 0..<min(height, lines.count - first) {
      let index = first + place
      let line = lines[index]
      let isAhead = index > explorer.walkCursor && explorer.focus == .inspector
      let mark: Prose =
        line.isBad ? Prose("✗ ", .fault) : isAhead ? Prose("  ", .dim) : Prose("✓ ", .live)
      pen.write(mark + Prose(line.name, isAhead ? .dim : .text), at: 2, row + place, in: area)
      let room = { (end: Int) in
        Rect(column: area.column, row: area.row, width: min(area.width, end), height: area.height)
      }
      pen.write(
        isNarrow ? line.looksAt.shortened(to: 12) : line.looksAt, at: columns.0, row + place,
        in: room(columns.1))
      pen.write(
        isAhead ? line.finds.all(.dim) : line.finds, at: columns.1, row + place, in: room(columns.2)
      )
      let means = isNarrow ? Prose(line.brief, line.isBad ? .fault : .text) : line.means
      pen.write(isAhead ? means.all(.dim) : means, at: columns.2, row + place, in: area)
      if index == explorer.walkCursor {
        pen.select(row: row + place, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + row + place, width: area.width, height: 1)
          .intersection(area), to: .point(.walkStep(index)))
    }
  }

  /// The parts that this walk splits the address into; a section needs no second level.
  private func parts(_ isNarrow: Bool) -> [(high: Int, low: Int, name: String)] {
    let first = (31, 20, isNarrow ? "1st index" : "first-level index")
    switch outcome {
    case .bypassed: return [(31, 0, "not taken apart: it passes as it is")]
    case .translated(_, let entry, _) where entry.size.bytes >= PageSize.size1M.bytes:
      return [first, (19, 0, "byte in the section")]
    case .translated, .stalled, .fault, nil:
      return [
        first, (19, 12, isNarrow ? "2nd" : "second-level index"),
        (11, 0, isNarrow ? "byte" : "byte in the page"),
      ]
    }
  }

  /// The address's bits, split where the walker splits them.
  private func drawRuler(_ iova: IOVA, at row: Int, in area: Rect, with pen: inout Pen) {
    let isNarrow = area.width < 70
    let parts = parts(isNarrow)
    var column = 2
    for part in parts {
      let count = part.high - part.low + 1
      let width = isNarrow ? count + (count - 1) / 4 : count * 2 - 1 + (count - 1) / 4
      pen.write("\(part.high)", .dim, at: column, row, in: area)
      pen.write("\(part.low)", .dim, at: column + width - (part.low > 9 ? 2 : 1), row, in: area)
      var place = column
      for bit in stride(from: part.high, through: part.low, by: -1) {
        let isOne = iova.value >> UInt64(bit) & 1 == 1
        pen.write(isOne ? "1" : "0", isOne ? .strong : .faint, at: place, row + 1, in: area)
        place += isNarrow ? 1 : 2
        if (bit - part.low) % 4 == 0 { place += 1 }
      }
      drawBracket(
        iova, part.high, part.low, at: column, width: width, row + 2, in: area, with: &pen)
      let shift = max(0, (width - part.name.count) / 2)
      pen.write(part.name, .dim, at: column + shift, row + 3, in: area)
      column += width + (isNarrow ? 3 : 4)
    }
  }

  private func drawBracket(
    _ iova: IOVA, _ high: Int, _ low: Int, at column: Int, width: Int, _ row: Int, in area: Rect,
    with pen: inout Pen
  ) {
    let style = pen.theme.style(.accent)
    for place in 0..<width {
      let glyph =
        place == 0
        ? pen.glyphs.fieldLeft : place == width - 1 ? pen.glyphs.fieldRight : pen.glyphs.horizontal
      pen.put(glyph, style, at: column + place, row, in: area)
    }
    let value = iova.value >> UInt64(low) & (1 << UInt64(high - low + 1) - 1)
    let text = " \(value.hex) "
    pen.write(text, .iova, at: column + max(1, (width - text.count) / 2), row, in: area)
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
