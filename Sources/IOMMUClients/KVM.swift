internal import IOMMUAPI
internal import IOMMUValues

/// Device assignment as KVM did it in 2010: `virt/kvm/iommu.c` and `assigned-dev.c` of Linux 2.6.35, over
/// maps and unmaps by size.
///
/// The order is the argument of the mail: the domain is allocated, and all of the guest's memory
/// mapped, *before* any device is attached. At that moment there is nothing to ask which IOMMU it will be.
extension Clients {
  private static let page: UInt64 = 4096

  // MARK: Assign

  /// The ioctl that assigns a device.
  mutating func assign(
    _ device: DeviceID, to vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("kvm_vm_ioctl_assign_device", .device(device)) {
      (system) throws(KernelError) in
      let isThere = machines[vm].devices.contains(device)
      guard !system.ask("is the device assigned to this guest already?", isThere) else {
        throw .assignedAlready(device: device)
      }
      if system.ask("has the guest no domain yet?", machines[vm].domain == nil) {
        try mapGuest(vm, &system, driver)
      }
      try attach(device, to: vm, &system, driver)
      change(.assigned(vm: UInt16(vm), device: UInt16(device.index)), &system)
      return 0
    }
  }

  /// `kvm_iommu_map_guest`: a domain that nobody can be named for, and the guest's memory in it.
  private mutating func mapGuest(
    _ vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("kvm_iommu_map_guest") { (system) throws(KernelError) in
      // Not which one: 2.6.35 asks whether any driver has registered at all.
      _ = system.ask("is there an IOMMU driver (iommu_found)?", true)
      let domain = try guestDomain(vm, &system, driver)
      change(
        .vmDomain(vm: UInt16(vm), old: 0, new: UInt32(domain.index) + 1), &system)
      do throws(KernelError) {
        try mapSlots(of: vm, &system, driver)
      } catch {
        unmapSlots(of: vm, &system, driver)
        throw error
      }
      return 0
    }
  }

  private func guestDomain(
    _ vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) -> DomainID {
    if let given = machines[vm].given { return given }
    do throws(KernelError) {
      return try system.allocateDomain(
        named: freeName("kvm:" + machines[vm].name, system), through: driver)
    } catch {
      // if (!kvm->arch.iommu_domain) return -ENOMEM;
      throw .noDomain
    }
  }

  /// `kvm_assign_device`: attach, and only then ask what the domain's mappings can do.
  private mutating func attach(
    _ device: DeviceID, to vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("kvm_assign_device", .device(device)) { (system) throws(KernelError) in
      guard let domain = machines[vm].domain else { throw .noDomain }
      try system.attach(device, to: domain, through: driver)
      guard system.isCoherent(domain, through: driver), !machines[vm].isCoherent else { return 0 }
      // What was mapped before anybody could be asked was mapped without the flag: all of it again.
      change(.coherent(vm: UInt16(vm), old: false, new: true), &system)
      unmapSlots(of: vm, &system, driver)
      do throws(KernelError) {
        try mapSlots(of: vm, &system, driver)
      } catch {
        unmapSlots(of: vm, &system, driver)
        throw error
      }
      return 0
    }
  }

  // MARK: Memory

  /// `kvm_iommu_map_memslots`.
  private mutating func mapSlots(
    of vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    for slot in machines[vm].slots { try map(slot, of: vm, &system, driver) }
  }

  /// `kvm_iommu_map_pages`: pins each page of the host and maps it where the guest sees it.
  private mutating func map(
    _ slot: VirtualMachine.Slot, of vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    guard let domain = machines[vm].domain else { return }
    _ = try system.within("kvm_iommu_map_pages", .domain(domain)) { (system) throws(KernelError) in
      var protection: Protection = [.read, .write]
      if machines[vm].isCoherent { protection.insert(.cache) }
      var done: UInt64 = 0
      while done < slot.size {
        let guest = IOVA(slot.guest &+ done)
        let there = physicalAddress(of: guest, in: domain, &system, driver)
        if system.ask("is the page mapped already?", there.value != 0) {
          done += Self.page
          continue
        }
        var size = slot.isHuge ? UInt64(2) << 20 : Self.page
        while done + size > slot.size || guest.value & (size - 1) != 0 { size >>= 1 }
        let host = slot.host &+ done
        pin(host >> 12, size >> 12, of: vm, &system)
        do throws(KernelError) {
          try system.map(
            domain, iova: guest, to: PhysicalAddress(host), size: size, protection, through: driver)
        } catch {
          // The page frame's number is passed where a number of pages is meant.
          unmap(slot.guest >> 12, pages: guest.value >> 12, of: vm, &system, driver)
          throw error
        }
        done += size
      }
      return 0
    }
  }

  /// `kvm_pin_pages`.
  private mutating func pin(
    _ frame: UInt64, _ pages: UInt64, of vm: Int, _ system: inout System
  ) {
    system.inside("kvm_pin_pages") { system in
      change(.pinned(vm: UInt16(vm), frame: frame, pages: pages), &system)
    }
  }

  /// `kvm_iommu_unmap_memslots`.
  private mutating func unmapSlots(
    of vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    for slot in machines[vm].slots {
      unmap(slot.guest >> 12, pages: slot.size >> 12, of: vm, &system, driver)
    }
  }

  /// `kvm_iommu_put_pages`: asks where a page leads, unmaps 4K and believes what the answer says was
  /// unmapped: so many pages are unpinned, and stepped over.
  private mutating func unmap(
    _ first: UInt64, pages: UInt64, of vm: Int, _ system: inout System,
    _ driver: some IOMMUDriver
  ) {
    guard let domain = machines[vm].domain else { return }
    system.inside("kvm_iommu_put_pages", .domain(domain)) { system in
      var frame = first
      let end = first &+ pages
      while frame < end {
        let iova = IOVA(frame << 12)
        let host = physicalAddress(of: iova, in: domain, &system, driver)
        let bytes: UInt64
        do throws(KernelError) {
          bytes = try system.unmap(domain, iova: iova, size: Self.page, through: driver)
        } catch {
          bytes = 0
        }
        // The order of 0 bytes is as large as orders get: the loop is over.
        guard bytes > 0 else { return }
        let unmapped = UInt64(1) << IOVASpace.order(of: (bytes + Self.page - 1) >> 12)
        unpin(host.value >> 12, unmapped, of: vm, &system)
        frame &+= unmapped
      }
    }
  }

  /// `kvm_unpin_pages`: believes whatever it is told.
  private mutating func unpin(
    _ frame: UInt64, _ pages: UInt64, of vm: Int, _ system: inout System
  ) {
    system.inside("kvm_unpin_pages") { system in
      for part in machines[vm].pins.parts(frame, pages) {
        change(
          part.isPinned
            ? .unpinned(vm: UInt16(vm), frame: part.frame, pages: part.pages)
            : .unpinnedForeign(vm: UInt16(vm), frame: part.frame, pages: part.pages), &system)
      }
    }
  }

  /// `kvm_set_memory_region`: a slot, mapped at once where a domain is there already.
  mutating func addSlot(
    _ slot: VirtualMachine.Slot, to vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("kvm_set_memory_region") { (system) throws(KernelError) in
      guard (slot.guest | slot.host | slot.size) & (Self.page - 1) == 0, slot.size > 0 else {
        throw .misalignedSlot(guest: slot.guest, size: slot.size)
      }
      let overlaps = machines[vm].slots.contains {
        slot.guest < $0.guest + $0.size && $0.guest < slot.guest + slot.size
      }
      guard !system.ask("does it overlap another slot?", overlaps) else {
        throw .overlappingSlot(guest: slot.guest, size: slot.size)
      }
      change(
        .slot(
          guest: slot.guest, host: slot.host, size: slot.size, vm: UInt16(vm), isHuge: slot.isHuge),
        &system)
      do throws(KernelError) {
        try map(slot, of: vm, &system, driver)
      } catch {
        change(
          .slotDropped(
            guest: slot.guest, host: slot.host, size: slot.size, vm: UInt16(vm),
            isHuge: slot.isHuge), &system)
        throw error
      }
      return 0
    }
  }

  // MARK: The end

  /// The ioctl that takes a device away.
  mutating func deassign(
    _ device: DeviceID, from vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try system.within("kvm_vm_ioctl_deassign_device", .device(device)) {
      (system) throws(KernelError) in
      guard machines[vm].devices.contains(device) else { throw .notAssigned(device: device) }
      detach(device, from: vm, &system, driver)
      return 0
    }
  }

  /// `kvm_deassign_device`.
  private mutating func detach(
    _ device: DeviceID, from vm: Int, _ system: inout System, _ driver: some IOMMUDriver
  ) {
    guard let position = machines[vm].devices.firstIndex(of: device),
      let domain = machines[vm].domain
    else { return }
    system.inside("kvm_deassign_device", .device(device)) { system in
      system.detach(device, from: domain, through: driver)
      change(
        .deassigned(vm: UInt16(vm), device: UInt16(device.index), position: UInt16(position)),
        &system)
    }
  }

  /// The guest ends: devices first, then its memory, then the domain.
  mutating func end(_ vm: Int, _ system: inout System, _ driver: some IOMMUDriver) {
    system.inside("kvm_destroy_vm") { system in
      system.inside("kvm_free_all_assigned_devices") { system in
        while let device = machines[vm].devices.first {
          detach(device, from: vm, &system, driver)
        }
      }
      if let domain = machines[vm].domain {
        system.inside("kvm_iommu_unmap_guest") { system in
          unmapSlots(of: vm, &system, driver)
          system.free(domain, through: driver)
          change(
            .vmDomain(vm: UInt16(vm), old: UInt32(domain.index) + 1, new: 0), &system)
        }
      }
      let left = machines[vm].pins.total
      if left > 0 { change(.pinsLeaked(vm: UInt16(vm), pages: left), &system) }
      change(.vmFree(vm: UInt16(vm)), &system)
    }
  }
}
