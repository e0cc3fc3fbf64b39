import ExplorerUI
import TerminalCore
import Testing

/// Terminals of all kinds: colour and Unicode add nothing that is not there without them.
@Suite struct `Themes` {
  private static let situations = [
    "", "2", "3", "<End>4", "<Home>", "?", ":", "<End>:'attach video mdp_rgb1'<Enter>",
    "<End>:'read mdp_rgb1 0x30000000'<Enter>", "<End>:'free fb'<Enter>",
    ":'use msm8x60 unprobed'<Enter>",
  ]

  @Test(arguments: situations)
  func `the words are the same in all colours`(keys: String) throws {
    let words = try Session(keys).screen
    for colors in ColorCount.allCases {
      #expect(try Session(keys, theme: Theme(colors: colors, isLight: true)).screen == words)
    }
  }

  @Test func `without colours, live, half set up and off are three signs`() throws {
    for (isASCII, signs) in [(false, ["●", "◐", "○"]), (true, ["*", "%", "o"])] {
      let mono = Theme(colors: .mono)
      var session = try Session(theme: mono, isASCII: isASCII)
      let row = try session.place(of: "1 mdp_rgb1").row
      #expect(session.canvas.text(row: row).contains("\(signs[1]) 1 mdp_rgb1"))
      #expect(session.canvas.text(row: row - 1).contains("\(signs[0]) 0 mdp_vg1"))
      try session.press("<End>")
      #expect(session.canvas.text(row: row).contains("\(signs[0]) 1 mdp_rgb1"))
      try session.press("<Home>")
      #expect(session.canvas.text(row: row).contains("\(signs[2]) 1 mdp_rgb1"))
    }
  }

  @Test func `without colours no style has one`() throws {
    for keys in Self.situations {
      let session = try Session(keys, theme: Theme(colors: .mono))
      for row in 0..<24 {
        let isPlain = session.canvas.row(row).allSatisfy {
          $0.style.foreground == -1 && $0.style.background == -1
        }
        #expect(isPlain, "\(keys), row \(row)")
      }
    }
  }

  @Test func `without colours only the field being edited is reversed`() throws {
    let session = try Session("<End>om<Tab>", theme: Theme(colors: .mono))
    func style(of text: String) throws -> Style {
      let place = try session.place(of: text)
      return Array(session.canvas.row(place.row))[place.column].style
    }
    #expect(try style(of: "0x61400000   ").attributes.contains(.reverse))
    let waiting = try style(of: "0x10900000   ")
    #expect(waiting.attributes.contains(.underline) && !waiting.attributes.contains(.reverse))
  }

  @Test(arguments: [ColorCount.eight, .sixteen])
  func `few colours stay few`(colors: ColorCount) throws {
    let limit: Int16 = colors == .eight ? 8 : 16
    for keys in Self.situations {
      let session = try Session(keys, theme: Theme(colors: colors))
      for row in 0..<24 {
        let isWithin = session.canvas.row(row).allSatisfy {
          $0.style.foreground < limit && $0.style.background < limit
        }
        #expect(isWithin, "\(keys), row \(row)")
      }
    }
  }

  @Test(arguments: situations, [(80, 24), (120, 36), (60, 20)])
  func `in ASCII every cell is ASCII`(keys: String, size: (Int, Int)) throws {
    let session = try Session(keys, size: size, isASCII: true)
    let strange = session.screen.filter { !$0.isASCII }
    #expect(strange.isEmpty, "\(strange)\n\(session.screen)")
    // A sign without an ASCII form would be a question mark.
    let marks = session.screen.count { $0 == "?" }
    #expect(marks <= (try Session(keys, size: size).screen.count { $0 == "?" }))
  }

  @Test func `the pane with the focus can be told without colours`() throws {
    let mono = Theme(colors: .mono)
    for (keys, title) in [("", "System"), ("<Tab><Tab>", "Timeline")] {
      let session = try Session(keys, theme: mono)
      #expect(try session.style(of: title).attributes.contains(.reverse))
      let other = keys.isEmpty ? "Timeline" : "System"
      #expect(!(try session.style(of: other).attributes.contains(.reverse)))
    }
  }

  @Test func `the open tab can be told without colours`() throws {
    let session = try Session("3", theme: Theme(colors: .mono))
    #expect(try session.style(of: " Table ").attributes.contains(.reverse))
    #expect(!(try session.style(of: " Path ").attributes.contains(.reverse)))
  }
}
