internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The path of what is no single context: an IOMMU with its streams, a domain with what uses it.
extension PathView {
  func drawStreams(of iommu: Int, in area: Rect, with pen: inout Pen) {
    let unit = machine.board.iommus[iommu]
    var line = Prose(unit.name, .strong)
    let isNarrow = area.width < 70
    line += Prose(words.unitSentence(contexts: unit.bankCount, isNarrow: isNarrow), .text)
    pen.write(line, at: 2, 1, in: area)
    pen.write("device", .dim, at: 2, 3, in: area)
    pen.write(words.streamColumn, .dim, at: 19, 3, in: area)
    pen.write(words.contextColumn, .dim, at: isNarrow ? 31 : 34, 3, in: area)
    pen.write("domain", .dim, at: isNarrow ? 38 : 54, 3, in: area)
    for bank in 0..<unit.bankCount {
      let row = 4 + bank
      let status = BankStatus(bank: bank, of: iommu, in: machine)
      finish(bank, at: row, in: area, with: &pen)
      let target = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
      pen.link(target.intersection(area), to: .select(.bank(iommu: iommu, bank: bank)))
      if let device = machine.device(bank: bank, of: iommu) {
        let found = machine.system.devices[device.index]
        pen.write(Prose(found.name, .text, to: .named(found.name)), at: 2, row, in: area)
        let streams =
          found.isBound
          ? words.routing(of: device.index, in: machine)
          : Prose("not probed", .dim)
        pen.write(streams, at: 19, row, in: area)
      } else {
        pen.write("no device", .faint, at: 2, row, in: area)
      }
      let short = words.shortContext(bank, status)
      let state =
        status.dot + Prose(short, .text)
        + Prose(isNarrow ? "" : (short.isEmpty ? " " : "  ") + words.state(status.state), .dim)
      pen.write(state, at: isNarrow ? 31 : 34, row, in: area)
      if let table = status.table {
        let name = machine.domain(withTable: table).map { machine.system.name(of: $0) }
        let prose = name.map { Prose($0, .domain) } ?? Prose("freed memory!", .fault)
        pen.write(prose, at: isNarrow ? 38 : 54, row, in: area)
      }
    }
    let row = 5 + unit.bankCount
    let platform = machine.platform.units[iommu]
    pen.write(
      Prose("registers at ", .dim) + Prose(UInt64(platform.base).hex8, .physical)
        + Prose("   interrupt \(platform.irq)", .dim), at: 2, row, in: area)
    pen.write(
      Prose("TLB ", .dim) + Prose("\(unit.tlb.count)", .text)
        + Prose(" of \(unit.tlb.geometry.sets * unit.tlb.geometry.ways) entries used", .dim),
      at: 2, row + 1, in: area)
    let more = words.unitLines(iommu, in: machine)
    for (index, line) in more.enumerated() {
      pen.write(line, at: 2, row + 2 + index, in: area)
    }
    pen.write(
      words.hint(isNarrow: isNarrow), .dim, at: 2, row + 3 + more.count, in: area)
  }

  func drawDomain(_ name: String, in area: Rect, with pen: inout Pen) {
    guard let domain = subject.domain else {
      pen.write("\(name) does not exist at this point of the timeline.", .dim, at: 2, 1, in: area)
      return
    }
    let found = machine.system.domains[domain.index]
    var line = Prose(name, .domain)
    line += " is a page table"
    if let table = found.table { line += " at " + Prose(table.value.hex8, .physical) }
    line += found.attached.isEmpty ? ", attached to nothing." : ", used by"
    pen.write(line, at: 2, 1, in: area)
    var row = 2
    for (index, device) in found.attached.prefix(max(1, area.height / 3)).enumerated() {
      let context = machine.system.devices[device.index]
      guard let bank = context.bank else { continue }
      let unit = machine.board.iommus[context.iommu].name
      let tag = BankStatus(bank: bank, of: context.iommu, in: machine).tag
      pen.write(
        "  " + Prose(context.name, .strong, to: .named(context.name))
          + Prose("   \(words.place(bank, of: unit, tag: tag))", .dim), at: 2, row, in: area)
      finish(index, at: row, in: area, with: &pen)
      pen.link(
        Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
          .intersection(area), to: .select(.bank(iommu: context.iommu, bank: bank)))
      row += 1
    }
    row += 1
    let mapped = found.table.map { explorer.mappings(from: $0) } ?? Mappings()
    guard !mapped.ranges.isEmpty else {
      let words = Prose("Nothing is mapped yet: :map \(name) 0x10000000 0x60000000 1M rw", .dim)
      for (index, line) in Wrapped(words, width: area.width - 4).lines.enumerated() {
        pen.write(line, at: 2, row + index, in: area)
      }
      return
    }
    pen.write(
      "\(mapped.bytes.prose) mapped in \(mapped.count) range\(mapped.count == 1 ? "" : "s")",
      .strong, at: 2, row, in: area)
    drawRanges(from: row + 1, firstLine: found.attached.count, in: area, with: &pen)
  }
}
