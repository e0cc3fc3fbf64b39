internal import IOMMULab
internal import TerminalCore

/// The operations of the timeline, with what came of each; where there is room, what each cost and
/// what the script says about it.
struct OperationList {
  private let explorer: Explorer
  private let timeline: Timeline

  init(_ explorer: Explorer) {
    self.explorer = explorer
    timeline = explorer.timeline
  }

  /// A row: an operation, or a remark above it.
  private enum Row {
    case operation(Int)
    case remark(Int, Prose)
  }

  func draw(in area: Rect, with pen: inout Pen) {
    guard !timeline.entries.isEmpty else {
      pen.write(" Nothing was done yet.", .dim, at: 0, 0, in: area)
      pen.write(" : does an operation", .dim, at: 0, 1, in: area)
      return
    }
    for (row, content) in rows(in: area).enumerated() {
      switch content {
      case .operation(let index): draw(index, at: row, in: area, with: &pen)
      case .remark(let index, let words):
        pen.write(words, at: 7, row, in: area)
        jump(to: index, isCurrent: false, at: row, in: area, with: &pen)
      }
    }
  }

  /// The rows around the current operation: one after it shows, while there is one.
  private func rows(in area: Rect) -> [Row] {
    let (count, current) = (timeline.entries.count, max(0, timeline.position.entry))
    var rows: [Row] = []
    let after = area.height > 6 && current + 1 < count ? 1 : 0
    var last = current
    for index in stride(from: min(count - 1, current + after), through: 0, by: -1) {
      let more = remarks(of: index, width: area.width) + [.operation(index)]
      guard index == current || index > current || rows.count + more.count <= area.height else {
        // A part of the remarks would mislead: the operation alone, if there is a row left.
        if rows.count < area.height { rows.insert(.operation(index), at: 0) }
        break
      }
      rows = more + rows
      last = max(last, index)
    }
    rows = rows.suffix(area.height)
    while rows.count < area.height, last + 1 < count {
      last += 1
      rows += remarks(of: last, width: area.width) + [.operation(last)]
    }
    return Array(rows.prefix(area.height))
  }

  private func remarks(of index: Int, width: Int) -> [Row] {
    guard Self.showsCosts(width: width) else { return [] }
    let words = timeline.entries[index].remarks.joined(separator: " ")
    guard !words.isEmpty else { return [] }
    let lines = Wrapped(Prose("# " + words.shown(atMost: 400), .dim), width: width - 8).lines
    return lines.prefix(3).enumerated().map { number, line in
      .remark(index, number == 2 && lines.count > 3 ? line + Prose(" …", .dim) : line)
    }
  }

  private func draw(_ index: Int, at row: Int, in area: Rect, with pen: inout Pen) {
    let current = timeline.position.entry
    let (isCurrent, isFuture) = (index == current, index > current)
    let entry = timeline.entries[index]
    let outcome = entry.outcome
    let expectations = entry.expectations
    let isUnexpected = !isFuture && expectations.contains { !$0.holds(for: outcome) }
    // The answer is ok, and something went wrong all the same.
    let isWrong = outcome.isOK && entry.cost.mistakes > 0
    let mark: Prose =
      isCurrent
      ? Prose("▶", outcome.isOK || !timeline.isOperationDone ? .accent : .fault)
      : isFuture
        ? Prose(" ", .dim)
        : isUnexpected
          ? Prose("≠", .stale)
          : !outcome.isOK
            ? Prose("✗", .fault) : isWrong ? Prose("!", .fault) : Prose("✓", .live)
    let number = String(index + 1)
    let isRefused = isCurrent && timeline.isOperationDone && !outcome.isOK
    let edge: Prose =
      isUnexpected && isCurrent
      ? Prose("≠", .stale)
      : isRefused
        ? Prose("✗", .fault)
        : isCurrent && isWrong && timeline.isOperationDone
          ? Prose("!", .fault) : Prose(" ", .text)
    var line = edge + mark
    line += Prose(
      String(repeating: " ", count: max(1, 3 - number.count)) + number + " ",
      isCurrent ? .strong : .dim)
    let words = entry.operation.prose
    line += isFuture ? words.all(.dim) : isCurrent ? words.strengthened : words
    for expected in expectations.prefix(3) {
      // The sign stands first: what is cut off is the less telling part.
      let holds = expected.holds(for: outcome)
      line += isFuture ? "  " : holds ? Prose("  ✓ ", .live) : Prose("  ≠ ", .stale)
      line += Prose("expect \(expected.text)", .dim)
    }
    let costs = Self.showsCosts(width: area.width)
    let room = Rect(
      column: area.column, row: area.row, width: area.width - (costs ? Self.costWidth + 1 : 0),
      height: area.height)
    pen.write(line, at: 0, row, in: room)
    if costs { draw(entry.cost, isFuture: isFuture, at: row, in: area, with: &pen) }
    let remarkColumn = room.width - 1
    if !costs, line.width < remarkColumn, !entry.remarks.isEmpty {
      pen.write("#", .dim, at: remarkColumn, row, in: area)
    }
    jump(to: index, isCurrent: isCurrent, at: row, in: area, with: &pen)
    if isCurrent, explorer.focus == .timeline, !explorer.isInTree {
      pen.select(row: row, in: area, focused: true, edge: false)
    }
  }

  private func jump(
    to index: Int, isCurrent: Bool, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    let whole = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    let jump = Action.jump(Timeline.Position(entry: index, events: .max))
    // On the line that one is at, names lead on; on others the line itself does.
    if isCurrent { pen.link(whole, to: jump) } else { pen.cover(whole, with: jump) }
  }

  // MARK: Costs

  private static let heads = ["regs", "flush", "words", "walk"]
  private static let columnWidth = 7
  private static let costWidth = heads.count * columnWidth

  static func showsCosts(width: Int) -> Bool { width >= 70 }

  /// The names of the columns, in the frame's top line.
  static func drawHeads(in frame: Rect, width: Int, with pen: inout Pen) {
    for (index, head) in heads.enumerated() {
      let end = 1 + width - costWidth + (index + 1) * columnWidth
      // No piece of the frame's line between two of them.
      let gap = index == 0 ? 1 : columnWidth - head.count
      let text = String(repeating: " ", count: gap) + head + " "
      pen.write(text, .dim, at: end - head.count - gap, 0, in: frame)
    }
  }

  private func draw(
    _ cost: Cost, isFuture: Bool, at row: Int, in area: Rect, with pen: inout Pen
  ) {
    let numbers = [cost.registerWrites, cost.flushes, cost.words, cost.walkReads]
    for (index, number) in numbers.enumerated() {
      let text = (cost.isPartial && number > 0 ? ">" : "") + Int(number).short
      let end = area.width - Self.costWidth + (index + 1) * Self.columnWidth
      pen.write(
        text, number == 0 ? .faint : isFuture ? .dim : .text, at: end - text.count, row, in: area)
    }
  }
}

extension Cost {
  /// The numbers in words, the largest kinds of work first; what did not happen stays away.
  func words(isShort: Bool) -> Prose {
    var parts: [String] = []
    func add(_ number: UInt32, _ one: String, _ many: String, _ short: String) {
      guard number > 0 else { return }
      let count = (isPartial ? "> " : "") + Int(number).grouped
      let unit = number == 1 && short.hasSuffix("s") ? String(short.dropLast()) : short
      parts.append("\(count) \(isShort ? unit : number == 1 ? one : many)")
    }
    add(registerWrites, "register write", "register writes", "regs")
    add(flushes, "of them a flush", "of them flushes", "flush")
    add(words, "table word", "table words", "words")
    add(walkReads, "word read by the walker", "words read by the walker", "walk")
    let work = Prose(parts.joined(separator: isShort ? " · " : ", "), .dim)
    guard mistakes > 0 else { return work }
    let wrong = Prose("! \(Int(mistakes).grouped) wrong", .fault)
    return parts.isEmpty ? wrong : wrong + Prose(isShort ? " · " : ", ", .dim) + work
  }
}

extension Int {
  /// In at most five characters: 12345, 123k, 12M.
  var short: String {
    if self < 100_000 { return String(self) }
    return self < 100_000_000 ? "\(self / 1000)k" : "\(self / 1_000_000)M"
  }

  /// With commas between thousands.
  var grouped: String {
    var digits = String(magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }
}

extension StringProtocol {
  /// Safe to print, and no longer than so much.
  func shown(atMost count: Int) -> String {
    var text = ""
    var rest = self[...]
    while !rest.isEmpty, text.count < count {
      let piece = rest.prefix(60)
      text += piece.shown
      rest = rest.dropFirst(60)
    }
    return text
  }
}
