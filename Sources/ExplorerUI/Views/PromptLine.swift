internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The prompt in the last row, and above it what can be typed or what is wrong.
struct PromptLine {
  let explorer: Explorer
  let prompt: Prompt

  func draw(with pen: inout Pen) {
    let width = explorer.width
    let row = Rect(column: 0, row: explorer.height - 1, width: width, height: 1)
    pen.clear(row)
    let start = pen.write(" \(prompt.sign) ", .key, at: 0, 0, in: row)
    let room = Rect(column: start, row: row.row, width: max(1, width - start - 1), height: 1)
    // A line longer than the room scrolls with its cursor.
    let shift = max(0, prompt.cursorColumn - room.width + 1)
    pen.write(String(prompt.text), .strong, at: -shift, 0, in: room)
    pen.cursor = Point(room.column + prompt.cursorColumn - shift, row.row)
    drawHint(shift: shift - start, with: &pen)
    drawCandidates(at: start + prompt.wordColumn - shift, with: &pen)
  }

  /// What would fit, as a list over the panes, in line with the word that is being typed.
  private func drawCandidates(at column: Int, with pen: inout Pen) {
    let all = prompt.candidates
    let bottom = explorer.height - 1 - max(1, explorer.layout.why.height)
    let height = min(all.count, 10, bottom / 2 - 2)
    guard !all.isEmpty, height > 0, prompt.mistake == nil else { return }
    let wide = all.map(\.text.count).max() ?? 0
    let notes = all.map(\.note.width).max() ?? 0
    let width = min(explorer.width, wide + (notes > 0 ? notes + 3 : 0) + 4)
    let area = Rect(
      column: max(0, min(column - 2, explorer.width - width)), row: bottom - height - 2,
      width: width, height: height + 2)
    let picked = prompt.candidate ?? 0
    let first = max(0, min(picked - height / 2, all.count - height))
    pen.clear(area)
    let inside = pen.frame(
      area, title: "", focused: true,
      bottom: all.count > height ? Prose("\(all.count) fit", .dim) : "")
    for (row, index) in (first..<min(all.count, first + height)).enumerated() {
      pen.write(all[index].text, .text, at: 1, row, in: inside)
      pen.write(all[index].note.all(.dim), at: wide + 4, row, in: inside)
      if index == prompt.candidate { pen.select(row: row, in: inside, focused: true) }
    }
    pen.ground(area)
  }

  /// How many operations lie after the current one.
  private var later: Int {
    explorer.timeline.entries.count - 1 - explorer.timeline.position.entry
  }

  private func drawHint(shift: Int, with pen: inout Pen) {
    let height = explorer.layout.why.height
    let area = Rect(
      column: 0, row: explorer.height - 1 - max(1, height), width: explorer.width,
      height: max(1, height))
    pen.clear(area)
    if let mistake = prompt.mistake {
      let isAsked = explorer.asked != nil
      // Line 0 is about no place of this line.
      let place = mistake.line > 0 ? Prose("column \(mistake.column): ", .dim) : Prose()
      let words = explorer.machine.words.localized(mistake.message)
      let message = place + Prose(words, isAsked ? .half : .fault)
      Answer(message, at: 3, in: area).draw(with: &pen)
      return
    }
    if let search = prompt.search {
      pen.write(search.hint, at: 3, 0, in: area)
      return
    }
    if !prompt.waiting.isEmpty || prompt.hasStopped {
      drawWaiting(in: area, with: &pen)
      return
    }
    let hint =
      switch prompt.purpose {
      case .address: "the address that path and walk look at; Enter takes it, Esc leaves"
      case .seed: "a number: the same seed gives the same traffic; Enter takes it, Esc leaves"
      case .answer: "a number like 0x100 or 256, an errno or a word; Enter answers, Esc leaves"
      case .operation:
        Completion(machine: explorer.machine, registers: explorer.registers)
          .hint(for: String(prompt.text))
      }
    pen.write(Prose(hint, .dim), at: 3, 0, in: area)
    if area.height > 1, prompt.purpose == .operation {
      pen.write(
        later > 0
          ? Prose(
            "Enter does it here and gives up the \(later) after it: End goes there first", .half)
          : Prose(
            "Enter does it   Tab completes   ↑ recalls   Ctrl-R looks for   Esc leaves, nothing done",
            .dim),
        at: 3,
        1,
        in: area)
    }
  }

  /// Lines of a paste: what came of the last one, and what Enter will do.
  private func drawWaiting(in area: Rect, with pen: inout Pen) {
    let count = prompt.waiting.count
    let more = "\(count) more line\(count == 1 ? "" : "s")"
    var next =
      Prose("Enter does it and the ", .dim) + Prose(more, .strong)
      + Prose(" pasted, up to the first refusal   Esc leaves, nothing done", .dim)
    if prompt.hasStopped {
      next = Prose("Enter goes on with it", .dim)
      if count > 0 { next += Prose(" and ", .dim) + Prose(more, .strong) }
      next += Prose("   Esc leaves the rest", .dim)
    } else if later > 0 {
      next += Prose("; gives up the \(later) after it", .half)
    }
    if prompt.hasStopped, let notice = explorer.notice {
      let above = Rect(
        column: area.column, row: area.row, width: area.width, height: max(1, area.height - 1))
      Answer(notice, at: 3, in: above).draw(with: &pen)
      if area.height > 1 { pen.write(next, at: 3, 1, in: area) }
    } else {
      pen.write(next, at: 3, 0, in: area)
    }
  }
}
