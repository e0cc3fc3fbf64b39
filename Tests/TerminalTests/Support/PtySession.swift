import CVTerm
import Glibc

/// Why a session did not go as a test wanted it to, with what was on the screen.
struct PtyFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// A program on a terminal of its own, with a person in front of it.
///
/// Nothing here waits for time to pass: a test says what must come true, and `until` reads the
/// program's output until it has, or fails with the screen in the message.
final class PtySession {
  /// How a program ended.
  enum Ending: Equatable {
    case status(Int)
    case signal(Int32)
  }

  let screen: VirtualScreen

  /// Everything the program has written.
  private(set) var output: [UInt8] = []

  /// Set once the program has ended and been waited for.
  private(set) var ending: Ending?

  let process: Int32

  /// The modes of the terminal's line before the program came.
  let lineModesAtStart: [UInt32]
  private var master: Int32
  private var slave: Int32

  /// Starts a program; the first word is its path, and the environment is all it gets.
  init(
    _ words: [String],
    environment: [String: String] = PtySession.plainEnvironment,
    columns: Int = 80,
    rows: Int = 24
  ) throws {
    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0 else {
      throw PtyFailure("no pseudo-terminal: errno \(errno)")
    }
    var name = [CChar](repeating: 0, count: 128)
    guard ptsname_r(master, &name, name.count) == 0 else {
      throw PtyFailure("no name for the pseudo-terminal: errno \(errno)")
    }
    // Kept open, so that the terminal's modes can be read when the program is gone.
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
    _ = vt_set_window_size(master, Int32(columns), Int32(rows))
    screen = VirtualScreen(columns: columns, rows: rows)
    lineModesAtStart = PtySession.lineModes(of: slave)
    process = try spawn(words, environment: environment, terminal: name)
  }

  deinit {
    hangUp()
    if ending == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  /// What a child gets that a test does not say otherwise about.
  static var plainEnvironment: [String: String] {
    var result = [
      "TERM": "xterm-256color",
      "LANG": "C.UTF-8",
      "PATH": "/usr/local/bin:/usr/bin:/bin",
      "HOME": "/nonexistent",
      // The backtracer would wait for a key on a terminal.
      "SWIFT_BACKTRACE": "enable=no",
      // Curses keeps its memory by design.
      "ASAN_OPTIONS": "detect_leaks=0",
    ]
    if let profile = getenv("LLVM_PROFILE_FILE") {
      result["LLVM_PROFILE_FILE"] = String(cString: profile)
    }
    return result
  }

  /// Reads output until something is true of the session.
  ///
  /// It fails after ten seconds, or as soon as the program has ended and cannot make it true.
  func until(_ what: String, _ isTrue: (PtySession) -> Bool) throws {
    let end = now() + 10_000
    while !isTrue(self) {
      let hasRead = pump(milliseconds: 20)
      if isTrue(self) { return }
      if !hasRead, now() > end { throw PtyFailure("timed out: \(what)\n\(picture)") }
      reap()
      if ending != nil, !pump(milliseconds: 0), !isTrue(self) {
        throw PtyFailure("ended before: \(what)\n\(picture)")
      }
    }
  }

  /// Reads output until the program has ended, and all of it.
  @discardableResult
  func untilEnd() throws -> Ending {
    try until("the end") { $0.ending != nil }
    while pump(milliseconds: 0) {}
    guard let ending else { throw PtyFailure("no end\n\(picture)") }
    return ending
  }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }

  func signal(_ signal: Int32) {
    kill(process, signal)
  }

  /// Changes the window's size; the kernel tells the program.
  func resize(columns: Int, rows: Int) {
    screen.resize(columns: columns, rows: rows)
    _ = vt_set_window_size(master, Int32(columns), Int32(rows))
  }

  /// Closes the window, as a lost connection does.
  func hangUp() {
    if master >= 0 { close(master) }
    if slave >= 0 { close(slave) }
    (master, slave) = (-1, -1)
  }

  /// The modes of the terminal's line as they are now.
  var lineModes: [UInt32] { PtySession.lineModes(of: slave) }

  private static func lineModes(of terminal: Int32) -> [UInt32] {
    var modes = termios()
    tcgetattr(terminal, &modes)
    let characters = withUnsafeBytes(of: modes.c_cc) { $0.map(UInt32.init) }
    return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag] + characters
  }

  /// Takes what there is to read, and waits up to `milliseconds` if that is nothing.
  private func pump(milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    // A closed window has no output any more, but there may be an end to wait for.
    guard poll(&descriptor, 1, milliseconds) > 0, master >= 0 else { return false }
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, used in
      count = read(master, buffer.baseAddress, buffer.count)
      used = max(0, count)
    }
    guard count > 0 else { return false }
    output += bytes
    screen.write(bytes)
    sendReplies()
    return true
  }

  private func reap() {
    var status: Int32 = 0
    guard ending == nil, waitpid(process, &status, WNOHANG) == process else { return }
    let signal = status & 0x7F
    ending = signal == 0 ? .status(Int(status >> 8 & 0xFF)) : .signal(signal)
  }
}

/// Milliseconds of a clock that never jumps.
private func now() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}
