import IOMMULab

/// Screens of the list of operations and of forms.
extension `Screens` {
  static let operating =
    all("operate-menu", "<End><click 5,4>o") + all("operate-map", "<End>:'dump fb'<Enter>om")
    + all("operate-edit", "<End>2<Tab>=")
    + [
      Picture(
        name: "operate-edit-entry", keys: "3<Tab>=", width: 120, height: 36,
        script: Session.deepTables),
      Picture(name: "operate-edit-entry", keys: "3<Tab>=", script: Session.deepTables),
      .large("operate-refused", "<End>:'dump video'<Enter>oa<C-u>mdp_rgb1"),
      .large("operate-wrong", "<End>:'dump fb'<Enter>om<C-u>'0x10900800'<Enter>"),
      .large("operate-ascii", "<End>:'dump fb'<Enter>om", isASCII: true),
      .large("prompt-candidates", "<End>:'map fb '"),
      Picture(name: "prompt-candidates", keys: "<End>:'reg mdp0 TTB'"),
    ]
    + Picture.both("operate-traditional", on: "traditional", "<End>o")
    + Picture.both("operate-traditional-map", on: "traditional", "<End>om")

  private static func all(_ name: String, _ keys: String) -> [Picture] {
    [(80, 24), (120, 36), (60, 20), (200, 60)].map {
      Picture(name: name, keys: keys, width: $0.0, height: $0.1)
    }
  }
}
