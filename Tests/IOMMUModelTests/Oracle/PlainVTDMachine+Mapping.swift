/// `iommu_map`, `iommu_unmap` and `iommu_iova_to_phys` of Linux 6.1, and the driver under them.
extension PlainVTDMachine {
  /// 48 bits of address, in pages.
  static let lastFrame: UInt64 = 1 << 36 - 1
  private static let superPage: UInt64 = 0x80

  /// How many pages an entry of a level stands for.
  static func span(_ level: Int) -> UInt64 { 1 << (9 * UInt64(level - 1)) }

  static func isPresent(_ word: UInt64) -> Bool { word % 4 != 0 }
  static func isLarge(_ word: UInt64) -> Bool { word & superPage != 0 }
  /// Addresses have at most 52 bits.
  static func address(_ word: UInt64) -> UInt64 { word % (1 << 52) / 0x1000 * 0x1000 }
  static func slot(_ table: UInt64, _ frame: UInt64, _ level: Int) -> UInt64 {
    table &+ frame / span(level) % 512 * 8
  }

  /// `iommu_pgsize`: the size of pages, and how many in a row.
  private static func run(
    _ iova: UInt64, _ physical: UInt64, _ size: UInt64
  ) -> (size: UInt64, count: UInt64) {
    let sizes: [UInt64] = [1 << 30, 1 << 21, 1 << 12]
    let index = sizes.firstIndex { $0 <= size && iova % $0 == 0 && physical % $0 == 0 } ?? 2
    let page = sizes[index]
    guard index > 0 else { return (page, size / page) }
    let next = sizes[index - 1]
    guard iova % next == physical % next else { return (page, size / page) }
    let offset = next - (iova | physical) % next
    return (page, (offset + next <= size ? offset : size) / page)
  }

  // MARK: Map

  mutating func map(
    _ name: String, iova: UInt64, to physical: UInt64, size: UInt64, prot: UInt32
  ) -> PlainAnswer64 {
    guard let domain = domain(name) else { return .error }
    if (iova | physical | size) % 0x1000 != 0 { return .refused(Self.einval) }
    var done: UInt64 = 0
    while done < size {
      let (from, to) = (iova &+ done, physical &+ done)
      let run = Self.run(from, to, size - done)
      if let errno = mapRun(domain, from, to, run.size * run.count, prot) {
        _ = unmap(domain, iova: iova, size: done)
        return .refused(errno)
      }
      done += run.size * run.count
    }
    return .done(0)
  }

  /// `intel_iommu_map` and `__domain_mapping`: nil when it was done.
  private mutating func mapRun(
    _ domain: Int, _ iova: UInt64, _ physical: UInt64, _ size: UInt64, _ prot: UInt32
  ) -> Int32? {
    // The end is computed in 64 bits; one that wraps is caught a call deeper, by another errno.
    if iova &+ size > 1 << 48 { return Self.efault }
    var frame = iova / 0x1000
    var left = size / 0x1000
    if frame > Self.lastFrame || prot % 4 == 0 { return Self.einval }
    var target = physical / 0x1000
    // Bit 0 is set whatever is asked for.
    let rights = UInt64(prot & 2) + 1
    while left > 0 {
      var level = 1
      while level < 3, (frame | target) % Self.span(level + 1) == 0, left >= Self.span(level + 1) {
        level += 1
      }
      let span = Self.span(level)
      guard var entry = makeEntry(domain, frame, level) else { return Self.enomem }
      if level > 1 {
        let room = 512 - entry / 8 % 512
        makeRoom(domain, frame, from: entry, count: min(left / span, room), level)
      }
      repeat {
        if memory[entry] == 0 {
          memory[entry] = target << 12 | rights | (level > 1 ? Self.superPage : 0)
        } else {
          overMapped += 1
        }
        (frame, target, left) = (frame + span, target + span, left - span)
        entry += 8
      } while left >= span && entry % 0x1000 != 0
      // The last pages of a run of small ones end it too.
    }
    return nil
  }

  /// `pfn_to_dma_pte` for a level: a leaf on the way is taken for a table.
  private mutating func makeEntry(_ domain: Int, _ frame: UInt64, _ level: Int) -> UInt64? {
    guard var table = domains[domain].table else { return nil }
    for above in stride(from: 4, to: level, by: -1) {
      let entry = Self.slot(table, frame, above)
      if !Self.isPresent(memory[entry]) {
        guard let page = takePage(for: .lowerTable, of: domain) else { return nil }
        if memory[entry] == 0 {
          memory[entry] = page + 3
        } else {
          // Compared with 0 and not exchanged: the page goes back, the word is used as it is.
          pages.giveBack(page)
        }
      }
      table = Self.address(memory[entry])
    }
    return Self.slot(table, frame, level)
  }

  /// `switch_to_super_page`: from one entry to the next in the same table.
  private mutating func makeRoom(
    _ domain: Int, _ start: UInt64, from first: UInt64, count: UInt64, _ level: Int
  ) {
    let span = Self.span(level)
    for index in 0..<count {
      let frame = start + index * span
      guard Self.isPresent(memory[first + index * 8]), let table = domains[domain].table else {
        continue
      }
      clearLeaves(table, frame, frame + span - 1)
      freeTables(table, 4, 0, frame, frame + span - 1, keeping: level + 1)
      flush(frame, span, isHint: false, of: domain)
    }
  }

  /// `dma_pte_clear_range`: from the first leaf that it finds to the end of its table.
  private mutating func clearLeaves(_ root: UInt64, _ start: UInt64, _ last: UInt64) {
    var frame = start
    while frame <= last {
      let (entry, level) = lookup(root, frame)
      if level > 1, !Self.isPresent(memory[entry]) {
        frame = (frame / Self.span(level + 1) + 1) * Self.span(level + 1)
        continue
      }
      var place = entry
      repeat {
        memory[place] = 0
        frame += Self.span(level)
        place += 8
      } while frame <= last && place % 0x1000 != 0
    }
  }

  /// `dma_pte_free_level`.
  private mutating func freeTables(
    _ table: UInt64, _ level: Int, _ base: UInt64, _ start: UInt64, _ last: UInt64, keeping: Int
  ) {
    let span = Self.span(level)
    var frame = max(start, base)
    repeat {
      let entry = Self.slot(table, frame, level)
      let word = memory[entry]
      let first = frame / span * span
      if Self.isPresent(word), !Self.isLarge(word) {
        let below = Self.address(word)
        if level > 2 { freeTables(below, level - 1, first, start, last, keeping: keeping) }
        if level < keeping, start <= first, first + span - 1 <= last {
          memory[entry] = 0
          pages.giveBack(below)
        }
      }
      frame += span
    } while frame / span % 512 != 0 && frame <= last
  }

  // MARK: Unmap

  mutating func unmap(_ name: String, iova: UInt64, size: UInt64) -> PlainAnswer64 {
    guard let domain = domain(name) else { return .error }
    return .done(unmap(domain, iova: iova, size: size))
  }

  /// What an unmap is to flush at its end.
  private struct Gather {
    /// As `iommu_iotlb_gather_init` leaves it: a range of nothing at the end of all addresses.
    var start = UInt64.max
    var last: UInt64 = 0
    var size: UInt64 = 0
    var freed: [UInt64] = []
  }

  /// `iommu_unmap`.
  private mutating func unmap(_ domain: Int, iova: UInt64, size: UInt64) -> UInt64 {
    var gather = Gather()
    var done: UInt64 = 0
    if (iova | size) % 0x1000 != 0 { return 0 }
    while done < size {
      let run = Self.run(iova &+ done, iova &+ done, size - done)
      let bytes = unmapRun(domain, iova &+ done, run.size * run.count, &gather)
      if bytes == 0 { break }
      done &+= bytes
    }
    sync(domain, &gather)
    return done
  }

  /// `intel_iommu_unmap`: at least the whole of the entry that holds the address.
  private mutating func unmapRun(
    _ domain: Int, _ iova: UInt64, _ asked: UInt64, _ gather: inout Gather
  ) -> UInt64 {
    let frame = iova / 0x1000
    guard frame <= Self.lastFrame, let table = domains[domain].table else { return 0 }
    let size = max(asked, Self.span(lookup(table, frame).level) * 0x1000)
    let end = iova &+ (size - 1)
    let last = end / 0x1000
    if frame <= last, last <= Self.lastFrame { clear(table, 4, 0, frame, last, &gather.freed) }
    let isApart =
      gather.last != 0 && (end &+ 1 < gather.start || iova > gather.last &+ 1)
    if gather.size != 0 && gather.size != size || isApart { sync(domain, &gather) }
    gather.size = size
    (gather.start, gather.last) = (min(gather.start, iova), max(gather.last, end))
    return size
  }

  /// `intel_iommu_tlb_sync`, also when nothing was gathered.
  private mutating func sync(_ domain: Int, _ gather: inout Gather) {
    let count = ((gather.last &- gather.start) &+ gather.start % 0x1000 &+ 0xfff) / 0x1000
    flush(gather.start / 0x1000, count, isHint: gather.freed.isEmpty, of: domain)
    for page in gather.freed { pages.giveBack(page) }
    gather = Gather()
  }

  /// `dma_pte_clear_level`: what is not covered whole is gone into, leaf or table.
  mutating func clear(
    _ table: UInt64, _ level: Int, _ base: UInt64, _ start: UInt64, _ last: UInt64,
    _ freed: inout [UInt64]
  ) {
    let span = Self.span(level)
    var frame = max(start, base)
    repeat {
      let entry = Self.slot(table, frame, level)
      let word = memory[entry]
      let first = frame / span * span
      if Self.isPresent(word) {
        if start <= first, first + span - 1 <= last {
          if level > 1, !Self.isLarge(word) { list(Self.address(word), level - 1, &freed) }
          memory[entry] = 0
        } else if level > 1 {
          clear(Self.address(word), level - 1, first, start, last, &freed)
        }
      }
      frame = first + span
    } while frame / span % 512 != 0 && frame <= last
  }

  /// `dma_pte_list_pagetables`; a page that is on the list already is not put there again.
  private func list(_ table: UInt64, _ level: Int, _ freed: inout [UInt64]) {
    if freed.contains(table) { return }
    freed.append(table)
    if level == 1 { return }
    for index in 0..<UInt64(512) {
      let word = memory[table + index * 8]
      if Self.isPresent(word), !Self.isLarge(word) { list(Self.address(word), level - 1, &freed) }
    }
  }

  // MARK: Looking

  /// `pfn_to_dma_pte` without a level: down to a leaf or to nothing.
  private func lookup(_ root: UInt64, _ frame: UInt64) -> (entry: UInt64, level: Int) {
    var (table, level) = (root, 4)
    while true {
      let entry = Self.slot(table, frame, level)
      let word = memory[entry]
      if level == 1 || !Self.isPresent(word) || Self.isLarge(word) { return (entry, level) }
      (table, level) = (Self.address(word), level - 1)
    }
  }

  mutating func iovaToPhys(_ name: String, _ iova: UInt64) -> PlainAnswer64 {
    guard let domain = domain(name) else { return .error }
    guard iova >> 48 == 0, let table = domains[domain].table else { return .done(0) }
    let (entry, level) = lookup(table, iova / 0x1000)
    guard Self.isPresent(memory[entry]) else { return .done(0) }
    return .done(Self.address(memory[entry]) &+ iova % (Self.span(level) * 0x1000))
  }

  /// The tables that a domain's first one leads to, itself among them.
  func reached(by domain: Int) -> Set<UInt64> {
    var seen: [Set<UInt64>] = [[], [], [], []]
    func follow(_ table: UInt64, _ level: Int) {
      guard seen[level - 1].insert(table).inserted, level > 1 else { return }
      for index in 0..<UInt64(512) {
        guard let word = memory.words[table + index * 8] else { continue }
        if Self.isPresent(word), !Self.isLarge(word) { follow(Self.address(word), level - 1) }
      }
    }
    if let table = domains[domain].table { follow(table, 4) }
    return seen.reduce([]) { $0.union($1) }
  }
}
