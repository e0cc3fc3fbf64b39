package import TerminalCore

/// A screen as a file: text, or a picture whose text stays text.
package struct ScreenPicture {
  package enum Kind: Hashable, Sendable {
    case svg, text

    /// What a file's name says that it is.
    package init?(path: String) {
      if path.hasSuffix(".svg") {
        self = .svg
      } else if path.hasSuffix(".txt") {
        self = .text
      } else {
        return nil
      }
    }
  }

  private let canvas: Canvas
  private let theme: Theme

  package init(_ canvas: Canvas, theme: Theme) { (self.canvas, self.theme) = (canvas, theme) }

  package func text(_ kind: Kind) -> String {
    switch kind {
    case .svg: svg
    case .text: canvas.text + "\n"
    }
  }

  // MARK: SVG

  private static let (cellWidth, cellHeight, fontSize, baseline) = (8.4, 16.3, 14.0, 12.9)
  private static let margin = 8.0

  private var svg: String {
    let width = Self.number(Double(canvas.width) * Self.cellWidth + 2 * Self.margin)
    let height = Self.number(Double(canvas.height) * Self.cellHeight + 2 * Self.margin)
    var classes: [Style] = []
    var grounds = ""
    var rows = ""
    for row in 0..<canvas.height {
      var line = ""
      for run in runs(of: row) {
        let (foreground, background) = colors(of: run.style)
        if let background { grounds += ground(run, row, background) }
        guard run.text.contains(where: { $0 != " " }) else { continue }
        let look = Style(
          foreground: foreground, background: -1,
          attributes: run.style.attributes.subtracting(.reverse))
        let index = classes.firstIndex(of: look) ?? classes.count
        if index == classes.count { classes.append(look) }
        line += span(run, class: index)
      }
      if !line.isEmpty {
        let y = Self.margin + Double(row) * Self.cellHeight + Self.baseline
        rows += "<text y=\"\(Self.number(y))\">\(line)</text>\n"
      }
    }
    let styles = classes.enumerated().map { ".s\($0){\(css(of: $1))}" }.joined(separator: "\n")
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)">
      <style>
      text{white-space:pre;font:\(Self.number(Self.fontSize))px "DejaVu Sans Mono",Menlo,Consolas,monospace}
      \(styles)
      </style>
      <rect width="100%" height="100%" rx="6" fill="\(theme.isLight ? "#ffffff" : "#1b1d23")"/>
      \(grounds)\(rows)</svg>

      """
  }

  /// Cells side by side that look the same.
  private struct Run {
    let column: Int
    let style: Style
    var text: String
    var width: Int
  }

  private func runs(of row: Int) -> [Run] {
    var runs: [Run] = []
    for (column, cell) in canvas.row(row).enumerated() where !cell.isContinuation {
      if let last = runs.last, last.style == cell.style {
        runs[runs.count - 1].text += cell.text
        runs[runs.count - 1].width += cell.width
      } else {
        runs.append(Run(column: column, style: cell.style, text: cell.text, width: cell.width))
      }
    }
    return runs
  }

  /// Text that begins and ends with a character, each piece at the column where it stands.
  private func span(_ run: Run, class index: Int) -> String {
    let blanks = run.text.prefix { $0 == " " }.count
    var text = run.text.dropFirst(blanks)
    while text.last == " " { text.removeLast() }
    let x = Self.margin + Double(run.column + blanks) * Self.cellWidth
    let columns = Double(DisplayWidth.of(String(text))) * Self.cellWidth
    return "<tspan x=\"\(Self.number(x))\" textLength=\"\(Self.number(columns))\" "
      + "class=\"s\(index)\">\(Self.escaped(text))</tspan>"
  }

  private func ground(_ run: Run, _ row: Int, _ color: Int16) -> String {
    let x = Self.margin + Double(run.column) * Self.cellWidth
    let y = Self.margin + Double(row) * Self.cellHeight
    return "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
      + "width=\"\(Self.number(Double(run.width) * Self.cellWidth))\" "
      + "height=\"\(Self.number(Self.cellHeight))\" fill=\"\(Palette256.hex(color))\"/>\n"
  }

  /// The colours that a style comes to: reversed ones change places.
  private func colors(of style: Style) -> (foreground: Int16, background: Int16?) {
    guard style.attributes.contains(.reverse) else {
      return (style.foreground, style.background < 0 ? nil : style.background)
    }
    let text: Int16 = theme.isLight ? 16 : 253
    let paper: Int16 = theme.isLight ? 231 : 234
    return (
      style.background < 0 ? paper : style.background,
      style.foreground < 0 ? text : style.foreground
    )
  }

  private func css(of style: Style) -> String {
    let plain = theme.isLight ? "#24292f" : "#d3d7de"
    var css = "fill:\(style.foreground < 0 ? plain : Palette256.hex(style.foreground))"
    if style.attributes.contains(.bold) { css += ";font-weight:bold" }
    if style.attributes.contains(.italic) { css += ";font-style:italic" }
    if style.attributes.contains(.underline) { css += ";text-decoration:underline" }
    if style.attributes.contains(.dim) { css += ";opacity:.7" }
    return css
  }

  private static func escaped(_ text: Substring) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  /// At most one decimal.
  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
  }
}

/// The 256 colours of a terminal as they are usually set: xterm's.
enum Palette256 {
  private static let first: [UInt32] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
  ]

  static func rgb(_ index: Int16) -> UInt32 {
    let index = max(0, min(255, Int(index)))
    if index < 16 { return first[index] }
    if index >= 232 { return UInt32(8 + (index - 232) * 10) * 0x01_0101 }
    func level(_ step: Int) -> UInt32 { step == 0 ? 0 : UInt32(55 + step * 40) }
    let cube = index - 16
    return level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6)
  }

  static func hex(_ index: Int16) -> String {
    let digits = String(rgb(index), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
