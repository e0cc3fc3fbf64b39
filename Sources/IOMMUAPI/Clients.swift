package import IOMMUHardware

/// What the clients of the IOMMU API find beside its calls: recording, and the unmap that does not
/// flush by itself.
extension System {
  /// Records a change of a client's records.
  package mutating func note(_ change: ClientChange) {
    if board.journal.isOn { board.journal.append(.client(change)) }
  }

  package mutating func enter(_ function: Label, _ subject: Subject = .none) {
    if board.journal.isOn { board.journal.enter(function, subject) }
  }

  package mutating func leave(_ value: Int64 = 0) {
    if board.journal.isOn { board.journal.leave(value) }
  }

  /// Unmaps, and leaves what has to be flushed to the caller.
  ///
  /// Linux: `iommu_unmap_fast`. A caller that flushes later says so in `gather`.
  package mutating func unmapFast(
    _ domain: DomainID, iova: IOVA, size: UInt64, gather: inout UnmapGather,
    through driver: some IOMMUDriver
  ) throws(KernelError) -> UInt64 {
    enter("iommu_unmap_fast", .domain(domain))
    do throws(KernelError) {
      let done = try unmapPieces(domain, iova: iova, size: size, gather: &gather, through: driver)
      leave(Int64(bitPattern: done))
      return done
    } catch {
      leave(error.code)
      throw error
    }
  }

  /// Flushes what an unmap gathered (`iommu_iotlb_sync`).
  package mutating func synchronize(
    _ gather: inout UnmapGather, of domain: DomainID, through driver: some IOMMUDriver
  ) {
    enter("iommu_iotlb_sync", .domain(domain))
    driver.synchronize(&gather, for: domain, in: &self)
    leave()
  }

  /// Drops whatever TLBs know of a domain (`iommu_flush_iotlb_all`).
  package mutating func flushAll(_ domain: DomainID, through driver: some IOMMUDriver) {
    enter("iommu_flush_iotlb_all", .domain(domain))
    driver.flushAll(domain, in: &self)
    leave()
  }

  /// Asks what a domain's mappings can do (`iommu_domain_has_cap`).
  package mutating func isCoherent(_ domain: DomainID, through driver: some IOMMUDriver) -> Bool {
    enter("iommu_domain_has_cap", .domain(domain))
    let answer = ask(
      "can its mappings look into the CPU's caches?", driver.isCoherent(domain, in: self))
    leave(answer ? 1 : 0)
    return answer
  }

  /// Takes a page of memory for a buffer, cleared; nil when none is left.
  package mutating func takeBufferPage() -> PhysicalAddress? {
    board.allocatePages(1, for: .coherentBuffer, owner: 0)
  }

  /// Gives pages back, be they of tables or of buffers (`put_pages_list`, `__free_pages`).
  package mutating func giveBack(_ pages: [PhysicalAddress]) {
    for page in pages { board.freePages(page, 1) }
  }
}
