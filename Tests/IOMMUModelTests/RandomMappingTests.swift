import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What a domain should map: a plain dictionary of 4K pages, and the single pages it was made of.
private struct Oracle {
  struct Chunk {
    let iova: UInt64
    let size: UInt64
  }

  private(set) var pages: [UInt64: UInt64] = [:]
  private(set) var chunks: [Chunk] = []

  func physical(_ iova: UInt64) -> UInt64? { pages[iova >> 12].map { $0 << 12 | iova & 0xfff } }

  func isFree(_ iova: UInt64, _ size: UInt64) -> Bool {
    (iova >> 12..<(iova + size) >> 12).allSatisfy { pages[$0] == nil }
  }

  mutating func map(_ iova: UInt64, _ physical: UInt64, _ size: UInt64) {
    var done: UInt64 = 0
    while done < size {
      let left = size - done
      let larger: [UInt64] = [0x100_0000, 0x10_0000, 0x1_0000]
      let fitting = larger.first {
        $0 <= left && (iova + done) % $0 == 0 && (physical + done) % $0 == 0
      }
      let page: UInt64 = fitting ?? 0x1000
      chunks.append(Chunk(iova: iova + done, size: page))
      for step in stride(from: 0, to: page, by: 0x1000) {
        pages[(iova + done + step) >> 12] = (physical + done + step) >> 12
      }
      done += page
    }
  }

  mutating func removeChunk(_ index: Int) -> Chunk {
    let chunk = chunks.remove(at: index)
    for page in chunk.iova >> 12..<(chunk.iova + chunk.size) >> 12 { pages[page] = nil }
    return chunk
  }
}

/// Map and unmap at random, with what must hold after every single operation.
@Suite struct `Random mapping` {
  /// Second-level tables that the first level at `base` leads to, counted word by word.
  private func reachable(_ base: UInt64, _ machine: Machine) -> Int {
    (0..<4096).count { machine.board.word(at: PhysicalAddress(base + UInt64($0) * 4)) & 3 == 1 }
  }

  /// An address that is likely to be near something.
  private func address(_ oracle: Oracle, _ random: inout SplitMix64) -> UInt64 {
    guard !oracle.chunks.isEmpty, !random.oneIn(4) else {
      return 0x1000_0000 + random.below(0x400_0000)
    }
    let chunk = random.pick(oracle.chunks)
    switch random.below(4) {
    case 0: return chunk.iova
    case 1: return chunk.iova + chunk.size - 1
    case 2: return chunk.iova + chunk.size
    default: return chunk.iova + random.below(chunk.size)
    }
  }

  @Test(arguments: [UInt64(1), 2])
  func `walks, reads and pages agree with a dictionary after each of 1000 operations`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    var oracle = Oracle()
    var machine = try Machine.msm8x60()
    let domain = try machine.allocateDomain("fb")
    machine.setRecording(false)
    for name in ["mdp_vg1", "mdp_rgb1", "gfx3d_user"] { try machine.attach(name, to: "fb") }
    let devices = try ["mdp_vg1", "mdp_rgb1", "gfx3d_user"].map { try machine.device($0) }
    for step in 0..<1000 {
      let place: Comment = "seed \(seed), step \(step)"
      if random.oneIn(2), !oracle.chunks.isEmpty {
        let chunk = oracle.removeChunk(Int(random.below(UInt64(oracle.chunks.count))))
        #expect(
          try machine.unmap(domain, iova: IOVA(chunk.iova), size: chunk.size) == chunk.size, place)
      } else {
        let unit =
          random.oneIn(24) ? 0x100_0000 : random.pick([UInt64(0x1000), 0x1_0000, 0x10_0000])
        let iova = 0x1000_0000 + random.below(0x400_0000 / unit) * unit
        let physical = 0x6000_0000 + random.below(0x2000_0000 / unit) * unit
        let size = unit * (unit == 0x100_0000 ? 1 : random.below(20) + 1)
        if oracle.isFree(iova, size) {
          try machine.map(
            domain, iova: IOVA(iova), to: PhysicalAddress(physical), size: size,
            Protection(rawValue: UInt32(random.below(8))))
          oracle.map(iova, physical, size)
        }
      }
      for _ in 0..<4 {
        let iova = address(oracle, &random)
        let request = machine.request(by: random.pick(devices), at: IOVA(iova), .read)
        #expect(machine.board.walk(request).physical?.value == oracle.physical(iova), place)
        #expect(machine.read(request).address == oracle.physical(iova), place)
        machine.handleInterrupts()
      }
      #expect(
        machine.board.memory.pool.pagesInUse == 4 + reachable(0x4000_0000, machine), place)
    }
    for (page, physical) in oracle.pages where page % 16 == seed {
      let found = try machine.physicalAddress(of: IOVA(page << 12), in: domain)
      #expect(found.value == physical << 12, "seed \(seed)")
    }
    while !oracle.chunks.isEmpty {
      let chunk = oracle.removeChunk(0)
      _ = try machine.unmap(domain, iova: IOVA(chunk.iova), size: chunk.size)
    }
    // The last page gone, every second-level table has gone with it.
    #expect(machine.board.memory.pool.pagesInUse == 4, "seed \(seed)")
    #expect(RecordedTables(at: 0x4000_0000, on: machine.board).first.isEmpty, "seed \(seed)")
  }

  @Test(arguments: [UInt64(21), 22, 23])
  func `without discipline pages leak, and none is ever lost count of`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var machine = try Machine.msm8x60()
    let domain = try machine.allocateDomain("fb")
    try machine.attach("mdp_vg1", to: "fb")
    machine.setRecording(false)
    for step in 0..<300 {
      let size = random.pick([UInt64(0x1000), 0x1_0000, 0x10_0000, 0x100_0000, 0x3000, 0x12_0000])
      let iova = 0x1000_0000 + random.below(0x200) * 0x1_0000
      // Memory far from the tables, which maps inside sections would write into.
      let physical = 0x8000_0000 + random.below(0x200) * 0x1_0000
      if random.oneIn(2) {
        _ = try machine.unmap(domain, iova: IOVA(iova), size: size)
      } else {
        try machine.map(
          domain, iova: IOVA(iova), to: PhysicalAddress(physical), size: size, .read)
      }
      let tables = DomainTables(of: domain, in: machine)
      let inUse = machine.board.memory.pool.pagesInUse
      let place: Comment = "seed \(seed), step \(step)"
      #expect(inUse == 3 + tables.tables.count + tables.leaked.count, place)
      #expect(tables.tables.count == 1 + reachable(0x4000_0000, machine), place)
    }
    let leaked = DomainTables(of: domain, in: machine).leaked.count
    machine.free(domain)
    #expect(machine.board.memory.pool.pagesInUse == leaked, "seed \(seed)")
  }

  @Test(arguments: [UInt64(31), 32])
  func `contexts attached and detached at random belong to at most one domain`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    var machine = try Machine.withTwoDomains()
    let names = ["mdp_vg1", "mdp_rgb1", "mdp_vg2", "gfx3d_priv", "vfe_misc"]
    let pages: [String: UInt64] = ["first": 0x6000_0000, "second": 0x7000_0000]
    var attached: [String: String] = [:]
    for step in 0..<300 {
      let place: Comment = "seed \(seed), step \(step)"
      let (name, domain) = (random.pick(names), random.pick(["first", "second"]))
      if random.oneIn(2) {
        try machine.detach(name, from: domain)
        attached[name] = nil
      } else if let holder = attached[name] {
        let error = KernelError.busy(
          device: try machine.device(name), domain: try machine.domain(holder))
        #expect(throws: error, place) { try machine.attach(name, to: domain) }
      } else {
        try machine.attach(name, to: domain)
        attached[name] = domain
      }
      for name in names {
        let answer = try machine.read(name, 0x1000_0040)
        let page = attached[name].flatMap { pages[$0] }
        #expect(answer.address == (page ?? 0x1000_0000) + 0x40, place)
        #expect(answer.isBypass == (page == nil), place)
      }
    }
  }
}
