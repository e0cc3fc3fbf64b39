internal import IOMMULab
internal import TerminalCore

/// The last row: what works here, most wanted first.
///
/// What does not fit goes; help stays.
struct KeysRow {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  private struct Item {
    let key: String
    let word: String
    let action: Action
    /// Where there is no room for all, the lowest stay.
    var rank = 2
  }

  func draw(in area: Rect, with pen: inout Pen) {
    let last =
      explorer.picker != nil || explorer.isWhyOpen || explorer.linkChoice != nil
        || explorer.comparison != nil || explorer.operating != nil || explorer.designs != nil
        || explorer.course != nil
      ? []
      : [
        Item(key: "?", word: "help", action: .help), Item(key: "q", word: "quit", action: .quit),
      ]
    let lastWidth = last.reduce(0) { $0 + width($1) + 2 } - 1
    var column = 1
    for item in fitting(area.width - lastWidth - 1) {
      draw(item, at: column, in: area, with: &pen)
      column += width(item) + 2
    }
    column = max(1, area.width - lastWidth)
    for item in last {
      draw(item, at: column, in: area, with: &pen)
      column += width(item) + 2
    }
  }

  /// The items that have room in so many columns, the wanted ones before the others, in their order.
  private func fitting(_ columns: Int) -> [Item] {
    let items = items
    var chosen: Set<Int> = []
    var room = columns
    for index in items.indices.sorted(by: { (items[$0].rank, $0) < (items[$1].rank, $1) })
    where width(items[index]) + 2 <= room {
      chosen.insert(index)
      room -= width(items[index]) + 2
    }
    return chosen.sorted().map { items[$0] }
  }

  private func width(_ item: Item) -> Int {
    DisplayWidth.of(explorer.glyphs.plain(item.key)) + 1 + item.word.count
  }

  private func draw(_ item: Item, at column: Int, in area: Rect, with pen: inout Pen) {
    let next = pen.write(item.key, .key, at: column, 0, in: area)
    let end = pen.write(" " + item.word, .dim, at: next, 0, in: area)
    pen.link(
      Rect(column: area.column + column, row: area.row, width: end - column, height: 1),
      to: item.action)
  }

  private var items: [Item] {
    if let picker = explorer.picker { return items(of: picker) }
    if explorer.isWhyOpen {
      return [
        Item(key: "n", word: "step", action: .stepForward),
        Item(key: "p", word: "back", action: .stepBack),
        Item(key: "Esc", word: "close", action: .leave, rank: 0),
      ]
    }
    if explorer.comparison != nil, explorer.linkChoice == nil {
      return [
        Item(key: "↑↓", word: "line", action: .move(.down)),
        Item(key: "↵", word: "go there", action: .open),
        Item(key: "f", word: "follow", action: .chooseLink),
        Item(key: "Esc", word: "close", action: .leave, rank: 0),
      ]
    }
    if let designs = explorer.designs { return items(of: designs) }
    if explorer.course != nil { return courseItems }
    if explorer.linkChoice != nil {
      return [
        Item(key: "a-z", word: "go there", action: .leave),
        Item(key: "←↑↓→", word: "choose", action: .leave),
        Item(key: "↵", word: "go", action: .leave), Item(key: "Esc", word: "leave", action: .leave),
      ]
    }
    if let operating = explorer.operating { return items(of: operating) }
    if explorer.traffic.isOpen, explorer.focus != .system { return trafficItems }
    if let lesson = explorer.lesson, explorer.isReading, explorer.focus == .system {
      return items(of: lesson)
    }
    let isSingle = explorer.layout.shape == .single
    var items = [
      Item(key: "n", word: "step", action: .stepForward, rank: 0),
      Item(key: "p", word: "back", action: .stepBack, rank: 0),
      Item(key: "o", word: "operate", action: .operate, rank: 0),
    ]
    if explorer.lesson?.showsTree ?? false {
      items.insert(Item(key: "T", word: "text", action: .lesson(.tree)), at: 0)
    }
    if explorer.isPointing, explorer.focus == .inspector {
      items.insert(Item(key: "↵", word: "this one", action: .open, rank: 0), at: 0)
    }
    if explorer.lesson?.run.isPlaying ?? false {
      items.append(Item(key: "b", word: "back to the lesson", action: .lesson(.resume), rank: 0))
    }
    if explorer.isWhyCut {
      items.append(
        Item(key: "w", word: "why", action: .why, rank: explorer.focus == .system ? 1 : 2))
    }
    switch (explorer.focus, explorer.view) {
    case (.inspector, .registers):
      items.append(Item(key: "↑↓", word: "register", action: .move(.down)))
      items.append(Item(key: "=", word: "edit", action: .editWord, rank: 1))
    case (.inspector, .pageTable):
      items.append(Item(key: "←↑↓→", word: "entry", action: .move(.right)))
      items.append(Item(key: "=", word: "edit", action: .editWord, rank: 1))
      guard let trail = explorer.entryTrail else { break }
      if trail.leadsOn { items.append(Item(key: "↵", word: "level", action: .open, rank: 1)) }
      if trail.depth > 0, !explorer.isZoomed {
        items.append(Item(key: "Esc", word: "out", action: .leave, rank: 1))
      }
    case (.inspector, .walk): items.append(Item(key: "↑↓", word: "look at", action: .move(.down)))
    case (.inspector, .tlb):
      items.append(Item(key: "↑↓", word: "line", action: .move(.down)))
    case (.timeline, _) where explorer.isInTree:
      items.append(Item(key: "↑↓", word: "line", action: .move(.down)))
      let lines = explorer.treeLines
      let here = explorer.treeLine
      if lines.indices.contains(here), lines[here].fold != nil {
        items.append(
          Item(key: "↵", word: lines[here].isOpen ? "fold" : "unfold", action: .open, rank: 1))
      } else {
        items.append(Item(key: "↵", word: "go there", action: .open, rank: 1))
      }
    case (.timeline, _):
      items.append(Item(key: "↑↓", word: "operation", action: .move(.down)))
      items.append(Item(key: "↵", word: "its steps", action: .open, rank: 1))
    case (.inspector, .faults), (.inspector, .problems):
      items.append(Item(key: "↑↓", word: "line", action: .move(.down)))
      items.append(Item(key: "↵", word: "go there", action: .open, rank: 1))
    case (.inspector, .domain):
      items.append(Item(key: "↑↓", word: "line", action: .move(.down)))
      items.append(Item(key: "↵", word: "open", action: .open, rank: 1))
    case (.inspector, .memory):
      let isInside = explorer.memoryCursor.isInside
      if isInside { items.append(Item(key: "=", word: "edit", action: .editWord, rank: 1)) }
      items.append(
        Item(key: isInside ? "←↑↓→" : "↑↓", word: isInside ? "word" : "line", action: .move(.down)))
      items.append(Item(key: "↵", word: isInside ? "go there" : "words", action: .open, rank: 1))
      if isInside, !explorer.isZoomed {
        items.append(Item(key: "Esc", word: "out", action: .leave, rank: 1))
      }
    case (.system, _): items.append(Item(key: "↵", word: "open", action: .open))
    case (.inspector, .path):
      items.append(Item(key: "↑↓", word: "line", action: .move(.down)))
    }
    if isSingle { items.append(Item(key: "Tab", word: "pane", action: .nextPane)) }
    let zoom = Item(key: "z", word: explorer.isZoomed ? "panes" : "zoom", action: .zoom, rank: 1)
    let isCramped = explorer.layout.inspector.width < 70
    if explorer.isZoomed && !isSingle
      || isCramped && (explorer.view == .pageTable || explorer.view == .registers)
    {
      items.append(zoom)
    }
    items.append(Item(key: ":", word: "command", action: .command, rank: isSingle ? 2 : 0))
    items.append(
      Item(
        key: "Space", word: explorer.traffic.isRunning ? "stop" : "run", action: .run,
        rank: explorer.focus == .system ? 1 : 2))
    items.append(Item(key: "/", word: "find", action: .find, rank: isSingle ? 2 : 0))
    if explorer.view == .path || explorer.view == .walk {
      let rank = explorer.focus == .inspector ? 1 : 2
      items.append(Item(key: "e", word: "address", action: .editAddress, rank: rank))
    }
    if !isSingle { items.append(Item(key: "Tab", word: "pane", action: .nextPane)) }
    items += [
      Item(key: "f", word: "follow", action: .chooseLink),
      Item(key: "N", word: "operation", action: .operationForward),
      Item(key: "1-9", word: "view", action: .nextView),
    ]
    if !items.contains(where: { $0.key == "z" }) {
      items.append(Item(key: zoom.key, word: zoom.word, action: .zoom))
    }
    if explorer.layout.second != nil {
      items += [
        Item(key: "s", word: "second", action: .nextSecondView),
        Item(key: "S", word: "swap", action: .swapViews),
        Item(key: ".", word: explorer.pinned == nil ? "pin" : "unpin", action: .pin),
      ]
    }
    return items
  }

  private var courseItems: [Item] {
    [
      Item(key: "↑↓", word: "lesson", action: .lesson(.pointAtLesson(0))),
      Item(key: "↵", word: "take it", action: .lesson(.openLesson(explorer.course?.cursor ?? 0))),
      Item(key: "R", word: "forget all progress", action: .lesson(.resetProgress)),
      Item(key: "Esc", word: "close", action: .leave, rank: 0),
    ]
  }

  private func items(of lesson: TakenLesson) -> [Item] {
    let run = lesson.run
    var items: [Item] = []
    if run.isAsking {
      switch run.question?.kind {
      case .choose?, .order?:
        if run.isPlaying { break }
        let last = lesson.run.question?.optionCount ?? 1
        let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(min(25, last - 1))))
        items.append(Item(key: "a-\(letter)", word: "answer", action: .lesson(.answer)))
      case .type?: items.append(Item(key: "↵", word: "type", action: .lesson(.answer)))
      case .point?: items.append(Item(key: "Tab", word: "to the panes", action: .nextPane))
      case .reach?:
        items.append(Item(key: "o", word: "operate", action: .operate))
        items.append(Item(key: ":", word: "command", action: .command))
      case nil: break
      }
      items.append(Item(key: "h", word: "hint", action: .lesson(.hint)))
      items.append(Item(key: "x", word: "skip", action: .lesson(.skip)))
    } else {
      items.append(Item(key: "n", word: "step", action: .stepForward))
      items.append(Item(key: "N", word: "operation", action: .operationForward))
      items.append(Item(key: "p", word: "back", action: .stepBack))
    }
    if run.isPlaying {
      items.append(Item(key: "b", word: "back to the lesson", action: .lesson(.resume)))
    }
    items += [
      Item(key: "[ ]", word: "page", action: .lesson(.nextPage)),
      Item(key: "L", word: "lessons", action: .lesson(.map)),
      Item(key: "T", word: "tree", action: .lesson(.tree)),
      Item(key: "Tab", word: "pane", action: .nextPane),
      Item(key: "1-9", word: "view", action: .nextView),
    ]
    return items
  }

  private func items(of designs: DesignsCursor) -> [Item] {
    var items = [
      Item(key: "←↑↓→", word: "cell", action: .move(.down)),
      Item(key: "↵", word: "open this run", action: .openDesign(isHelped: false)),
    ]
    if designs.cell?.helped != nil {
      items.append(Item(key: "c", word: "with code", action: .openDesign(isHelped: true)))
    }
    return items + [Item(key: "Esc", word: "close", action: .leave, rank: 0)]
  }

  private func items(of picker: Picker) -> [Item] {
    let isFinding = picker.purpose == .find
    return [
      Item(key: "↵", word: isFinding ? "go there" : "do it", action: .choose(picker.picked)),
      Item(key: "↑↓", word: "choose", action: .choose(nil)),
      Item(key: "a-z", word: isFinding ? "find" : "filter", action: .choose(nil)),
      Item(key: "Ctrl-U", word: "clear", action: .choose(nil)),
      Item(
        key: "Esc",
        word: explorer.width < 66
          ? "leave" : isFinding ? "leave, nothing changed" : "leave, nothing done",
        action: .leave, rank: 0),
    ]
  }

  private var trafficItems: [Item] {
    let isRunning = explorer.traffic.isRunning
    var items = [
      Item(key: "Space", word: isRunning ? "stop" : "run", action: .run),
      Item(key: "+ -", word: "speed", action: .faster),
    ]
    let device = [
      Item(key: "↑↓", word: "context", action: .move(.down)),
      Item(key: "↵", word: "inspect it", action: .open),
    ]
    let time = [
      Item(key: "P", word: isRunning ? "back (stops)" : "back by access", action: .operationBack),
      Item(key: "p", word: "by step", action: .stepBack),
    ]
    switch (explorer.focus, isRunning) {
    case (.timeline, false):
      items = [items[0], Item(key: "↑↓", word: "access", action: .move(.up))] + time + [items[1]]
    case (.timeline, true): items.append(Item(key: "↑", word: "back (stops)", action: .move(.up)))
    case (_, true): items += device + [time[0]]
    case (_, false): items = [items[0]] + time + device + [items[1]]
    }
    return items + [
      Item(key: "S", word: "seed", action: .editSeed),
      Item(key: "Tab", word: "pane", action: .nextPane),
      Item(key: "t", word: "close", action: .toggleTraffic),
      Item(key: "f", word: "follow", action: .chooseLink),
    ]
  }

  private func items(of operating: Operating) -> [Item] {
    switch operating {
    case .menu:
      return [
        Item(key: "a-z", word: "do it", action: .operating(.nothing)),
        Item(key: "↑↓", word: "choose", action: .operating(.next)),
        Item(key: "↵", word: "open", action: .operating(.run)),
        Item(key: "Esc", word: "leave", action: .operating(.leave), rank: 0),
      ]
    case .form(let form):
      var items = [
        Item(key: "↵", word: "run", action: .operating(.run)),
        Item(key: "Tab", word: "field", action: .operating(.nextField)),
      ]
      if !form.suggestions.isEmpty {
        items.append(Item(key: "↑↓", word: "suggestion", action: .operating(.nextSuggestion)))
      }
      switch form.field.kind {
      case .value:
        items.append(Item(key: "←→", word: "bit", action: .operating(.nothing)))
        items.append(Item(key: "Space", word: "flip", action: .operating(.flip)))
      case .protection, .flag, .choice:
        items.append(Item(key: "Space", word: "toggle", action: .operating(.flip)))
      default: break
      }
      return items + [
        Item(key: ":", word: "as text", action: .operating(.asText)),
        Item(
          key: "Esc", word: explorer.width < 80 ? "leave" : "leave, nothing done",
          action: .operating(.leave), rank: 0),
      ]
    }
  }
}
