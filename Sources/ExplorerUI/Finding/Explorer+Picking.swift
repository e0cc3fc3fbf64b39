internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Choosing from a list that typing filters: finding, and what works here.
extension Explorer {
  mutating func openPicker(_ purpose: Picker.Purpose) {
    var picker = Picker(purpose)
    if purpose == .find {
      let subject = Subject(selection, in: machine)
      picker.finder = Finder(
        timeline, registers: registers, near: subject.iommu, bank: subject.bank)
    }
    self.picker = picker
    refreshPicker()
  }

  mutating func pick(by key: Key) -> Effect {
    switch (key.code, key.modifiers) {
    case (.escape, _), (.character("g"), .control): picker = nil
    case (.character("c"), .control): return .quit
    case (.character("z"), .control): return .suspend
    case (.character("l"), .control): return .redraw
    case (.enter, _): return choose()
    case (.up, _), (.backTab, _), (.character("p"), .control): movePicked(-1)
    case (.down, _), (.tab, _), (.character("n"), .control): movePicked(1)
    case (.pageUp, _): movePicked(-8)
    case (.pageDown, _): movePicked(8)
    case (.home, _): movePicked(-.max)
    case (.end, _): movePicked(picker?.items.count ?? 0)
    case (.backspace, _) where picker?.field.text.isEmpty ?? true: picker = nil
    case (.character("?"), []) where picker?.purpose == .actions && picker?.field.text == "":
      picker = nil
    default: edit { $0.handle(key) }
    }
    return .none
  }

  /// Puts pasted text into the field.
  mutating func paste(intoPicker text: String) {
    edit {
      $0.insert(text)
      return true
    }
  }

  private mutating func edit(_ change: (inout QueryField) -> Bool) {
    guard var field = picker?.field else { return }
    let before = field.text
    guard change(&field) else { return }
    picker?.field = field
    if field.text != before { refreshPicker() }
  }

  /// Moves the choice; past the end, what was not searched yet is searched.
  mutating func movePicked(_ step: Int) {
    guard let picker else { return }
    if step > 0, picker.looksOn, picker.picked >= picker.items.count - 1 {
      refreshPicker(keepsChoice: true)
    }
    let (target, isOver) = picker.picked.addingReportingOverflow(step)
    self.picker?.pick(isOver ? 0 : target)
  }

  /// Does what is chosen; what cannot be done now says why, and the list stays.
  mutating func choose() -> Effect {
    guard let item = picker?.item else { return .none }
    if let obstacle = item.obstacle {
      notice = Prose("Not now: ", .strong) + Prose(obstacle + ".")
      return .none
    }
    picker = nil
    switch item.run {
    case .action(let action): return perform(action)
    case .found(let place): return perform(.go(place))
    case .visited(let index): return perform(.revisit(index))
    case .scene(let name): return open(shipped: name)
    }
  }

  // MARK: Rows

  /// Makes the rows for what is typed now.
  mutating func refreshPicker(keepsChoice: Bool = false) {
    guard var picker else { return }
    let query = TextQuery(picker.field.text)
    var rows: [Picker.Row] = []
    var hidden = 0
    switch picker.purpose {
    case .actions: rows = Self.rows(palette, query, shown: 200)
    case .scenes: rows = Self.sceneRows(query)
    case .find:
      guard var finder = picker.finder else { return }
      let groups = finder.find(picker.field.text, in: timeline)
      picker.finder = finder
      picker.looksOn = groups.contains { !$0.notes.isEmpty } && !finder.isComplete
      hidden = groups.reduce(0) { $0 + $1.more }
      if query.isEmpty { rows += visitedRows }
      for group in groups { rows += Self.rows(group, isFirst: query.isEmpty) }
      if query.isEmpty { rows += Self.hints } else { rows += Self.foundScenes(query) }
      let keys = query.isEmpty ? [] : Self.rows(palette, query, shown: 6)
      if !keys.isEmpty { rows += [.heading("keys and commands")] + keys.filter { $0.item != nil } }
    }
    let count =
      switch picker.purpose {
      case .actions: palette.count
      case .scenes: Library.scenes.count
      case .find: rows.count { $0.item != nil } + hidden
      }
    picker.show(rows, of: count, keepsChoice: keepsChoice)
    self.picker = picker
  }

  private static func rows(
    _ palette: [PaletteItem], _ query: TextQuery, shown: Int
  ) -> [Picker.Row] {
    var rows: [Picker.Row] = []
    var heading = ""
    var count = 0
    for item in palette {
      // A key that is typed is found as well, like a command by its verb.
      let key = TextQuery(item.keys)
      let isKey = key.text.split(separator: " ").contains { $0 == query.text }
      let match = TextMatch(query, in: item.words, .sentence)
      guard match != nil || isKey || item.keys == ": " + query.text, count < shown else { continue }
      count += 1
      if item.group != heading {
        heading = item.group
        rows.append(.heading(heading))
      }
      rows.append(
        .item(
          PickerItem(
            label: item.keys, isKey: true, words: Prose(item.words), marked: match?.marked ?? [],
            detail: item.detail, obstacle: item.obstacle, run: .action(item.action))))
    }
    return rows
  }

  private static func rows(_ group: FoundGroup, isFirst: Bool) -> [Picker.Row] {
    let title =
      switch group.group {
      case .things: isFirst ? "domains, and contexts that are set up" : "IOMMUs, contexts, domains"
      case .addresses: "addresses"
      case .registers: "registers"
      case .operations: "operations"
      }
    var rows: [Picker.Row] = [.heading(title)]
    rows += group.found.map { found in
      .item(
        PickerItem(
          label: found.kind, isKey: false, words: found.name, marked: found.marked,
          detail: found.detail, run: .found(found.place)))
    }
    if group.more > 0 {
      rows.append(.note(Prose("and \(group.more.grouped) more: type on", .dim)))
    }
    return rows + group.notes.map { .note($0) }
  }

  /// What can be typed.
  private static let hints: [Picker.Row] = [
    .heading("what can be typed"),
    .note("letters of a name    " + Prose("IOMMUs, contexts, devices, domains", .dim)),
    .note("0x and digits        " + Prose("who maps it, what lies there, which register", .dim)),
    .note("a register's name    " + Prose("an IOMMU's name after it narrows it", .dim)),
    .note("words, or #number    " + Prose("operations of the timeline", .dim)),
    .note("words                " + Prose("keys and commands, Enter does them", .dim)),
  ]

  /// What was looked at before, the latest first.
  private var visitedRows: [Picker.Row] {
    var seen: Set<Place> = [place]
    var rows: [Picker.Row] = []
    for (index, place) in visited.enumerated().reversed()
    where rows.count < 5 && seen.insert(place).inserted {
      rows.append(
        .item(
          PickerItem(
            label: "back", isKey: false, words: describe(place), run: .visited(index))))
    }
    return rows.isEmpty ? [] : [.heading("looked at before")] + rows
  }

  /// A place in words: the thing, and which view of it.
  func describe(_ place: Place) -> Prose {
    Subject(place.selection, in: machine).breadcrumb(glyphs).all(.text)
      + Prose("  \(place.view.title)", .dim)
  }

  // MARK: Going there

  /// Goes to what was found; Backspace comes back.
  mutating func go(to found: Found.Place) {
    switch found {
    case .named(let name): follow(.named(name))
    case .bank(let iommu, let bank): go(to: .bank(iommu: iommu, bank: bank), view)
    case .tableWord(let address): follow(.physical(address.value))
    case .register(let iommu, let offset): follow(.register(iommu: iommu, offset: offset))
    case .operation(let index): follow(.operation(index))
    case .mapping(let domain, let iova):
      guard machine.system.domain(named: domain) != nil else { return }
      // One place is left, so that one Backspace comes back.
      let isShown = Subject(selection, in: machine).domainName == domain
      remember()
      if !isShown { selection = .domain(domain) }
      chosenAddress = iova
      walkCursor = 0
      entryCursor = EntryCursor()
      entryCursor.follow(
        iova, from: Subject(selection, in: machine).table, machine.platform.format,
        in: machine.board.memory)
      let isAttached = Subject(selection, in: machine).bank != nil
      view = isAttached && view != .pageTable ? .walk : .pageTable
      focus = .inspector
    }
    // Operations are not what was looked for: the thing shows in the inspector.
    if case .operation = found { return }
    if focus == .timeline { focus = .inspector }
  }
}
