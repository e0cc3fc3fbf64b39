internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What views want to know of the whole machine, found once for each state of it.
///
/// A view may not look through all tables for each key: these are looked through only when memory
/// has changed since the last time, and what depends on more is found anew for each step.
struct Survey: Sendable {
  /// A problem, and where in the timeline it began, as far as that is still known.
  struct Finding: Hashable {
    let problem: Problem
    let cause: Cause?
  }

  private var stamp: Moment?
  private var mapped = MappingSurvey()
  /// What other tables map that somebody asked for.
  private var tables: [PhysicalAddress: Mappings] = [:]
  private(set) var findings: [Finding] = []
  /// What memory is used for; kept only while somebody looks at it.
  private(set) var memory: MemoryRuns?
  private var readOnly = ReadOnlyMaps()
  private var pointing: [UInt64: [Pointing]] = [:]

  // MARK: Asking

  /// What a first-level table maps; nil where it was not looked through.
  func mappings(from table: PhysicalAddress) -> Mappings? {
    mapped.mappings(from: table) ?? tables[table]
  }

  /// For each live domain, its pages that nothing leads to.
  var leaked: [DomainID: [PhysicalAddress]] { mapped.leaked }

  /// The mappings that lead to a page.
  func pointing(toPage page: UInt64) -> [Pointing] {
    pointing[page] ?? []
  }

  /// How many problems there are of some kinds.
  func count(_ kinds: Set<Problem.Kind>) -> Int {
    findings.count { kinds.contains($0.problem.kind) }
  }

  // MARK: Keeping up

  /// Brings it up to the state that a timeline is in.
  mutating func refresh(
    _ timeline: Timeline, walked: [PhysicalAddress], memoryPages: [UInt64]
  ) {
    let now = Moment(timeline)
    let machine = timeline.machine
    if stamp != now {
      if isMemoryChanged(in: timeline) { lookThrough(machine) }
      stamp = now
      findProblems(in: timeline)
    }
    for table in walked where mappings(from: table) == nil {
      tables[table] = Mappings(from: table, in: machine)
    }
    guard !memoryPages.isEmpty else { return }
    if memory == nil { memory = MemoryRuns(of: machine, mappings: mapped.domains, leaked: leaked) }
    pointing = pointing.filter { memoryPages.contains($0.key) }
    for page in memoryPages where pointing[page] == nil {
      pointing[page] = machine.mappings(toPage: page, folded: mapped.domains)
    }
  }

  private mutating func lookThrough(_ machine: Machine) {
    (tables, memory, pointing) = ([:], nil, [:])
    mapped.refresh(machine)
  }

  private mutating func findProblems(in timeline: Timeline) {
    let problems = Problem.all(
      in: timeline.machine, leaked: leaked, readOnly: readOnly.upToNow(in: timeline),
      mistakes: timeline.mistakes, isEnd: timeline.isAtEnd)
    let causes = timeline.causes(of: Set(problems.flatMap(\.traces)))
    findings = problems.map { problem in
      let cause = Timeline.latest(problem.traces, in: causes)
      return Finding(
        problem: problem,
        cause: problem.kind == .givenUp ? cause.map(timeline.sharpened) : cause)
    }
  }

  /// Between two states of one operation its events tell; else memory may be any other.
  private func isMemoryChanged(in timeline: Timeline) -> Bool {
    let (new, events) = (timeline.position, timeline.recording.events)
    guard let stamp, stamp.revision == timeline.revision, stamp.position.entry == new.entry,
      timeline.recording.isComplete,
      max(stamp.position.events, new.events) <= events.count
    else { return true }
    let range =
      min(stamp.position.events, new.events)..<max(stamp.position.events, new.events)
    return events[range].contains { $0.change.changesMemory }
  }
}

extension Change {
  /// It changes a word, what a page is used for, or which domains there are.
  fileprivate var changesMemory: Bool {
    switch self {
    case .memoryWrite, .memoryWrite64, .dmaWrite, .dmaWrite64, .pageAlloc, .pageFree, .pageClear,
      .domainAlloc, .domainFree, .domainTable:
      true
    default: false
    }
  }
}

extension Explorer {
  /// Brings what is known of the whole machine up to the state that is looked at.
  mutating func refreshSurvey() {
    var tables = [Subject(selection, in: machine).table]
    let second = layout.second == nil ? nil : shownSecondView
    let isShown = view == .memory || second == .memory && pinned == nil
    var pages = isShown ? [memoryAddress.page] : []
    if second != nil, pinned != nil {
      inPinned {
        tables.append(Subject($0.selection, in: $0.machine).table)
        if $0.view == .memory { pages.append($0.memoryAddress.page) }
      }
    }
    survey.refresh(timeline, walked: tables.compactMap(\.self), memoryPages: pages)
  }

  /// What a table maps.
  func mappings(from table: PhysicalAddress) -> Mappings {
    survey.mappings(from: table) ?? Mappings(from: table, in: machine)
  }
}
