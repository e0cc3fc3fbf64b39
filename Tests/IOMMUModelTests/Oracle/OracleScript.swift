import Testing

/// A few lines of the language that do what the kernel of the day did not stop.
struct OracleScript: CustomTestStringConvertible, Sendable {
  let name: String
  let lines: [String]

  var testDescription: String { name }

  private init(_ name: String, _ text: String) {
    self.name = name
    lines = text.split(separator: "\n").map(String.init)
  }

  static let all =
    [
      OracleScript(
        "an attached context is busy, whoever asks",
        """
        alloc fb
        alloc gpu
        attach fb mdp_vg1
        attach fb mdp_vg1
        attach gpu mdp_vg1
        attach fb mdp_rgb1
        detach gpu mdp_vg1
        attach gpu mdp_vg1
        attach gpu mdp0
        detach gpu mdp0
        attach gpu nothing
        detach gpu vfe_misc
        detach fb mdp_vg1
        read mdp_vg1 0x1000
        attach fb mdp_vg1
        """),
      OracleScript(
        "a freed domain leaves its contexts on",
        """
        alloc fb
        attach fb mdp_vg1
        map fb 0x10000000 0x60000000 64K rw
        read mdp_vg1 0x10000040
        free fb
        free fb
        map fb 0x10000000 0x60000000 4K rw
        read mdp_vg1 0x10000040
        read mdp_vg1 0x10001040
        alloc gpu
        read mdp_vg1 0x10000040
        read mdp_vg1 0x10020000
        attach gpu mdp_vg1
        map gpu 0x20000000 0x61000000 4K rw
        read mdp_vg1 0x20000000
        detach gpu mdp_vg1
        attach gpu mdp_vg1
        read mdp_vg1 0x20000000
        iova-to-phys gpu 0x20000123
        """),
      OracleScript(
        "addresses wrap at 4 GiB",
        """
        alloc fb
        attach fb gfx3d_user
        map fb 0xfffff000 0x60000000 8K rw
        map fb 0xfff00000 0x61000000 2M 0
        map fb 0x10000000 0xfff00000 2M 1
        map fb 0xffff0000 0xffff0000 128K 2
        iova-to-phys fb 0xfffff004
        iova-to-phys fb 4
        iova-to-phys fb 0x10100004
        read gfx3d_user 0x10100004
        write gfx3d_user 0x100ffffc 7
        unmap fb 0xfff00000 1M
        unmap fb 0xfff00000 2M
        unmap fb 0 4K
        unmap fb 0xff000000 16M
        map fb 0xff000000 0x70000000 16M 0
        unmap fb 0xfff00000 16M
        """),
      OracleScript(
        "a length of 0, and lengths that the driver does not know",
        """
        alloc fb
        map fb 0x10000000 0x60000000 0 rw
        unmap fb 0x10000000 0
        map fb 0x10000000 0x60000000 128K rw
        unmap fb 0x10000000 128K
        unmap fb 0x10000000 8K
        unmap fb 0x10000000 64K
        unmap fb 0x10010000 64K
        unmap fb 0x10000000 0xfffff000
        map fb 0x10000800 0x60000000 4K rw
        map fb 0x10000000 0x60000000 0x1001 rw
        unmap fb 0x10000010 4K
        """),
      OracleScript(
        "large pages over and above tables",
        """
        alloc fb
        attach fb vfe_imgwr
        map fb 0x10000000 0x60000000 4K rw
        map fb 0x10100000 0x60000000 64K rw
        map fb 0x10300000 0x60000000 4K rw
        map fb 0x10000000 0x61000000 16M rw
        unmap fb 0x10000000 16M
        map fb 0x10300000 0x60000000 4K rw
        unmap fb 0x10000000 16M
        unmap fb 0x10300000 1M
        map fb 0x10300000 0x60000000 4K rw
        unmap fb 0x10300000 16M
        map fb 0x11000000 0x61000000 16M rw
        map fb 0x11300000 0x72000000 1M rw
        unmap fb 0x11500000 1M
        read vfe_imgwr 0x11300004
        read vfe_imgwr 0x11400004
        read vfe_imgwr 0x11500004
        free fb
        """),
      OracleScript(
        "small pages inside sections are written into what is mapped",
        """
        alloc fb
        attach fb vcodec_a_mm1
        map fb 0x10000000 0x60000000 1M rw
        map fb 0x10005000 0x70005000 4K rw
        map fb 0x10010000 0x70010000 64K 1
        read vcodec_a_mm1 0x10005000
        unmap fb 0x10005000 4K
        unmap fb 0x10010000 64K
        map fb 0x11000000 0x64000000 16M 3
        map fb 0x11200000 0x74000000 64K 3
        unmap fb 0x112f8000 64K
        unmap fb 0x11200000 4K
        unmap fb 0x11200000 64K
        map fb 0x12000000 0x40000000 1M 0
        map fb 0x12000000 0x60000000 4K 0
        """),
      OracleScript(
        "groups of 16 words torn apart",
        """
        alloc fb
        attach fb gfx3d_priv
        map fb 0x10000000 0x60000000 64K rw
        unmap fb 0x10003000 4K
        map fb 0x10005000 0x77000000 4K rw
        read gfx3d_priv 0x10002000
        read gfx3d_priv 0x10003000
        read gfx3d_priv 0x10005000
        unmap fb 0x10008000 64K
        read gfx3d_priv 0x10007ffc
        read gfx3d_priv 0x10008000
        unmap fb 0x100f8000 64K
        unmap fb 0x10000000 64K
        """),
      OracleScript(
        "a first level that leads to itself",
        """
        alloc fb
        write gfx3d_user 0x40000400 0x40001001
        unmap fb 0x10000000 4K
        map fb 0x20000000 0x60000000 4K rw
        map fb 0x20000000 0x60000000 1M rw
        write gfx3d_user 0x40000400 0x40000001
        unmap fb 0x10000000 64K
        alloc gpu
        free fb
        """),
      OracleScript(
        "a second level at the very top of memory",
        """
        alloc fb
        write gfx3d_user 0x40000400 0xfffffc01
        map fb 0x100ff000 0x60000000 4K rw
        map fb 0x100f0000 0x60000000 64K rw
        unmap fb 0x100f8000 64K
        """),
      OracleScript(
        "requests that meet every kind of word",
        """
        alloc fb
        attach fb mdp_vg1
        map fb 0x10000000 0x60000000 4K rw
        write gfx3d_user 0x40000440 0x61000002
        write gfx3d_user 0x40000444 0x61108402
        write gfx3d_user 0x40000448 0x61208c12
        write gfx3d_user 0x4000044c 0x6130000b
        write gfx3d_user 0x40000450 0x61000801
        read mdp_vg1 0x11000000
        read mdp_vg1 0x11000000 priv
        read mdp_vg1 0x11100000 priv
        write mdp_vg1 0x11100000 1 priv
        read mdp_vg1 0x11200000
        write mdp_vg1 0x11200000 1
        read mdp_vg1 0x11300000
        read mdp_vg1 0x11400000
        walk mdp_vg1 0x11200000 w
        read mdp_vg1 0x11200000 mid=1
        read mdp_vg1 0x11200000 mid=2
        read mdp_vg1 0x11200000 mid=300
        """),
    ] + [UInt32(0), 8, 16, 24].map(protections)

  /// Every size with eight of the `prot` numbers, all of which the driver takes.
  private static func protections(from first: UInt32) -> OracleScript {
    let sizes: [(String, UInt32)] = [("16M", 24), ("1M", 20), ("64K", 16), ("4K", 12)]
    let maps = (first..<first + 8).flatMap { prot in
      sizes.enumerated().flatMap { index, size in
        let iova = (UInt32(index) + 1) << 28 | prot << size.1
        return [
          "map fb \(iova) \(0x8000_0000 + prot << size.1) \(size.0) \(prot)",
          "iova-to-phys fb \(iova + 0x123)", "read gfx3d_user \(iova + 0x124)",
        ]
      }
    }
    return OracleScript(
      "protections from \(first)",
      (["alloc fb", "attach fb gfx3d_user"] + maps).joined(separator: "\n"))
  }
}
