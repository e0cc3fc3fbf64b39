import Testing

@testable import TerminalCore

@Suite struct `The width of` {
  @Test(
    arguments: [
      ("a", 1), ("é", 1), ("─", 1), ("█", 1), ("●", 1), ("▶", 1), ("✓", 1), ("≠", 1), ("…", 1),
      ("⣿", 1), ("漢", 2), ("한", 2), ("ア", 2), ("ｱ", 1), ("👍", 2), ("\u{301}", 0), ("\u{200B}", 0),
      ("\u{1B}", -1), ("\u{7F}", -1), ("\u{9B}", -1), ("\u{378}", -1), ("\u{10FFFF}", -1),
    ] as [(Unicode.Scalar, Int)])
  func `a scalar is what a terminal gives it`(scalar: Unicode.Scalar, width: Int) {
    #expect(DisplayWidth.of(scalar) == width)
  }

  @Test func `a text is the sum of its characters`() {
    #expect(DisplayWidth.of("") == 0)
    #expect(DisplayWidth.of("0x10000000 → mdp") == 16)
    #expect(DisplayWidth.of("漢字e\u{301}") == 5)
    #expect(DisplayWidth.of("\r\n") == 1)
    #expect(DisplayWidth.of("a\tb") == 3)
  }

  @Test func `what stands alone takes one column and stays a character beside its kind`() {
    let alone = (0...0x10FFFF).compactMap(Unicode.Scalar.init(_:)).filter(DisplayWidth.standsAlone)
    #expect(alone.allSatisfy { DisplayWidth.of($0) == 1 })
    var text = String.UnicodeScalarView(alone)
    for scalar in alone { text.append(contentsOf: [scalar, scalar]) }
    #expect(String(text).count == alone.count * 3)
  }

  @Test func `a truncated text is never more than asked for`() {
    #expect(DisplayWidth.truncate("abcdef", to: 6, ellipsis: "…") == "abcdef")
    #expect(DisplayWidth.truncate("abcdef", to: 5, ellipsis: "…") == "abcd…")
    #expect(DisplayWidth.truncate("漢字語", to: 5, ellipsis: "…") == "漢字…")
    #expect(DisplayWidth.truncate("漢字語", to: 4, ellipsis: "…") == "漢…")
    #expect(DisplayWidth.truncate("漢字語", to: 6, ellipsis: "…") == "漢字語")
    #expect(DisplayWidth.truncate("abc", to: 1, ellipsis: "~") == "~")
    #expect(DisplayWidth.truncate("abc", to: 0, ellipsis: "~") == "")
    #expect(DisplayWidth.truncate("abc", to: -3, ellipsis: "~") == "")
    #expect(DisplayWidth.truncate("", to: 0, ellipsis: "~") == "")
  }
}
