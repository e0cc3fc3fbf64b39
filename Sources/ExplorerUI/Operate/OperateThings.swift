internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What there is to operate on from where one stands: the selection, and what is under the cursor.
struct OperateThings: Sendable {
  var domain: String?
  var device: String?
  var guest: String?
  /// A mapped buffer of the device: the one under the cursor, else the newest.
  var buffer: String?
  var iommu: String?
  /// An IOMMU, or one of its contexts, as the language names it.
  var bank: String?
  /// What the cursor is on, in words.
  var cursor: String?
  /// The address that a device uses, under the cursor.
  var iova: UInt64?
  /// How much is mapped there by one entry.
  var size: UInt64?
  var word: UInt64?
  /// The level of the table that the word is an entry of.
  var level: Int?
  var offset: UInt64?
  var value: String?
  /// Where the word under the cursor is kept.
  var place: StatePlace?
  /// The table that the word under the cursor leads to, or lies in.
  var table: UInt64?
  /// The operation that the fault under the cursor comes from.
  var entry: Int?
  /// Verbs that have nothing to work on just now.
  var unfit: Set<Verb> = []

  // MARK: Names

  /// The name of a thing; nil where there is none of its kind.
  func name(of thing: VerbForm.Thing) -> String? {
    switch thing {
    case .domain: domain
    case .device: device
    case .guest: guest
    case .bank: bank
    case .iommu: iommu
    case .iova: iova?.hex8
    case .register: offset.map { $0.hex(digits: 5) }
    case .word: word?.hex8 ?? "memory"
    case .machine: "the machine"
    }
  }

  func section(of thing: VerbForm.Thing) -> String {
    switch thing {
    case .domain: "on domain \(domain ?? "")"
    case .device: "on \(device ?? "")"
    case .guest: "on guest \(guest ?? "")"
    case .bank, .iommu, .register: "on \(iommu ?? "")"
    case .iova: "on \(iova?.hex8 ?? "")"
    case .word, .machine: "on the machine"
    }
  }

  // MARK: Fields

  /// The words that are known already, by field.
  func given(for form: VerbForm) -> [Int: String] {
    var given: [Int: String] = [:]
    for (index, field) in form.fields.enumerated() {
      given[index] = word(for: field, of: form)
    }
    return given
  }

  private func word(for field: FormField, of form: VerbForm) -> String? {
    switch field.kind {
    case .domain:
      return form.on == .machine || form.on == .device && form.verb == .dmaDomain ? nil : domain
    case .guest: return guest
    case .buffer: return buffer
    case .device(.any): return device
    case .device(.attached), .device(.free): return form.on == .device ? device : nil
    case .iommu: return iommu
    case .bank: return bank
    case .iova: return iova?.hex8
    case .size(.mapped): return iova == nil ? nil : size?.sizeText
    case .word: return word?.hex8
    case .offset: return offset.map { $0.hex(digits: 5) }
    case .value:
      return (form.verb == .reg && offset != nil) || (form.verb == .writeWord && word != nil)
        ? value : nil
    case .words(.dump): return domain ?? iommu
    default: return nil
    }
  }

  /// The line of a form, its open fields in capitals.
  func line(of form: VerbForm, _ given: [Int: String]) -> String {
    let words = form.fields.enumerated().compactMap { index, field -> String? in
      if let known = given[index] { return field.prefix + known }
      // What has a name of its own and a usual value is not worth the room.
      return field.isOptional || field.prefix.hasSuffix("=")
        ? nil : field.prefix + field.label.uppercased().filter { $0 != " " }
    }
    return ([form.verb.rawValue] + words).joined(separator: " ")
  }

  // MARK: The word under the cursor

  /// The form that edits the word under the cursor.
  var edit: OperateMenu.Choice? {
    guard let value else { return nil }
    let verb: Verb
    if offset != nil, iommu != nil {
      verb = .reg
    } else if word != nil {
      verb = .writeWord
    } else {
      return nil
    }
    guard let form = VerbForm.of(verb) else { return nil }
    var given = given(for: form)
    let last = form.fields.firstIndex { $0.kind == .value }
    if let last { given[last] = value }
    return .form(verb, given: given, current: last, level: level)
  }

  var editLine: String {
    if let offset, let iommu { return "reg \(iommu) \(offset.hex(digits: 5)) VALUE" }
    return word.map { "write-word \($0.hex8) VALUE" } ?? ""
  }
}

extension OperateThings {
  /// What the selection is, and what is under the cursor of the pane with the focus; with `looksInside`
  /// under the inspector's, whichever pane has the focus.
  init(_ explorer: Explorer, looksInside: Bool = false) {
    // What is chosen will be done after the current operation; the cursor stands on what shows now.
    let later = explorer.timeline.machineAfterCurrent
    takeSelection(explorer.selection, Subject(explorer.selection, in: later), later)
    takeClients(later)
    guard looksInside || explorer.focus == .inspector else { return }
    let machine = explorer.machine
    takeCursor(explorer, Subject(explorer.selection, in: machine), machine)
  }

  private mutating func takeSelection(
    _ selection: Selection, _ subject: Subject, _ machine: Machine
  ) {
    iommu = subject.iommuName
    bank = subject.iommuName
    switch selection {
    case .iommu: break
    case .bank(let unit, let number):
      device = subject.deviceName
      domain = subject.device.flatMap { machine.system.devices[$0.index].attachedTo }
        .map { machine.system.name(of: $0) }
      if machine.board.iommus[unit].bankPages > 0 {
        bank = subject.iommuName.map { "\($0)/\(number)" }
      }
    case .domain(let name):
      guard machine.system.domain(named: name) != nil else { return }
      domain = name
      device = subject.deviceName
    }
  }

  /// What clients have to do with it.
  private mutating func takeClients(_ machine: Machine) {
    let holdings =
      domain.flatMap { machine.system.domain(named: $0) }
      .map { DomainHoldings(of: $0, in: machine) } ?? DomainHoldings()
    if case .guest(let name, _) = holdings.owner {
      guest = name
    } else {
      guest = machine.guestNames.last
    }
    buffer = holdings.buffers.last?.name
    if buffer == nil { unfit.formUnion([.dmaUnmap, .dmaFree]) }
    if !(device.map { machine.usesDMAAPI($0) } ?? false) { unfit.insert(.dmaRelease) }
    if let device, machine.isAttachedPastDMAAPI(device) {
      unfit.formUnion([.dmaMap, .dmaMapSG, .dmaAlloc])
    }
    if machine.liveDomains.isEmpty { unfit.insert(.dmaDomain) }
    if !machine.hasPrivateAllocator { unfit.insert(.privateAlloc) }
  }

  private mutating func takeCursor(_ explorer: Explorer, _ subject: Subject, _ machine: Machine) {
    switch explorer.view {
    case .registers: takeRegister(explorer, subject)
    case .pageTable: takeEntry(explorer, machine)
    case .path:
      let address = subject.address(in: explorer).value
      (cursor, iova) = ("on \(address.hex8)", address)
      // A person who stands on a line of the list means that, and may still mean the address.
      guard explorer.focus == .inspector else { return }
      takeLine(explorer, subject)
    case .walk:
      let address = subject.address(in: explorer).value
      (cursor, iova) = ("on \(address.hex8)", address)
    case .tlb:
      let lines = TLBView(explorer, subject).lines
      guard !lines.isEmpty else { return }
      let entry = lines[min(explorer.lineCursor, lines.count - 1)].entry
      (cursor, iova, size) = ("on this TLB entry", entry.iova, entry.size.bytes)
    case .faults:
      let lines = FaultsView(explorer).lines
      guard !lines.isEmpty else { return }
      let line = lines[min(explorer.lineCursor, lines.count - 1)]
      (cursor, entry) = ("on this fault", line.entry)
      if case .request(let fault) = line.kind { iova = fault.iova.value }
    case .memory: take(.physical(explorer.memoryAddress.value), in: explorer)
    case .domain:
      let view = DomainView(explorer, subject)
      if case .buffer(let index) = view.line(explorer.lineCursor) {
        buffer = view.holdings.buffers[index].name
      }
      guard let range = view.range(at: explorer.lineCursor) else { return }
      let address = range.iova.value
      (cursor, iova, size) = ("on \(address.hex8)", address, range.length)
    case .problems: break
    }
  }

  /// What a line below the path is about.
  private mutating func takeLine(_ explorer: Explorer, _ subject: Subject) {
    let lines = PathView(explorer, subject).lines
    guard lines.indices.contains(explorer.lineCursor) else { return }
    switch lines[explorer.lineCursor] {
    case .register(let row): take(row, of: subject)
    case .range(let range):
      let address = range.iova.value
      (cursor, iova, size) = ("on \(address.hex8)", address, range.length)
    case .routing, .bank, .device: break
    }
  }

  private mutating func takeRegister(_ explorer: Explorer, _ subject: Subject) {
    let rows = RegistersView(explorer, subject).rows
    guard !rows.isEmpty else { return }
    take(rows[min(explorer.registerCursor, rows.count - 1)], of: subject)
  }

  private mutating func take(_ row: RegistersView.Row, of subject: Subject) {
    guard let unit = subject.iommu else { return }
    cursor = "on \(row.name)"
    if let offset = row.offset {
      self.offset = UInt64(offset)
      value = row.word.hex8
      place = .register(iommu: unit, offset: offset)
    } else if let address = row.address {
      word = address.value
      value = row.word.hex(digits: 16)
      place = .memory(address)
    }
  }

  private mutating func takeEntry(_ explorer: Explorer, _ machine: Machine) {
    guard let stop = explorer.entryTrail?.current else { return }
    let format = machine.platform.format
    cursor = "on \(machine.wordName(at: stop.address, level: stop.level) ?? "this entry")"
    (word, level) = (stop.address.value, stop.level)
    value = stop.word.hex(digits: Int(format.entryBytes) * 2)
    place = .memory(stop.address)
    iova = stop.iova
    switch stop.descriptor {
    case .leaf(let leaf):
      size = leaf.size.bytes
      // One of a group of equal entries stands for the whole page.
      iova = stop.iova & ~leaf.size.offsetMask
    case .table(let table): self.table = table.value
    case .invalid, .reserved: break
    }
  }

  /// Takes what a link under the mouse stands for.
  mutating func take(_ target: Prose.Target, in explorer: Explorer) {
    switch target {
    case .iova(let value), .access(_, let value), .mapping(_, let value):
      (cursor, iova, size) = ("on \(value.hex8)", value, nil)
    case .physical(let value), .word(let value):
      let bytes = explorer.machine.platform.wordBytes
      let address = PhysicalAddress(value & ~(bytes - 1))
      guard value >> 32 == 0 else { return }
      (cursor, iova, size) = ("on \(value.hex8)", nil, nil)
      (word, level, offset) = (address.value, nil, nil)
      place = .memory(address)
      self.value = explorer.machine.word(at: address).hex(digits: Int(bytes) * 2)
      table = explorer.machine.tableSlot(at: address) == nil ? nil : address.value
    case .register(let iommu, let offset):
      let unit = explorer.machine.board.iommus[iommu]
      self.iommu = unit.name
      cursor = "on \(explorer.registers.name(at: offset, banks: unit.bankPages))"
      self.offset = UInt64(offset)
      (word, iova, size) = (nil, nil, nil)
      value = explorer.machine.board.register(offset, of: iommu).hex8
      place = .register(iommu: iommu, offset: offset)
    case .named, .operation, .moment: break
    }
  }
}

extension Machine {
  /// One of the platform's words, as memory has it.
  func word(at address: PhysicalAddress) -> UInt64 {
    platform.wordBytes == 8
      ? board.memory.doubleWord(at: address) : UInt64(board.memory.word(at: address))
  }
}
