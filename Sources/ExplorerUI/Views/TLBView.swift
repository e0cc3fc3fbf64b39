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

  func draw(in area: Rect, with pen: inout Pen) {
    guard let iommu = subject.iommu, let name = subject.iommuName else {
      pen.write("No IOMMU: this domain is attached nowhere.", .dim, at: 2, 1, in: area)
      return
    }
    let geometry = explorer.machine.board.iommus[iommu].tlb.geometry
    var heading = Prose(name, .strong) + Prose(" remembers ", .dim)
    heading += Prose("\(lines.count) of \(geometry.sets * geometry.ways)", .strong)
    heading += Prose(
      area.width < 70
        ? " pages" : " pages: \(geometry.sets) sets of \(geometry.ways) ways (made up)", .dim)
    pen.write(heading, at: 2, 0, in: area)
    guard !lines.isEmpty else {
      pen.write("Nothing yet: the next request reads the tables.", .dim, at: 2, 2, in: area)
      return
    }
    let isNarrow = area.width < 70
    let columns = isNarrow ? (2, 2, 18, 33, 38, 38) : (2, 8, 23, 38, 43, 57)
    if !isNarrow {
      for (column, title) in [
        (columns.0, "entry"), (columns.1, "IOVA"), (columns.2, "memory"), (columns.3, "size"),
        (columns.4, "tag"), (columns.5, "hits"), (columns.5 + 6, "the tables say"),
      ] {
        pen.write(title, .dim, at: column, 1, in: area)
      }
    }
    let top = 2
    let height = max(1, area.height - top)
    let cursor = min(explorer.lineCursor, lines.count - 1)
    let first = min(max(0, lines.count - height), max(0, cursor - height / 2))
    for (row, index) in (first..<min(lines.count, first + height)).enumerated() {
      draw(lines[index], at: top + row, columns, isNarrow: isNarrow, in: area, with: &pen)
      if index == cursor {
        pen.select(row: top + row, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + top + row, width: area.width, height: 1)
          .intersection(area), to: .point(.line(index)))
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
      case .current: isNarrow ? "" : Prose("the same", .dim)
      case .stale(nil): Prose("✗ unmapped", .fault)
      case .stale(let now?): Prose("✗ ", .fault) + Prose(now.value.hex8, .physical)
      case .orphaned: Prose("no such tag", .dim)
      }
    pen.write(truth, at: isNarrow ? columns.5 : columns.5 + 6, row, in: area)
  }
}
