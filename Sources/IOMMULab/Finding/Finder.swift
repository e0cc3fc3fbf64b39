internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// Finds anything of a machine and its timeline that has a name, an address or a text.
///
/// It stands for one point in time. Each query does a bounded amount of work; what takes longer goes
/// on with the next one, and the answer says how far it has come.
package struct Finder: Sendable {
  /// How much may be looked at for one key.
  package struct Budget: Hashable, Sendable {
    package var entries = 150_000
    package var operations = 2_000
    package init(entries: Int = 150_000, operations: Int = 2_000) {
      (self.entries, self.operations) = (entries, operations)
    }
  }

  let registers: RegisterMap
  /// What registers are called; made once, for it takes a while.
  let names: [RegisterName]
  /// The IOMMU that is looked at: its registers come first.
  let near: Int?
  /// The context of it that is looked at.
  let nearBank: Int?
  private let budget: Budget
  private var mappings: MappingIndex
  private var operations: OperationSearch
  /// How many entries and operations the last query looked at.
  package private(set) var work = (entries: 0, operations: 0)

  package init(
    _ timeline: Timeline, registers: RegisterMap, near: Int?, bank: Int? = nil,
    budget: Budget = Budget()
  ) {
    (self.registers, self.near, nearBank, self.budget) = (registers, near, bank, budget)
    names = Self.names(of: registers, in: timeline.machine)
    mappings = MappingIndex(of: timeline.machine)
    operations = OperationSearch(in: timeline)
  }

  /// Something was not looked at yet: the same query again looks on.
  package var isComplete: Bool { mappings.isComplete && operations.isComplete }

  /// What answers a query, group by group, the group with the best answer first.
  package mutating func find(_ text: String, in timeline: Timeline) -> [FoundGroup] {
    let query = TextQuery(text)
    let machine = timeline.machine
    work = (0, 0)
    guard !query.isEmpty else { return [everything(of: machine)] }
    var groups: [FoundGroup] = []
    if let address = query.address { groups.append(addresses(address, query, in: machine)) }
    groups.append(things(query, in: machine))
    if !text.hasPrefix("0x") { groups.append(registers(query, in: machine)) }
    groups.append(operations(query, in: timeline))
    let order = groups.enumerated().sorted {
      ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
    }
    return order.map(\.element).filter { !$0.found.isEmpty || !$0.notes.isEmpty }
  }

  /// Where the least costs stand, in their order: only what is shown is put into words.
  static func best(_ costs: [Int], limit: Int) -> [Int] {
    let order = costs.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }
    return Array(order.prefix(limit))
  }

  // MARK: Operations

  private mutating func operations(_ query: TextQuery, in timeline: Timeline) -> FoundGroup {
    work.operations = operations.search(query, in: timeline, budget: budget.operations)
    var all: [Found] = []
    if let number = query.ordinal, number > 0, number <= timeline.entries.count {
      all.append(found(number - 1, in: timeline, marked: [], cost: -1))
    }
    all += Self.best(operations.hits.map(\.match.cost), limit: 8).map { place in
      let hit = operations.hits[place]
      return found(hit.index, in: timeline, marked: hit.match.marked, cost: hit.match.cost)
    }
    let count = operations.hits.count
    let notes: [Prose] =
      operations.isComplete || count > 8
      ? []
      : [
        Prose(
          "the nearest \(operations.looked.grouped) of \(timeline.entries.count.grouped) "
            + "operations searched so far: ↓ goes on", .dim)
      ]
    return FoundGroup(
      .operations, all, limit: 9, more: max(0, count - 8), notes: notes)
  }

  private func found(_ index: Int, in timeline: Timeline, marked: [Int], cost: Int) -> Found {
    let entry = timeline.entries[index]
    return Found(
      group: .operations, kind: "op \((index + 1).grouped)", name: Prose(entry.operation.text),
      marked: marked,
      detail: index == timeline.position.entry
        ? Prose("here", .accent)
        : entry.outcome.isOK ? "" : Prose(entry.outcome.shortWords, .fault),
      place: .operation(index), cost: cost)
  }

  // MARK: Addresses

  private mutating func addresses(
    _ address: UInt64, _ query: TextQuery, in machine: Machine
  ) -> FoundGroup {
    work.entries = mappings.fold(budget.entries, of: machine)
    let search = AddressSearch(address, query, in: machine, registers: registers, near: near)
    let mapped = search.mappings(limit: 4)
    let (places, count) = mappings.places(of: address, limit: 4)
    let reverse = places.map { search.mapped(by: $0.domain, at: $0.iova, $0.size) }
    let others = search.words + search.registers
    var notes: [Prose] = []
    if mapped.found.isEmpty, reverse.isEmpty, mappings.isComplete {
      notes.append(
        Prose("No domain maps \(address.hex8), and none maps anything to it.", .dim))
    }
    if !mappings.isComplete {
      let (done, all) = mappings.progress
      notes.append(
        Prose(
          "who maps this memory: \(done.grouped) of \(all.grouped) domains searched so far: "
            + "↓ goes on", .dim))
    }
    return FoundGroup(
      .addresses, mapped.found + reverse + others, limit: 16,
      more: mapped.count - mapped.found.count + count - places.count, notes: notes)
  }
}

extension Int {
  /// With commas between thousands.
  package var grouped: String {
    var text = ""
    for (index, digit) in String(magnitude).reversed().enumerated() {
      if index > 0, index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + String(text.reversed())
  }
}

extension Outcome {
  /// What went wrong, in a word.
  fileprivate var shortWords: String {
    switch self {
    case .done, .reached, .traffic: ""
    case .refused(let errno, _): "-\(errno.name)"
    case .fault: "fault"
    case .stalled: "stalled"
    case .error: "error"
    }
  }
}
