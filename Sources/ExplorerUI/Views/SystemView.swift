internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A row of the tree.
enum SystemRow: Hashable {
  case iommu(Int)
  case bank(iommu: Int, bank: Int)
  case domain(DomainID, name: String)
  /// A guest that has no domain yet.
  case guest(name: String, words: String)

  var selection: Selection? {
    switch self {
    case .iommu(let iommu): .iommu(iommu)
    case .bank(let iommu, let bank): .bank(iommu: iommu, bank: bank)
    case .domain(_, let name): .domain(name)
    case .guest: nil
    }
  }

  /// It stands above the line, among what is built in.
  var isHardware: Bool {
    switch self {
    case .iommu, .bank: true
    case .domain, .guest: false
    }
  }
}

extension Explorer {
  /// An IOMMU shows its contexts; where there is one alone, it does from the start.
  func isOpen(_ iommu: Int) -> Bool {
    folds[iommu] ?? (height >= 50 || machine.board.iommus.count == 1)
  }

  /// The first row of the tree to show: where it was, moved no more than the selection needs.
  func treeTop(height: Int, rows: [SystemRow]) -> Int {
    let top = min(treeTop, max(0, rows.count - height))
    guard let selected = rows.firstIndex(where: { $0.selection == selection }) else { return top }
    return max(selected - height + 1, min(top, selected))
  }

  /// Remembers how far the tree is scrolled, once the selection may have moved.
  ///
  /// While the tree is hidden it keeps its place.
  mutating func keepTreeTop() {
    guard !layout.system.isEmpty else { return }
    let rows = systemRows
    let tree = rows.filter(\.isHardware)
    let height = SystemView.treeHeight(in: layout.system, domains: rows.count - tree.count)
    treeTop = treeTop(height: height, rows: tree)
  }

  /// All rows of the tree in their order: hardware, then domains.
  var systemRows: [SystemRow] {
    var rows: [SystemRow] = []
    for iommu in machine.board.iommus.indices {
      rows.append(.iommu(iommu))
      guard isOpen(iommu) else { continue }
      for bank in 0..<machine.board.iommus[iommu].bankCount {
        rows.append(.bank(iommu: iommu, bank: bank))
      }
    }
    for domain in machine.liveDomains {
      rows.append(.domain(domain, name: machine.system.name(of: domain)))
    }
    for guest in machine.waitingGuests {
      rows.append(.guest(name: guest.name, words: guest.words))
    }
    return rows
  }
}

/// What exists: the IOMMUs with their context banks and who is behind them, and the domains.
struct SystemView {
  private let explorer: Explorer
  private let marks: Marks
  private let machine: Machine
  /// Who was at work in the tick under the cursor, and the most that one of them asked for.
  private let busy: TrafficTotals?
  private let busiest: UInt64

  init(_ explorer: Explorer, _ marks: Marks) {
    self.explorer = explorer
    self.marks = marks
    machine = explorer.machine
    busy = explorer.currentTick
    busiest = busy?.devices.map(\.result.accesses).max() ?? 0
  }

  func draw(in area: Rect, with pen: inout Pen) {
    let isWide = area.width >= 38
    let focused = explorer.focus == .system
    pen.link(area, to: .focus(.system))
    let legend = machine.words.legend(isWide: isWide)
    let inside = pen.frame(
      area, title: Prose("System", .strong), focused: focused,
      right: explorer.zoomHint(for: .system),
      bottom: legend)
    let all = explorer.systemRows
    let tree = all.filter(\.isHardware)
    let domains = all.filter { !$0.isHardware }
    let header = isWide ? 1 : 0
    let treeHeight = Self.treeHeight(in: area, domains: domains.count)
    if isWide {
      pen.write(" IOMMU       registers    \(machine.words.contexts)", .dim, at: 0, 0, in: inside)
    }
    let body = Rect(
      column: inside.column, row: inside.row + header, width: inside.width, height: treeHeight)
    let top = explorer.treeTop(height: treeHeight, rows: tree)
    let hidden = draw(tree, from: top, in: body, isWide: isWide, with: &pen)
    let separator = header + treeHeight + 1
    pen.divider(
      Prose("Domains", .strong), right: hidden > 0 ? Prose("\(hidden) more ↑↓", .dim) : "",
      row: separator, in: area, focused: focused)
    let rest = Rect(
      column: inside.column, row: inside.row + separator, width: inside.width,
      height: max(0, inside.height - separator))
    if domains.isEmpty {
      pen.write(
        isWide ? " none yet; :alloc NAME makes one" : " none yet", .dim, at: 0, 0, in: rest)
    }
    let chosen = domains.firstIndex { $0.selection == explorer.selection } ?? 0
    let first = min(max(0, domains.count - rest.height), max(0, chosen - rest.height / 2))
    _ = draw(domains, from: first, in: rest, isWide: isWide, with: &pen)
  }

  /// How many rows of a System pane are the tree's.
  static func treeHeight(in area: Rect, domains: Int) -> Int {
    let header = area.width >= 38 ? 1 : 0
    let inside = area.height - 2
    return max(0, inside - 1 - max(1, min(domains, max(2, inside / 4))) - header)
  }

  /// Draws rows from the one at `first` on; returns how many did not fit.
  private func draw(
    _ rows: [SystemRow], from first: Int, in area: Rect, isWide: Bool, with pen: inout Pen
  ) -> Int {
    guard area.height > 0 else { return rows.count }
    let overflow = max(0, rows.count - area.height)
    for (row, item) in rows[first..<min(rows.count, first + area.height)].enumerated() {
      switch item {
      case .iommu(let iommu): drawIOMMU(iommu, row, area, isWide, &pen)
      case .bank(let iommu, let bank): drawBank(iommu, bank, row, area, isWide, &pen)
      case .domain(let domain, let name): drawDomain(domain, name, row, area, isWide, &pen)
      case .guest(let name, let words):
        let end = pen.write("○ " + name, .dim, at: 1, row, in: area)
        let start = max(end + 1, isWide ? 15 : 10)
        pen.write(isWide ? words : "guest", .dim, at: start, row, in: area)
      }
      if item.selection == explorer.selection {
        pen.select(row: row, in: area, focused: explorer.focus == .system)
      }
    }
    return overflow
  }

  private func drawIOMMU(
    _ iommu: Int, _ row: Int, _ area: Rect, _ isWide: Bool, _ pen: inout Pen
  ) {
    let unit = machine.board.iommus[iommu]
    let isOpen = explorer.isOpen(iommu)
    let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    pen.link(line, to: .select(.iommu(iommu)))
    pen.link(
      Rect(column: area.column, row: area.row + row, width: 3, height: 1),
      to: .toggle(iommu: iommu))
    pen.put(
      isOpen ? pen.glyphs.open : pen.glyphs.folded, pen.theme.style(.accent), at: 1, row, in: area)
    pen.write(unit.name, isOpen ? .strong : .text, at: 3, row, in: area)
    if isWide {
      pen.write(UInt64(machine.platform.units[iommu].base).hex8, .dim, at: 13, row, in: area)
    }
    let isProbed = machine.system.devices[iommu].isBound
    var column = isWide ? 26 : 13
    guard isProbed else {
      pen.write("not probed", .dim, at: column, row, in: area)
      return
    }
    for bank in 0..<unit.bankCount {
      let dot = dot(iommu, bank)
      column = pen.write(dot, at: column, row, in: area)
    }
    if !isOpen, busy != nil {
      let works = (0..<unit.bankCount).compactMap { work(bank: $0, of: iommu) }
      drawWork(
        works.reduce(into: TrafficResult()) { $0 += $1 },
        at: column, row, in: area, with: &pen)
    }
    if !isOpen {
      var unique: [String] = []
      for bank in 0..<unit.bankCount {
        if let name = domainName(iommu, bank), !unique.contains(name) { unique.append(name) }
      }
      let start = max(column + 1, isWide ? 30 : 17)
      let room = Rect(
        column: area.column + start, row: area.row + row, width: area.width - start, height: 1)
      pen.write(Prose(unique.joined(separator: " "), .domain), at: 0, 0, in: room)
    } else if isTouched(iommu) {
      pen.put(pen.glyphs.changed, pen.theme.style(.changed), at: column + 1, row, in: area)
    }
  }

  private func drawBank(
    _ iommu: Int, _ bank: Int, _ row: Int, _ area: Rect, _ isWide: Bool, _ pen: inout Pen
  ) {
    let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    pen.link(line, to: .select(.bank(iommu: iommu, bank: bank)))
    pen.write(dot(iommu, bank), at: 3, row, in: area)
    guard let device = machine.device(bank: bank, of: iommu) else {
      pen.write(
        "\(bank) \(isWide ? "bank without a device" : "no device")", .faint, at: 5, row, in: area)
      return
    }
    let found = machine.system.devices[device.index]
    if let work = work(bank: bank, of: iommu) { drawWork(work, at: 1, row, in: area, with: &pen) }
    let name = domainName(iommu, bank)
    let nameWidth = isWide ? 15 : name == nil ? 19 : 12
    let cut = DisplayWidth.truncate(found.name, to: nameWidth, ellipsis: pen.glyphs.cut)
    let words = machine.words
    let end = pen.write(words.treeName(bank, cut), .text, at: 5, row, in: area)
    if isWide, end <= words.treeDetailColumn {
      let status = BankStatus(bank: bank, of: iommu, in: machine)
      let detail = words.treeDetail(words.list(found.streams), status)
      pen.write(
        found.isBound ? detail : "not probed", .dim, at: words.treeDetailColumn, row, in: area)
    }
    let start = isWide ? 30 : 20
    let room = Rect(
      column: area.column + start, row: area.row + row, width: max(0, area.width - start), height: 1
    )
    if let name {
      pen.write(Prose(name, isFreed(iommu, bank) ? .fault : .domain), at: 0, 0, in: room)
    }
  }

  private func drawDomain(
    _ domain: DomainID, _ name: String, _ row: Int, _ area: Rect, _ isWide: Bool, _ pen: inout Pen
  ) {
    let found = machine.system.domains[domain.index]
    let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    pen.link(line, to: .select(.domain(name)))
    let isLive = found.attached.contains { device in
      let context = machine.system.devices[device.index]
      return context.bank.map {
        BankStatus(bank: $0, of: context.iommu, in: machine).state == .live
      } ?? false
    }
    pen.write(isLive ? Prose("●", .live) : Prose("○", .dim), at: 1, row, in: area)
    let nameWidth = isWide ? 11 : 6
    pen.write(
      Prose(DisplayWidth.truncate(name, to: nameWidth, ellipsis: pen.glyphs.cut), .domain), at: 3,
      row, in: area)
    let isReached = DomainHoldings(of: domain, in: machine).waiting.contains(where: \.isReachable)
    if isReached { pen.write("≠", .stale, at: isWide ? 14 : 9, row, in: area) }
    let count = found.attached.count
    pen.write(
      machine.words.users(count, isWide: isWide), .text, at: isWide ? 15 : 10, row, in: area)
    let bytes =
      found.table.map { explorer.mappings(from: $0).bytes } ?? 0
    pen.writeRight(
      Prose(bytes == 0 ? "empty" : isWide ? bytes.prose : bytes.shortProse, .dim), inset: 1, row,
      in: area)
  }

  /// What the device of a context did in the tick under the cursor.
  private func work(bank: Int, of iommu: Int) -> TrafficResult? {
    guard let busy, let device = machine.device(bank: bank, of: iommu) else { return nil }
    return busy[machine.system.name(of: device)]
  }

  /// The busy path: a bar as high as the device was busy, or the sign of a fault.
  private func drawWork(
    _ work: TrafficResult, at column: Int, _ row: Int, in area: Rect, with pen: inout Pen
  ) {
    if work.faults > 0 {
      pen.put(pen.glyphs.refused, pen.theme.style(.fault), at: column, row, in: area)
    } else if work.accesses > 0 {
      pen.put(
        pen.glyphs.bar(work.accesses, of: busiest), pen.theme.style(.live), at: column, row,
        in: area)
    }
  }

  private func dot(_ iommu: Int, _ bank: Int) -> Prose {
    guard machine.device(bank: bank, of: iommu) != nil else { return Prose("·", .dim) }
    return BankStatus(bank: bank, of: iommu, in: machine).dot
  }

  /// The current step changed a register of the IOMMU, or where one of its contexts has its table.
  private func isTouched(_ iommu: Int) -> Bool {
    if marks.currentBank?.iommu == iommu { return true }
    return (0..<machine.board.iommus[iommu].bankCount).contains { bank in
      machine.tablePlace(bank: bank, of: iommu).map { marks.isNow($0) } ?? false
    }
  }

  private func isFreed(_ iommu: Int, _ bank: Int) -> Bool {
    let table = BankStatus(bank: bank, of: iommu, in: machine).table
    return table.map { machine.domain(withTable: $0) == nil } ?? false
  }

  /// The domain that a bank's walker would walk, by what the hardware reads, not by any list.
  private func domainName(_ iommu: Int, _ bank: Int) -> String? {
    guard let table = BankStatus(bank: bank, of: iommu, in: machine).table else { return nil }
    return machine.domain(withTable: table).map { machine.system.name(of: $0) } ?? "freed"
  }
}

extension BankStatus {
  /// The sign of its state.
  var dot: Prose {
    switch state {
    case .live: Prose("●", .live)
    case .half: Prose("◐", .half)
    case .off: Prose("○", .dim)
    }
  }
}
