import IOMMUAPI
import IOMMUHardware
import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// What the views show of memory, domains and problems, and where their lines lead.
@Suite struct `Views` {
  private let stale =
    "<End>:'read mdp_rgb1 0x10800000'<Enter>:'write-word 0x40000420 0x90030c0e'<Enter>"

  // MARK: All of them

  @Test(arguments: ViewID.allCases)
  func `each view is chosen by its number, and its tab shows at 80 columns`(view: ViewID) throws {
    let session = try Session("<End>\(view.rawValue)")
    #expect(session.explorer.view == view)
    let tabs = session.canvas.text(row: 2)
    for other in ViewID.allCases { #expect(tabs.contains(" \(other.shortTitle) ")) }
    // Names that can be read leave no room for numbers; the frame says them once.
    #expect(session.canvas.text(row: 1).contains(" 1-9 "))
  }

  @Test(arguments: [Library.usualPlatform, "traditional"])
  func `a register that has just changed is in the path, however little room there is`(
    platform: String
  ) throws {
    let session = try Session(platform: platform)
    let changed = session.lines.contains { $0.contains("◀ was") }
    #expect(changed, "\(session.screen)")
  }

  @Test func `at 80 columns the whole way is in one row, with the mark where it breaks`() throws {
    let names = ":'alloc averylongname'<Enter>:'attach averylongname vcodec_a_stream'<Enter>1"
    let session = try Session("<End>" + names)
    let row = session.canvas.text(row: 4)
    #expect(row.contains("✗ DRAM"), "\(row)")
    let freed = try Session("<End>:'free fb'<Enter>1")
    #expect(freed.canvas.text(row: 4).contains("▶ DRAM"))
    #expect(freed.screen.contains("1M of a freed table"))
  }

  @Test func `below an answer the why does not say the same again`() throws {
    let session = try Session("<End>:'read nobody 0x10'<Enter>", size: (120, 36))
    #expect(session.lines.suffix(3).filter { $0.contains("no device nobody") }.count == 1)
    #expect(session.screen.contains("why  Nothing was tried on the machine"))
  }

  @Test(arguments: [Library.usualPlatform, "traditional"], ViewID.allCases)
  func `arrows, pages and wheel in a view change neither the machine nor the time`(
    platform: String, view: ViewID
  ) throws {
    for size in [(80, 24), (200, 60), (44, 12)] {
      var session = try Session("<End>\(view.rawValue)", size: size, platform: platform)
      session.perform(.focus(.inspector))
      let before = session
      try session.press("jjj<PgDn><PgDn>k<PgUp><Enter>")
      // Enter may lead to the past, where a problem began; nowhere else.
      if session.explorer.timeline.position == before.explorer.timeline.position {
        #expect(session.machine == before.machine)
      }
      try session.press("jj<wheel-down 40,6><wheel-up 40,6><Esc>")
      #expect(session.canvas.height == size.1)
    }
  }

  @Test(arguments: ViewID.allCases)
  func `before anything was done each view says so in words`(view: ViewID) throws {
    for platform in [Library.usualPlatform, "traditional"] {
      let session = try Session("<Home>\(view.rawValue)", platform: platform)
      let body = session.lines[3...12].map { $0.dropFirst(27) }.joined()
      #expect(body.contains { $0.isLetter }, "\(platform) \(view)")
    }
  }

  // MARK: Problems

  @Test func `what is wrong is counted in the status line, whatever is open`() throws {
    var session = try Session("<End>")
    #expect(!session.canvas.text(row: 0).contains("≠"))
    try session.press(stale)
    for view in ["1", "3", "8"] {
      try session.press(view)
      #expect(session.canvas.text(row: 0).contains("≠ 1 stale"))
    }
    try session.click(on: "≠ 1 stale")
    #expect(session.explorer.view == .problems)
  }

  @Test func `Enter on a problem goes to the event that caused it`() throws {
    var session = try Session(stale)
    session.perform(.view(.problems))
    session.perform(.focus(.inspector))
    // A step later, the machine still has the problem.
    try session.press(":'read-word 0x0'<Enter>9")
    session.perform(.focus(.inspector))
    try session.press("<Enter>")
    let position = session.explorer.timeline.position
    #expect(session.explorer.focus == .timeline)
    #expect(
      session.explorer.timeline.entries[position.entry].operation.text.hasPrefix("write-word"))
    #expect(session.explorer.survey.findings.first?.problem.kind == .staleEntry)
  }

  @Test func `problems go when time goes back before them`() throws {
    var session = try Session(stale)
    #expect(session.explorer.survey.count([.staleEntry]) == 1)
    try session.press("p")
    #expect(session.explorer.survey.count([.staleEntry]) == 0)
    try session.press("n")
    #expect(session.explorer.survey.count([.staleEntry]) == 1)
  }

  // MARK: Memory

  @Test func `an address that is no table's leads to its word`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.physical(0x6000_0120)))
    #expect(session.explorer.view == .memory)
    #expect(session.explorer.memoryAddress.value == 0x6000_0120)
    #expect(session.screen.contains("mapped by fb at 0x10000000"))
    try session.press("<BS>")
    #expect(session.explorer.view == .path)
  }

  @Test func `from a word to its entry and back`() throws {
    var session = try Session("<End>", size: (120, 36))
    session.perform(.follow(.word(0x4000_0400)))
    #expect(session.screen.contains("L1[0x100]"))
    try session.press("<Enter>")
    #expect(session.explorer.view == .pageTable)
    #expect(session.explorer.entryCursor[0] == 0x100)
    let link = try #require(
      session.explorer.links.first { $0.target == .word(0x4000_0400) })
    session.click(Point(link.area.column, link.area.row))
    #expect(session.explorer.view == .memory)
    #expect(
      session.explorer.memoryCursor
        == MemoryCursor(
          address: PhysicalAddress(0x4000_0400), isInside: true))
  }

  @Test func `from mapped memory to the mapping that leads there`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.physical(0x6120_0010)))
    try session.press("<Enter>")
    #expect(session.explorer.view == .domain)
    #expect(session.explorer.selection == .domain("fb"))
    let row = try #require(session.explorer.cursorRow)
    #expect(session.canvas.text(row: row).contains("0x10800000"))
  }

  @Test func `arrows move among words once inside, and Esc comes out`() throws {
    var session = try Session("<End>")
    session.perform(.follow(.word(0x4000_0400)))
    try session.press("<Right><Down>")
    #expect(session.explorer.memoryAddress.value == 0x4000_0400 + 4 + 16)
    try session.press("<PgDn>")
    #expect(session.explorer.memoryAddress.page == 0x40001)
    try session.press("<Esc><Down>")
    #expect(session.explorer.memoryAddress.page == 0x40004)
  }

  @Test func `the cursor stays in memory at both ends of it`() throws {
    for address in [UInt64(0), .max] {
      var session = try Session("<End>")
      session.perform(.follow(.word(address)))
      try session.press("<Left><Up><PgUp><Right><Right><Down><PgDn><PgDn><Enter>")
      #expect(session.explorer.view == .memory)
    }
  }

  @Test func `the word that a step writes is marked with what it was`() throws {
    var session = try Session("<End>:'write-word 0x40000400 0x90030c0e'<Enter>", size: (120, 36))
    session.perform(.follow(.word(0x4000_0400)))
    #expect(session.screen.contains("◀ was 0x60030c0a"))
  }

  // MARK: Domain

  @Test func `a domain shows its devices, its ranges and what it costs`() throws {
    let session = try Session("<End>8", size: (120, 36))
    for text in ["8.07 MiB in 3 ranges", "2 tables in 5 pages", "mdp_rgb1", "8 × 1M", "used"] {
      #expect(session.screen.contains(text), "\(text)")
    }
  }

  @Test func `a strip has a mark for what is mapped, in part or not at all`() throws {
    var session = try Session(
      ":'alloc d'<Enter>:'map d 0x10000000 0x60000000 1M rw'<Enter>", size: (120, 36))
    try session.press(":'map d 0x10200000 0x61000000 1M rw'<Enter>")
    session.perform(.select(.domain("d")))
    try session.press("8")
    let row = try session.place(of: "used").row
    let strip = session.canvas.text(row: row)
    #expect(strip.contains("■■■") && strip.contains("···"))
  }

  // MARK: Registers, TLB, faults

  @Test func `registers that hold 0 fold into a line, and the cursor still reaches them`() throws {
    var session = try Session("<End>2", size: (120, 36))
    session.perform(.focus(.inspector))
    #expect(session.screen.contains("more hold 0"))
    var seen: Set<String> = []
    for _ in 0..<40 {
      let row = try #require(session.explorer.cursorRow)
      seen.insert(session.canvas.text(row: row))
      try session.press("j")
    }
    #expect(seen.count { $0.contains("0x010") } >= 19)
  }

  @Test func `a stale entry tells what it disagrees with`() throws {
    var session = try Session(stale, size: (120, 36))
    session.perform(.view(.tlb))
    for text in ["≠ 0x90000000", "Stale: TLB and tables disagree", "filled  operation 11"] {
      #expect(session.screen.contains(text), "\(text)")
    }
  }

  @Test func `a fault is decoded register by register`() throws {
    let session = try Session("<End>:'read mdp_rgb1 0x30000000'<Enter>7", size: (120, 36))
    for text in ["What it left in registers", "FAR", "FSR", "TF 1", "The kernel printed"] {
      #expect(session.screen.contains(text), "\(text)")
    }
  }

  @Test func `a request that fails names the entry that stops it`() throws {
    let session = try Session("<End>:'read mdp_rgb1 0x30000000'<Enter>1", size: (120, 36))
    #expect(session.screen.contains("✗ translation fault: L1[0x300] is 0x0"))
  }

  @Test(arguments: [(80, 24), (120, 36)])
  func `an answer that the tables no longer give is marked in path and walk`(
    width: Int, height: Int
  ) throws {
    let keys = "<End>:'read mdp_rgb1 0x10810010'<Enter>:'write-word 0x40008040 0'<Enter>1"
    let session = try Session(keys, size: (width, height))
    #expect(session.lines.contains { $0.contains("now") && $0.contains("≠ stale") })
    let walk = try Session(keys + "4", size: (width, height))
    #expect(walk.lines.contains { $0.contains("TLB    ASID 1") && $0.contains("≠ stale") })
    let before = try Session(keys + "P", size: (width, height))
    #expect(!before.screen.contains("≠ stale"))
  }
}
