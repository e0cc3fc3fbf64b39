internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Physical memory: what it is used for, the words of one page, whose they are and what leads there.
struct MemoryView {
  private let explorer: Explorer
  private let machine: Machine
  private let address: PhysicalAddress
  private let grid: WordGrid

  init(_ explorer: Explorer) {
    self.explorer = explorer
    machine = explorer.machine
    address = explorer.memoryAddress
    grid = explorer.memoryGrid
  }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let memory = explorer.survey.memory, !memory.runs.isEmpty else {
      let words: Prose =
        "No memory is in use: no tables, nothing mapped, no word written. :alloc NAME takes the first page."
      for (row, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(line.all(.dim), at: 2, 1 + row, in: area)
      }
      return
    }
    let facts = facts(memory, width: area.width - 2)
    let isLow = area.height < 14
    let listHeight = min(memory.runs.count, isLow ? 3 : max(4, area.height / 3))
    let factHeight = min(facts.count, isLow ? 3 : 8)
    let wordHeight = max(1, area.height - listHeight - factHeight - 1)
    let here = memory.index(of: address)
    let list = LineList(count: memory.runs.count, cursor: here ?? 0, height: listHeight)
    let focused = explorer.focus == .inspector
    for (row, index) in list.visible.enumerated() {
      draw(memory.runs[index], at: row, in: area, with: &pen)
      let isHere = index == here
      if isHere {
        pen.select(
          row: row, in: area, focused: focused && !explorer.memoryCursor.isInside)
      }
      pen.link(
        Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
          .intersection(area), to: .point(.word(memory.runs[index].start, isInside: false)))
    }
    pen.divider(
      Prose("Page ", .strong) + Prose((address.page << 12).hex8, .strong),
      right: list.hint, row: area.row - frame.row + listHeight, in: frame, focused: focused)
    drawWords(in: area.rows(from: listHeight + 1, count: wordHeight), with: &pen)
    for (row, line) in facts.prefix(factHeight).enumerated() {
      pen.write(line, at: 1, listHeight + 1 + wordHeight + row, in: area)
    }
  }

  // MARK: The list

  private func draw(_ run: MemoryRun, at row: Int, in area: Rect, with pen: inout Pen) {
    let size = run.length.sizeText
    pen.write(Prose(run.use.glyph, run.use.role), at: 1, row, in: area)
    pen.write(
      Prose(run.start.value.hex8, .physical, to: .word(run.start.value)), at: 3, row, in: area)
    let column = max(14, 4 + run.start.value.hex8.count)
    pen.write(size, .text, at: column + max(0, 6 - size.count), row, in: area)
    var words = Prose(run.use.words, run.use.role == .physical ? .text : run.use.role)
    if let domain = run.domain {
      words += Prose(run.use == .buffer ? " mapped by " : " of ", .dim)
      words += Prose(machine.system.name(of: domain), .domain)
    }
    if run.mappings > 1 { words += Prose(" in \(run.mappings) pieces", .dim) }
    if isChanged(run) { words += Prose("  ◀", .changed) }
    pen.write(words, at: column + 8, row, in: area)
  }

  /// The current step wrote a word of it.
  private func isChanged(_ run: MemoryRun) -> Bool {
    explorer.writtenWord.map { run.contains($0) } ?? false
  }

  // MARK: The words

  private func drawWords(in area: Rect, with pen: inout Pen) {
    guard area.height > 0 else { return }
    let page = address.page << 12
    let rowBytes = grid.rowBytes
    let rows = Int(4096 / rowBytes)
    let cursorRow = Int((address.value - page) / rowBytes)
    let first = min(max(0, rows - area.height), max(0, cursorRow - area.height / 2))
    let marks = Marks(explorer.timeline)
    for row in 0..<min(area.height, rows) {
      let start = PhysicalAddress(page + UInt64(first + row) * rowBytes)
      let isHere = first + row == cursorRow
      pen.write(
        "+" + (start.value & 0xfff).hex(digits: 3).dropFirst(2), isHere ? .text : .dim, at: 1, row,
        in: area)
      for index in 0..<Int(grid.wordsPerRow) {
        draw(
          start + UInt64(index) * grid.wordBytes, marks,
          at: 6 + index * (Int(grid.wordBytes) * 2 + 1), row, in: area, with: &pen)
      }
    }
  }

  private func draw(
    _ place: PhysicalAddress, _ marks: Marks, at column: Int, _ row: Int, in area: Rect,
    with pen: inout Pen
  ) {
    let memory = machine.board.memory
    let isDouble = grid.wordBytes == 8
    let word = isDouble ? memory.doubleWord(at: place) : UInt64(memory.word(at: place))
    let mark =
      isDouble ? marks.doubleWord(at: place, holding: word) : marks.word(at: place)
    let role: Prose.Role =
      mark.map { $0.isNow ? .changed : .old } ?? (word == 0 ? .faint : .text)
    var style = pen.theme.style(role)
    if place.value == address.value & ~(grid.wordBytes - 1) {
      style.attributes.insert(.reverse)
    }
    let digits = Int(grid.wordBytes) * 2
    let text = String(word.hex(digits: digits).dropFirst(2))
    pen.write(text, style: style, at: column, row, in: area)
    pen.link(
      Rect(column: area.column + column, row: area.row + row, width: digits, height: 1)
        .intersection(area), to: .point(.word(place, isInside: true)))
  }

  // MARK: What is known of it

  /// What the word is, whose the page is, and what leads there.
  private func facts(_ memory: MemoryRuns, width: Int) -> [Prose] {
    [wordFact()] + [pageFact(memory)] + pointingFacts()
  }

  private func wordFact() -> Prose {
    let place = PhysicalAddress(address.value & ~(grid.wordBytes - 1))
    let board = machine.board.memory
    let word =
      grid.wordBytes == 8 ? board.doubleWord(at: place) : UInt64(board.word(at: place))
    var line = Prose(place.value.hex8, .strong) + "  "
    if let entry = entry(at: place) {
      line += Prose(entry.name, .accent, to: .physical(place.value)) + " "
      line += words(for: entry.descriptor)
    } else if let name = machine.wordName(at: place) {
      line += Prose(name, .text)
    } else {
      line += Prose(word == 0 ? "never written, or 0" : "data", .dim)
    }
    let marks = Marks(explorer.timeline)
    let mark =
      grid.wordBytes == 8 ? marks.doubleWord(at: place, holding: word) : marks.word(at: place)
    if let mark {
      line += mark.isNow ? Prose("  ◀ was ", .changed) : Prose("  • was ", .old)
      line += Prose(mark.old.hex8, .old)
    }
    return line
  }

  private func words(for descriptor: Descriptor) -> Prose {
    switch descriptor {
    case .invalid: Prose("maps nothing", .dim)
    case .reserved: Prose("a reserved pattern", .fault)
    case .table(let next):
      Prose("leads to a table at ", .dim) + Prose(next.value.hex8, .physical, to: .word(next.value))
    case .leaf(let leaf):
      Prose("\(leaf.size.bytes.sizeText) \(leaf.rightsText) ", .text) + Prose("at ", .dim)
        + Prose(leaf.physical.value.hex8, .physical)
    }
  }

  /// The entry that a word is, in the tables of the domain that took the page.
  private func entry(at place: PhysicalAddress) -> (name: String, descriptor: Descriptor)? {
    guard let owner = machine.tableOwner(of: place),
      let root = machine.system.domains[owner.index].table,
      let cursor = EntryCursor(
        of: place, below: root, machine.platform.format, in: machine.board.memory)
    else { return nil }
    let trail = TableTrail(cursor, from: root, machine.platform.format, in: machine.board.memory)
    let stop = trail.current
    return ("L\(stop.level)[\(UInt64(stop.index).hex)]", stop.descriptor)
  }

  private func pageFact(_ memory: MemoryRuns) -> Prose {
    guard let index = memory.index(of: address), memory.runs[index].contains(address) else {
      return Prose("Nobody uses this page.", .dim)
    }
    let run = memory.runs[index]
    var line = Prose(run.use.sentence, .dim)
    if let domain = run.domain, run.use != .buffer {
      line += Prose(" of ", .dim) + Prose(machine.system.name(of: domain), .domain)
    }
    let walkers = walkers(of: run)
    if !walkers.isEmpty { line += Prose("; walked by ", .dim) }
    for (index, name) in walkers.prefix(3).enumerated() {
      line += Prose(index > 0 ? ", " : "", .dim) + Prose(name, .text, to: .named(name))
    }
    if walkers.count > 3 { line += Prose(" and \(walkers.count - 3) more", .dim) }
    return line
  }

  /// The devices whose contexts begin their walks there.
  private func walkers(of run: MemoryRun) -> [String] {
    guard run.use != .buffer else { return [] }
    return machine.system.devices.filter { device in
      device.bank.map {
        BankStatus(bank: $0, of: device.iommu, in: machine).table.map(run.contains) ?? false
      } ?? false
    }.map(\.name)
  }

  private func pointingFacts() -> [Prose] {
    let pointing = explorer.survey.pointing(toPage: address.page)
    guard !pointing.isEmpty else {
      return [Prose("No mapping leads to this page: devices cannot reach it translated.", .dim)]
    }
    let lines = pointing.map { found in
      let name = machine.system.name(of: found.domain)
      var line = Prose("mapped by ", .dim) + Prose(name, .domain) + Prose(" at ", .dim)
      let first = address.page << 12
      let start = found.range.physical.value
      let iova = found.range.iova.value &+ (first > start ? first - start : 0)
      line += Prose(iova.hex8, .iova, to: .mapping(domain: name, iova: iova))
      line += Prose("  \(found.range.leaf.rightsText)", .text)
      line += Prose(", in \(found.range.pageSize.bytes.sizeText) pages", .dim)
      return line
    }
    return lines
  }
}

extension Explorer {
  /// The word that the current step wrote, if it wrote one.
  var writtenWord: PhysicalAddress? {
    guard let index = timeline.currentEvent, timeline.recording.events.indices.contains(index)
    else { return nil }
    switch timeline.recording.events[index].change {
    case .memoryWrite(let place, _, _), .memoryWrite64(let place, _, _),
      .dmaWrite(let place, _, _), .dmaWrite64(let place, _, _):
      return place
    default: return nil
    }
  }
}

extension MemoryRun.Use {
  var glyph: String {
    switch self {
    case .firstTable: "■"
    case .lowerTable: "□"
    case .routing: "▪"
    case .leaked: "!"
    case .free: "○"
    case .buffer: "█"
    case .written: "·"
    }
  }

  var role: Prose.Role {
    switch self {
    case .firstTable, .lowerTable, .routing: .old
    case .leaked: .half
    case .free, .written: .dim
    case .buffer: .physical
    }
  }

  var words: String {
    switch self {
    case .firstTable: "first table"
    case .lowerTable: "lower tables"
    case .routing: "routing table"
    case .leaked: "leaked"
    case .free: "freed"
    case .buffer: "buffer"
    case .written: "written"
    }
  }

  var sentence: String {
    switch self {
    case .firstTable: "first table, where walks begin,"
    case .lowerTable: "a table of a lower level"
    case .routing: "leads requests to their tables"
    case .leaked: "taken for a table, and lost: nothing leads here any more"
    case .free: "was a table; it is free, and its words are still there"
    case .buffer: "memory that devices use"
    case .written: "words that somebody wrote"
    }
  }
}
