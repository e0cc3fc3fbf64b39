internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// What an IOMMU's TLB remembers, entry by entry, and which of it the tables no longer say.
struct TLBView {
  struct Line {
    let slot: Int
    let entry: TLBEntry
    let hits: UInt16
    let truth: EntryTruth
  }

  let lines: [Line]
  private let explorer: Explorer
  private let subject: Subject

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    let machine = explorer.machine
    guard let iommu = subject.iommu else {
      lines = []
      return
    }
    let tlb = machine.board.iommus[iommu].tlb
    lines = tlb.usedSlots.compactMap { slot in
      tlb[slot].map {
        Line(
          slot: slot, entry: $0, hits: machine.board.tlbHits(at: slot, of: iommu),
          truth: machine.truth(of: $0, in: iommu))
      }
    }
  }

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard let iommu = subject.iommu, let name = subject.iommuName else {
      pen.write("No IOMMU: this domain is attached nowhere.", .dim, at: 2, 1, in: area)
      return
    }
    let cursor = max(0, min(explorer.lineCursor, lines.count - 1))
    let details =
      lines.isEmpty || area.height < 9
      ? [] : details(of: lines[cursor], in: iommu, width: area.width - 3)
    let below = details.isEmpty ? 0 : min(details.count + 1, area.height - 2 - min(lines.count, 3))
    let geometry = explorer.machine.board.iommus[iommu].tlb.geometry
    var heading = Prose(name, .strong) + Prose(" remembers ", .dim)
    heading += Prose("\(lines.count) of \(geometry.sets * geometry.ways)", .strong)
    heading += Prose(
      area.width < 70
        ? " pages" : " pages: \(geometry.sets) sets of \(geometry.ways) ways (made up)", .dim)
    pen.write(heading, at: 2, 0, in: area)
    guard !lines.isEmpty else {
      let words: Prose =
        "Nothing yet: the next request of a device reads the tables, and what it finds stays here. :read DEVICE 0x10000000 makes one."
      for (row, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(line.all(.dim), at: 2, 2 + row, in: area)
      }
      return
    }
    let isNarrow = area.width < 70
    let columns = isNarrow ? (2, 2, 18, 33, 38, 38) : (2, 8, 23, 38, 43, 57)
    var titles = [(columns.1, "IOVA"), (columns.2, "memory"), (columns.3, "size")]
    titles +=
      isNarrow
      ? [(columns.5, "tables say")]
      : [
        (columns.0, "entry"), (columns.4, "tag"), (columns.5, "hits"),
        (columns.5 + 6, "the tables say"),
      ]
    // Where entries themselves have little room, their columns go without heads.
    let top = isNarrow && area.height < 10 ? 1 : 2
    for (column, title) in titles where top == 2 {
      pen.write(title, .dim, at: column, 1, in: area)
    }
    let focused = explorer.focus == .inspector
    let list = LineList(count: lines.count, cursor: cursor, height: area.height - top - below)
    for (row, index) in list.visible.enumerated() {
      draw(lines[index], at: top + row, columns, isNarrow: isNarrow, in: area, with: &pen)
      list.finish(index, at: top + row, in: area, focused: focused, with: &pen)
    }
    pen.writeRight(list.hint, inset: 1, 0, in: area)
    guard below > 0 else { return }
    let line = lines[cursor]
    pen.divider(
      line.truth.isStale
        ? Prose("≠ ", .stale) + Prose("Stale: TLB and tables disagree", .strong)
        : Prose("Entry \(line.slot)", .strong),
      row: area.row - frame.row + area.height - below, in: frame, focused: focused)
    for (row, text) in details.prefix(below - 1).enumerated() {
      pen.write(text, at: 2, area.height - below + 1 + row, in: area)
    }
  }

  /// What one entry says, what the tables say, whom it is for, and where it came from.
  private func details(of line: Line, in iommu: Int, width: Int) -> [Prose] {
    let machine = explorer.machine
    let entry = line.entry
    var known = Prose("TLB     ", .dim) + Prose(entry.iova.hex8, .iova)
    known += Prose(" \(entry.size.bytes.sizeText) → ", .text)
    known += Prose(entry.physical.hex8, .physical)
    known += Prose("  \(entry.rights.letters)", .text)
    var tables = Prose("tables  ", .dim) + Prose(entry.iova.hex8, .iova)
    switch line.truth {
    case .current: tables += Prose(" say the same", .live)
    case .stale(let now?):
      tables += Prose(" → ", .text) + Prose(now.physical.value.hex8, .physical)
      tables += Prose("  \(now.rights.letters)  ≠", .stale)
    case .stale(nil): tables += Prose(" maps nothing  ≠", .stale)
    case .orphaned: tables += Prose(" no context has its tag", .dim)
    }
    var owner = Prose("for     ", .dim) + Prose(machine.words.tag(of: entry), .text)
    if entry.isGlobal { owner += Prose(", global", .dim) }
    for (index, name) in users(of: entry, in: iommu).prefix(3).enumerated() {
      owner += Prose(index == 0 ? ": " : ", ", .dim) + Prose(name, .text, to: .named(name))
    }
    var lines = [known, tables, owner]
    let trace = EventTrace.filled(iommu: iommu, slot: line.slot)
    if let cause = explorer.timeline.causes(of: [trace], lookingBack: 20_000)[trace] {
      var filled = Prose("filled  ", .dim)
      filled += Prose("operation \(cause.entry + 1)", .accent, to: cause.target)
      filled += "  " + explorer.timeline.entries[cause.entry].operation.prose
      lines.append(filled)
    }
    guard line.truth.isStale else { return lines }
    let why: Prose =
      machine.lazyWindow(of: entry, in: iommu).map { $0 + " 9 tells since when." }
      ?? "Until it is invalidated, devices go where the tables no longer lead. 9 tells since when."
    return lines + Wrapped(why, width: width).lines.map { $0.all(.dim) }
  }

  /// The devices whose contexts have the entry's tag.
  private func users(of entry: TLBEntry, in iommu: Int) -> [String] {
    let machine = explorer.machine
    let unit = machine.board.iommus[iommu]
    return (0..<unit.bankCount).compactMap { bank in
      let status = BankStatus(bank: bank, of: iommu, in: machine)
      guard status.state != .off, unit.tag(of: entry, is: status.tag) else { return nil }
      return machine.device(bank: bank, of: iommu).map { machine.system.name(of: $0) }
    }
  }

  /// The slot that the current step filled or that answered in it.
  private func isNow(_ slot: Int) -> Bool {
    guard let index = explorer.timeline.currentEvent,
      explorer.timeline.recording.events.indices.contains(index), let iommu = subject.iommu
    else { return false }
    switch explorer.timeline.recording.events[index].change {
    case .tlbFill(_, let unit, let place), .tlbHit(let unit, let place):
      return Int(unit) == iommu && Int(place) == slot
    default: return false
    }
  }

  private func draw(
    _ line: Line, at row: Int, _ columns: (Int, Int, Int, Int, Int, Int), isNarrow: Bool,
    in area: Rect, with pen: inout Pen
  ) {
    let words = explorer.machine.words
    if !isNarrow { pen.write("\(line.slot)", .dim, at: columns.0, row, in: area) }
    pen.write(line.entry.iova.hex8, .iova, at: columns.1, row, in: area)
    pen.write(line.entry.physical.hex8, .physical, at: columns.2, row, in: area)
    pen.write(line.entry.size.bytes.sizeText, .text, at: columns.3, row, in: area)
    if !isNarrow {
      pen.write(words.tag(of: line.entry), .text, at: columns.4, row, in: area)
      pen.write("\(line.hits)", line.hits == 0 ? .dim : .text, at: columns.5, row, in: area)
    }
    let truth: Prose =
      switch line.truth {
      case .current: Prose("the same", .dim)
      case .stale(nil): Prose("≠ nothing", .stale)
      case .stale(let now?) where now.physical.value == line.entry.physical:
        Prose("≠ \(now.rights.letters)", .stale)
      case .stale(let now?): Prose("≠ ", .stale) + Prose(now.physical.value.hex8, .physical)
      case .orphaned: Prose("no such tag", .dim)
      }
    let now = isNow(line.slot) ? Prose("◀ ", .changed) : ""
    pen.write(now + truth, at: isNarrow ? columns.5 : columns.5 + 6, row, in: area)
  }
}
