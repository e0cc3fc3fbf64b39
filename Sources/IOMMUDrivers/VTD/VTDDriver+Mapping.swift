public import IOMMUAPI
public import IOMMUHardware

/// Map and unmap: tables are made on the way down, and unmap clears whatever it meets.
extension VTDDriver {
  /// Maps `size` bytes, a multiple of 4K, with the largest pages that fit.
  ///
  /// Linux: `intel_iommu_map_pages`, `__domain_mapping`. A present entry is overwritten, with a line
  /// in the log; nothing is flushed.
  @inlinable @inline(__always)
  package func map(
    _ iova: IOVA, to physical: PhysicalAddress, size: UInt64, _ protection: Protection,
    for domain: DomainID, in system: inout System
  ) throws(KernelError) {
    if size == PageSize.size4K.bytes, !system.board.journal.isOn,
      mapOnePage(iova, to: physical, protection, for: domain, in: &system) != nil
    {
      return
    }
    try mapInSteps(iova, to: physical, size: size, protection, for: domain, in: &system)
  }

  @usableFromInline @inline(never)
  func mapInSteps(
    _ iova: IOVA, to physical: PhysicalAddress, size: UInt64, _ protection: Protection,
    for domain: DomainID, in system: inout System
  ) throws(KernelError) {
    _ = try system.within("intel_iommu_map_pages", .domain(domain)) {
      (system) throws(KernelError) in
      let (end, isTooFar) = iova.value.addingReportingOverflow(size)
      guard !isTooFar, end <= 1 << addressBits else {
        throw .beyondWidth(iova: iova, size: size, bits: Int(addressBits))
      }
      guard !protection.intersection([.read, .write]).isEmpty else {
        throw .noAccess(protection: protection)
      }
      guard system.domains[domain.index].table != nil else { throw .noTable(domain: domain) }
      var word = physical.value & ~0xfff | UInt64(protection.rawValue & 2)
      // Bit 0 is "present" to first-stage tables, and set here as well: it reads as R.
      word |= VTDSecondStage.read
      try fill(iova.value >> 12, word, frames: size >> 12, of: domain, &system)
      return 0
    }
  }

  /// `__domain_mapping`.
  private func fill(
    _ start: UInt64, _ first: UInt64, frames: UInt64, of domain: DomainID, _ system: inout System
  ) throws(KernelError) {
    var (frame, word, left) = (start, first, frames)
    while left > 0 {
      let level = largestLevel(frame | word >> 12 & lastFrame, frames: left)
      var entry: PhysicalAddress
      do throws(KernelError) {
        entry = try makeEntry(frame, level: level, of: domain, &system)
      } catch {
        // The core is told that nothing was mapped, and unmaps nothing.
        if frame > start {
          let table = system.domains[domain.index].table ?? PhysicalAddress(0)
          system.board.journal.warn(.leftHalfMapped, at: table, word: 0)
        }
        throw error
      }
      let step = Self.frames(level)
      if level > 1 {
        word |= VTDSecondStage.superPage
        let room = (512 - (entry.value & 0xfff) >> 3) * step
        makeRoom(frame, min(left, room), from: entry, level: level, of: domain, &system)
      } else {
        word &= ~VTDSecondStage.superPage
      }
      // Entries one after the other, as long as they stay in this table and this size fits.
      repeat {
        store(word, at: entry, frame, &system)
        left -= step
        frame += step
        word &+= step << 12
        entry = entry + 8
      } while left > 0 && entry.value & 0xfff != 0 && !(level > 1 && left < step)
    }
  }

  /// Stores a leaf where there is none; over another one, the log gets a line and the old one stays.
  private func store(
    _ word: UInt64, at entry: PhysicalAddress, _ frame: UInt64, _ system: inout System
  ) {
    let old = system.board.doubleWord(at: entry)
    if old != 0 {
      system.board.journal.append(
        .message("ERROR: DMA PTE for vPFN 0x%x already set", UInt32(truncatingIfNeeded: frame), 0))
      system.board.journal.warn(.mappedTwice, at: entry, word: UInt32(truncatingIfNeeded: old))
      return
    }
    system.board.writeDoubleWord(word, at: entry)
  }

  /// `hardware_largepage_caps`: the level whose page size divides both addresses and fits.
  private func largestLevel(_ merged: UInt64, frames: UInt64) -> Int {
    var (level, merged, frames) = (1, merged, frames)
    while level < 3, merged & 511 == 0 {
      frames >>= 9
      if frames == 0 { break }
      merged >>= 9
      level += 1
    }
    return level
  }

  /// `pfn_to_dma_pte` for one level: the entry, with the tables above it made where missing.
  private func makeEntry(
    _ frame: UInt64, level: Int, of domain: DomainID, _ system: inout System
  ) throws(KernelError) -> PhysicalAddress {
    guard var table = system.domains[domain.index].table else { throw .noTable(domain: domain) }
    var at = levels
    while true {
      let entry = table + Self.index(frame, at) &* 8
      if at == level { return entry }
      var word = system.board.doubleWord(at: entry)
      if word & 3 == 0 {
        guard
          let page = system.board.allocatePages(1, for: .lowerLevelTable, owner: domain.owner)
        else { throw .outOfPages }
        if word == 0 {
          word = page.value | 3
          system.board.writeDoubleWord(word, at: entry)
        } else {
          // Not there, and not 0: it looks as if somebody else had just set it, and theirs is used.
          system.board.freePages(page, 1)
        }
      }
      table = Self.address(word)
      at -= 1
    }
  }

  /// `switch_to_super_page`: small pages that are in the way of large ones go, tables and all.
  private func makeRoom(
    _ start: UInt64, _ frames: UInt64, from first: PhysicalAddress, level: Int,
    of domain: DomainID, _ system: inout System
  ) {
    let step = Self.frames(level)
    var entry = first
    for frame in stride(from: start, to: start + frames, by: Int(step)) {
      // The next entry lies beside it, whatever has become of the tables above.
      defer { entry = entry + 8 }
      guard system.board.doubleWord(at: entry) & 3 != 0 else { continue }
      clearLeaves(frame, frame + step - 1, of: domain, &system)
      if let table = system.domains[domain.index].table {
        freeTables(
          table, at: levels, from: 0, frame, frame + step - 1, keeping: level + 1, &system)
      }
      flushPages(frame, step, hint: 0, of: domain, in: &system)
    }
  }

  // MARK: Unmap

  /// Clears what is mapped, at least as much as the entry that holds `iova` stands for, and answers
  /// how much that was.
  ///
  /// Linux: `intel_iommu_unmap_pages`. The caller may get back more than it asked for.
  @usableFromInline
  package func unmap(
    _ iova: IOVA, size: UInt64, for domain: DomainID, gather: inout UnmapGather,
    in system: inout System
  ) -> UInt64 {
    var size = size
    system.board.journal.enter("intel_iommu_unmap_pages", .domain(domain))
    defer { system.board.journal.leave(Int64(bitPattern: size)) }
    let frame = iova.value >> 12
    guard frame <= lastFrame, let table = system.domains[domain.index].table else {
      // The real code stops the machine here (BUG_ON).
      system.board.journal.warn(.unmappedNothing, at: PhysicalAddress(0), word: 0)
      size = 0
      return 0
    }
    let found = lookup(frame, table, &system)
    let whole = Self.frames(found.level) << 12
    if system.ask("does the entry stand for more than was asked?", size < whole) {
      if system.board.doubleWord(at: found.entry) & 3 != 0 {
        system.board.journal.warn(.unmappedMore, at: found.entry, word: 0)
      }
      size = whole
    }
    let (end, isTooFar) = iova.value.addingReportingOverflow(size - 1)
    if !isTooFar, end >> 12 <= lastFrame { clear(frame, end >> 12, of: domain, &gather, &system) }
    if !gather.accepts(iova.value, size: size) { synchronize(&gather, for: domain, in: &system) }
    gather.add(iova.value, size: size)
    return size
  }

  /// `pfn_to_dma_pte` without a level: the first entry on the way that is a leaf or not there.
  private func lookup(
    _ frame: UInt64, _ root: PhysicalAddress, _ system: inout System
  ) -> (entry: PhysicalAddress, level: Int) {
    var (table, level) = (root, levels)
    while true {
      let entry = table + Self.index(frame, level) &* 8
      let word = system.board.doubleWord(at: entry)
      if level == 1 || word & 3 == 0 || word & VTDSecondStage.superPage != 0 {
        return (entry, level)
      }
      table = Self.address(word)
      level -= 1
    }
  }

  /// `domain_unmap`: clears a range, and gathers the tables that lie in it whole.
  func clear(
    _ start: UInt64, _ last: UInt64, of domain: DomainID, _ gather: inout UnmapGather,
    _ system: inout System
  ) {
    guard let table = system.domains[domain.index].table else { return }
    clearLevel(table, at: levels, from: 0, start, last, &gather, &system)
    if start == 0, last == lastFrame {
      _ = gather.free(table)
      system.setTable(of: domain, to: nil)
    }
  }

  /// `dma_pte_clear_level`.
  private func clearLevel(
    _ table: PhysicalAddress, at level: Int, from base: UInt64, _ start: UInt64, _ last: UInt64,
    _ gather: inout UnmapGather, _ system: inout System
  ) {
    var frame = max(start, base)
    var entry = table + Self.index(frame, level) &* 8
    let step = Self.frames(level)
    repeat {
      let first = frame & ~(step - 1)
      let word = system.board.doubleWord(at: entry)
      if word & 3 != 0 {
        if start <= first, last >= first + step - 1 {
          if level > 1, word & VTDSecondStage.superPage == 0 {
            collect(Self.address(word), at: level - 1, &gather, &system)
          }
          system.board.writeDoubleWord(0, at: entry)
        } else if level > 1 {
          clearLevel(Self.address(word), at: level - 1, from: first, start, last, &gather, &system)
        }
      }
      frame = first + step
      entry = entry + 8
    } while entry.value & 0xfff != 0 && frame <= last
  }

  /// `dma_pte_list_pagetables`: a table and all below it, to be freed once nobody can walk them.
  private func collect(
    _ table: PhysicalAddress, at level: Int, _ gather: inout UnmapGather, _ system: inout System
  ) {
    guard gather.free(table), level > 1 else { return }
    for index in 0..<UInt64(VTDSecondStage.entryCount) {
      let word = system.board.doubleWord(at: table + index * 8)
      if word & 3 != 0, word & VTDSecondStage.superPage == 0 {
        collect(Self.address(word), at: level - 1, &gather, &system)
      }
    }
  }

  // MARK: Freeing for large pages

  /// `dma_pte_clear_range`: clears leaves, and leaves tables standing.
  private func clearLeaves(
    _ start: UInt64, _ last: UInt64, of domain: DomainID, _ system: inout System
  ) {
    guard let root = system.domains[domain.index].table else { return }
    var frame = start
    repeat {
      let found = lookup(frame, root, &system)
      guard found.level == 1 || system.board.doubleWord(at: found.entry) & 3 != 0 else {
        // Nothing here down to this level.
        frame = (frame + 1 + Self.frames(found.level + 1) - 1) & ~(Self.frames(found.level + 1) - 1)
        continue
      }
      var entry = found.entry
      repeat {
        system.board.writeDoubleWord(0, at: entry)
        frame += Self.frames(found.level)
        entry = entry + 8
      } while frame <= last && entry.value & 0xfff != 0
    } while frame <= last
  }

  /// `dma_pte_free_level`: frees tables below `keeping` that the range covers whole.
  private func freeTables(
    _ table: PhysicalAddress, at level: Int, from base: UInt64, _ start: UInt64, _ last: UInt64,
    keeping: Int, _ system: inout System
  ) {
    var frame = max(start, base)
    var entry = table + Self.index(frame, level) &* 8
    let step = Self.frames(level)
    repeat {
      let word = system.board.doubleWord(at: entry)
      if word & 3 != 0, word & VTDSecondStage.superPage == 0, level > 1 {
        let first = frame & ~(step - 1)
        let below = Self.address(word)
        if level > 2 {
          freeTables(below, at: level - 1, from: first, start, last, keeping: keeping, &system)
        }
        if level < keeping, start <= first, last >= first + step - 1 {
          system.board.writeDoubleWord(0, at: entry)
          system.board.freePages(below, 1)
        }
      }
      frame += step
      entry = entry + 8
    } while entry.value & 0xfff != 0 && frame <= last
  }

  // MARK: IOVA to physical

  /// Walks the tables in software; no device need be attached.
  @usableFromInline
  package func physicalAddress(
    of iova: IOVA, for domain: DomainID, in system: inout System
  ) -> PhysicalAddress {
    system.board.journal.enter("intel_iommu_iova_to_phys", .domain(domain))
    var answer: UInt64 = 0
    defer { system.board.journal.leave(Int64(bitPattern: answer)) }
    let frame = iova.value >> 12
    guard frame <= lastFrame, let table = system.domains[domain.index].table else {
      return PhysicalAddress(0)
    }
    let found = lookup(frame, table, &system)
    let word = system.board.doubleWord(at: found.entry)
    if word & 3 != 0 {
      answer = Self.address(word).value &+ (iova.value & (Self.frames(found.level) << 12 - 1))
    }
    return PhysicalAddress(answer)
  }

  // MARK: Words

  @inlinable @inline(__always)
  static func index(_ frame: UInt64, _ level: Int) -> UInt64 {
    frame &>> UInt64(truncatingIfNeeded: 9 &* (level &- 1)) & 511
  }

  /// How many 4K pages an entry of `level` stands for.
  private static func frames(_ level: Int) -> UInt64 { 1 << (9 * UInt64(level - 1)) }

  @inlinable @inline(__always)
  static func address(_ word: UInt64) -> PhysicalAddress {
    PhysicalAddress(word & 0x000f_ffff_ffff_f000)
  }
}
