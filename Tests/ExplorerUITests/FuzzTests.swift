import IOMMULab
import TerminalCore
import TestSupport
import Testing

@testable import ExplorerUI

/// Events at random: whatever comes, the explorer goes on.
@Suite struct `Random events` {
  private let sizes = [
    (80, 24), (80, 24), (60, 18), (44, 12), (120, 30), (30, 5), (0, 0), (190, 40),
  ]
  private let keys = Keymap.bindings.flatMap(\.keys)
  private let codes: [Key.Code] = [
    .enter, .tab, .backTab, .backspace, .delete, .insert, .escape, .up, .down, .left, .right,
    .home, .end, .pageUp, .pageDown, .function(1), .character("é"), .character("漢"),
    .character(" "), .character("0"), .character("'"), .character("\u{7}"),
  ]

  private func events(
    _ random: inout SplitMix64, _ operations: inout RandomOperations
  ) -> [TerminalEvent] {
    switch random.below(13) {
    case 12: return Array(repeating: .tick, count: Int(random.below(6)))
    case 0:
      let size = random.pick(sizes)
      return [.resize(width: size.0, height: size.1)]
    case 1, 2, 3:
      let kinds: [Mouse.Kind] = [.press, .press, .press, .wheelUp, .wheelDown, .drag, .release]
      let point = Point(Int(random.below(195)) - 2, Int(random.below(42)) - 2)
      let button: Mouse.Button = random.oneIn(4) ? .right : .left
      return [.mouse(Mouse(kind: random.pick(kinds), button: button, position: point))]
    case 4:
      return [.paste(random.pick(["map fb 0x1\n0x2", "\u{1b}[31m", "漢字e\u{301}", "", "n\tn"]))]
    case 5:
      // A whole operation, typed; Esc first, for a prompt may be open.
      let text = operations.next().text
      return [.key(Key(.escape)), .key(Key(.escape)), .key(Key(.character(":")))]
        + text.map { .key(Key(.character($0))) } + [.key(Key(.enter))]
    case 6:
      let modifiers = Modifiers(rawValue: UInt8(random.below(8)))
      return [.key(Key(random.pick(codes), modifiers))]
    case 7 where random.oneIn(3): return form(&random)
    default: return [.key(random.pick(keys))]
    }
  }

  /// A form opened by its letter, and typed into.
  private func form(_ random: inout SplitMix64) -> [TerminalEvent] {
    let words = ["0x1", "64K", "fb", "0xffffffffffffffff", "rw", ":", " ", "mdp0/9", "all", "é漢"]
    var keys: [Key] = [Key(.escape), Key(.escape), Key(.character("o"))]
    keys.append(Key(.character(random.pick(Array("abcdefghijklmnpqrstuvwxyz")))))
    for _ in 0..<random.below(12) {
      switch random.below(4) {
      case 0: keys += random.pick(words).map { Key(.character($0)) }
      case 1: keys.append(Key(.character("u"), .control))
      default:
        keys.append(
          Key(random.pick([.tab, .backTab, .up, .down, .left, .right, .character(" "), .enter])))
      }
    }
    return keys.map { .key($0) }
  }

  /// What is kept from one screen to the next shows what drawing it anew would show.
  private func expectNothingOld(_ canvas: Canvas, _ explorer: Explorer, _ place: Comment) {
    var fresh = explorer
    fresh.forgetDrawn()
    #expect(fresh.draw().canvas == canvas, place)
    #expect(fresh.links == explorer.links, place)
    #expect(fresh.hits.map(\.area) == explorer.hits.map(\.area), place)
    #expect(fresh.hits.map(\.action) == explorer.hits.map(\.action), place)
    #expect(fresh.cursorRow == explorer.cursorRow, place)
  }

  @Test(arguments: 1...8)
  func `none of thousands of events traps`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var operations = RandomOperations(seed: seed, isWild: true)
    var session = try Session()
    var explorer = session.explorer
    var count = 0
    while count < 1500 {
      for event in events(&random, &operations) {
        count += 1
        let isListOpen = explorer.picker != nil
        let effect = explorer.handle(event)
        // A list may have the key that quits chosen.
        if case .key(let key) = event, effect == .quit, !(isListOpen && key.code == .enter) {
          #expect(key.code == .character("q") || key.code == .character("c"), "seed \(seed)")
        }
      }
      // The loop draws after all that has arrived, so that some events come undrawn.
      if random.oneIn(3) {
        let (canvas, cursor) = explorer.draw()
        if let cursor, canvas.height > 2, canvas.width > 20 {
          #expect(canvas.bounds.contains(cursor), "seed \(seed), event \(count)")
        }
        expectNothingOld(canvas, explorer, "seed \(seed), event \(count)")
      }
    }
    // It still works: what is there goes to its start and to its end again.
    for event in try KeyScript("<Esc><Esc><Esc><resize 80x24><End>").events {
      _ = explorer.handle(event)
    }
    let end = explorer.timeline.machine
    session = Session(explorer)
    try session.press("<Home><End>")
    #expect(session.machine == end, "seed \(seed)")
    #expect(session.screen.contains("Timeline"), "seed \(seed)")
  }

  @Test(arguments: [(80, 24), (120, 36), (200, 50)])
  func `who looks around and comes back sees what drawing anew would show`(
    width: Int, height: Int
  ) throws {
    var random = SplitMix64(seed: UInt64(width))
    var explorer = try Session().explorer
    _ = explorer.handle(.resize(width: width, height: height))
    let ways = try ["<Down>", "<Up>", "<Tab>", "1", "3", "6", "z", "<Enter>", "n", "p"].map {
      try KeyScript($0).events
    }
    for count in 0..<300 {
      // Mostly up and down, so that the same screens come again; now and then time moves.
      let way = ways[Int(random.below(random.oneIn(3) ? UInt64(ways.count) : 2))]
      for event in way { _ = explorer.handle(event) }
      expectNothingOld(explorer.draw().canvas, explorer, "\(width) by \(height), key \(count)")
    }
  }
}
