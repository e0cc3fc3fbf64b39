// swift-tools-version: 6.2
import PackageDescription

/// What every target of this package is compiled with.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Where the program stands alone: decision 23 tells why, and what it costs.
let alone = BuildSettingCondition.when(platforms: [.linux], configuration: .release)

/// A library target of this package; an arrow that is not in `needs` does not exist.
func room(_ name: String, needs: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: needs, swiftSettings: strict)
}

/// The tests of a room.
func tests(
  _ name: String, needs: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: name, dependencies: needs, exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
  name: "iommu-tui",
  products: [
    .executable(name: "iommu-tui", targets: ["iommu-tui"]),
    .library(name: "IOMMUModel", targets: ["IOMMUModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    room("IOMMUValues"),
    room("IOMMUHardware", needs: ["IOMMUValues"]),
    room("IOMMUAPI", needs: ["IOMMUHardware"]),
    room("IOMMUClients", needs: ["IOMMUAPI", "IOMMUValues"]),
    room("IOMMUDrivers", needs: ["IOMMUAPI", "IOMMUHardware"]),
    room("IOMMUModel", needs: ["IOMMUAPI", "IOMMUClients", "IOMMUDrivers", "IOMMUHardware"]),
    .target(name: "Assets", swiftSettings: strict, plugins: ["EmbedAssets"]),
    room(
      "IOMMULab",
      needs: ["Assets", "IOMMUAPI", "IOMMUClients", "IOMMUHardware", "IOMMUModel", "IOMMUValues"]),
    .target(name: "CBaseline"),
    room(
      "IOMMUBench",
      needs: [
        "CBaseline", "IOMMUAPI", "IOMMUClients", "IOMMUHardware", "IOMMUModel", "IOMMUValues",
      ]),
    room("TerminalCore"),
    room(
      "ExplorerUI",
      needs: [
        "IOMMUAPI", "IOMMUHardware", "IOMMULab", "IOMMUModel", "IOMMUValues",
        "TerminalCore",
      ]),
    .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
    .target(name: "CTerminalGuard"),
    room("TerminalNcurses", needs: ["CNcurses", "CTerminalGuard", "TerminalCore"]),
    .executableTarget(
      name: "iommu-tui",
      dependencies: [
        "ExplorerUI", "IOMMUBench", "IOMMUHardware", "IOMMULab", "IOMMUModel", "TerminalCore",
        "TerminalNcurses",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags(["-static-executable", "-use-ld=lld"], alone),
        .linkedLibrary("_FoundationCollections", alone),
        .linkedLibrary("_FoundationCShims", alone),
        .linkedLibrary("swiftSynchronization", alone),
      ]),

    .executableTarget(name: "embed-assets", path: "Sources/EmbedAssetsTool", swiftSettings: strict),
    .plugin(
      name: "EmbedAssets", capability: .buildTool(), dependencies: ["embed-assets"],
      path: "Sources/EmbedAssetsPlugin"),

    .target(
      name: "TestSupport",
      dependencies: [
        "IOMMUAPI", "IOMMUClients", "IOMMUHardware", "IOMMULab", "IOMMUModel", "IOMMUValues",
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests(
      "IOMMUHardwareTests", needs: ["IOMMUHardware", "TestSupport"],
      resources: [.copy("Recorded")]),
    tests(
      "IOMMUModelTests",
      needs: [
        "IOMMUAPI", "IOMMUDrivers", "IOMMUHardware", "IOMMULab", "IOMMUModel", "TestSupport",
      ],
      resources: [.copy("Recorded")]),
    tests(
      "IOMMUClientsTests", needs: ["IOMMUClients", "IOMMUValues", "TestSupport"],
      resources: [.copy("Recorded")]),
    tests(
      "IOMMULabTests",
      needs: [
        "Assets", "IOMMUAPI", "IOMMUClients", "IOMMUHardware", "IOMMULab", "IOMMUModel",
        "IOMMUValues", "TestSupport",
      ]),
    tests("IOMMUBenchTests", needs: ["IOMMUBench", "IOMMULab"]),
    tests("TerminalCoreTests", needs: ["TerminalCore", "TestSupport"]),
    tests(
      "ExplorerUITests",
      needs: [
        "ExplorerUI", "IOMMUHardware", "IOMMULab", "IOMMUModel", "TerminalCore", "TestSupport",
      ],
      exclude: ["Screens"]),
    .systemLibrary(
      name: "CVTerm", path: "Tests/CVTerm", providers: [.apt(["libvterm-dev"])]),
    tests(
      "TerminalTests", needs: ["CVTerm", "IOMMULab", "TerminalCore", "TestSupport", "iommu-tui"]),
  ],
  swiftLanguageModes: [.v6]
)
