internal import Glibc

/// A small text file below `$XDG_STATE_HOME/iommu-tui`: what outlives the program.
///
/// Whatever is wrong with the file or its folder, the program does without.
struct StateFile {
  private let folder: String?
  private let name: String

  /// Lies where the environment says, below `~/.local/state` by default.
  init(_ name: String, environment: (String) -> String?) {
    self.name = name
    // A path that is not absolute is to be ignored, says the specification.
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
      folder = state + "/iommu-tui"
    } else if let home = environment("HOME"), home.hasPrefix("/") {
      folder = home + "/.local/state/iommu-tui"
    } else {
      folder = nil
    }
  }

  /// The one of this process.
  init(_ name: String) { self.init(name) { name in getenv(name).map { String(cString: $0) } } }

  /// Where it lies; nil where the environment says nothing of use.
  var path: String? { folder.map { $0 + "/" + name } }

  /// A larger file is none of ours.
  private static let largest = 4 << 20

  /// What it holds; nil when there is none that can be read.
  ///
  /// Only a plain file is read: opening anything else may wait for ever.
  var text: String? {
    guard let path else { return nil }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= Self.largest
    else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= Self.largest {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts a text in its place; false where that cannot be done.
  @discardableResult
  func replace(with text: String) -> Bool {
    guard let folder, let path else { return false }
    makeFolders(folder)
    // Written beside it and moved over it: whoever reads sees the old file or the new one.
    let fresh = path + ".\(getpid())"
    let mode: mode_t = 0o600
    let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { return false }
    let isWritten = writeAll(descriptor, Array(text.utf8)[...])
    let isClosed = close(descriptor) == 0
    let isInPlace = isWritten && isClosed && rename(fresh, path) == 0
    if !isInPlace { unlink(fresh) }
    return isInPlace
  }

  private func makeFolders(_ folder: String) {
    var path = ""
    for part in folder.split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o700)
    }
  }
}
