import Glibc

/// A folder for one test.
struct Folder {
  let path: String

  init() throws {
    var name = Array("/tmp/iommu-tui-test-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw PtyFailure("no folder: errno \(errno)") }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func remove() {
    for name in ["settings", "history", "progress"] { unlink(path + "/iommu-tui/" + name) }
    rmdir(path + "/iommu-tui")
    rmdir(path)
  }

  func text(of name: String) -> String? {
    guard let file = fopen(path + "/" + name, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  func write(_ text: String, to name: String) {
    guard let file = fopen(path + "/" + name, "w") else { return }
    fwrite(Array(text.utf8), 1, text.utf8.count, file)
    fclose(file)
  }
}
