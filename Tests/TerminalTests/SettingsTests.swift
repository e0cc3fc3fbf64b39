import Glibc
import Testing

/// What is remembered between starts must help and never stand in the way.
@Suite struct `The theme` {
  @Test func `is remembered once it was asked for`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let settings = ["XDG_CONFIG_HOME": folder.path]
    let dark = try screen(changing: settings)
    let light = try screen(["--theme", "light"], changing: settings)
    #expect(dark != light)
    #expect(try screen(changing: settings) == light)
    #expect(folder.text(of: "iommu-tui/settings") == "theme light\n")
    // What somebody else has written there stays.
    folder.write("# mine\ntheme light\nother 1\n", to: "iommu-tui/settings")
    #expect(try screen(["--theme", "dark"], changing: settings) == dark)
    #expect(folder.text(of: "iommu-tui/settings") == "# mine\nother 1\ntheme dark\n")
  }

  @Test(arguments: ["theme", "theme purple", "theme light dark", "\0\u{1B}[31m\nlight"])
  func `is dark where the settings make no sense`(text: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    mkdir(folder.path + "/iommu-tui", 0o700)
    folder.write(text, to: "iommu-tui/settings")
    #expect(try screen(changing: ["XDG_CONFIG_HOME": folder.path]) == screen())
  }

  @Test func `is dark, and nothing waits, where there is no file but something else`() throws {
    let folder = try Folder()
    defer { folder.remove() }
    mkdir(folder.path + "/iommu-tui", 0o700)
    mkfifo(folder.path + "/iommu-tui/settings", 0o600)
    let dark = try screen()
    #expect(try screen(changing: ["XDG_CONFIG_HOME": folder.path]) == dark)
    unlink(folder.path + "/iommu-tui/settings")
    mkdir(folder.path + "/iommu-tui/settings", 0o700)
    #expect(try screen(changing: ["XDG_CONFIG_HOME": folder.path]) == dark)
    // It cannot be replaced either; this start has the theme all the same.
    let light = try screen(["--theme", "light"], changing: ["XDG_CONFIG_HOME": "/dev/null"])
    #expect(light != dark)
    #expect(
      try screen(["--theme", "light"], changing: ["XDG_CONFIG_HOME": folder.path]) == light)
    rmdir(folder.path + "/iommu-tui/settings")
  }

  /// The first screen with its colours.
  private func screen(
    _ arguments: [String] = [], changing changes: [String: String?] = [:]
  ) throws -> [[VirtualScreen.Cell]] {
    let session = try BuiltProgram.start(arguments, changing: changes)
    try waitForScreen(session)
    return session.cells
  }
}
