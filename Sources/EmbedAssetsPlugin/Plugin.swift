import Foundation
import PackagePlugin

/// Writes every file of `assets/` into a Swift table, so that the program is one file and works
/// from any directory.
@main
struct EmbedAssets: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL.appending(path: "assets")
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedAssets.swift")
    let files = try ["bench", "platforms", "registers", "scenarios"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: root.appending(path: folder), includingPropertiesForKeys: nil)
    }.sorted { $0.path < $1.path }
    return [
      .buildCommand(
        displayName: "Embedding assets",
        executable: try context.tool(named: "embed-assets").url,
        arguments: [output.path] + files.map(\.path),
        inputFiles: files, outputFiles: [output])
    ]
  }
}
