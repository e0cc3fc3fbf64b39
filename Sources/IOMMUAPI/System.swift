public import IOMMUHardware

/// The silicon and the kernel's records about it: what the IOMMU API works on.
///
/// The kernel's records change by primitives that write events, exactly like the board.
@usableFromInline package struct System: Sendable {
  @usableFromInline package var board: Board
  package private(set) var devices: [Device]
  @usableFromInline package private(set) var domains: [Domain] = []
  /// Faults stay pending: no interrupt handler runs by itself.
  package private(set) var holdsInterrupts = false
  /// Every name a domain ever had.
  ///
  /// Events carry an index into it, for they hold no references.
  package private(set) var names: [String] = []
  /// Where each name stands in `names`.
  private var nameIndex: [String: Int] = [:]
  /// The live domain of each name that has one.
  private var liveDomain: [Int: DomainID] = [:]

  /// How a domain learns which IOMMU it is for.
  package private(set) var design = Design.c
  /// Addresses that no device may be given, for something else answers there.
  package let windows: [ClosedRange<UInt64>]

  /// Which generic core runs.
  @usableFromInline package let rules: CoreRules

  package init(
    board: Board, devices: [Device], rules: CoreRules = .linux3_6,
    windows: [ClosedRange<UInt64>] = []
  ) {
    self.board = board
    self.windows = windows
    self.rules = rules
    self.devices = devices
  }

  // MARK: Looking

  /// A domain of a step that is still to come, or was taken back, has no name yet.
  package func name(of domain: DomainID) -> String {
    domains.indices.contains(domain.index) ? names[domains[domain.index].name] : "?"
  }

  package func name(of device: DeviceID) -> String { devices[device.index].name }

  /// The live domain of that name.
  package func domain(named name: String) -> DomainID? {
    nameIndex[name].flatMap { liveDomain[$0] }
  }

  /// The table of a domain that no device is attached to; nil also where there is no table.
  @inlinable @inline(__always)
  package func quietTable(of domain: DomainID) -> PhysicalAddress? {
    domains[domain.index].attached.isEmpty ? domains[domain.index].table : nil
  }

  package func device(named name: String) -> DeviceID? {
    devices.firstIndex { $0.name == name }.map(DeviceID.init)
  }

  // MARK: Calls

  /// Runs a kernel function: what it does is recorded as lying under it.
  @inlinable @inline(__always)
  package mutating func within(
    _ function: Label, _ subject: Subject = .none,
    _ body: (inout System) throws(KernelError) -> Int64
  ) throws(KernelError) -> Int64 {
    if board.journal.isOn { board.journal.enter(function, subject) }
    do throws(KernelError) {
      let value = try body(&self)
      if board.journal.isOn { board.journal.leave(value) }
      return value
    } catch {
      if board.journal.isOn { board.journal.leave(error.code) }
      throw error
    }
  }

  /// Runs a kernel function that returns nothing and cannot be refused.
  @inlinable @inline(__always)
  package mutating func inside(
    _ function: Label, _ subject: Subject = .none, _ body: (inout System) -> Void
  ) {
    if board.journal.isOn { board.journal.enter(function, subject) }
    body(&self)
    if board.journal.isOn { board.journal.leave(0) }
  }

  /// Records a question that the code asks, and hands its answer on.
  @inlinable @inline(__always)
  package mutating func ask(_ question: Label, _ answer: Bool) -> Bool {
    if board.journal.isOn { board.journal.ask(question, answer) }
    return answer
  }

  // MARK: Primitives

  /// The number of a name, which it gets when it is first heard.
  package mutating func number(ofName name: String) -> Int {
    let index = nameIndex[name] ?? names.count
    if index == names.count {
      names.append(name)
      nameIndex[name] = index
    }
    return index
  }

  package mutating func addDomain(named name: String) -> DomainID {
    let index = number(ofName: name)
    let domain = insertDomain(named: index)
    board.journal.append(.domainAlloc(domain: UInt32(domain.index), name: UInt32(index)))
    return domain
  }

  package mutating func retire(_ domain: DomainID) {
    // A second free must not take the name from a later domain, nor be undone to a live one.
    guard domains[domain.index].isAllocated else { return }
    setAllocated(domain, false)
    board.journal.append(.domainFree(domain: UInt32(domain.index)))
  }

  private mutating func insertDomain(named name: Int) -> DomainID {
    let domain = DomainID(domains.count)
    domains.append(Domain(name: name))
    setAllocated(domain, true)
    return domain
  }

  private mutating func setAllocated(_ domain: DomainID, _ isAllocated: Bool) {
    domains[domain.index].isAllocated = isAllocated
    liveDomain[domains[domain.index].name] = isAllocated ? domain : nil
  }

  package mutating func setTable(of domain: DomainID, to table: PhysicalAddress?) {
    let none = PhysicalAddress(0)
    let old = domains[domain.index].table
    domains[domain.index].table = table
    board.journal.append(
      .domainTable(domain: UInt32(domain.index), old: old ?? none, new: table ?? none))
  }

  package mutating func setTag(of domain: DomainID, to tag: UInt16?) {
    let old = domains[domain.index].tag
    domains[domain.index].tag = tag
    board.journal.append(
      .domainTag(domain: UInt32(domain.index), old: old ?? 0, new: tag ?? 0))
  }

  /// Puts a device at the head of a domain's list.
  package mutating func link(_ device: DeviceID, to domain: DomainID) {
    insert(device, into: domain, at: 0)
    board.journal.append(
      .link(domain: UInt32(domain.index), device: UInt16(device.index), position: 0))
  }

  /// Takes a device off the list it is on, if it is on one.
  package mutating func unlink(_ device: DeviceID) {
    guard let domain = devices[device.index].attachedTo,
      let position = domains[domain.index].attached.firstIndex(of: device)
    else { return }
    remove(device, from: domain, at: position)
    board.journal.append(
      .unlink(
        domain: UInt32(domain.index), device: UInt16(device.index), position: UInt16(position)))
  }

  package mutating func bind(_ device: DeviceID) {
    devices[device.index].isBound = true
    board.journal.append(.bind(device: UInt16(device.index)))
  }

  package mutating func holdInterrupts(_ isHeld: Bool) {
    let old = holdsInterrupts
    holdsInterrupts = isHeld
    board.journal.append(.interruptsHeld(old: old, new: isHeld))
  }

  package mutating func choose(_ design: Design) {
    board.journal.append(.design(old: self.design, new: design))
    self.design = design
  }

  /// Notes which device a domain was allocated for.
  package mutating func setCookie(of domain: DomainID, to device: DeviceID) {
    domains[domain.index].cookie = device
    board.journal.append(
      .domainCookie(domain: UInt32(domain.index), device: UInt16(device.index)))
  }

  /// Takes over another state's names, so that its events can be redone here.
  package mutating func adoptNames(of other: System) {
    names = other.names
    nameIndex = other.nameIndex
  }

  private mutating func insert(_ device: DeviceID, into domain: DomainID, at position: Int) {
    domains[domain.index].attached.insert(device, at: position)
    devices[device.index].attachedTo = domain
  }

  private mutating func remove(_ device: DeviceID, from domain: DomainID, at position: Int) {
    domains[domain.index].attached.remove(at: position)
    devices[device.index].attachedTo = nil
  }

  // MARK: Undo and redo

  /// Takes one change back, be it the board's or the kernel's.
  ///
  /// - Precondition: It is the change made last.
  package mutating func undo(_ change: Change, images: [[UInt32]]) {
    switch change {
    case .domainAlloc(let domain, _):
      setAllocated(DomainID(Int(domain)), false)
      domains.removeLast()
    case .domainFree(let domain): setAllocated(DomainID(Int(domain)), true)
    case .domainTable(let domain, let old, _):
      domains[Int(domain)].table = old.value == 0 ? nil : old
    case .domainTag(let domain, let old, _): domains[Int(domain)].tag = old == 0 ? nil : old
    case .link(let domain, let device, let position):
      remove(DeviceID(Int(device)), from: DomainID(Int(domain)), at: Int(position))
    case .unlink(let domain, let device, let position):
      insert(DeviceID(Int(device)), into: DomainID(Int(domain)), at: Int(position))
    case .bind(let device): devices[Int(device)].isBound = false
    case .interruptsHeld(let old, _): holdsInterrupts = old
    case .design(let old, _): design = old
    case .domainCookie(let domain, _): domains[Int(domain)].cookie = nil
    default: board.undo(change, images: images)
    }
  }

  /// Makes a change again that was undone.
  package mutating func redo(_ change: Change) {
    switch change {
    case .domainAlloc(_, let name): _ = insertDomain(named: Int(name))
    case .domainFree(let domain): setAllocated(DomainID(Int(domain)), false)
    case .domainTable(let domain, _, let new):
      domains[Int(domain)].table = new.value == 0 ? nil : new
    case .domainTag(let domain, _, let new): domains[Int(domain)].tag = new == 0 ? nil : new
    case .link(let domain, let device, let position):
      insert(DeviceID(Int(device)), into: DomainID(Int(domain)), at: Int(position))
    case .unlink(let domain, let device, let position):
      remove(DeviceID(Int(device)), from: DomainID(Int(domain)), at: Int(position))
    case .bind(let device): devices[Int(device)].isBound = true
    case .interruptsHeld(_, let new): holdsInterrupts = new
    case .design(_, let new): design = new
    case .domainCookie(let domain, let device):
      domains[Int(domain)].cookie = DeviceID(Int(device))
    default: board.redo(change)
    }
  }
}

extension System: Equatable {
  /// Compares the state, not the names that some other future once used.
  @usableFromInline
  package static func == (left: System, right: System) -> Bool {
    left.board == right.board && left.devices == right.devices
      && left.holdsInterrupts == right.holdsInterrupts && left.design == right.design
      && left.domains.elementsEqual(right.domains) {
        left.names[$0.name] == right.names[$1.name] && $0.isAllocated == $1.isAllocated
          && $0.table == $1.table && $0.attached == $1.attached && $0.tag == $1.tag
          && $0.cookie == $1.cookie
      }
  }
}
