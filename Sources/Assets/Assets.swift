/// The files of `assets/`, as they were when the program was built.
package enum Assets {
  /// Returns the text of a file, or nil where there is none; `path` is like `platforms/x.platform`.
  package static func text(_ path: String) -> String? {
    embeddedAssets.first { $0.path == path }?.text
  }

  /// The names of the files in a folder, without folder and extension, in order.
  package static func names(in folder: String) -> [String] {
    embeddedAssets.compactMap { asset in
      guard asset.path.hasPrefix(folder + "/") else { return nil }
      let file = asset.path.dropFirst(folder.count + 1)
      return String(file.prefix { $0 != "." })
    }
  }
}
