import IOMMUAPI
import IOMMUClients
import IOMMUHardware
import IOMMULab
import IOMMUModel
import IOMMUValues
import Testing

/// KVM in the order of 2010, over a driver that fits its assumptions and one that does not.
@Suite struct `A guest with an assigned device` {
  private func calls(_ machine: inout Machine) -> [String] {
    machine.takeRecording().events.compactMap {
      if case .call(let function, _) = $0.change { function.description } else { nil }
    }
  }

  private static func script(_ platform: String, _ device: String, _ slot: String) -> String {
    "use \(platform)\nvm guest\nmemslot guest \(slot)\nassign guest \(device)\n"
  }

  @Test(arguments: [("msm8x60", "mdp_vg1"), ("traditional", "00:19.0")])
  func `the domain and all memory come before the device`(
    platform: String, device: String
  ) throws {
    var machine = try play("use \(platform)\nvm guest\nmemslot guest 0 0x80000000 16K\n")
    _ = machine.takeRecording()
    _ = machine.apply(.client(.assign(vm: "guest", device: device)))
    let calls = calls(&machine)
    let alloc = try #require(calls.firstIndex(of: "iommu_domain_alloc"))
    let map = try #require(calls.firstIndex(of: "iommu_map"))
    let attach = try #require(calls.firstIndex(of: "iommu_attach_device"))
    #expect(alloc < map && map < attach)
    #expect(calls.first == "kvm_vm_ioctl_assign_device")
    #expect(machine.clients.machines[0].pins.total == 4)
  }

  @Test func `where mappings can look into caches, all memory is mapped again once`() throws {
    var machine = try play("use traditional\nvm guest\nmemslot guest 0 0x80000000 16K\n")
    _ = machine.takeRecording()
    _ = machine.apply(.client(.assign(vm: "guest", device: "00:19.0")))
    #expect(calls(&machine).count { $0 == "iommu_map" } == 8)
    #expect(machine.clients.machines[0].isCoherent)
    _ = machine.apply(.client(.assign(vm: "guest", device: "00:02.0")))
    #expect(calls(&machine).count { $0 == "iommu_map" } == 0)
  }

  @Test func `on the machine it was written for, every page is unpinned`() throws {
    for slot in ["0 0x80000000 16K", "0x200000 0x80000000 4M pages=2M"] {
      var machine = try play(Self.script("traditional", "00:19.0", slot))
      let pages = machine.board.memory.pool.pagesInUse
      #expect(pages > 0)
      _ = machine.apply(.client(.vmFree("guest")))
      #expect(machine.clients.machines[0].pins.total == 0, "\(slot)")
      #expect(machine.clients.machines[0].unpinnedForeign == 0, "\(slot)")
    }
  }

  @Test func `on MSM the teardown unpins page 0, and the guest's pages stay pinned`() throws {
    var machine = try play(Self.script("msm8x60", "mdp_vg1", "0 0x80000000 16K"))
    _ = machine.takeRecording()
    _ = machine.apply(.client(.vmFree("guest")))
    let changes = machine.takeRecording().events.map(\.change)
    #expect(changes.count { $0 == .client(.unpinnedForeign(vm: 0, frame: 0, pages: 1)) } == 4)
    #expect(changes.contains(.client(.pinsLeaked(vm: 0, pages: 4))))
    #expect(machine.clients.machines[0].unpinnedForeign == 4)
  }

  @Test func `on MSM an unmap of 4K in a section writes into the guest's memory`() throws {
    var machine = try play(
      Self.script("msm8x60", "mdp_vg1", "0x200000 0x80000000 2M pages=2M")
        + "write-word 0x80030c00 0x1234\n")
    _ = machine.takeRecording()
    _ = machine.apply(.client(.vmFree("guest")))
    let hazards = machine.takeRecording().events.count {
      if case .hazard(.overwroteMappedMemory, _, _) = $0.change { true } else { false }
    }
    // What follows 0x80030c00 is all 0: the driver takes it for an empty table of its own, and frees it.
    #expect(hazards == 2)
    #expect(machine.board.word(at: PhysicalAddress(0x8003_0c00)) == 0)
    #expect(machine.clients.machines[0].pins.total == 512)
  }

  @Test func `a guest that runs out of pages for tables is refused, and can be ended`() throws {
    for (platform, device) in [("msm8x60", "mdp_vg1"), ("traditional", "00:19.0")] {
      var machine = try play(
        "use \(platform)\nvm guest\nmemslot guest 0x100000 0x80000000 16K\n")
      let used = machine.board.memory.pool.pagesInUse
      _ = machine.apply(.limitPages(UInt64(used + 4)))
      _ = machine.apply(
        .client(
          .memslot(
            vm: "guest", guest: 0x4000_0000, host: 0x9000_0000, size: 0x4000, isHuge: false)))
      let outcome = machine.apply(.client(.assign(vm: "guest", device: device)))
      guard case .refused(.ENOMEM, _) = outcome else {
        Issue.record("\(platform): \(outcome)")
        continue
      }
      #expect(machine.apply(.client(.vmFree("guest"))).isOK)
    }
  }

  @Test func `domains of clients are not freed from under them`() throws {
    _ = try play(
      """
      use msm8x60
      dma-map mdp_vg1 packet 0x60000000 4K both
      free dma:mdp_vg1
      expect error
      vm guest
      memslot guest 0 0x80000000 16K
      assign guest vfe_imgwr
      free kvm:guest
      expect error
      """)
  }
}
