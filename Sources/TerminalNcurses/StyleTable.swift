import CNcurses
import Glibc
import TerminalCore

/// What the terminal can do with colour.
package enum ColorDepth: Hashable, Sendable {
  /// Attributes only; also where the person asked for no colour with `NO_COLOR`.
  case mono

  /// The eight basic colours; bold makes them bright.
  case eight
  case sixteen
  case full256
}

/// Turns styles into what curses wants: attributes, and the number of a colour pair.
///
/// Curses has a table like this itself, but that one crashes on a terminal without colours.
struct StyleTable {
  /// A style in the terms of curses.
  struct Look {
    var attributes: attr_t
    var pair: Int32
  }

  let depth: ColorDepth
  private let palette: Palette
  private let maximumPairs: Int32
  private var pairs: [Palette.Pair: Int32] = [:]

  /// The style asked for last, for neighbours mostly look alike.
  private var lastStyle = Style.plain
  private var lastLook = Look(attributes: 0, pair: 0)

  /// Starts the colours of the terminal, unless it has none or `NO_COLOR` is set.
  static func starting() -> StyleTable {
    let noColor = getenv("NO_COLOR").map { $0[0] != 0 } ?? false
    guard !noColor, has_colors(), start_color() == OK else {
      return StyleTable(palette: Palette(colors: 0, isDirect: false, hasDefault: true), pairs: 0)
    }
    let palette = Palette(
      colors: Int(nc_colors()),
      isDirect: tigetflag("RGB") > 0,
      hasDefault: use_default_colors() == OK)
    return StyleTable(palette: palette, pairs: min(nc_color_pairs(), 32_767))
  }

  private init(palette: Palette, pairs: Int32) {
    self.palette = palette
    depth = palette.depth
    maximumPairs = pairs
    lastLook = makeLook(of: lastStyle)
  }

  mutating func look(of style: Style) -> Look {
    if style == lastStyle { return lastLook }
    lastStyle = style
    lastLook = makeLook(of: style)
    return lastLook
  }

  private mutating func makeLook(of style: Style) -> Look {
    var attributes = Self.attributes(style.attributes)
    guard depth != .mono else { return Look(attributes: attributes, pair: 0) }
    let colors = palette.pair(style.foreground, style.background)
    if colors.isBright { attributes |= nc_bold }
    return Look(attributes: attributes, pair: number(of: colors))
  }

  /// The number of a pair, which is made when it is first needed.
  ///
  /// A terminal with few pairs can run out of them; the text then has the terminal's own colours.
  private mutating func number(of colors: Palette.Pair) -> Int32 {
    if colors.foreground == -1, colors.background == -1 { return 0 }
    if let known = pairs[colors] { return known }
    let number = Int32(pairs.count) + 1
    guard number < maximumPairs else { return 0 }
    guard init_extended_pair(number, colors.foreground, colors.background) == OK else { return 0 }
    pairs[colors] = number
    return number
  }

  private static func attributes(_ attributes: Style.Attributes) -> attr_t {
    var result: attr_t = 0
    if attributes.contains(.bold) { result |= nc_bold }
    if attributes.contains(.dim) { result |= nc_dim }
    if attributes.contains(.underline) { result |= nc_underline }
    if attributes.contains(.reverse) { result |= nc_reverse }
    if attributes.contains(.italic) { result |= nc_italic }
    return result
  }
}
