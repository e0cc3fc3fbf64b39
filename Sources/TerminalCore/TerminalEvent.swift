/// What a person did at the terminal, free of escape sequences.
package enum TerminalEvent: Hashable, Sendable {
  case key(Key)
  case mouse(Mouse)

  /// Text pasted in one go, as the terminal sent it: line ends and controls are still inside.
  case paste(String)

  /// The screen has a new size in cells, or the same one and must be drawn again.
  case resize(width: Int, height: Int)

  /// Nobody did anything: time has gone on, for a program that asked to be told.
  case tick
}

/// Keys held down together with another key or a mouse button.
package struct Modifiers: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  package static let shift = Modifiers(rawValue: 1 << 0)
  package static let alt = Modifiers(rawValue: 1 << 1)
  package static let control = Modifiers(rawValue: 1 << 2)
}

/// One key press.
package struct Key: Hashable, Sendable {
  /// The key without its modifiers.
  ///
  /// Shift is part of a character (`A`, `?`) and not reported beside it. Control with a letter is
  /// the lower-case letter; terminals cannot tell Ctrl-I from Tab, Ctrl-M and Ctrl-J from Enter,
  /// Ctrl-H from Backspace, Ctrl-[ from Escape, and the latter names are the ones reported.
  package enum Code: Hashable, Sendable {
    case character(Character)
    case enter
    case tab
    case backTab
    case backspace
    case delete
    case insert
    case escape
    case up
    case down
    case left
    case right
    case home
    case end
    case pageUp
    case pageDown

    /// F1 is 1.
    case function(Int)
  }

  package typealias Modifiers = TerminalCore.Modifiers

  package var code: Code
  package var modifiers: Modifiers

  package init(_ code: Code, _ modifiers: Modifiers = []) {
    self.code = code
    self.modifiers = modifiers
  }
}

/// Something the mouse did, and on which cell.
package struct Mouse: Hashable, Sendable {
  /// What happened; `drag` is a move with a button down.
  package enum Kind: Hashable, Sendable {
    case press
    case release
    case drag
    case move
    case wheelUp
    case wheelDown
    case wheelLeft
    case wheelRight
  }

  /// `none` for the wheel, for moves, and for releases of terminals that do not tell.
  package enum Button: Hashable, Sendable {
    case none
    case left
    case middle
    case right
    /// At the side of some mice: through pages looked at before.
    case back
    case forward
  }

  package typealias Modifiers = TerminalCore.Modifiers

  package var kind: Kind
  package var button: Button

  /// The cell, from 0; it may lie outside the screen while a resize is on its way.
  package var position: Point

  package var modifiers: Modifiers

  package init(kind: Kind, button: Button, position: Point, modifiers: Modifiers = []) {
    self.kind = kind
    self.button = button
    self.position = position
    self.modifiers = modifiers
  }
}
