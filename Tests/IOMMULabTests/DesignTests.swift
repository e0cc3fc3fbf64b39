import IOMMUAPI
import IOMMULab
import IOMMUModel
import IOMMUValues
import Testing

/// The three proposals of July 2010, and what becomes of clients under each.
@Suite struct `The three designs` {
  @Test func `under A a plain allocation gives nothing on MSM, and a cookie binds the domain`()
    throws
  {
    _ = try play(
      """
      use msm8x60
      alloc fb mdp_vg1
      expect error
      design a
      alloc fb
      expect EINVAL
      alloc fb mdp0
      expect EINVAL
      alloc fb mdp_vg1
      attach fb mdp_rgb1
      expect EINVAL
      attach fb mdp_vg1
      vm guest
      memslot guest 0 0x80000000 64K
      assign guest vfe_imgwr
      expect ENOMEM
      dma-map vfe_imgwr packet 0x60000000 4K both
      expect ENOMEM
      """)
  }

  @Test func `under B only MSM's own call makes a domain`() throws {
    _ = try play(
      """
      use msm8x60
      msm-alloc fb mdp_vg1
      expect error
      design b
      alloc fb
      expect EINVAL
      alloc fb mdp_vg1
      expect error
      msm-alloc fb mdp_vg1
      attach fb mdp_rgb1
      expect EINVAL
      attach fb mdp_vg1
      vm guest
      memslot guest 0 0x80000000 64K
      assign guest vfe_imgwr
      expect ENOMEM
      """)
  }

  @Test func `an IOMMU that is alone takes any cookie, and has no call of MSM's`() throws {
    _ = try play(
      """
      use traditional
      design a
      alloc one
      alloc two 00:19.0
      attach two 00:02.0
      design b
      alloc three
      msm-alloc four 00:19.0
      expect error
      """)
  }

  @Test
  func
    `KVM and the DMA API work on MSM where code about MSM helps them, as far as one domain is for one IOMMU`()
    throws
  {
    let comparison = try DesignComparison()
    #expect(comparison.cells.count == 3 * 4 * Library.platformNames.count)
    for design in Design.allCases {
      for client in DesignComparison.Client.allCases {
        #expect(comparison[design, client, "traditional"]?.verdict == .works, "\(design) \(client)")
        let expected: DesignComparison.Verdict =
          switch (design, client) {
          case (.c, _): .works
          case (_, .dmaAPI), (_, .kvm): .needsPlatformCode
          case (_, .kvmTwoDevices), (_, .sharedBuffer): .breaks
          }
        #expect(comparison[design, client, "msm8x60"]?.verdict == expected, "\(design) \(client)")
      }
    }
    let kvm = try #require(comparison[.a, .kvm, "msm8x60"]?.plain.failure)
    #expect(kvm.call == "msm_iommu_domain_init")
    #expect(kvm.line == "assign guest jpegd_src")
    #expect(kvm.reason.hasPrefix("-ENOMEM"))
    let two = try #require(comparison[.b, .kvmTwoDevices, "msm8x60"]?.helped?.failure)
    #expect(two.call == "msm_iommu_attach_dev")
    #expect(two.line == "assign guest vpe_src")
  }
}
