import TerminalCore
import TestSupport
import Testing

@Suite struct `Bytes from a terminal` {
  @Test(
    arguments: [
      ("a", .character("a"), []), ("?", .character("?"), []), ("é", .character("é"), []),
      ("漢", .character("漢"), []), ("👍", .character("👍"), []), (" ", .character(" "), []),
      ("␍", .enter, []), ("␊", .enter, []), ("␉", .tab, []),
      ("␡", .backspace, []), ("␈", .backspace, []),
      ("␁", .character("a"), .control), ("␃", .character("c"), .control),
      ("␚", .character("z"), .control), ("␜", .character("\\"), .control),
      ("␀", .character(" "), .control),
      ("␛a", .character("a"), .alt), ("␛é", .character("é"), .alt),
      ("␛\r", .enter, .alt), ("␛␡", .backspace, .alt),
      ("␛␁", .character("a"), [.alt, .control]),
      ("␛[A", .up, []), ("␛OA", .up, []), ("␛[B", .down, []),
      ("␛OB", .down, []),
      ("␛[C", .right, []), ("␛[D", .left, []), ("␛[H", .home, []),
      ("␛OF", .end, []), ("␛[1~", .home, []), ("␛[7~", .home, []),
      ("␛[2~", .insert, []), ("␛[3~", .delete, []), ("␛[4~", .end, []),
      ("␛[8~", .end, []), ("␛[5~", .pageUp, []), ("␛[6~", .pageDown, []),
      ("␛[1;2A", .up, .shift), ("␛[1;3A", .up, .alt), ("␛[1;5C", .right, .control),
      ("␛[1;8D", .left, [.shift, .alt, .control]), ("␛[3;5~", .delete, .control),
      ("␛[Z", .backTab, []), ("␛[1;2Z", .backTab, []), ("␛OM", .enter, []),
      ("␛OP", .function(1), []), ("␛OS", .function(4), []),
      ("␛[1;5P", .function(1), .control), ("␛[11~", .function(1), []),
      ("␛[15~", .function(5), []), ("␛[17~", .function(6), []),
      ("␛[21~", .function(10), []), ("␛[23~", .function(11), []),
      ("␛[24~", .function(12), []), ("␛[24;2~", .function(12), .shift),
      ("␛[[A", .function(1), []), ("␛[[E", .function(5), []),
    ] as [(String, Key.Code, Key.Modifiers)])
  func `mean a key`(bytes: String, code: Key.Code, modifiers: Key.Modifiers) {
    #expect(decoded(bytes) == [.key(Key(code, modifiers))])
  }

  @Test(
    arguments: [
      ("␛[<0;5;6M", .press, .left, Point(4, 5), []),
      ("␛[<0;5;6m", .release, .left, Point(4, 5), []),
      ("␛[<1;1;1M", .press, .middle, Point(0, 0), []),
      ("␛[<2;300;400M", .press, .right, Point(299, 399), []),
      ("␛[<32;5;6M", .drag, .left, Point(4, 5), []),
      ("␛[<34;5;6M", .drag, .right, Point(4, 5), []),
      ("␛[<35;5;6M", .move, .none, Point(4, 5), []),
      ("␛[<64;5;6M", .wheelUp, .none, Point(4, 5), []),
      ("␛[<65;5;6M", .wheelDown, .none, Point(4, 5), []),
      ("␛[<66;5;6M", .wheelLeft, .none, Point(4, 5), []),
      ("␛[<67;5;6M", .wheelRight, .none, Point(4, 5), []),
      ("␛[<128;5;6M", .press, .back, Point(4, 5), []),
      ("␛[<129;5;6M", .press, .forward, Point(4, 5), []),
      ("␛[<28;5;6M", .press, .left, Point(4, 5), [.shift, .alt, .control]),
      ("␛[<0;0;0M", .press, .left, Point(0, 0), []),
      ("␛[M %&", .press, .left, Point(4, 5), []),
      ("␛[M#%&", .release, .none, Point(4, 5), []),
      ("␛[M`%&", .wheelUp, .none, Point(4, 5), []),
    ] as [(String, Mouse.Kind, Mouse.Button, Point, Mouse.Modifiers)])
  func `mean the mouse`(
    bytes: String, kind: Mouse.Kind, button: Mouse.Button, position: Point,
    modifiers: Mouse.Modifiers
  ) {
    let mouse = Mouse(kind: kind, button: button, position: position, modifiers: modifiers)
    #expect(decoded(bytes) == [.mouse(mouse)])
  }

  @Test(arguments: [
    "␛[I", "␛[?62;1c", "␛[99~", "␛[<0;5M", "␛[<130;1;1M", "␛[<160;1;1M", "␛[200$y",
    "␛[<64;5;6m", "␛[201~", "␛[1;1;1;1;1;1;1;1;1;1A", "␛Oz", "␛[[Z",
    "␛[<99999999999999999999999;1M", "\u{9B}",
  ])
  func `that mean nothing here are swallowed whole`(bytes: String) {
    #expect(decoded(bytes + "x") == [.key(Key(.character("x")))])
  }

  @Test func `of a huge number mean a huge number and no trap`() {
    let mouse = Mouse(kind: .press, button: .left, position: Point(65_534, 0))
    #expect(decoded("␛[<0;99999999999999999999;1M") == [.mouse(mouse)])
  }

  @Test func `that break off a sequence begin something new`() {
    let (up, x) = (TerminalEvent.key(Key(.up)), TerminalEvent.key(Key(.character("x"))))
    #expect(decoded("␛[1;␛[A") == [up])
    #expect(decoded("␛[1;␍") == [.key(Key(.enter))])
    #expect(decoded("␛␛[A") == [.key(Key(.escape)), up])
    #expect(decoded([0xE6, 0xBC, 0x78]) == [x])
    #expect(decoded([0xFF, 0x78, 0xC3, 0x28]) == [x, .key(Key(.character("(")))])
    #expect(decoded([0xC0, 0xAF, 0xED, 0xA0, 0x80, 0xF4, 0x90, 0x80, 0x80, 0x78]) == [x])
  }

  @Test func `of quick clicks mean every press and release`() {
    let click = "␛[<0;1;1M␛[<0;1;1m"
    #expect(decoded(click + click).count == 4)
  }
}

@Suite struct `A paste` {
  @Test func `is one event, with what looks like keys inside`() {
    #expect(
      decoded("␛[200~map 1␍␛[A␃漢␛[201~q")
        == [.paste("map 1\r\u{1B}[A\u{3}漢"), .key(Key(.character("q")))])
  }

  @Test func `may hold the beginnings of its end`() {
    #expect(decoded("␛[200~a␛[20␛␛[201~") == [.paste("a\u{1B}[20\u{1B}")])
    #expect(decoded("␛[200~␛[201~") == [.paste("")])
  }

  @Test func `is cut where it is too long`() {
    var decoder = InputDecoder()
    let long = [UInt8](repeating: 0x61, count: InputDecoder.maximumPaste + 10)
    #expect(decoder.feed(Array("\u{1B}[200~".utf8)).isEmpty)
    #expect(decoder.feed(long).isEmpty)
    #expect(!decoder.isPending)
    guard case .paste(let text) = decoder.feed(Array("\u{1B}[201~".utf8)).first else {
      Issue.record("no paste")
      return
    }
    #expect(text.utf8.count == InputDecoder.maximumPaste)
  }
}

@Suite struct `When nothing follows` {
  @Test(
    arguments: [
      ("␛", [.key(Key(.escape))]),
      ("␛[", [.key(Key(.character("["), .alt))]),
      ("␛O", [.key(Key(.character("O"), .alt))]),
      ("␛[1;", []), ("␛[M!", []), ("␛[[", []),
    ] as [(String, [TerminalEvent])])
  func `a beginning is settled`(beginning: String, events: [TerminalEvent]) {
    var decoder = InputDecoder()
    #expect(decoder.feed(bytes(beginning)).isEmpty)
    #expect(decoder.isPending)
    #expect(decoder.timeout() == events)
    #expect(!decoder.isPending)
    #expect(decoder.feed([0x78]) == [.key(Key(.character("x")))])
  }

  @Test func `only a lone ESC is taken for the key soon`() {
    var decoder = InputDecoder()
    _ = decoder.feed([0x1B])
    #expect(decoder.isLoneEscape)
    _ = decoder.feed(Array("[1;5".utf8))
    #expect(decoder.isPending && !decoder.isLoneEscape)
    #expect(decoder.feed(Array("A".utf8)) == [.key(Key(.up, .control))])
  }

  @Test func `there is nothing to settle after a key`() {
    var decoder = InputDecoder()
    #expect(decoder.feed([0x78]).count == 1)
    #expect(!decoder.isPending)
    #expect(decoder.timeout().isEmpty)
  }
}

@Suite struct `However reads cut the bytes` {
  @Test(arguments: UInt64(1)...300)
  func `the events are the same, and nothing traps`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let bytes = randomInput(&generator)
    let whole = decoded(bytes)
    var single = InputDecoder()
    #expect(bytes.flatMap { single.feed([$0]) } == whole, "seed \(seed)")
    var pieces = InputDecoder()
    var events: [TerminalEvent] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...7, using: &generator)
      events += pieces.feed(rest.prefix(count))
      rest = rest.dropFirst(count)
    }
    #expect(events == whole, "seed \(seed)")
    _ = pieces.timeout()
    #expect(!pieces.isPending, "seed \(seed)")
  }

  private func randomInput(_ generator: inout SplitMix64) -> [UInt8] {
    let alphabet = Array("\u{1B}\u{1B}[[O<;;:0123456789~~MmAZu?$ x漢\r\u{3}".utf8)
    let sequences = [
      "\u{1B}[200~", "\u{1B}[201~", "\u{1B}[<0;5;6M", "\u{1B}[M", "é", "\u{1B}[1;5A",
    ]
    var bytes: [UInt8] = []
    for _ in 0..<200 {
      switch Int.random(in: 0...5, using: &generator) {
      case 0: bytes += Array((sequences.randomElement(using: &generator) ?? "").utf8)
      case 1: bytes.append(UInt8.random(in: 0...255, using: &generator))
      default: bytes.append(alphabet.randomElement(using: &generator) ?? 0)
      }
    }
    return bytes
  }
}

private func decoded(_ text: String) -> [TerminalEvent] { decoded(bytes(text)) }

/// The bytes of a text in which control pictures stand for controls: ␛ for ESC, ␍ for Enter.
///
/// A test that prints its arguments then prints nothing that acts on a terminal.
private func bytes(_ text: String) -> [UInt8] {
  text.unicodeScalars.flatMap { scalar -> [UInt8] in
    switch scalar.value {
    case 0x2400...0x241F: [UInt8(scalar.value - 0x2400)]
    case 0x2421: [0x7F]
    default: Array(String(scalar).utf8)
    }
  }
}

private func decoded(_ bytes: [UInt8]) -> [TerminalEvent] {
  var decoder = InputDecoder()
  return decoder.feed(bytes)
}
