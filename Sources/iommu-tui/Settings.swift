internal import Glibc

/// What is remembered from one start to the next: a text file of lines, a name and a value each.
///
/// Nothing here can fail: what cannot be read is not known, what cannot be written is forgotten.
/// Lines that mean nothing to us are a person's or a later version's, and stay.
struct Settings {
  private var lines: [Substring] = []

  /// A larger file is not ours.
  private static let largest = 65_536

  /// Reads the file, if there is one.
  init() {
    guard let path = Self.path, let text = Self.read(path) else { return }
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
  }

  /// The value behind a name; of several the last one counts.
  subscript(name: String) -> String? {
    lines.last { Self.name(of: $0) == name[...] }.flatMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.count == 2 ? String(words[1]) : nil
    }
  }

  /// Remembers a value for the next start; an empty file is not written for nothing.
  mutating func remember(_ name: String, _ value: String) {
    if self[name] == value { return }
    lines.removeAll { Self.name(of: $0) == name[...] }
    lines.append("\(name) \(value)")
    if let path = Self.path { Self.write(lines.joined(separator: "\n") + "\n", to: path) }
  }

  private static func name(of line: Substring) -> Substring? {
    line.split(maxSplits: 1, whereSeparator: \.isWhitespace).first
  }
}

extension Settings {
  /// `$XDG_CONFIG_HOME/iommu-tui/settings`, by default below `~/.config`.
  ///
  /// A relative path means nothing there, says the specification.
  private static var path: String? {
    func folder(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    let base = folder("XDG_CONFIG_HOME") ?? folder("HOME").map { $0 + "/.config" }
    return base.map { $0 + "/iommu-tui/settings" }
  }

  private static func read(_ path: String) -> String? {
    // A pipe in its place must not keep us waiting.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var found = stat()
    guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG,
      found.st_size <= largest
    else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: largest) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts a new file in the place of the old one, so that there is always a whole one.
  private static func write(_ text: String, to path: String) {
    var end = path.startIndex
    while let slash = path[path.index(after: end)...].firstIndex(of: "/") {
      mkdir(String(path[..<slash]), 0o700)
      end = slash
    }
    // What a link leads to is the file.
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    let target = resolved.map { String(cString: $0) } ?? path
    let draft = "\(target).\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    let isWhole = writeAll(descriptor, Array(text.utf8)[...])
    if close(descriptor) != 0 || !isWhole || rename(draft, target) != 0 { unlink(draft) }
  }
}
