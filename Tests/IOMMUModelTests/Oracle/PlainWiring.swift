/// One context bank of one IOMMU.
struct PlainBank: Hashable {
  let unit: String
  let number: Int
}

/// Which device is wired to what: a part of the MSM8x60's list, from the reference.
struct PlainWiring {
  struct Context {
    let name: String
    let bank: PlainBank
    let streams: [UInt32]

    init(_ name: String, _ unit: String, _ number: Int, _ streams: [UInt32]) {
      (self.name, self.streams) = (name, streams)
      bank = PlainBank(unit: unit, number: number)
    }
  }

  static let units = ["mdp0", "vfe", "vcodec_a", "gfx3d"]

  static let contexts = [
    Context("mdp_vg1", "mdp0", 0, [0, 2]),
    Context("mdp_rgb1", "mdp0", 1, [1, 3, 4, 5, 6, 7, 8, 9, 10]),
    Context("vfe_imgwr", "vfe", 0, [2, 3, 4, 5, 6, 7, 8]),
    Context("vfe_misc", "vfe", 1, [0, 1, 9]),
    Context("vcodec_a_stream", "vcodec_a", 0, [2, 5]),
    Context("vcodec_a_mm1", "vcodec_a", 1, [0, 1] + Array(6...15)),
    Context("gfx3d_user", "gfx3d", 0, Array(0...15)),
    Context("gfx3d_priv", "gfx3d", 1, Array(16...31)),
  ]

  static func context(_ name: String) -> Context? { contexts.first { $0.name == name } }

  /// Where a stream leads.
  ///
  /// One that no list names was never routed and keeps the reset value, bank 0.
  static func bank(of stream: UInt32, in unit: String) -> PlainBank {
    let context = contexts.first { $0.bank.unit == unit && $0.streams.contains(stream) }
    return context?.bank ?? PlainBank(unit: unit, number: 0)
  }
}
