package import IOMMULab
package import TerminalCore

/// How many colours the terminal shows.
package enum ColorCount: Hashable, Sendable, CaseIterable {
  case mono, eight, sixteen, full256
}

/// From what a piece of text is to how it looks, on one kind of terminal.
///
/// Text and background are the terminal's own. Colour says what kind of thing something is, weight
/// says importance, and nothing is said by colour alone.
package struct Theme: Hashable, Sendable {
  package let colors: ColorCount
  package let isLight: Bool

  package init(colors: ColorCount, isLight: Bool = false) {
    self.colors = colors
    self.isLight = isLight
  }

  /// The style of a role.
  package func style(_ role: Prose.Role) -> Style {
    switch colors {
    case .full256: full(role)
    case .sixteen, .eight: isLight ? fewOnLight(role) : fewOnDark(role)
    case .mono: mono(role)
    }
  }

  private func full(_ role: Prose.Role) -> Style {
    func pick(_ dark: Int16, _ light: Int16, _ attributes: Style.Attributes = []) -> Style {
      Style(foreground: isLight ? light : dark, attributes: attributes)
    }
    return switch role {
    case .text: .plain
    case .strong: Style(attributes: .bold)
    case .dim: pick(246, 243)
    case .faint: pick(242, 247)
    case .accent: pick(75, 25)
    case .key: pick(75, 25, .bold)
    case .iova: pick(111, 26)
    case .physical: pick(79, 29)
    case .domain: pick(176, 127)
    case .live: pick(114, 28)
    case .changed: pick(221, 130, .bold)
    case .old, .half: pick(179, 130)
    case .stale: pick(209, 166, .bold)
    case .fault: pick(203, 160, .bold)
    }
  }

  /// Sixteen colours, of which 8 to 15 are the bright ones, or their eight plain ones.
  ///
  /// Plain blue is next to nothing on black: with eight, cyan stands for it.
  private func fewOnDark(_ role: Prose.Role) -> Style {
    let hasBright = colors == .sixteen
    func pick(_ bright: Int16, _ plain: Int16, _ attributes: Style.Attributes = []) -> Style {
      Style(foreground: hasBright ? bright : plain, attributes: attributes)
    }
    return switch role {
    case .text: .plain
    case .strong: Style(attributes: .bold)
    case .dim, .faint: pick(8, -1)
    case .accent, .iova: pick(12, 6)
    case .key: pick(12, 6, .bold)
    case .physical: pick(14, 2)
    case .domain: pick(13, 5)
    case .live: pick(10, 2)
    case .changed, .stale: pick(11, 3, .bold)
    case .old, .half: pick(3, 3)
    case .fault: pick(9, 1, .bold)
    }
  }

  /// On white the bright ones and yellow are next to nothing: what changed is underlined instead.
  private func fewOnLight(_ role: Prose.Role) -> Style {
    switch role {
    case .text: .plain
    case .strong: Style(attributes: .bold)
    case .dim, .faint: Style(foreground: colors == .sixteen ? 8 : -1)
    case .accent, .iova: Style(foreground: 4)
    case .key: Style(foreground: 4, attributes: .bold)
    case .physical: Style(foreground: 6)
    case .domain: Style(foreground: 5)
    case .live: Style(foreground: 2)
    case .changed: Style(attributes: [.bold, .underline])
    case .old, .half: Style(foreground: 1)
    case .stale, .fault: Style(foreground: 1, attributes: .bold)
    }
  }

  private func mono(_ role: Prose.Role) -> Style {
    switch role {
    case .strong, .accent, .key, .live, .stale, .fault: Style(attributes: .bold)
    case .changed: Style(attributes: [.bold, .underline])
    case .text, .dim, .faint, .iova, .physical, .domain, .old, .half: .plain
    }
  }

  // MARK: Surfaces

  package func frame(focused: Bool) -> Style {
    switch colors {
    case .full256:
      Style(foreground: focused ? (isLight ? 25 : 75) : (isLight ? 249 : 240))
    case .sixteen: Style(foreground: focused ? (isLight ? 4 : 12) : 8)
    case .eight: Style(foreground: focused ? (isLight ? 4 : 6) : -1)
    case .mono: .plain
    }
  }

  /// The title of the pane that has the focus.
  ///
  /// Without colours it is reversed.
  package func title(focused: Bool) -> Style {
    var style = focused ? frame(focused: true) : .plain
    style.attributes.insert(.bold)
    if focused, colors == .mono { style.attributes.insert(.reverse) }
    return style
  }

  /// The tab that is open, the field being edited.
  package var tab: Style {
    switch colors {
    case .full256:
      Style(foreground: isLight ? 231 : 255, background: isLight ? 25 : 24, attributes: .bold)
    case .sixteen: Style(foreground: 15, background: 4, attributes: .bold)
    case .eight: Style(foreground: 7, background: 4, attributes: .bold)
    case .mono: Style(attributes: .reverse)
    }
  }

  /// A letter to be typed, over the text that it stands for.
  package var hint: Style {
    switch colors {
    case .full256: Style(foreground: 16, background: isLight ? 215 : 221, attributes: .bold)
    case .sixteen, .eight: Style(foreground: 0, background: 3, attributes: .bold)
    case .mono: Style(attributes: [.bold, .reverse])
    }
  }

  /// Lays the ground of a selected row under what is drawn there.
  package func select(_ style: inout Style, focused: Bool) {
    switch colors {
    case .full256: style.background = isLight ? (focused ? 253 : 255) : (focused ? 237 : 235)
    case .sixteen: if focused { style.background = isLight ? 7 : 8 }
    case .eight, .mono:
      // Reversed, a colour would be a ground of its own under each word.
      if focused { style.foreground = -1 }
      if focused { style.attributes.insert(.reverse) }
    }
    if colors == .sixteen, style.background == 8, style.foreground == 8 { style.foreground = 7 }
  }

  /// The ground of a field that waits for its turn to be edited.
  ///
  /// With few colours it is a line to write on, for only the field being edited is reversed.
  package func field(_ style: inout Style) {
    switch colors {
    case .full256, .sixteen: select(&style, focused: true)
    case .eight, .mono: style.attributes.insert(.underline)
    }
  }

  /// The ground of a bar across the screen.
  package func bar(_ style: inout Style) {
    switch colors {
    case .full256: style.background = isLight ? 254 : 236
    case .sixteen, .eight, .mono: break
    }
  }

  /// Draws back what lies behind a pop-up.
  package func recede(_ style: inout Style) {
    switch colors {
    case .full256: style = Style(foreground: isLight ? 250 : 240)
    case .sixteen: style = Style(foreground: 8)
    case .eight, .mono: style = .plain
    }
  }

  /// The ground of a pop-up.
  package func popUp(_ style: inout Style) {
    if colors == .full256, style.background < 0 { style.background = isLight ? 255 : 234 }
  }
}
