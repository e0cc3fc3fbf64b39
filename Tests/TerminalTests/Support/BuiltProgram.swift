import Glibc

/// The program under test.
enum BuiltProgram {
  /// Where it was built: next to the tests, or further up.
  static func path() throws -> String {
    let start = CommandLine.arguments.first.flatMap { realpath($0, nil) }
    guard let start else { throw PtyFailure("the test bundle is nowhere") }
    defer { free(start) }
    var folder = Substring(String(cString: start))
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      let candidate = folder + "/iommu-tui"
      if access(String(candidate), X_OK) == 0, !isFolder(String(candidate)) {
        return String(candidate)
      }
    }
    throw PtyFailure("iommu-tui has not been built beside the tests")
  }

  /// Starts it as a person would.
  static func start(
    _ arguments: [String] = [],
    changing changes: [String: String?] = [:],
    columns: Int = 100,
    rows: Int = 30
  ) throws -> PtySession {
    try PtySession(
      [path()] + arguments, environment: environment(changing: changes), columns: columns,
      rows: rows)
  }

  /// Starts an interactive shell that can stop and continue the program.
  static func shell(columns: Int = 100, rows: Int = 30) throws -> PtySession {
    let environment = environment(changing: ["PS1": "shell> "])
    return try PtySession(
      ["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"], environment: environment,
      columns: columns, rows: rows)
  }

  /// The environment of a test with some of it changed, or left out where the value is nil.
  static func environment(changing changes: [String: String?]) -> [String: String] {
    var result = PtySession.plainEnvironment
    for (name, value) in changes { result[name] = value }
    return result
  }

  private static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }
}
