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

/// Turns styles into what the terminal has.
struct StyleTable {
  /// A style in the terminal's own terms; −1 is its own colour.
  struct Look: Equatable {
    /// Bits of `Style.Attributes`.
    var attributes: UInt8
    var foreground: Int32
    var background: Int32
  }

  let depth: ColorDepth
  private let palette: Palette

  /// The style asked for last, for neighbours mostly look alike.
  private var lastStyle = Style.plain
  private var lastLook: Look

  /// The colours of the terminal whose description is loaded, unless `NO_COLOR` is set.
  init() {
    let noColor = getenv("NO_COLOR").map { $0[0] != 0 } ?? false
    let hasColors = nc_string("setaf") != nil && nc_string("setab") != nil
    palette = Palette(
      colors: noColor || !hasColors ? 0 : Int(tigetnum("colors")),
      isDirect: tigetflag("RGB") > 0,
      hasDefault: noColor || !hasColors || nc_string("op") != nil)
    depth = palette.depth
    lastLook = Self.makeLook(of: .plain, palette)
  }

  mutating func look(of style: Style) -> Look {
    if style == lastStyle { return lastLook }
    lastStyle = style
    lastLook = Self.makeLook(of: style, palette)
    return lastLook
  }

  private static func makeLook(of style: Style, _ palette: Palette) -> Look {
    guard palette.depth != .mono else {
      return Look(attributes: style.attributes.rawValue, foreground: -1, background: -1)
    }
    let colors = palette.pair(style.foreground, style.background)
    return Look(
      attributes: style.attributes.rawValue
        | (colors.isBright ? Style.Attributes.bold.rawValue : 0),
      foreground: colors.foreground, background: colors.background)
  }
}
