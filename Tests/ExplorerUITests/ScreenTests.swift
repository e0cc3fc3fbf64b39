import ExplorerUI
import IOMMULab
import Testing

/// Whole screens as files that a person can read: what they show is reviewed, not computed.
@Suite struct `Screens` {
  struct Picture: CustomTestStringConvertible, Sendable {
    let name: String
    let keys: String
    var width = 80
    var height = 24
    var isASCII = false
    /// The scene it starts from; nil is the shipped one.
    var script: String?
    var platform = Library.usualPlatform

    /// Both usual sizes of a screen on another platform.
    static func both(_ name: String, on platform: String, _ keys: String) -> [Picture] {
      [(80, 24), (120, 36)].map {
        Picture(name: name, keys: keys, width: $0.0, height: $0.1, platform: platform)
      }
    }

    static func large(_ name: String, _ keys: String, isASCII: Bool = false) -> Picture {
      Picture(name: name, keys: keys, width: 120, height: 36, isASCII: isASCII)
    }

    /// The same keys on the machine whose tables are four levels deep, at two sizes.
    static func deep(_ name: String, _ keys: String) -> [Picture] {
      [(80, 24), (120, 36)].map {
        Picture(
          name: "deep-" + name, keys: keys, width: $0.0, height: $0.1, script: Session.deepTables)
      }
    }

    var testDescription: String { "\(name)-\(width)x\(height)" }
  }

  static let pictures =
    [
      Picture(name: "first", keys: ""),
      .large("first", ""),
      .large("first-ascii", "", isASCII: true),
      // Four steps after the base of the table, and when the attach is done.
      .large("attach-half-done", "nnnn"),
      Picture(name: "context-after-a-click", keys: "<End><click 5,4><click 8,6>"),

      Picture(name: "context-registers", keys: "2"),
      .large("context-registers", "2"),
      Picture(name: "context-table", keys: "3"),
      .large("context-table", "3"),
      .large("context-walk", "<End>4"),
      Picture(name: "iommu-path", keys: "<click 5,4>"),
      .large("iommu-registers", "<click 5,5>2"),
      Picture(name: "iommu-table", keys: "<click 5,4>3"),
      Picture(name: "iommu-walk", keys: "<click 5,4>4"),
      Picture(name: "domain-path", keys: "<click 5,12>"),
      Picture(name: "domain-registers", keys: "<click 5,13>2"),
      .large("domain-table", "<click 5,20>3"),
      Picture(name: "domain-walk", keys: "<click 5,13>4"),
      .large("second-level", "3<Tab><Right><Enter><Right>"),

      Picture(name: "refused", keys: "<End>:'attach video mdp_rgb1'<Enter>"),
      .large("fault", "<End>:'read mdp_rgb1 0x30000000'<Enter>"),
      Picture(name: "fault", keys: "<End>:'read mdp_rgb1 0x30000000'<Enter>4"),
      .large("bypass", "<End>:'read vpe_src 0x30000000'<Enter>"),
      .large("freed-under-a-context", "<End>:'free fb'<Enter>"),
      Picture(name: "mistake", keys: ":'map fb 0x1000000g 0x60000000 1M rw'<Enter>"),
      Picture(name: "unprobed", keys: ":'use msm8x60 unprobed'<Enter>"),
      Picture(name: "bank-without-device", keys: "<Down><Down><Down>jjj<Right>jj"),
      Picture(name: "before-the-first", keys: "<Home>"),

      Picture(name: "one-pane", keys: "", width: 60, height: 20),
      Picture(name: "one-pane-table", keys: "<Tab>3", width: 60, height: 20),
      Picture(name: "sentence", keys: "", width: 30, height: 8),

      Picture(name: "tree", keys: "<Home>NNNN<Tab><Tab><Right><Down><Right>"),
      .large("tree", "<Home>NNNN<Tab><Tab><Right><Down><Right>"),
      Picture(name: "compared", keys: "<Home>NNv<End>V"),
      .large("compared", "<Home>NNv<End>V"),
      Picture(name: "asked", keys: ":'alloc six'<Enter>:'reset'<Enter>"),
      Picture(name: "first", keys: "", width: 200, height: 60),
      Picture(name: "remarks", keys: "<End>PPP", script: Session.remarks),
      Picture(name: "remarks", keys: "<End>PPP", width: 120, height: 36, script: Session.remarks),
      Picture(name: "remarks", keys: "<End>", width: 200, height: 60, script: Session.remarks),

      Picture(name: "tlb", keys: "<End>5"),
      .large(
        "tlb-stale",
        "<End>:'read mdp_rgb1 0x10800000'<Enter>:'write-word 0x40000420 0x90030c0e'<Enter>5"),
      Picture(name: "faults", keys: "<End>:'read mdp_rgb1 0x30000000'<Enter>7"),
      .large(
        "faults",
        "<End>:'read mdp_rgb1 0x30000000'<Enter>:'irq hold'<Enter>:'read mdp_rgb1 0x0'<Enter>7"),
    ] + finding + panes + deep + traditional + running + views + operating
    + comparing

  private static func sizes(_ name: String, _ keys: String) -> [Picture] {
    [(80, 24), (120, 36), (200, 60)].map {
      Picture(name: name, keys: keys, width: $0.0, height: $0.1)
    }
  }

  private static let comparing =
    sizes("designs", "djj") + sizes("scenes", "O") + sizes("scene-found", "/'window'")
    + sizes("holding-window", ":'open stale-window'<Enter>NNNNNN8<Tab>")
    + sizes(
      "holding-guest",
      "<End>:'vm other'<Enter>:'vm guest'<Enter>:'memslot guest 0 0x80000000 64K'<Enter>"
        + ":'assign guest gfx3d_user'<Enter>")
    + sizes("operating-clients", "<End>:'dma-map vfe_imgwr packet 0x60000000 4K to'<Enter>o")
    + [
      Picture(name: "designs", keys: "dj", width: 60, height: 20),
      Picture(name: "designs", keys: "d", width: 44, height: 12),
      .large("designs-ascii", "djj", isASCII: true),
    ]

  private static let finding =
    sizes("help", "?") + sizes("help-filtered", "<End>?at") + sizes("find", "2/")
    + sizes("find-address", "<End>/'0x40000400'") + sizes("find-words", "/'map'")
    + [
      .large("find-register", "/'ttbr0'"),
      Picture(name: "find-nothing", keys: "/'nowhere at all'", width: 60, height: 20),
    ]

  private static let panes =
    sizes("zoomed-system", "z") + sizes("zoomed-timeline", "<Tab><Tab>z")
    + [
      Picture(name: "why", keys: "nw", platform: "traditional"),
      Picture(name: "second-chosen", keys: "2ss", width: 200, height: 60),
      .large("dividers-moved", ">>>>><Tab>++++"),
    ]

  /// Devices at work on both platforms, and one access before their last.
  private static let running = ["msm8x60", "traditional"].flatMap { platform in
    let ticks = String(repeating: "<tick>", count: 60)
    return [(80, 24), (120, 36), (200, 60)].flatMap { size in
      [("running", ""), ("running-back", "PP")].map {
        Picture(
          name: "\(platform)-\($0.0)", keys: "<End><Space>\(ticks)\($0.1)", width: size.0,
          height: size.1, platform: platform)
      }
    }
  }

  private static let traditional =
    Picture.both("traditional", on: "traditional", "")
    + Picture.both("traditional-done", on: "traditional", "<End>")
    + Picture.both("traditional-registers", on: "traditional", "2")
    + Picture.both("traditional-iommu", on: "traditional", "<End><Left>")
    + Picture.both("traditional-iommu-registers", on: "traditional", "<End><Left>2")
    + Picture.both(
      "traditional-domain", on: "traditional", "<End>:'map net 0x30000000 0x90000000 1G rw'<Enter>1"
    )
    + Picture.both(
      "traditional-no-root-entry", on: "traditional", "<End>:'read 01:00.0 0x10000123'<Enter>1")
    + Picture.both(
      "traditional-no-context-entry", on: "traditional", "<End>:'read 00:14.0 0x10000123'<Enter>1")
    + Picture.both(
      "traditional-cached", on: "traditional",
      "<End>:'write-word 0x40003c80 0'<Enter>:'read 00:19.0 0x10000123'<Enter>")
    + Picture.both("traditional-tlb", on: "traditional", "<End>5")
    + Picture.both(
      "traditional-faults", on: "traditional",
      "<End>:'read 01:00.0 0x10000123'<Enter>:'write 00:19.0 0x20000000'<Enter>7")
    + Picture.both("traditional-off", on: "traditional", ":'use traditional unprobed'<Enter>j1")

  /// Every view at three sizes, with the cursor in it, on both platforms.
  private static let views = [
    (
      "msm8x60",
      "<End>:'read mdp_vg1 0x10000123'<Enter>:'read mdp_rgb1 0x30000000'<Enter>"
        + ":'write-word 0x40000400 0x90030c0e'<Enter>"
    ),
    ("traditional", "<End>:'write 00:19.0 0x20000000'<Enter>:'unmap net 0x20000000 4K'<Enter>"),
  ].flatMap { platform, keys in
    ViewID.allCases.flatMap { view in
      [(80, 24), (120, 36), (200, 60)].map { width, height in
        let focus = view == .path ? "1" : "\(view.rawValue)<Tab>"
        return Picture(
          name: "view-\(platform)-\(view)", keys: keys + focus, width: width, height: height,
          platform: platform)
      }
    }
  }

  private static let deep =
    Picture.deep("table", "3") + Picture.deep("table-top", "3<Tab><Esc><Esc><Esc>")
    + Picture.deep("table-last", "3<Tab>e<C-u>'0x20004000'<Enter>")
    + [Picture(name: "deep-table-zoomed", keys: "3<Tab>z", script: Session.deepTables)]
    + [
      Picture(
        name: "deep-table-zoomed", keys: "3<Tab>z", width: 120, height: 36,
        script: Session.deepTables),
      Picture(name: "deep-table", keys: "3", width: 200, height: 60, script: Session.deepTables),
    ]
    + Picture.deep("table-written", "3<Home>NNNNp")
    + Picture.deep("walk-cold", "<Home>NNN4")
    + Picture.deep("walk", "4")
    + Picture.deep("walk-done", "4<Tab>" + String(repeating: "j", count: 20))
    + Picture.deep("walk-small-page", "e<C-u>'0x20004567'<Enter>4")
    + Picture.deep("walk-fault", "e<C-u>'0x20010000'<Enter>4")
    + Picture.deep("walk-wide", "e<C-u>'0x7fc080601234'<Enter>4")

  @Test(arguments: pictures)
  func `the screen is the one in its file`(picture: Picture) throws {
    let session = try Session(
      picture.keys, size: (picture.width, picture.height), script: picture.script,
      platform: picture.platform, isASCII: picture.isASCII)
    try ExpectedScreen.check(picture.name, session)
  }
}
