internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A thing looked at in one way, and where in it: what one comes back to.
struct Place: Hashable, Sendable {
  let selection: Selection
  let view: ViewID
  let entryCursor: EntryCursor
  let registerCursor: Int
  let walkCursor: Int
  let lineCursor: Int
  let memoryCursor: MemoryCursor
  let chosenAddress: IOVA?
  let isTrafficOpen: Bool
}

/// Going where a name or an address leads, and back, as in a browser.
extension Explorer {
  // MARK: History

  var place: Place { place(in: view) }

  /// Where one would be in another view.
  func place(in view: ViewID) -> Place {
    Place(
      selection: selection, view: view, entryCursor: entryCursor, registerCursor: registerCursor,
      walkCursor: walkCursor, lineCursor: lineCursor, memoryCursor: memoryCursor,
      chosenAddress: chosenAddress, isTrafficOpen: traffic.isOpen)
  }

  /// Keeps where one is, to come back to it.
  mutating func remember() {
    visited.append(place)
    if visited.count > 100 { visited.removeFirst() }
    left = []
  }

  mutating func goBack() {
    guard let last = visited.popLast() else {
      notice = "This is where you began."
      return
    }
    left.append(place)
    take(last)
  }

  /// Goes back several times, to the place at an index of the history.
  mutating func goBack(toVisited index: Int) {
    while index >= 0, visited.count > index { goBack() }
  }

  mutating func goForward() {
    guard let next = left.popLast() else {
      notice = "Nothing was left by going back."
      return
    }
    visited.append(place)
    take(next)
  }

  mutating func take(_ place: Place) {
    (selection, view) = (place.selection, place.view)
    (entryCursor, registerCursor) = (place.entryCursor, place.registerCursor)
    (walkCursor, lineCursor) = (place.walkCursor, place.lineCursor)
    memoryCursor = place.memoryCursor
    chosenAddress = place.chosenAddress
    traffic.isOpen = place.isTrafficOpen
  }

  // MARK: Following

  /// Goes to what a name or an address stands for.
  mutating func follow(_ target: Prose.Target) {
    comparison = nil
    switch target {
    case .named(let name): follow(name: name)
    case .iova(let value): follow(IOVA(value))
    case .access(let device, let iova): follow(IOVA(iova), by: device)
    case .physical(let value): follow(PhysicalAddress(value))
    case .register(let iommu, let offset): follow(register: offset, of: iommu)
    case .operation(let index):
      focus = .timeline
      timeline.jump(to: Timeline.Position(entry: index, events: .max))
    case .moment(let entry, let events):
      focus = .timeline
      timeline.jump(to: Timeline.Position(entry: entry, events: events))
    case .word(let value): followWord(PhysicalAddress(value))
    case .mapping(let domain, let iova): follow(IOVA(iova), of: domain)
    }
  }

  /// What a domain maps at an address: its line among the domain's others.
  private mutating func follow(_ iova: IOVA, of domain: String) {
    guard machine.system.domain(named: domain) != nil else {
      notice = "\(domain.shown) does not exist at this point of the timeline."
      return
    }
    go(to: .domain(domain), .domain)
    refreshSurvey()
    lineCursor = DomainView(self, Subject(selection, in: machine)).index(of: iova.value)
    focus = .inspector
  }

  private mutating func follow(name: String) {
    let found: Selection? =
      machine.system.domain(named: name) != nil
      ? .domain(name)
      : place(of: name) ?? machine.board.iommus.firstIndex { $0.name == name }.map { .iommu($0) }
    if found == nil, let place = machine.place(ofHolding: name) {
      follow(holding: place.domain, at: place.iova)
      return
    }
    guard let found else {
      notice = "\(name.shown) does not exist at this point of the timeline."
      return
    }
    go(to: found, view)
  }

  /// A buffer or a guest's memory: the domain that it is mapped in, at its line.
  func line(of iova: UInt64?) -> Int {
    let view = DomainView(self, Subject(selection, in: machine))
    return iova.flatMap { view.line(holding: $0) } ?? 0
  }

  mutating func follow(holding domain: String, at iova: UInt64?) {
    go(to: .domain(domain), .domain)
    traffic.isOpen = false
    refreshSurvey()
    lineCursor = line(of: iova)
  }

  /// An address as one device uses it, which need not be the one that is looked at.
  private mutating func follow(_ iova: IOVA, by device: String) {
    remember()
    traffic.isOpen = false
    if let place = place(of: device), place != selection {
      selection = place
      resetCursors()
    }
    view = .walk
    look(at: iova)
  }

  /// An address that a device uses: its walk, or its entries where tables are being looked at.
  private mutating func follow(_ iova: IOVA) {
    remember()
    look(at: iova)
  }

  private mutating func look(at iova: IOVA) {
    let own = Subject(selection, in: machine)
    // Nobody can be asked to walk for a domain that is attached nowhere: its entries tell.
    let isTable = view == .pageTable || own.device == nil && own.table != nil
    chosenAddress = iova
    walkCursor = 0
    entryCursor.follow(
      iova, from: own.table, machine.platform.format, in: machine.board.memory)
    view = isTable ? .pageTable : .walk
    focus = .inspector
  }

  /// An address of memory: the entry that is there, in the tables of the domain that owns it.
  private mutating func follow(_ address: PhysicalAddress) {
    let format = machine.platform.format
    let own = Subject(selection, in: machine)
    let owner = machine.tableOwner(of: address)
    let root = own.table.flatMap { table in
      owner == nil || owner == own.domain ? table : nil
    }
    let name = owner.map { machine.system.name(of: $0) }
    let table = root ?? owner.flatMap { machine.system.domains[$0.index].table }
    guard let table,
      let cursor = EntryCursor(of: address, below: table, format, in: machine.board.memory)
    else {
      followWord(address)
      return
    }
    remember()
    if root == nil, let name { selection = .domain(name) }
    view = .pageTable
    entryCursor = cursor
    focus = .inspector
  }

  private mutating func follow(register offset: UInt32, of iommu: Int) {
    let unit = machine.board.iommus[iommu]
    let bank = (0..<unit.bankCount).first { bank in
      RegistersView(self, Subject(.bank(iommu: iommu, bank: bank), in: machine)).rows.contains {
        $0.offset == offset
      }
    }
    go(to: bank.map { .bank(iommu: iommu, bank: $0) } ?? .iommu(iommu), .registers)
    let rows = RegistersView(self, Subject(selection, in: machine)).rows
    registerCursor = rows.firstIndex { $0.offset == offset } ?? 0
    focus = .inspector
  }

  // MARK: By keys

  mutating func startChoosingLink() {
    if links.isEmpty {
      notice = "Nothing on this screen leads on."
    } else {
      linkChoice = LinkChoice()
    }
  }

  mutating func chooseLink(by key: Key) -> Effect {
    guard var choice = linkChoice else { return .none }
    if key == Key(.character("c"), .control) { return .quit }
    let answer = choice.handle(key, among: links)
    linkChoice = choice
    switch answer {
    case .stay: break
    case .leave: linkChoice = nil
    case .follow(let target):
      linkChoice = nil
      return perform(.follow(target))
    }
    return .none
  }

  /// Follows the first link on the line that the cursor of the inspector stands on; answers
  /// whether there is one.
  mutating func followCursorLine() -> Bool {
    let pane = layout.inspector
    guard let cursorRow,
      let link = links.first(where: {
        $0.area.row == cursorRow && !$0.area.intersection(pane).isEmpty
      })
    else { return false }
    follow(link.target)
    return true
  }
}

extension EntryCursor {
  /// Finds the entry at an address in the tables below `root`; nil when none of them lies there.
  init?(
    of address: PhysicalAddress, below root: PhysicalAddress, _ format: FormatID,
    in memory: PhysicalMemory
  ) {
    self.init()
    guard search(address, root, 0, format, memory) else { return nil }
  }

  private mutating func search(
    _ address: PhysicalAddress, _ table: PhysicalAddress, _ depth: Int, _ format: FormatID,
    _ memory: PhysicalMemory
  ) -> Bool {
    let level = format.levels[depth]
    let count = format.entryCount(level: level)
    let (bytes, offset) = (UInt64(count) * format.entryBytes, address.value &- table.value)
    if offset < bytes {
      self[depth] = Int(offset / format.entryBytes)
      self.depth = depth
      return true
    }
    guard depth + 1 < format.levels.count else { return false }
    for index in 0..<count {
      let word = format.entry(index, of: table, in: memory)
      guard case .table(let next) = format.decode(word, level: level) else { continue }
      self[depth] = index
      if search(address, next, depth + 1, format, memory) { return true }
    }
    return false
  }
}
