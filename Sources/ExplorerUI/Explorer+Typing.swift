internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// What is typed into the prompt, and what comes of it.
extension Explorer {
  mutating func type(_ key: Key) -> Effect {
    if key == Key(.character("z"), .control) { return .suspend }
    if key == Key(.character("l"), .control) { return .redraw }
    guard var prompt else { return .none }
    let completion = Completion(machine: machine, registers: registers, paths: files.paths)
    let isOperation = prompt.purpose == .operation
    let result = prompt.handle(key) {
      isOperation ? completion.candidates(after: $0, typed: $1) : []
    }
    self.prompt = prompt
    switch result {
    case .submitted(let text):
      let effect = submit(text)
      settleTree()
      return effect
    case .cancelled: self.prompt = nil
    case .edited: break
    }
    return .none
  }

  /// Takes pasted text into the prompt, which opens if it is not.
  mutating func paste(_ text: String) {
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    if prompt == nil {
      (linkChoice, isWhyOpen, comparison, designs, course) = (nil, false, nil, nil, nil)
      notice = nil
      prompt = Prompt(.operation, history: history.lines)
    }
    prompt?.paste(text)
  }

  mutating func submit(_ text: String) -> Effect {
    guard !text.allSatisfy({ $0 == " " }) else {
      if prompt?.takeNext() != true { prompt = nil }
      return .none
    }
    if prompt?.purpose == .address {
      chooseAddress(text)
      return .none
    }
    if prompt?.purpose == .answer {
      prompt = nil
      answer(typed: text)
      return .none
    }
    if prompt?.purpose == .seed {
      chooseSeed(text)
      return .none
    }
    var text = text
    var done: [String] = []
    do throws(ParseError) {
      if let command = try SessionCommand(text) {
        guard try run(command, line: text) else { return .none }
        prompt = nil
        return remember(lines: [text])
      }
      while true {
        // The prompt stays open until all went well: a platform may not be there.
        let isOK = try run(try Operation(parsing: text))
        done.append(text)
        guard prompt?.takeNext() == true, let prompt else { break }
        if !isOK {
          self.prompt?.hasStopped = true
          return remember(lines: done)
        }
        text = String(prompt.text)
      }
      prompt = nil
    } catch {
      prompt?.mistake = error
      if error.line > 0 { prompt?.moveCursor(toColumn: error.column) }
    }
    return remember(lines: done)
  }

  /// Keeps lines that were done, to have them again.
  mutating func remember(lines: [String]) -> Effect {
    for line in lines { history.add(line) }
    return lines.isEmpty ? .none : .remember(lines)
  }

  mutating func chooseAddress(_ text: String) {
    let bits = machine.platform.addressBits
    guard let number = UInt64(number: text.trimmingBlanks),
      bits >= 64 || number >> UInt64(bits) == 0
    else {
      prompt?.mistake = ParseError(
        line: 1, column: 1, "an address of \(bits) bits is needed, like 0x10000123")
      return
    }
    chosenAddress = IOVA(number)
    walkCursor = 0
    entryCursor.follow(
      IOVA(number), from: Subject(selection, in: machine).table, machine.platform.format,
      in: machine.board.memory)
    prompt = nil
  }

  /// Does an operation at the cursor, tells what came of it, and returns whether that is no refusal.
  mutating func run(_ operation: Operation) throws(ParseError) -> Bool {
    var wasInLesson = false
    if case .use(let platform, _) = operation {
      guard Library.platformNames.contains(platform) else {
        let known = Library.platformNames.joined(separator: ", ")
        throw ParseError(
          line: 1, column: "use ".count + 1,
          "no platform \"\(platform.shown)\"; there are: \(known)")
      }
      let machine = Machine(unprobed: try Library.platform(platform))
      // Devices at work stop at their next tick, which says that none is attached any more.
      let isRunning = traffic.isRunning
      wasInLesson = lesson != nil
      try begin(Timeline(from: machine), title: "new session")
      traffic.isRunning = isRunning
    }
    // What only looks, and what cannot be tried, is no reason to give up what comes after.
    if !timeline.isAtEnd, let outcome = timeline.outcomeOfLooking(operation) {
      notice =
        Prose(outcome.isOK ? "\(operation.text) → " : "✗ ", outcome.isOK ? .strong : .fault)
        + Prose(outcome.words(for: operation, in: machine), outcome.isOK ? .live : .fault)
      if case .walk(let request) = operation { chosenAddress = IOVA(request.iova) }
      if outcome.isOK { show(operation) }
      return outcome.isOK
    }
    lesson?.run.willOperate(timeline)
    let (outcome, dropped) = timeline.perform(operation)
    lesson?.run.didOperate(timeline)
    saved = min(saved, timeline.entries.count - 1)
    tree.byHand = tree.byHand.filter { $0.key.entry < timeline.position.entry }
    var notice = outcome.isOK ? Prose(operation.text + " → ", .strong) : Prose("✗ ", .fault)
    notice += Prose(outcome.words(for: operation, in: machine), outcome.isOK ? .live : .fault)
    if let hazard = timeline.recording.events.lazy.compactMap(\.change.hazard).first {
      notice += Prose(", but: " + hazard.words, .fault)
    } else if let mistake = timeline.recording.events.lazy.map(\.change).first(where: {
      if case .client(let change) = $0 { change.isMistake } else { false }
    }) {
      notice += Prose(", but: " + mistake.words(in: machine, registers: registers), .fault)
    }
    if dropped > 0 {
      notice += Prose("; \(dropped) later operation\(dropped == 1 ? "" : "s") given up", .dim)
    }
    if wasInLesson { notice += Prose("; the lesson is left, L opens it again", .dim) }
    self.notice = notice
    if case .walk(let request) = operation { chosenAddress = IOVA(request.iova) }
    show(operation)
    return outcome.isOK
  }

  /// Turns to what an operation was about.
  mutating func show(_ operation: Operation) {
    let target: Selection?
    switch operation {
    case .attach(_, let device), .detach(_, let device): target = place(of: device)
    case .traffic(let device, _): target = place(of: device)
    case .probe(let name): target = name.flatMap { place(of: $0) }
    case .read(let request), .write(let request, _): target = place(of: request.device)
    case .walk(let request):
      target = place(of: request.device)
      go(to: target ?? selection, .walk)
      return
    case .map(let domain, _, _, _, _), .unmap(let domain, _, _), .alloc(let domain),
      .iovaToPhys(let domain, _):
      target = machine.system.domain(named: domain).map { _ in .domain(domain) }
    case .invalidate(let place, _):
      target = self.place(of: place.iommu)
    case .register(let name, _, _), .dump(.tlb(let name)), .irq(.run(let name)):
      if let target = place(of: name) { go(to: target, .registers) }
      return
    case .dump(.object(let name)):
      target =
        machine.system.domain(named: name) != nil ? .domain(name) : place(of: name)
      if let target { go(to: target, view == .pageTable ? .pageTable : .registers) }
      return
    case .client(let operation):
      if let name = operation.holding, let place = machine.place(ofHolding: name) {
        follow(holding: place.domain, at: place.iova)
        return
      }
      target =
        operation.domain.flatMap { machine.system.domain(named: $0) == nil ? nil : .domain($0) }
        ?? operation.device.flatMap { place(of: $0) }
    case .use, .free, .dump(.faults), .writeWord, .readWord, .irq, .limitPages: target = nil
    }
    if let target { go(to: target, view) }
  }

  func place(of name: String) -> Selection? {
    guard let device = machine.system.device(named: name) else { return nil }
    let found = machine.system.devices[device.index]
    return found.bank.map { .bank(iommu: found.iommu, bank: $0) } ?? .iommu(found.iommu)
  }

  /// Selects what the operation under the cursor is about.
  mutating func lookWhereItHappens() {
    guard let operation = timeline.current?.operation else { return }
    show(operation)
    visited = []
  }
}
