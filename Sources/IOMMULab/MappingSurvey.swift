package import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

/// What every live domain maps and which of its pages are lost, kept up as memory changes.
///
/// With a thousand domains nobody can wait until all their tables were read for each step. It is known
/// which pages were read for a domain: only those domains are looked through again of which one
/// changed, or to which pages came or from which they went.
package struct MappingSurvey: Sendable {
  package private(set) var domains: [DomainID: Mappings] = [:]
  /// For each live domain, its pages that nothing leads to.
  package private(set) var leaked: [DomainID: [PhysicalAddress]] = [:]
  /// How many domains were looked through the last time.
  package private(set) var work = 0
  private var tables: [DomainID: PhysicalAddress] = [:]
  private var owners: [PhysicalAddress: DomainID] = [:]
  /// The domains whose tables lie in a page.
  private var readers: [UInt64: [DomainID]] = [:]
  /// Memory as it was looked through; it shares its words with the machine.
  private var memory: PhysicalMemory?
  private var platform = ""

  package init() {}

  /// What the first-level table of a live domain maps.
  package func mappings(from table: PhysicalAddress) -> Mappings? {
    owners[table].flatMap { domains[$0] }
  }

  /// Brings it up to the state of a machine.
  package mutating func refresh(_ machine: Machine) {
    if platform != machine.platform.name {
      self = MappingSurvey()
      platform = machine.platform.name
    }
    let now = machine.board.memory
    var changed: Set<DomainID> = []
    if let memory {
      for page in now.pagesDiffering(from: memory) { changed.formUnion(readers[page] ?? []) }
      for owner in now.pool.ownersDiffering(from: memory.pool) where owner > 0 {
        changed.insert(DomainID(Int(owner) - 1))
      }
    }
    memory = now
    let found = machine.system.domains
    for (domain, table) in tables
    where domain.index >= found.count || !found[domain.index].isAllocated
      || found[domain.index].table != table
    {
      forget(domain)
    }
    let wanted = machine.liveDomains.filter {
      found[$0.index].table != nil && (tables[$0] == nil || changed.contains($0))
    }
    work = wanted.count
    guard !wanted.isEmpty else { return }
    let pages = Dictionary(grouping: now.pool.pages.lazy.filter { $0.owner > 0 }, by: \.owner)
    for domain in wanted {
      guard let table = found[domain.index].table else { continue }
      look(domain, table, owning: pages[domain.owner] ?? [], in: machine)
    }
  }

  private mutating func look(
    _ domain: DomainID, _ table: PhysicalAddress,
    owning pages: [(page: UInt64, use: PageUse, owner: UInt32)], in machine: Machine
  ) {
    forget(domain)
    let mapped = Mappings(from: table, in: machine)
    (domains[domain], tables[domain], owners[table]) = (mapped, table, domain)
    let read = Set(mapped.tablePages)
    for page in read { readers[page, default: []].append(domain) }
    let lost =
      mapped.isWhole
      ? pages.filter { $0.use == .lowerLevelTable && !read.contains($0.page) }
        .map { PhysicalAddress($0.page << 12) }
      : DomainTables(of: domain, in: machine).leaked
    if !lost.isEmpty { leaked[domain] = lost }
  }

  private mutating func forget(_ domain: DomainID) {
    leaked[domain] = nil
    if let table = tables.removeValue(forKey: domain), owners[table] == domain {
      owners[table] = nil
    }
    guard let mapped = domains.removeValue(forKey: domain) else { return }
    for page in Set(mapped.tablePages) {
      readers[page]?.removeAll { $0 == domain }
      if readers[page]?.isEmpty ?? false { readers[page] = nil }
    }
  }
}
