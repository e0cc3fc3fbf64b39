import TerminalCore
import TestSupport
import Testing

@Suite struct `Any drawing` {
  @Test(arguments: UInt64(1)...40)
  func `leaves wide characters whole and the outside of its clip alone`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var canvas = Canvas(
      width: Int.random(in: 0...12, using: &generator),
      height: Int.random(in: 0...3, using: &generator))
    for _ in 0..<200 {
      change(&canvas, &generator)
      #expect(isWhole(canvas), "seed \(seed)")
      let columns = (0..<canvas.height).map { DisplayWidth.of(canvas.text(row: $0)) }
      #expect(columns.allSatisfy { $0 == canvas.width }, "seed \(seed)")
    }
  }

  @Test(arguments: UInt64(1)...40)
  func `returns the width of its text`(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    var canvas = Canvas(width: 10, height: 2)
    let text = randomText(&generator)
    let place = randomPoint(&generator)
    #expect(canvas.draw(text, at: place, style: .plain) == DisplayWidth.of(text), "seed \(seed)")
  }

  private func change(_ canvas: inout Canvas, _ generator: inout SplitMix64) {
    let place = randomPoint(&generator)
    let area = Rect(
      column: place.column,
      row: place.row,
      width: Int.random(in: -1...9, using: &generator),
      height: Int.random(in: -1...4, using: &generator))
    switch Int.random(in: 0...3, using: &generator) {
    case 0: canvas.fill(area, Bool.random(using: &generator) ? "漢" : "x", .plain)
    case 1: canvas.draw(randomText(&generator), at: place, style: .plain)
    case 2: canvas[place.column, place.row] = Bool.random(using: &generator) ? Cell("字") : .blank
    default:
      let before = canvas
      canvas.draw(randomText(&generator), at: place, style: .plain, clip: area)
      for row in 0..<canvas.height {
        // A wide character across the edge of the clip may lose the half outside.
        for column in 0..<canvas.width
        where !area.inset(columns: -1, rows: 0).contains(Point(column, row)) {
          #expect(canvas[column, row] == before[column, row])
        }
      }
    }
  }

  private func isWhole(_ canvas: Canvas) -> Bool {
    (0..<canvas.height).allSatisfy { row in
      (0..<canvas.width).allSatisfy { column in
        let isWide = canvas[column, row].width == 2
        let next = column + 1 < canvas.width && canvas[column + 1, row].isContinuation
        let isOrphan = canvas[column, row].isContinuation && column == 0
        return isWide == next && !isOrphan
      }
    }
  }

  private func randomPoint(_ generator: inout SplitMix64) -> Point {
    Point(Int.random(in: -4...14, using: &generator), Int.random(in: -1...3, using: &generator))
  }

  private func randomText(_ generator: inout SplitMix64) -> String {
    let pieces = ["a", " ", "漢", "e\u{301}", "\u{1B}", "👨‍👩‍👧", "\u{301}", "…", "\u{7}", "字\u{20DD}"]
    let count = Int.random(in: 0...8, using: &generator)
    return (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
  }
}
