internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// What lies over the panes while one operates: the list of operations, or the form of one.
enum Operating: Sendable {
  case menu(OperateMenu)
  case form(OperateForm)
}

/// From what is selected to an operation: the list, the form, and what comes of it.
extension Explorer {
  // MARK: Opening

  mutating func openOperations(at anchor: Point? = nil, on target: Prose.Target? = nil) {
    var things = OperateThings(self)
    if let target { things.take(target, in: self) }
    operating = .menu(OperateMenu(things, anchor: anchor))
  }

  /// The right button: selects what is under the mouse, and lists what can be done with it.
  mutating func operate(at position: Point) -> Effect {
    guard prompt == nil, picker == nil, designs == nil, course == nil, !isWhyOpen,
      layout.shape != .sentence
    else {
      return .none
    }
    if case .form = operating { return .none }
    let isCovered = operating != nil
    operating = nil
    linkChoice = nil
    notice = nil
    if isCovered { return .none }
    let target = links.last { $0.area.contains(position) }?.target
    switch hits.last(where: { $0.area.contains(position) })?.action {
    case .toggle(let iommu)?: _ = perform(.select(.iommu(iommu)))
    case .select(let selection)?: _ = perform(.select(selection))
    case .point(let cursor)?: _ = perform(.point(cursor))
    case .focus(let pane)?: _ = perform(.focus(pane))
    default: break
    }
    if case .named(let name)? = target {
      _ = perform(.follow(.named(name)))
      openOperations(at: position)
    } else {
      openOperations(at: position, on: target)
    }
    return .none
  }

  mutating func editWord() {
    guard
      case .form(let verb, let given, let current, let level)? = OperateThings(
        self, looksInside: true
      ).edit
    else {
      notice =
        "Nothing here is a word: = edits a register, an entry of a table, or a word of memory."
      return
    }
    openForm(verb, given: given, current: current, level: level)
  }

  mutating func goToLastChange(of place: StatePlace? = nil) {
    guard let place = place ?? OperateThings(self, looksInside: true).place else {
      notice = "The cursor is on no register and on no word of memory."
      return
    }
    guard let position = timeline.lastChange(of: place) else {
      notice = "Nothing before this step wrote it, as far as can be told."
      return
    }
    timeline.jump(to: position)
    notice = "Operation \(position.entry + 1) wrote it: this is the step."
  }

  mutating func openForm(
    _ verb: Verb, given: [Int: String], current: Int? = nil, level: Int? = nil
  ) {
    let things = OperateThings(self)
    let rows = VerbForm.all.filter { $0.verb == verb }
    // Of two rows of a verb, the one that is about something selected.
    guard let form = rows.first(where: { things.name(of: $0.on) != nil }) ?? rows.first else {
      return
    }
    operating = .form(
      OperateForm(
        form,
        title: Prose(
          naming: form.words, things.name(of: form.on) ?? "", isDomain: form.on == .domain),
        Surroundings(timeline.machineAfterCurrent, registers), given: given, current: current,
        level: level))
  }

  // MARK: Keys and clicks

  mutating func operate(by key: Key) -> Effect {
    switch (key.code, key.modifiers) {
    case (.character("z"), .control): return .suspend
    case (.character("l"), .control): return .redraw
    default: break
    }
    switch operating {
    case .menu(var menu):
      let answer = menu.handle(key)
      operating = .menu(menu)
      switch answer {
      case .stay: break
      case .leave: operating = nil
      case .choose(let index): choose(menu, index)
      }
    case .form(var form):
      let answer = form.handle(key)
      operating = .form(form)
      return take(answer)
    case nil: break
    }
    return .none
  }

  mutating func operate(by click: OperatingClick) -> Effect {
    switch (click, operating) {
    case (.leave, _): operating = nil
    case (.choose(let index), .menu(let menu)?): choose(menu, index)
    case (.next, .menu?): return operate(by: Key(.down))
    case (.run, .menu?), (.run, .form?): return operate(by: Key(.enter))
    case (_, .form(var form)?):
      switch click {
      case .field(let index):
        // A second click turns what can be turned.
        if index == form.current, case .flag = form.field.kind { form.toggle() }
        form.go(to: index)
      case .suggestion(let index): form.take(index)
      case .toggle(let letter):
        if let index = form.form.fields.firstIndex(where: { $0.kind == .protection }) {
          form.go(to: index)
          form.toggleRight(letter)
        }
      case .bit(let bit): form.flip(bit)
      case .put(let field, let index):
        form.go(to: field)
        form.take(index)
      case .asText: return take(.asText(form.line))
      case .nextField: return operate(by: Key(.tab))
      case .nextSuggestion: return operate(by: Key(.down))
      case .flip: form.toggle()
      case .choose, .run, .leave, .next, .nothing: break
      }
      operating = .form(form)
    default: break
    }
    return .none
  }

  mutating func turnOperating(_ amount: Int) {
    _ = operate(by: Key(amount < 0 ? .up : .down))
  }

  mutating func pasteIntoForm(_ text: String) {
    guard case .form(var form)? = operating else { return }
    form.type(text)
    operating = .form(form)
  }

  // MARK: What comes of it

  private mutating func choose(_ menu: OperateMenu, _ index: Int) {
    guard menu.items.indices.contains(index) else { return }
    operating = nil
    switch menu.items[index].choice {
    case .form(let verb, let given, let current, let level):
      openForm(verb, given: given, current: current, level: level)
    case .follow(let target): follow(target)
    case .lastChange(let place): goToLastChange(of: place)
    case .walk(let iova):
      remember()
      chosenAddress = IOVA(iova)
      walkCursor = 0
      view = .walk
      focus = .inspector
    }
  }

  private mutating func take(_ answer: OperateForm.Answer) -> Effect {
    switch answer {
    case .stay: return .none
    case .leave: operating = nil
    case .asText(let line):
      operating = nil
      var prompt = Prompt(.operation, history: history.lines)
      prompt.insert(line)
      self.prompt = prompt
    case .run(let line):
      // The form holds the machine too: without it, nothing has to be copied.
      operating = nil
      do throws(ParseError) {
        _ = try run(try Operation(parsing: line))
        return remember(lines: [line])
      } catch {
        notice = Prose("✗ \(error.message)", .fault)
      }
    }
    return .none
  }
}
