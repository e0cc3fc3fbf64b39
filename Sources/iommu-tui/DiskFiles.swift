internal import ExplorerUI
internal import Glibc
internal import IOMMULab

/// The files that the explorer is handed: those of the disk.
let diskFiles = Files(
  read: { path in
    guard path != "-" else { return .failure(.failed("standard input is the keyboard here")) }
    return readText(expanded(path)).mapError { .failed($0.message) }
  },
  write: { path, text, replaces in
    writeText(text, to: expanded(path), replaces: replaces).mapError {
      $0.exists ? .exists : .failed($0.message)
    }
  },
  paths: paths(beginning:))

/// A path whose `~/` is the home folder.
private func expanded(_ path: String) -> String {
  guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
  return String(cString: home) + path.dropFirst()
}

/// Writes a whole file or nothing of it: into one beside it, which then takes its place.
func writeText(_ text: String, to path: String, replaces: Bool) -> Result<Void, FileProblem> {
  let isThere = access(path, F_OK) == 0
  if isThere, !replaces { return .failure(FileProblem(message: "is there already", exists: true)) }
  // What is no plain file, like /dev/stdout, is written as it is; a link leads to what is replaced.
  var status = stat()
  if isThere, stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
    return writeInPlace(text, to: path)
  }
  var target = path
  if isThere, let real = realpath(path, nil) {
    target = String(cString: real)
    free(real)
  }
  var name = Array("\(target).XXXXXX".utf8CString)
  let descriptor = mkstemp(&name)
  guard descriptor >= 0 else { return .failure(FileProblem(message: errorText())) }
  // As an editor would: the rights that the file had, or those that a new one gets.
  let mask = umask(0)
  _ = umask(mask)
  fchmod(descriptor, isThere ? status.st_mode & 0o777 : 0o666 & ~mask)
  let isWritten = writeAll(descriptor, Array(text.utf8)[...]) && fsync(descriptor) == 0
  var problem = isWritten ? nil : errorText()
  if close(descriptor) != 0, problem == nil { problem = errorText() }
  if problem == nil {
    // Without leave to replace, a file that came to be meanwhile stays.
    if replaces {
      if rename(name, target) != 0 { problem = errorText() }
    } else if link(name, target) == 0 {
      unlink(name)
    } else if errno == EEXIST {
      unlink(name)
      return .failure(FileProblem(message: "is there already", exists: true))
    } else if rename(name, target) != 0 {
      problem = errorText()
    }
  }
  guard let problem else { return .success(()) }
  unlink(name)
  return .failure(FileProblem(message: problem))
}

private func writeInPlace(_ text: String, to path: String) -> Result<Void, FileProblem> {
  let descriptor = open(path, O_WRONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(FileProblem(message: errorText())) }
  defer { close(descriptor) }
  return writeAll(descriptor, Array(text.utf8)[...])
    ? .success(()) : .failure(FileProblem(message: errorText()))
}

/// The paths that begin so, at most so many; of names that begin with a dot, those asked for.
private func paths(beginning: String) -> [String] {
  let slash = beginning.lastIndex(of: "/")
  let folder = slash.map { String(beginning[...$0]) } ?? ""
  let start = slash.map { beginning[beginning.index(after: $0)...] } ?? beginning[...]
  guard let stream = opendir(folder.isEmpty ? "." : expanded(folder)) else { return [] }
  defer { closedir(stream) }
  var found: [String] = []
  while found.count < 1000, let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name.hasPrefix(start), start.hasPrefix(".") || !name.hasPrefix("."), name == name.shown
    else { continue }
    var status = stat()
    let isFolder =
      stat(expanded(folder + name), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    found.append(folder + name + (isFolder ? "/" : ""))
  }
  return found.sorted()
}
