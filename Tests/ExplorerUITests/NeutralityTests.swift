import Foundation
import IOMMULab
import Testing

/// The explorer's own files know no architecture: what differs comes to them in words and places.
@Suite struct `Views know no architecture` {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Sources/ExplorerUI")

  private static let forbidden =
    ["MSMRegisters", "VTDRegisters", "ARMv7Short", "VTDSecondStage", ".msm", ".vtd"]
    + Library.platformNames

  @Test func `no file names a family, its registers or a platform`() throws {
    let files = try #require(
      FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for name in Self.forbidden {
        #expect(!text.contains(name), "\(file.lastPathComponent) mentions \(name)")
      }
      count += 1
    }
    #expect(count > 20)
  }
}
