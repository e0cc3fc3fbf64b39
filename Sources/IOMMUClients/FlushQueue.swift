package import IOMMUAPI
internal import IOMMUValues

/// Lazy mode: unmapped addresses wait for one flush of all (`queue_iova` and what belongs to it).
///
/// Between the unmap and that flush the tables say no and a TLB may still say yes. Nobody gets the
/// addresses meanwhile; the *page* is back with its owner.
extension Clients {
  mutating func enqueue(
    _ iova: IOVA, _ size: UInt64, tables: [PhysicalAddress], in space: Int,
    _ system: inout System, _ driver: some IOMMUDriver
  ) {
    system.inside("queue_iova", .domain(spaces[space].domain)) { system in
      let isFull = spaces[space].queue.count >= DMASpace.mostWaiting
      if system.ask("is the queue full?", isFull) { flushQueue(of: space, &system, driver) }
      let bits = UInt64(spaces[space].addresses.granuleBits)
      let number = UInt16(space)
      change(
        .queued(space: number, frame: iova.value >> bits, pages: size >> bits), &system)
      for table in tables { change(.queuedTable(space: number, table), &system) }
      if spaces[space].timer == 0 {
        change(.timer(space: number, old: 0, new: clock &+ DMASpace.patience), &system)
      }
    }
  }

  /// `fq_flush_iotlb`, then `fq_ring_free`: what waited is free.
  private mutating func flushQueue(
    of space: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    let domain = spaces[space].domain
    system.inside("fq_flush_iotlb", .domain(domain)) { system in
      system.flushAll(domain, through: driver)
    }
    system.inside("fq_ring_free", .domain(domain)) { system in
      let number = UInt16(space)
      while let oldest = spaces[space].queue.first {
        for table in oldest.tables {
          change(.unqueuedTable(space: number, table), &system)
          system.giveBack([table])
        }
        change(
          .unqueued(
            frame: oldest.frame, pages: oldest.pages, since: oldest.since, space: number), &system)
        withAddresses(of: space, &system) { $0.freeFast(oldest.frame, oldest.pages, &$1) }
      }
    }
  }

  /// The timer of a queue ran out (`fq_flush_timeout`).
  private mutating func timeOut(
    _ space: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    system.inside("fq_flush_timeout", .domain(spaces[space].domain)) { system in
      change(.timer(space: UInt16(space), old: spaces[space].timer, new: 0), &system)
      flushQueue(of: space, &system, driver)
    }
  }

  // MARK: Time and mode

  mutating func wait(
    _ microseconds: UInt64, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    let (sum, isTooMuch) = clock.addingReportingOverflow(microseconds)
    let target = isTooMuch ? UInt64.max : sum
    while let next = nextTimer(until: target) {
      pass(to: spaces[next].timer, &system)
      timeOut(next, &system, driver)
    }
    pass(to: target, &system)
  }

  private mutating func pass(to time: UInt64, _ system: inout System) {
    if time != clock { change(.clock(old: clock, new: time), &system) }
  }

  /// The space whose timer runs out first.
  private func nextTimer(until time: UInt64) -> Int? {
    spaces.indices.filter { spaces[$0].timer != 0 && spaces[$0].timer <= time }
      .min { (spaces[$0].timer, $0) < (spaces[$1].timer, $1) }
  }

  mutating func setMode(
    isLazy new: Bool, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    system.inside("iommu_group_store_type") { system in
      change(.mode(wasLazy: isLazy, isLazy: new), &system)
      guard !new else { return }
      for space in spaces.indices where spaces[space].timer != 0 {
        timeOut(space, &system, driver)
      }
    }
  }
}

/// Simulated time goes on, and what was to happen meanwhile happens.
package struct Wait: ClientCall {
  private let microseconds: UInt64

  package init(microseconds: UInt64) { self.microseconds = microseconds }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    clients.wait(microseconds, &system, driver)
  }
}

/// Strict or lazy; going back to strict flushes what waits.
package struct SetMode: ClientCall {
  private let isLazy: Bool

  package init(isLazy: Bool) { self.isLazy = isLazy }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    clients.setMode(isLazy: isLazy, &system, driver)
  }
}
