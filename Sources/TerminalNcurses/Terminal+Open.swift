import CNcurses
import CTerminalGuard
import Glibc

/// Why there is no screen to draw on; one sentence for standard error.
package struct TerminalFailure: Error {
  package let message: String
}

extension Terminal {
  /// Takes the screen.
  ///
  /// A failure leaves it untouched.
  package static func open(mouse: Bool) throws(TerminalFailure) -> Terminal {
    guard isatty(0) == 1 else {
      throw TerminalFailure(message: "standard input is not a terminal; run it in one")
    }
    guard isatty(1) == 1 else {
      throw TerminalFailure(message: "standard output is not a terminal; run it in one")
    }
    let isUnicode = chooseLocale()
    // The real size counts, not what LINES and COLUMNS say.
    use_env(false)
    use_tioctl(true)
    let name = try loadDescription()
    let modes = Modes(mouse: mouse)
    let error = tg_install(1)
    guard error == 0 else {
      throw TerminalFailure(
        message: "the terminal cannot be set up: \(String(cString: strerror(error)))")
    }
    modes.arm()
    guard
      let output = fdopen(tg_output_descriptor(), "w"),
      let input = fdopen(0, "r"),
      newterm(name, output, input) != nil
    else {
      tg_uninstall()
      throw TerminalFailure(message: "curses does not start on TERM=\(name)")
    }
    configure()
    modes.turnOn()
    return Terminal(
      size: (Int(nc_columns()), Int(nc_lines())),
      styles: StyleTable(),
      modes: modes,
      isUnicode: isUnicode)
  }

  private static func configure() {
    raw()
    noecho()
    nonl()
    // Output need not look for input that makes it obsolete: the loop reads before it draws.
    typeahead(-1)
    curs_set(0)
    // Enters the screen; curses has nothing to draw on it.
    doupdate()
  }

  /// Sets the locale of characters and tells whether it is UTF-8.
  ///
  /// A locale that is asked for but was never generated would mean ASCII; nobody who names one
  /// wants that.
  private static func chooseLocale() -> Bool {
    if setlocale(LC_CTYPE, "") == nil { setlocale(LC_CTYPE, "C.UTF-8") }
    guard let codeset = nl_langinfo(nl_item(CODESET)) else { return false }
    return String(cString: codeset) == "UTF-8"
  }

  /// Loads the description of the terminal and returns the name it was found under.
  ///
  /// Terminals that bring their own name (xterm-kitty, foot, alacritty …) are often unknown on the
  /// machine one has logged in to; they all understand what xterm does.
  private static func loadDescription() throws(TerminalFailure) -> String {
    let hint = "set TERM to what your terminal is, for example xterm-256color"
    guard let value = getenv("TERM"), value[0] != 0 else {
      throw TerminalFailure(message: "TERM is not set; \(hint)")
    }
    let name = String(cString: value)
    let isNamed = !["dumb", "unknown", "network", "dialup"].contains(name)
    let candidates = isNamed ? [name, "xterm-256color", "xterm"] : [name]
    for candidate in candidates {
      var status: Int32 = 0
      guard setupterm(candidate, 1, &status) == OK else { continue }
      if nc_string("cup") != nil { return candidate }
      break
    }
    throw TerminalFailure(
      message: "TERM=\(printable(name)) cannot place text on the screen; \(hint)")
  }

  /// The name without anything that could act on the terminal it is reported on.
  private static func printable(_ name: String) -> String {
    String(
      name.utf8.prefix(40).map {
        (0x21...0x7E).contains($0) ? Character(Unicode.Scalar($0)) : "?"
      })
  }
}
