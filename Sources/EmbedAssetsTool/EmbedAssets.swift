import Foundation

/// Writes the files named on the command line into one Swift source file.
///
/// Usage: `embed-assets OUTPUT FILE...`. A file becomes the pair of its last two path components
/// and its text, as a raw string that no text can end early.
@main
struct EmbedAssets {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let output = arguments.first else { return }
    var source = "package let embeddedAssets: [(path: String, text: String)] = [\n"
    for path in arguments.dropFirst() {
      let url = URL(filePath: path)
      let name = url.pathComponents.suffix(2).joined(separator: "/")
      let text = try String(contentsOf: url, encoding: .utf8)
      var fence = "#"
      while text.contains("\"\"\"" + fence) || text.contains("\\" + fence) { fence += "#" }
      source += "(#\"\(name)\"#, \(fence)\"\"\"\n\(text)\n\"\"\"\(fence)),\n"
    }
    source += "]\n"
    try source.write(to: URL(filePath: output), atomically: true, encoding: .utf8)
  }
}
