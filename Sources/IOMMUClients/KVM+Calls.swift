package import IOMMUAPI
internal import IOMMUValues

/// A guest comes to be; `domain` is one that platform code made for it.
package struct KVMCreate: ClientCall {
  private let name: String
  private let domain: DomainID?

  package init(_ name: String, domain: DomainID? = nil) {
    (self.name, self.domain) = (name, domain)
  }

  /// Answers its number.
  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) -> Int {
    let name = system.number(ofName: name)
    system.inside("kvm_create_vm") { system in
      clients.change(
        .vm(name: UInt32(name), given: domain.map { UInt32($0.index) + 1 } ?? 0), &system)
    }
    return clients.machines.count - 1
  }
}

/// A guest gets memory.
package struct KVMSlot: ClientCall {
  private let vm: Int
  private let slot: VirtualMachine.Slot

  package init(_ vm: Int, guest: UInt64, host: UInt64, size: UInt64, isHuge: Bool) {
    self.vm = vm
    slot = VirtualMachine.Slot(isHuge: isHuge, guest: guest, host: host, size: size)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    try clients.addSlot(slot, to: vm, &system, driver)
  }
}

/// A guest gets a device, or loses it.
package struct KVMAssign: ClientCall {
  private let vm: Int
  private let device: DeviceID
  private let isAssigned: Bool

  package init(_ vm: Int, _ device: DeviceID, isAssigned: Bool) {
    (self.vm, self.device, self.isAssigned) = (vm, device, isAssigned)
  }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    if isAssigned {
      try clients.assign(device, to: vm, &system, driver)
    } else {
      try clients.deassign(device, from: vm, &system, driver)
    }
  }
}

/// A guest ends.
package struct KVMDestroy: ClientCall {
  private let vm: Int

  package init(_ vm: Int) { self.vm = vm }

  package func make(
    by clients: inout Clients, in system: inout System, through driver: some IOMMUDriver
  ) throws(KernelError) {
    clients.end(vm, &system, driver)
  }
}
