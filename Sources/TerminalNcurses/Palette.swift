/// Fits a colour of the 256 to what the terminal has.
///
/// Whoever draws chooses colours for the depth at hand; this is for what slips through, so that it
/// is shown in the nearest colour and never refused.
struct Palette {
  /// Two colours as the terminal counts them, −1 for its own.
  struct Pair: Hashable {
    var foreground: Int32
    var background: Int32

    /// The foreground is one of the bright eight on a terminal that has them only as bold.
    var isBright = false
  }

  let depth: ColorDepth

  /// Colours above 7 are red, green and blue in eight bits each.
  private let isDirect: Bool

  /// −1 is a colour; where it is not, white on black is what terminals begin with.
  private let hasDefault: Bool

  init(colors: Int, isDirect: Bool, hasDefault: Bool) {
    switch colors {
    case 256...: depth = .full256
    case 16...: depth = .sixteen
    case 8...: depth = .eight
    default: depth = .mono
    }
    self.isDirect = isDirect
    self.hasDefault = hasDefault
  }

  func pair(_ foreground: Int16, _ background: Int16) -> Pair {
    var pair = Pair(foreground: fitted(foreground), background: fitted(background))
    if depth == .eight {
      pair.isBright = pair.foreground > 8
      pair.foreground = basic(pair.foreground)
      pair.background = basic(pair.background)
    }
    if !hasDefault {
      if pair.foreground == -1 { pair.foreground = 7 }
      if pair.background == -1 { pair.background = 0 }
    }
    return pair
  }

  private func fitted(_ color: Int16) -> Int32 {
    guard (0...255).contains(color) else { return -1 }
    let index = Int32(color)
    switch depth {
    case .mono: return -1
    case .full256 where isDirect: return index < 8 ? index : Palette.rgb(index)
    case .full256: return index
    case .eight, .sixteen: return index < 16 ? index : Palette.nearest16(index)
    }
  }

  /// One of eight for one of sixteen.
  ///
  /// Bright black would be invisible as bold black on many terminals; its own colour is not.
  private func basic(_ color: Int32) -> Int32 {
    if color == 8 { return -1 }
    return color > 8 ? color - 8 : color
  }

  /// The usual meaning of the colours from 16 on, a cube of 6 by 6 by 6 and a ramp of greys; the
  /// sixteen before them are the user's to define and are taken as xterm has them.
  private static func rgb(_ index: Int32) -> Int32 {
    if index < 16 {
      let level: Int32 = 0xFF
      let (red, green, blue) = (index & 1, index >> 1 & 1, index >> 2 & 1)
      return index == 8 ? 0x7F7F7F : (red * level) << 16 | (green * level) << 8 | blue * level
    }
    if index >= 232 { return (8 + 10 * (index - 232)) * 0x010101 }
    let levels: [Int32] = [0, 95, 135, 175, 215, 255]
    let cube = Int(index - 16)
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6]
  }

  /// The hue by which of the three parts are strong, bright if the strongest one is.
  private static func nearest16(_ index: Int32) -> Int32 {
    let color = rgb(index)
    let parts = [color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF]
    let strongest = parts.max() ?? 0
    let weakest = parts.min() ?? 0
    if strongest - weakest < 40 {
      // Black, dark grey, light grey, white.
      return strongest < 50 ? 0 : strongest < 140 ? 8 : strongest < 220 ? 7 : 15
    }
    let middle = (strongest + weakest) / 2
    var hue: Int32 = 0
    for (bit, part) in parts.enumerated() where part > middle { hue |= 1 << Int32(bit) }
    return strongest > 200 ? hue + 8 : hue
  }
}
