import ExplorerUI
import TerminalCore
import TestSupport
import Testing

/// The screen at every size.
@Suite struct `Layouts` {
  /// Frames whose sides do not lead from corner to corner, in words.
  private func openFrames(of canvas: Canvas) -> [String] {
    let rows = (0..<canvas.height).map { Array(canvas.text(row: $0)) }
    /// Follows a side down from a corner; the row of the corner below, or nil.
    func end(_ column: Int, below row: Int, _ sides: Set<Character>, _ corner: Character) -> Int? {
      for next in row + 1..<max(row + 1, rows.count) {
        guard rows[next].indices.contains(column) else { return nil }
        if rows[next][column] == corner { return next }
        if !sides.contains(rows[next][column]) { return nil }
      }
      return nil
    }
    var open: [String] = []
    for (row, line) in rows.enumerated() {
      for (column, character) in line.enumerated() where character == "╭" {
        let bottom = end(column, below: row, ["│", "├", "┊"], "╰")
        let right = line.indices.first { $0 > column && (line[$0] == "╮" || line[$0] == "╭") }
        guard let bottom, let right, line[right] == "╮",
          end(right, below: row, ["│", "┤", "┊"], "╯") == bottom
        else {
          open.append("column \(column), row \(row)")
          continue
        }
      }
    }
    return open
  }

  private func check(_ session: inout Session, _ width: Int, _ height: Int) {
    session.send(.resize(width: width, height: height))
    #expect(session.canvas.width == width && session.canvas.height == height)
    let open = openFrames(of: session.canvas)
    #expect(open.isEmpty, "\(width)x\(height): \(open)\n\(session.screen)")
    if width >= 40, height >= 10 {
      #expect(session.screen.contains("╭"), "\(width)x\(height)")
      #expect(session.screen.contains("? help"), "\(width)x\(height)")
    }
  }

  @Test(arguments: ["1", "2", "3", "4"], ["", "<Tab>", "<Tab><Tab>"])
  func `every small size draws, with closed frames`(view: String, pane: String) throws {
    var session = try Session(view + pane, size: (40, 10))
    let step = view == "1" ? 1 : 3
    for width in stride(from: 0, through: 48, by: step) {
      for height in stride(from: 0, through: 14, by: step) { check(&session, width, height) }
    }
  }

  @Test(arguments: ["1", "2", "3", "4"])
  func `sizes up to 300 by 100 draw, with closed frames`(view: String) throws {
    var random = SplitMix64(seed: 80_24)
    var session = try Session(view)
    // Around the sizes where the layout changes, and anywhere.
    for width in [79, 80, 81, 109, 110, 111, 179, 180] {
      for height in [23, 24, 29, 30, 49, 50] where random.oneIn(3) {
        check(&session, width, height)
      }
    }
    for _ in 0..<30 { check(&session, Int(random.below(301)), Int(random.below(101))) }
  }

  @Test(arguments: ["3", "4", "3<Tab>", "3<Tab><Esc><Esc><Esc>", "e<C-u>'0x7fc080601234'<Enter>4"])
  func `so do tables of four levels`(keys: String) throws {
    var random = SplitMix64(seed: 48_12)
    var session = try Session(keys, script: Session.deepTables)
    for width in stride(from: 0, through: 48, by: 3) {
      for height in stride(from: 0, through: 14, by: 3) { check(&session, width, height) }
    }
    for width in [79, 80, 110, 120, 180, 300] {
      for height in [23, 24, 30, 36, 50, 100] where random.oneIn(2) {
        check(&session, width, height)
      }
    }
    for _ in 0..<20 { check(&session, Int(random.below(301)), Int(random.below(101))) }
  }

  @Test func `zoomed, with the help and with the prompt it draws at any size as well`() throws {
    var random = SplitMix64(seed: 30_8)
    for keys in ["z", "3z", "?", ":'map fb 0x1000'", "e"] {
      var session = try Session(keys)
      for _ in 0..<40 {
        let (width, height) = (Int(random.below(130)), Int(random.below(40)))
        session.send(.resize(width: width, height: height))
        #expect(session.canvas.width == width && session.canvas.height == height)
        if let cursor = session.cursor, width > 20, height > 2 {
          #expect(session.canvas.bounds.contains(cursor), "\(keys) \(width)x\(height)")
        }
      }
    }
  }

  @Test func `a size below zero is nothing`() throws {
    var session = try Session()
    session.send(.resize(width: -5, height: .min))
    #expect(session.canvas.width == 0 && session.canvas.height == 0)
  }
}
