internal import Glibc

/// Why a file could not be read.
struct FileProblem: Error {
  let message: String
  /// It is there already.
  var exists = false
}

/// The most that is read of a file, in bytes; a longer one is no script.
private let largestFile = 64 << 20

/// Reads a whole file as text, `-` being standard input.
///
/// Bytes that are no UTF-8 are replaced.
func readText(_ path: String) -> Result<String, FileProblem> {
  let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(FileProblem(message: errorText())) }
  defer { if descriptor != 0 { close(descriptor) } }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    if count == 0 { break }
    if count < 0 {
      if errno == EINTR { continue }
      return .failure(FileProblem(message: errorText()))
    }
    bytes += chunk[..<count]
    if bytes.count > largestFile {
      return .failure(FileProblem(message: "is larger than 64 MiB; that is no script"))
    }
  }
  return .success(String(decoding: bytes, as: UTF8.self))
}

func errorText() -> String { String(cString: strerror(errno)) }

/// Writes one line to standard error.
func complain(_ line: String) {
  writeAll(2, Array((line + "\n").utf8)[...])
}

/// Standard output in large pieces.
struct StandardOutput {
  /// Something could not be written: what came out is not all there is.
  private(set) var problem: FileProblem?
  private var buffer: [UInt8] = []

  mutating func write(_ text: String) {
    buffer += text.utf8
    if buffer.count > 65_536 { flush() }
  }

  mutating func flush() {
    if problem == nil, !writeAll(1, buffer[...]) { problem = FileProblem(message: errorText()) }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Writes all bytes; false when that cannot be done, with the reason in `errno`.
@discardableResult
func writeAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      return false
    }
    rest = rest.dropFirst(count)
  }
  return true
}
