internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A context bank's registers, or an IOMMU's own: name, word, fields in words.
struct RegistersView {
  struct Row {
    let register: RegisterMap.Register
    let name: String
    let offset: UInt32
    let word: UInt32
    let mark: Marks.Mark?
    let words: Prose
    /// It holds a word; others only take commands.
    let isStored: Bool
  }

  let rows: [Row]
  private let explorer: Explorer
  private let subject: Subject

  init(_ explorer: Explorer, _ subject: Subject) {
    self.explorer = explorer
    self.subject = subject
    guard let iommu = subject.iommu else {
      rows = []
      return
    }
    let board = explorer.machine.board
    let banks = board.iommus[iommu].bankCount
    let isGlobal = if case .iommu = subject.selection { true } else { false }
    let marks = Marks(explorer.timeline)
    var offsets: [UInt32] = []
    for register in explorer.registers.registers {
      switch register.place {
      case .bank where !isGlobal:
        offsets.append(MSMRegisters.offset(register.offset, bank: subject.bank ?? 0))
      case .global where isGlobal: offsets.append(register.offset)
      case .array(let count) where isGlobal:
        offsets += (0..<UInt32(count)).map { register.offset + 4 * $0 }.filter {
          board.register($0, of: iommu) != 0 || marks.register($0, of: iommu) != nil
        }
      case .arrayOfBanks where isGlobal:
        offsets += (0..<UInt32(banks)).map { register.offset + 4 * $0 }
      default: break
      }
    }
    rows = offsets.compactMap { offset in
      guard let (register, name) = explorer.registers.register(at: offset, banks: banks) else {
        return nil
      }
      let word = board.register(offset, of: iommu)
      let mark = marks.register(offset, of: iommu)
      // Registers that only take commands show while they are written.
      let isStored = MSMRegisters.index(of: offset, banks: banks) != nil
      if !isStored, mark == nil { return nil }
      return Row(
        register: register, name: name, offset: offset, word: word, mark: mark,
        words: Self.words(for: register, word, in: explorer.machine), isStored: isStored)
    }
  }

  /// What a register's word says: its telling fields, and addresses with what lies there.
  static func words(
    for register: RegisterMap.Register, _ word: UInt32, in machine: Machine
  ) -> Prose {
    var parts: [Prose] = []
    for field in register.fields where field.isKey || field.value(in: word) != 0 {
      let value = field.value(in: word)
      if let shift = field.addressShift {
        guard value != 0 else { continue }
        let address = PhysicalAddress(UInt64(value) << UInt64(shift))
        let isDevice = field.name == "VA"
        var part = Prose(field.meaning + " ", .dim)
        part += Prose(address.value.hex8, isDevice ? .iova : .physical)
        if let domain = machine.domain(withTable: address), !isDevice {
          part += Prose(" of ", .dim) + Prose(machine.system.name(of: domain), .domain)
        }
        parts.append(part)
      } else {
        let words = field.words(in: word)
        parts.append(
          Prose("\(field.name) \(value)", value == 0 ? .dim : .text)
            + (words.isEmpty ? "" : Prose(": \(words)", .dim)))
      }
    }
    guard !parts.isEmpty else { return Prose(register.purpose, .dim) }
    return parts.dropFirst().reduce(parts[0]) { $0 + Prose("   ", .text) + $1 }
  }

  /// Draws one register's row; used by the path view too.
  static func draw(
    _ row: Row, at line: Int, nameColumn: Int, valueColumn: Int, wordsColumn: Int, in area: Rect,
    with pen: inout Pen
  ) {
    pen.write(row.name, .text, at: nameColumn, line, in: area)
    let isNow = row.mark?.isNow ?? false
    pen.write(
      row.word.hex8, isNow ? .changed : row.word == 0 ? .dim : .text, at: valueColumn, line,
      in: area)
    let old = row.mark.map {
      $0.isNow ? Prose("◀ ", .changed) + Prose("was \($0.old.hex8)", .old) : ""
    }
    if isNow { pen.put(pen.glyphs.edge, pen.theme.style(.changed), at: 0, line, in: area) }
    if let old, !old.isEmpty {
      let width = old.width
      if area.width < 70 {
        pen.write(old, at: wordsColumn, line, in: area)
        return
      }
      let room = Rect(
        column: area.column, row: area.row, width: area.width - width - 3, height: area.height)
      pen.write(row.words, at: wordsColumn, line, in: room)
      pen.writeRight(old, inset: 1, line, in: area)
      return
    }
    pen.write(row.words, at: wordsColumn, line, in: area)
  }

  // MARK: The view

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard !rows.isEmpty else {
      pen.write(
        "No context bank to show: \(subject.domainName ?? "this") is attached to nothing.", .dim,
        at: 2, 1, in: area)
      return
    }
    let cursor = min(explorer.registerCursor, rows.count - 1)
    let details = detailHeight(for: rows[cursor].register, in: area)
    let listHeight = max(1, area.height - details - 1)
    drawList(
      cursor, in: Rect(column: area.column, row: area.row, width: area.width, height: listHeight),
      with: &pen)
    guard details > 0 else { return }
    let row = rows[cursor]
    pen.divider(
      Prose(row.name, .strong) + Prose(" \(row.word.hex8)", .text)
        + Prose("  \(row.register.purpose)", .dim),
      row: area.row - frame.row + listHeight, in: frame, focused: explorer.focus == .inspector)
    drawDetails(
      row,
      in: Rect(
        column: area.column, row: area.row + listHeight + 1, width: area.width, height: details),
      with: &pen)
  }

  private func detailHeight(for register: RegisterMap.Register, in area: Rect) -> Int {
    guard area.height >= 8, !register.fields.isEmpty else { return area.height >= 8 ? 1 : 0 }
    let columns = area.width >= 70 ? 2 : 1
    let fields = (register.fields.count + columns - 1) / columns
    return min(3 + fields, max(4, area.height / 2))
  }

  private func drawList(_ cursor: Int, in area: Rect, with pen: inout Pen) {
    let isNarrow = area.width < 70
    let header = area.height > 6 ? 1 : 0
    if header == 1 {
      pen.write(
        isNarrow
          ? " register    now         in words"
          : "  offset  register    now          before      in words",
        .dim, at: 0, 0, in: area)
    }
    let height = area.height - header
    let overflow = max(0, rows.count - height)
    var first = min(overflow, max(0, cursor - height / 2))
    // While one steps, the list moves only as far as it must to show what the step changed.
    if explorer.focus != .inspector,
      let now = rows.firstIndex(where: { ($0.mark?.isNow ?? false) && $0.isStored })
    {
      first = max(now - height + 1, min(first, now))
    }
    for line in 0..<min(height, rows.count - first) {
      let row = rows[first + line]
      let place = line + header
      if isNarrow {
        Self.draw(
          row, at: place, nameColumn: 1, valueColumn: 13, wordsColumn: 25, in: area, with: &pen)
      } else {
        drawWide(row, place, in: area, with: &pen)
      }
      if first + line == cursor {
        pen.select(row: place, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + place, width: area.width, height: 1),
        to: .point(.register(first + line)))
    }
  }

  private func drawWide(_ row: Row, _ line: Int, in area: Rect, with pen: inout Pen) {
    let isNow = row.mark?.isNow ?? false
    pen.write(UInt64(row.offset).hex(digits: 5), .dim, at: 2, line, in: area)
    pen.write(row.name, .text, at: 10, line, in: area)
    pen.write(
      row.word.hex8, isNow ? .changed : row.word == 0 ? .dim : .text, at: 22, line, in: area)
    if let mark = row.mark {
      pen.write(isNow ? Prose("◀", .changed) : Prose("•", .old), at: 33, line, in: area)
      pen.write(mark.old.hex8, .old, at: 35, line, in: area)
      if isNow { pen.put(pen.glyphs.edge, pen.theme.style(.changed), at: 0, line, in: area) }
    }
    pen.write(row.words, at: 47, line, in: area)
  }

  private func drawDetails(_ row: Row, in area: Rect, with pen: inout Pen) {
    guard !row.register.fields.isEmpty else {
      pen.write("No fields: any word means the same.", .dim, at: 2, 0, in: area)
      return
    }
    let fields = row.register.fields.sorted { $0.bits.lowerBound > $1.bits.lowerBound }
    WordDiagram(word: row.word, fields: fields.map { ($0.bits, false) })
      .draw(at: 0, column: 2, in: area, with: &pen)
    let columns = area.width >= 70 ? 2 : 1
    let height = max(1, area.height - 3)
    // Fields that say something come first when not all of them fit.
    let ordered =
      fields.count <= height * columns
      ? fields
      : fields.filter { $0.value(in: row.word) != 0 }
        + fields.filter { $0.value(in: row.word) == 0 && $0.isKey }
        + fields.filter { $0.value(in: row.word) == 0 && !$0.isKey }
    for (index, field) in ordered.prefix(height * columns).enumerated() {
      let column = 2 + index / height * (area.width / 2)
      let bits =
        field.bits.count == 1
        ? "\(field.bits.lowerBound)" : "\(field.bits.upperBound):\(field.bits.lowerBound)"
      let value = field.value(in: row.word)
      let room = Rect(
        column: area.column, row: area.row,
        width: index / height == 0 && columns == 2 ? area.width / 2 + 1 : area.width,
        height: area.height)
      let name =
        Prose(String(repeating: " ", count: max(0, 5 - bits.count)) + bits + " ", .dim)
        + Prose(field.name, value == 0 ? .dim : .strong).padded(to: 10)
      let shown = value > 9 ? UInt64(value).hex : String(value)
      let text =
        name + Prose(" \(shown)", value == 0 ? .dim : .iova).padded(to: 3)
        + Prose(" " + field.words(in: row.word), .dim)
      pen.write(text, at: column, 3 + index % height, in: room)
    }
  }
}
