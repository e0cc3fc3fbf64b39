internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A domain: what it is attached to, what it maps and where the holes are, and what its tables cost.
struct DomainView {
  /// A line that the cursor may stand on.
  enum Line: Hashable {
    case device(DeviceID)
    case waiting(Int)
    case buffer(Int)
    case slot(Int)
    case range(Int)
    case leaked(PhysicalAddress)
  }

  private let explorer: Explorer
  private let subject: Subject
  private let machine: Machine
  private let mapped: Mappings
  private let attached: [DeviceID]
  private let leaked: [PhysicalAddress]
  let holdings: DomainHoldings

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    machine = explorer.machine
    mapped = subject.table.map { explorer.mappings(from: $0) } ?? Mappings()
    attached = subject.domain.map { explorer.machine.system.domains[$0.index].attached } ?? []
    leaked = subject.domain.flatMap { explorer.survey.leaked[$0] } ?? []
    holdings =
      subject.domain.map { DomainHoldings(of: $0, in: explorer.machine) } ?? DomainHoldings()
  }

  // MARK: Lines

  var count: Int { head + mapped.ranges.count + leaked.count }

  /// How many lines stand before what the tables map.
  private var head: Int {
    attached.count + holdings.waiting.count + holdings.buffers.count + holdings.slots.count
  }

  func line(_ index: Int) -> Line? {
    if attached.indices.contains(index) { return .device(attached[index]) }
    let waiting = index - attached.count
    if holdings.waiting.indices.contains(waiting) { return .waiting(waiting) }
    let buffer = waiting - holdings.waiting.count
    if holdings.buffers.indices.contains(buffer) { return .buffer(buffer) }
    let slot = buffer - holdings.buffers.count
    if holdings.slots.indices.contains(slot) { return .slot(slot) }
    let range = index - head
    if mapped.ranges.indices.contains(range) { return .range(range) }
    let page = range - mapped.ranges.count
    return leaked.indices.contains(page) ? .leaked(leaked[page]) : nil
  }

  /// The range that a line is about; nil for other lines.
  func range(at index: Int) -> MappedRange? {
    guard case .range(let range) = line(index) else { return nil }
    return mapped.ranges[range]
  }

  /// The line of the run that holds an address, or of the one after it.
  func index(of iova: UInt64) -> Int { head + mapped.index(of: iova) }

  /// The line of the buffer that holds an address, or of what waits there.
  func line(holding iova: UInt64) -> Int? {
    if let buffer = holdings.buffers.lastIndex(where: { $0.iova.value <= iova && iova <= $0.last })
    {
      return attached.count + holdings.waiting.count + buffer
    }
    return holdings.waiting.lastIndex { $0.iova.value <= iova && iova <= $0.last }.map {
      attached.count + $0
    }
  }

  /// The run of the tables that a line is about, to be shown in the strip.
  private func strip(at index: Int) -> Int? {
    func run(_ iova: UInt64) -> Int? {
      let found = mapped.index(of: iova)
      return mapped.ranges.indices.contains(found) && mapped.ranges[found].iova.value <= iova
        ? found : nil
    }
    switch line(index) {
    case .range(let range): return range
    case .buffer(let buffer): return run(holdings.buffers[buffer].iova.value)
    case .slot(let slot): return run(holdings.slots[slot].guest)
    case .device, .waiting, .leaked, nil: return nil
    }
  }

  // MARK: Drawing

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let table = subject.table else {
      let words: Prose
      if case .domain(let name) = subject.selection {
        words =
          subject.domain == nil
          ? "\(domain: name) does not exist at this point of the timeline."
          : "\(domain: name) has no table yet: it maps nothing."
      } else {
        words =
          "No domain is attached here. :attach NAME DEVICE makes a device see memory through one; :alloc NAME makes one."
      }
      for (row, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(line.all(.dim), at: 2, 1 + row, in: area)
      }
      return
    }
    let isNarrow = area.width < 70
    pen.write(heading(table, isNarrow: isNarrow), at: 1, 0, in: area)
    pen.write(costs(isNarrow: isNarrow), at: 1, 1, in: area)
    let cursor = max(0, min(explorer.lineCursor, count - 1))
    let chosen = strip(at: cursor)
    var row = 2
    row += drawStrip(
      AddressStrip(mapped), "used", chosen, at: row, in: area, with: &pen)
    if area.height >= 14, let chosen {
      row += drawStrip(
        AddressStrip(mapped, around: chosen), "near", chosen, at: row, in: area, with: &pen)
    }
    let list = LineList(count: count, cursor: cursor, height: area.height - row - 1)
    pen.divider(
      Prose("Devices and mappings", .strong), right: list.hint,
      row: area.row - frame.row + row, in: frame, focused: explorer.focus == .inspector)
    row += 1
    if count == 0 {
      let name = subject.domainName ?? ""
      pen.write(
        "Empty: :map \(name) 0x10000000 0x60000000 1M rw", .dim, at: 2, row, in: area)
    }
    let now = mappedNow
    for index in list.visible {
      draw(line(index), now, isNarrow: isNarrow, at: row, in: area, with: &pen)
      list.finish(index, at: row, in: area, focused: explorer.focus == .inspector, with: &pen)
      row += 1
    }
  }

  private func heading(_ table: PhysicalAddress, isNarrow: Bool) -> Prose {
    var line: Prose =
      subject.domainName.map { Prose($0, .domain) }
      ?? Prose(subject.isTableFreed ? "a freed table" : "a table of no domain", .fault)
    line +=
      Prose(isNarrow ? " at " : "  first table at ", .dim) + Prose(table.value.hex8, .physical)
    line += Prose(isNarrow ? "  " : "   maps ", .dim)
    line += Prose(mapped.bytes == 0 ? "nothing" : mapped.bytes.prose, .strong)
    if mapped.count > 0 {
      line += Prose(" in \(mapped.count) range\(mapped.count == 1 ? "" : "s")", .dim)
    }
    return line + lateReaches(isNarrow: isNarrow)
  }

  /// What its tables take, and what is lost.
  private func costs(isNarrow: Bool) -> Prose {
    guard let domain = subject.domain else { return "" }
    let pages = machine.board.memory.pool.pageCount(of: domain.owner)
    var line = Prose("\(mapped.tables) table\(mapped.tables == 1 ? "" : "s")", .text)
    line += Prose(" in \(pages) page\(pages == 1 ? "" : "s"): ", .dim)
    line += Prose((UInt64(pages) << 12).sizeText, .text)
    if !leaked.isEmpty { line += Prose(", \(leaked.count) leaked", .half) }
    let count = attached.count
    line += Prose("   ", .text)
    line +=
      count == 0
      ? Prose("attached to nothing", .dim)
      : Prose(machine.words.users(count, isWide: true), .text) + Prose(" attached", .dim)
    return line + owner
  }

  /// Draws a strip with its ends; answers how many rows it took.
  private func drawStrip(
    _ strip: AddressStrip?, _ name: String, _ chosen: Int?, at row: Int, in area: Rect,
    with pen: inout Pen
  ) -> Int {
    guard var strip else { return 0 }
    strip.reserved = holdings.reserved
    strip.waiting = holdings.waiting.map { $0.iova.value...max($0.iova.value, $0.last) }
    pen.write(name, .dim, at: 1, row, in: area)
    let marks = max(8, area.width - 8)
    let range = chosen.flatMap { mapped.ranges.indices.contains($0) ? mapped.ranges[$0] : nil }
    strip.draw(at: row, column: 6, marks: marks, cursor: range, in: area, with: &pen)
    guard area.height >= 10 else { return 1 }
    pen.write(Prose(strip.first.hex8, .iova), at: 6, row + 1, in: area)
    let step = Prose(
      "a mark is \(strip.stepText(marks: marks))\(strip.legend(pen.glyphs))", .dim)
    pen.write(step, at: 6 + max(0, (marks - step.width) / 2), row + 1, in: area)
    pen.writeRight(Prose(strip.last.hex8, .iova), inset: 1, row + 1, in: area)
    return 2
  }

  private func draw(
    _ line: Line?, _ now: UInt64?, isNarrow: Bool, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    switch line {
    case .device(let device): pen.write(prose(device), at: 2, row, in: area)
    case .range(let index):
      let range = mapped.ranges[index]
      var prose = RangeLine.prose(
        range, columns: mapped.ranges.last.map { $0.iova.value.hex8.count } ?? 10)
      let isGivenUp = isGivenUp(range)
      if isGivenUp { prose += Prose(isNarrow ? " !" : "  ! no buffer is there", .half) }
      let space = isNarrow && isGivenUp ? " " : "  "
      prose += Prose(space + attributes(of: range, isNarrow: isNarrow), .dim)
      let isNow = now.map { range.iova.value <= $0 && $0 <= range.last } ?? false
      if isNow { pen.put(pen.glyphs.changed, pen.theme.style(.changed), at: 1, row, in: area) }
      pen.write(prose, at: 2, row, in: area)
    case .waiting(let index):
      pen.write(prose(holdings.waiting[index]), at: 2, row, in: area)
    case .buffer(let index): pen.write(prose(holdings.buffers[index]), at: 2, row, in: area)
    case .slot(let index): pen.write(prose(holdings.slots[index]), at: 2, row, in: area)
    case .leaked(let page):
      var prose = Prose("! leaked table ", .half)
      prose += Prose(page.value.hex8, .physical, to: .word(page.value))
      pen.write(prose + Prose("  nothing leads there any more", .dim), at: 2, row, in: area)
    case nil: break
    }
  }

  private func prose(_ device: DeviceID) -> Prose {
    let found = machine.system.devices[device.index]
    let unit = machine.board.iommus[found.iommu].name
    guard let bank = found.bank else { return Prose(found.name, .strong, to: .named(found.name)) }
    let status = BankStatus(bank: bank, of: found.iommu, in: machine)
    var line = status.dot + " " + Prose(found.name, .strong, to: .named(found.name))
    line += Prose("  " + machine.words.place(bank, of: unit, tag: status.tag), .dim)
    line += Prose("  " + machine.words.state(status.state), status.state == .live ? .dim : .half)
    return line
  }

  /// What a range's entries say besides where they lead.
  private func attributes(of range: MappedRange, isNarrow: Bool) -> String {
    var words = range.leaf.rightsText
    guard !isNarrow else { return words }
    for remark in machine.platform.format.remarks(on: range.leaf) { words += " " + remark }
    if machine.platform.format.hasMemoryClasses {
      words +=
        " " + (subject.memoryType(of: range.leaf)?.shortWords ?? "class \(range.leaf.memoryClass)")
    }
    return words
  }

  /// The address whose entry the current step wrote.
  private var mappedNow: UInt64? {
    guard let root = subject.table, let place = explorer.writtenWord,
      let cursor = EntryCursor(
        of: place, below: root, machine.platform.format, in: machine.board.memory)
    else { return nil }
    return TableTrail(cursor, from: root, machine.platform.format, in: machine.board.memory)
      .current.iova
  }
}
