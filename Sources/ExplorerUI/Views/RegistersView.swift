internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A context bank's registers, or an IOMMU's own: name, word, fields in words.
struct RegistersView {
  /// A register, or a word of memory that is part of a context.
  struct Row {
    let name: String
    let purpose: String
    /// Where it is, as far as the column has room.
    let place: String
    /// Nil for a word of memory.
    var offset: UInt32?
    /// Where a word of memory lies.
    var address: PhysicalAddress?
    let word: UInt64
    let mark: Marks.Mark?
    let words: Prose
    /// It holds a word; others only take commands.
    let isStored: Bool
    /// The word as far as its column has room: of a very long one, the end.
    var shown: String {
      let text = word.hex8
      return text.count > 10 ? "…" + text.suffix(9) : text
    }
    let fields: [Field]
    /// Drawn bit by bit above its fields.
    let hasDiagram: Bool
  }

  /// A field as the details list it.
  struct Field {
    let bits: ClosedRange<Int>
    let name: String
    let value: UInt64
    let words: String
    let isKey: Bool
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
    let marks = Marks(explorer.timeline)
    let isGlobal = if case .iommu = subject.selection { true } else { false }
    let bank = isGlobal ? nil : subject.bank ?? 0
    var rows: [Row] = []
    if let bank {
      rows = ContextWord.all(bank: bank, of: iommu, in: explorer.machine).map { Row($0, marks) }
    }
    rows += Self.registers(of: iommu, bank: bank, explorer, marks)
    self.rows = rows
  }

  private static func registers(
    of iommu: Int, bank: Int?, _ explorer: Explorer, _ marks: Marks
  ) -> [Row] {
    let board = explorer.machine.board
    let unit = board.iommus[iommu]
    let offsets = explorer.registers.offsets(of: unit, bank: bank) {
      board.register($0, of: iommu) != 0 || marks.register($0, of: iommu) != nil
    }
    return offsets.compactMap { offset in
      guard let (register, name) = explorer.registers.register(at: offset, banks: unit.bankPages)
      else { return nil }
      let word = board.register(offset, of: iommu)
      let mark = marks.register(offset, of: iommu)
      // Registers that only take commands show while they are written.
      let isStored = unit.registerIndex(at: offset) != nil
      if !isStored, mark == nil { return nil }
      return Row(
        name: name, purpose: register.purpose, place: UInt64(offset).hex(digits: 5),
        offset: offset, word: UInt64(word), mark: mark,
        words: Self.words(for: register, word, in: explorer.machine),
        isStored: isStored,
        fields: register.fields.map {
          Field(
            bits: $0.bits, name: $0.name, value: UInt64($0.value(in: word)),
            words: $0.words(in: word), isKey: $0.isKey)
        }, hasDiagram: true)
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
    return parts.dropFirst().reduce(parts[0]) { $0 + Prose(Prose.fieldGap) + $1 }
  }

  /// Draws one register's row; used by the path view too.
  static func draw(
    _ row: Row, at line: Int, nameColumn: Int, valueColumn: Int, wordsColumn: Int,
    iommu: Int? = nil, in area: Rect, with pen: inout Pen
  ) {
    let target = iommu.flatMap { iommu in
      row.offset.map { Prose.Target.register(iommu: iommu, offset: $0) }
    }
    pen.write(Prose(row.name, .text, to: target), at: nameColumn, line, in: area)
    let isNow = row.mark?.isNow ?? false
    pen.write(
      row.shown, isNow ? .changed : row.word == 0 ? .dim : .text, at: valueColumn, line,
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
      pen.write(
        row.words.fields(fitting: room.width - wordsColumn), at: wordsColumn, line, in: room)
      pen.writeRight(old, inset: 1, line, in: area)
      return
    }
    pen.write(
      row.words.fields(fitting: area.width - wordsColumn), at: wordsColumn, line, in: area)
  }

  // MARK: The view

  func draw(in area: Rect, frame: Rect, with pen: inout Pen) {
    guard !rows.isEmpty else {
      pen.write(
        "No context to show: \(subject.domainName ?? "this") is attached to nothing.", .dim,
        at: 2, 1, in: area)
      return
    }
    let cursor = min(explorer.registerCursor, rows.count - 1)
    let wanted = detailHeight(for: rows[cursor], in: area)
    // The list comes first: while one only steps, what a register's bits say can wait.
    let hasRoom = area.height - wanted - 2 >= rows.count
    let details = hasRoom || explorer.focus == .inspector ? wanted : 0
    let listHeight = max(1, area.height - (details > 0 ? details + 1 : 0))
    drawList(
      cursor, in: Rect(column: area.column, row: area.row, width: area.width, height: listHeight),
      with: &pen)
    guard details > 0 else { return }
    let row = rows[cursor]
    pen.divider(
      Prose(row.name, .strong) + Prose(" \(row.word.hex8)", .text)
        + Prose("  \(row.purpose)", .dim),
      row: area.row - frame.row + listHeight, in: frame, focused: explorer.focus == .inspector)
    drawDetails(
      row,
      in: Rect(
        column: area.column, row: area.row + listHeight + 1, width: area.width, height: details),
      with: &pen)
  }

  private func detailHeight(for row: Row, in area: Rect) -> Int {
    guard area.height >= 8, !row.fields.isEmpty else { return area.height >= 8 ? 1 : 0 }
    let telling = row.fields.count { $0.value != 0 || $0.isKey }
    let silent = telling < row.fields.count ? 1 : 0
    return min((row.hasDiagram ? 3 : 0) + telling + silent, max(4, area.height * 2 / 5))
  }

  private func drawList(_ cursor: Int, in area: Rect, with pen: inout Pen) {
    let isNarrow = area.width < 70
    let header = area.height > 6 ? 1 : 0
    if header == 1 {
      pen.write(
        isNarrow
          ? " register    now         in words"
          : "  offset  register    now          in words",
        .dim, at: 0, 0, in: area)
    }
    let (shown, folded) = lines(fitting: area.height - header, cursor)
    let height = max(1, area.height - header - (folded.isEmpty ? 0 : 1))
    var first = min(
      max(0, shown.count - height), max(0, (shown.firstIndex(of: cursor) ?? 0) - height / 2))
    // While one steps, the list moves only as far as it must to show what the step changed.
    if explorer.focus != .inspector,
      let now = shown.firstIndex(where: { (rows[$0].mark?.isNow ?? false) && rows[$0].isStored })
    {
      first = max(now - height + 1, min(first, now))
    }
    let last = min(shown.count, first + height)
    if last - first < shown.count, header == 1 {
      pen.writeRight(
        Prose("\(first + 1)-\(last) of \(shown.count) ↑↓", .dim), inset: 1, 0, in: area)
    }
    if !folded.isEmpty {
      let names = folded.map { rows[$0].name }.joined(separator: " ")
      let line = Prose(" \(folded.count) more hold 0:  ", .dim) + Prose(names, .faint)
      pen.write(line, at: 1, header + last - first, in: area)
    }
    for line in 0..<last - first {
      let index = shown[first + line]
      let row = rows[index]
      let place = line + header
      if isNarrow {
        Self.draw(
          row, at: place, nameColumn: 1, valueColumn: 13, wordsColumn: 25, in: area, with: &pen)
      } else {
        drawWide(row, place, in: area, with: &pen)
      }
      if index == cursor {
        pen.select(row: place, in: area, focused: explorer.focus == .inspector)
      }
      pen.link(
        Rect(column: area.column, row: area.row + place, width: area.width, height: 1),
        to: .point(.register(index)))
    }
  }

  /// The rows to list; where not all of them fit, those that hold 0 and say nothing fold into one.
  private func lines(fitting height: Int, _ cursor: Int) -> (shown: [Int], folded: [Int]) {
    guard rows.count > height else { return (Array(rows.indices), []) }
    let isTelling = { (index: Int) in
      let row = rows[index]
      return row.word != 0 || row.mark != nil || index == cursor
        || row.fields.contains { $0.isKey }
    }
    return (rows.indices.filter(isTelling), rows.indices.filter { !isTelling($0) })
  }

  private func drawWide(_ row: Row, _ line: Int, in area: Rect, with pen: inout Pen) {
    let isNow = row.mark?.isNow ?? false
    pen.write(row.place, .dim, at: 2, line, in: area)
    pen.write(row.name, .text, at: 10, line, in: area)
    pen.write(
      row.shown, isNow ? .changed : row.word == 0 ? .dim : .text, at: 22, line, in: area)
    var words = max(0, area.width - 35)
    if let mark = row.mark {
      let old = isNow ? Prose("◀ was ", .changed) : Prose("• was ", .old)
      let text = old + Prose(mark.old.hex8, .old)
      pen.writeRight(text, inset: 1, line, in: area)
      words -= text.width + 1
      if isNow { pen.put(pen.glyphs.edge, pen.theme.style(.changed), at: 0, line, in: area) }
    }
    let room = Rect(column: area.column + 34, row: area.row, width: words, height: area.height)
    pen.write(row.words.fields(fitting: words), at: 0, line, in: room)
  }

  private func drawDetails(_ row: Row, in area: Rect, with pen: inout Pen) {
    guard !row.fields.isEmpty else {
      pen.write("No fields: any word means the same.", .dim, at: 2, 0, in: area)
      return
    }
    let fields = row.fields.sorted { $0.bits.lowerBound > $1.bits.lowerBound }
    if row.hasDiagram {
      WordDiagram(
        word: UInt32(truncatingIfNeeded: row.word), fields: fields.map { ($0.bits, false) }
      ).draw(at: 0, column: 2, in: area, with: &pen)
    }
    let top = row.hasDiagram ? 3 : 0
    let height = max(1, area.height - top)
    // Fields that say something have a line each; the others are named, where there is no more room.
    let telling = fields.filter { $0.value != 0 } + fields.filter { $0.value == 0 && $0.isKey }
    let silent = fields.filter { $0.value == 0 && !$0.isKey }
    let fits = fields.count <= height
    let rows = fits ? fields : telling
    let hasRest = !fits && !silent.isEmpty && height > 1
    if hasRest {
      let names = silent.map(\.name).joined(separator: " ")
      pen.write(Prose("0 are  ", .dim) + Prose(names, .dim), at: 2, area.height - 1, in: area)
    }
    let room = hasRest ? height - 1 : height
    let columns = rows.count > room && area.width >= 70 ? 2 : 1
    drawFields(rows, columns: columns, height: room, top: top, in: area, with: &pen)
  }

  private func drawFields(
    _ rows: [Field], columns: Int, height: Int, top: Int, in area: Rect, with pen: inout Pen
  ) {
    for (index, field) in rows.prefix(height * columns).enumerated() {
      let column = 2 + index / height * (area.width / 2)
      let room = Rect(
        column: area.column, row: area.row,
        width: index / height == 0 && columns == 2 ? area.width / 2 + 1 : area.width,
        height: area.height)
      pen.write(line(field), at: column, top + index % height, in: room)
    }
  }

  private func line(_ field: Field) -> Prose {
    let bits =
      field.bits.count == 1
      ? "\(field.bits.lowerBound)" : "\(field.bits.upperBound):\(field.bits.lowerBound)"
    let name =
      Prose(String(repeating: " ", count: max(0, 5 - bits.count)) + bits + " ", .dim)
      + Prose(field.name, field.value == 0 ? .dim : .strong).padded(to: 10)
    let shown = field.value > 9 ? field.value.hex : String(field.value)
    return name + Prose(" \(shown)", field.value == 0 ? .dim : .iova).padded(to: 3)
      + Prose(" " + field.words, .dim)
  }
}

extension Prose {
  /// What stands between the fields of a register in words.
  fileprivate static let fieldGap = "   "

  /// As many whole fields as there is room for, and how many more there are.
  ///
  /// One field alone is given as it is.
  fileprivate func fields(fitting room: Int) -> Prose {
    guard width > room else { return self }
    var fields: [Prose] = [Prose()]
    for piece in pieces {
      if piece.text == Self.fieldGap {
        fields.append(Prose())
      } else {
        fields[fields.count - 1].add(piece.text, piece.role, to: piece.target)
      }
    }
    var line = fields[0]
    for (index, field) in fields.enumerated().dropFirst() {
      let left = fields.count - index
      let more = left > 1 ? 4 : 0
      // Where a field's meaning has no room, its value has.
      let forms = [field, Prose(field.pieces.first?.text ?? "", .dim)]
      let fitting = forms.first {
        line.width + Self.fieldGap.count + $0.width + more <= room
      }
      guard let fitting else { return line + Prose("  +\(left)", .dim) }
      line += Prose(Self.fieldGap) + fitting
    }
    return line
  }
}

extension RegistersView.Row {
  fileprivate init(_ word: ContextWord, _ marks: Marks) {
    self.init(
      name: word.name, purpose: word.purpose, place: word.address == nil ? "unit" : "memory",
      address: word.address, word: word.word,
      mark: word.address.flatMap { marks.doubleWord(at: $0, holding: word.word) },
      words: word.words,
      isStored: true,
      fields: word.fields.map {
        RegistersView.Field(
          bits: $0.bits, name: $0.name, value: $0.value, words: $0.words, isKey: false)
      }, hasDiagram: false)
  }
}
