/// The files that a session may reach, as whoever runs the explorer hands them in: it opens none
/// itself.
package struct Files: Sendable {
  /// Why a file could not be read or written.
  package enum Problem: Error, Hashable, Sendable {
    /// It is there already, and was not to be replaced.
    case exists
    /// In the system's words.
    case failed(String)
  }

  /// The text of a file.
  package let read: @Sendable (_ path: String) -> Result<String, Problem>
  /// Writes a whole file, or nothing of it.
  package let write:
    @Sendable (_ path: String, _ text: String, _ replaces: Bool) -> Result<Void, Problem>
  /// The paths that begin like this one, folders with a slash at their end.
  package let paths: @Sendable (_ beginning: String) -> [String]

  package init(
    read: @escaping @Sendable (_ path: String) -> Result<String, Problem>,
    write:
      @escaping @Sendable (_ path: String, _ text: String, _ replaces: Bool) ->
      Result<Void, Problem>,
    paths: @escaping @Sendable (_ beginning: String) -> [String]
  ) {
    (self.read, self.write, self.paths) = (read, write, paths)
  }

  /// No files at all.
  package static let none = Files(
    read: { _ in .failure(.failed("there are no files here")) },
    write: { _, _, _ in .failure(.failed("there are no files here")) },
    paths: { _ in [] })
}
