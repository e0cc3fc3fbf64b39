import TerminalCore
import Testing

@Suite struct `Drawing text` {
  @Test func `puts one character after the other and returns the columns`() {
    var canvas = Canvas(width: 6, height: 2)
    #expect(canvas.draw("ab", at: Point(1, 0), style: .plain) == 2)
    #expect(canvas.text(row: 0) == " ab   ")
    #expect(canvas.text == " ab\n")
  }

  @Test func `is cut at every edge and still returns all columns`() {
    var canvas = Canvas(width: 3, height: 1)
    #expect(canvas.draw("abcdef", at: Point(-2, 0), style: .plain) == 6)
    #expect(canvas.text(row: 0) == "cde")
    #expect(canvas.draw("漢字", at: Point(0, 1), style: .plain) == 4)
    #expect(canvas.draw("漢字", at: Point(9, 0), style: .plain) == 4)
    #expect(canvas.draw("x", at: Point(0, -1), style: .plain) == 1)
    #expect(canvas.text == "cde")
  }

  @Test func `stays inside the clip`() {
    var canvas = Canvas(width: 8, height: 1)
    let clip = Rect(column: 2, row: 0, width: 3, height: 1)
    #expect(canvas.draw("abcdefgh", at: Point(0, 0), style: .plain, clip: clip) == 8)
    #expect(canvas.text(row: 0) == "  cde   ")
  }

  @Test func `gives a wide character two columns`() {
    var canvas = Canvas(width: 5, height: 1)
    #expect(canvas.draw("漢x", at: Point(1, 0), style: .plain) == 3)
    #expect(canvas.text(row: 0) == " 漢x ")
    #expect(canvas[1, 0].width == 2)
    #expect(canvas[2, 0].isContinuation)
    #expect(canvas[2, 0].text == "")
  }

  @Test func `makes a space of the half of a wide character that a clip shows`() {
    var canvas = Canvas(width: 6, height: 1)
    canvas.fill(canvas.bounds, ".", .plain)
    let clip = Rect(column: 1, row: 0, width: 3, height: 1)
    canvas.draw("漢漢漢", at: Point(0, 0), style: .plain, clip: clip)
    #expect(canvas.text(row: 0) == ". 漢..")
    canvas.draw("漢漢漢", at: Point(1, 0), style: .plain, clip: clip)
    #expect(canvas.text(row: 0) == ".漢 ..")
    canvas.draw("a漢", at: Point(4, 0), style: .plain)
    #expect(canvas.text(row: 0) == ".漢 a ")
  }

  @Test func `over one half of a wide character blanks the other`() {
    var canvas = Canvas(width: 4, height: 1)
    canvas.draw("漢字", at: Point(0, 0), style: .plain)
    canvas.draw("x", at: Point(1, 0), style: .plain)
    #expect(canvas.text(row: 0) == " x字")
    canvas.draw("y", at: Point(2, 0), style: .plain)
    #expect(canvas.text(row: 0) == " xy ")
    canvas.draw("漢字", at: Point(0, 0), style: .plain)
    canvas.draw("語", at: Point(1, 0), style: .plain)
    #expect(canvas.text(row: 0) == " 語 ")
  }

  @Test func `keeps combining marks with their character, four at most`() {
    var canvas = Canvas(width: 4, height: 1)
    #expect(canvas.draw("e\u{301}x", at: Point(0, 0), style: .plain) == 2)
    #expect(canvas[0, 0].text == "e\u{301}")
    let many = "o\u{300}\u{301}\u{302}\u{303}\u{304}"
    canvas.draw(many, at: Point(0, 0), style: .plain)
    #expect(canvas[0, 0].text == "o\u{300}\u{301}\u{302}\u{303}")
  }

  @Test func `keeps the first part of a family, a flag and a heart`() {
    var canvas = Canvas(width: 8, height: 1)
    #expect(canvas.draw("👨‍👩‍👧🇩🇪❤️", at: Point(0, 0), style: .plain) == 4)
    #expect(canvas.text(row: 0) == "👨🇩❤    ")
  }

  @Test func `shows what could act on a terminal as a replacement`() {
    var canvas = Canvas(width: 8, height: 1)
    #expect(canvas.draw("a\u{1B}[\t\r\n\u{85}", at: Point(0, 0), style: .plain) == 6)
    #expect(canvas.text(row: 0) == "a�[���  ")
    #expect(canvas.draw("\u{200B}\u{301}\u{378}", at: Point(0, 0), style: .plain) == 3)
    #expect(canvas.text(row: 0) == "������  ")
  }
}

@Suite struct `A cell of a canvas` {
  @Test func `outside is blank and takes nothing`() {
    var canvas = Canvas(width: 2, height: 2)
    for (column, row) in [(-1, 0), (2, 0), (0, -1), (0, 2), (.max, .max), (.min, .min)] {
      canvas[column, row] = Cell("x")
      #expect(canvas[column, row] == .blank)
    }
    #expect(canvas == Canvas(width: 2, height: 2))
  }

  @Test func `that is wide takes its neighbour, or becomes a space at the edge`() {
    var canvas = Canvas(width: 3, height: 1)
    canvas[0, 0] = Cell("漢")
    #expect(canvas.text(row: 0) == "漢 ")
    canvas[2, 0] = Cell("字")
    #expect(canvas.text(row: 0) == "漢 ")
    canvas[1, 0] = Cell("a")
    #expect(canvas.text(row: 0) == " a ")
  }

  @Test func `copied one by one gives the same canvas`() {
    var canvas = Canvas(width: 7, height: 1)
    canvas.draw("a漢e\u{301}字", at: Point(0, 0), style: Style(foreground: 3))
    var copy = Canvas(width: 7, height: 1)
    for column in 0..<7 { copy[column, 0] = canvas[column, 0] }
    #expect(copy == canvas)
  }

  @Test func `does not hold the half of a wide character alone`() {
    var source = Canvas(width: 2, height: 1)
    source.draw("漢", at: Point(0, 0), style: .plain)
    var canvas = Canvas(width: 2, height: 1)
    canvas[0, 0] = source[1, 0]
    #expect(canvas[0, 0] == .blank)
  }
}

@Suite struct `A block of cells` {
  @Test func `is filled as far as it is on the canvas`() {
    var canvas = Canvas(width: 4, height: 3)
    canvas.fill(Rect(column: 2, row: -1, width: 9, height: 3), "#", .plain)
    #expect(canvas.text == "  ##\n  ##\n")
    canvas.fill(Rect(column: 0, row: 2, width: 3, height: 1), "漢", .plain)
    #expect(canvas.text(row: 2) == "漢  ")
  }

  @Test func `filled over halves of wide characters blanks their other halves`() {
    var canvas = Canvas(width: 6, height: 1)
    canvas.draw("漢字語", at: Point(0, 0), style: .plain)
    canvas.fill(Rect(column: 1, row: 0, width: 4, height: 1), "-", .plain)
    #expect(canvas.text(row: 0) == " ---- ")
  }

  @Test func `is restyled without its characters`() {
    var canvas = Canvas(width: 4, height: 1)
    canvas.draw("a漢b", at: Point(0, 0), style: Style(foreground: 5))
    canvas.restyle(Rect(column: 1, row: 0, width: 1, height: 5)) { $0.background = 237 }
    #expect(canvas.text(row: 0) == "a漢b")
    #expect(canvas[0, 0].style == Style(foreground: 5))
    #expect(canvas[1, 0].style == Style(foreground: 5, background: 237))
    #expect(canvas[2, 0].style == Style(foreground: 5, background: 237))
    #expect(canvas[3, 0].style == Style(foreground: 5))
  }

  @Test func `of any size and place can be asked about`() {
    let whole = Rect(column: 0, row: 0, width: 80, height: 24)
    #expect(whole.inset(columns: 1, rows: 1) == Rect(column: 1, row: 1, width: 78, height: 22))
    #expect(whole.inset(columns: 50, rows: 0).isEmpty)
    #expect(Rect(column: 3, row: 3, width: -2, height: 1).width == 0)
    let beside = Rect(column: 80, row: 0, width: 5, height: 24)
    #expect(whole.intersection(beside).isEmpty)
    let huge = Rect(column: 79, row: 23, width: .max, height: .max)
    #expect(whole.intersection(huge) == Rect(column: 79, row: 23, width: 1, height: 1))
    #expect(huge.contains(Point(.max - 1, 23)))
    #expect(!whole.contains(Point(80, 0)))
    #expect(whole.contains(Point(79, 23)))
  }
}
