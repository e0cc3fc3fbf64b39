internal import IOMMUHardware

/// Domains come and go, devices are probed, attached and detached: the rest of the IOMMU API.
extension System {
  /// Allocates a domain.
  ///
  /// Nothing here says which IOMMU it is for: that is the mail's question. `cookie` is design A's
  /// answer, a parameter that is passed through to the driver.
  ///
  /// Linux: `iommu_domain_alloc`.
  package mutating func allocateDomain(
    named name: String, for cookie: DeviceID? = nil, through driver: some IOMMUDriver
  ) throws(KernelError) -> DomainID {
    let index = try within("iommu_domain_alloc") { (system) throws(KernelError) in
      let domain = system.addDomain(named: name)
      if let cookie { system.setCookie(of: domain, to: cookie) }
      do throws(KernelError) {
        try driver.initialize(domain, in: &system)
      } catch {
        system.retire(domain)
        throw error
      }
      return Int64(domain.index)
    }
    return DomainID(Int(index))
  }

  /// Frees a domain, whether or not devices are still attached to it: nobody checks.
  ///
  /// Linux: `iommu_domain_free`.
  package mutating func free(_ domain: DomainID, through driver: some IOMMUDriver) {
    inside("iommu_domain_free", .domain(domain)) { system in
      if !system.domains[domain.index].attached.isEmpty,
        let table = system.domains[domain.index].table
      {
        system.board.journal.warn(.freedWhileAttached, at: table, word: 0)
      }
      driver.destroy(domain, in: &system)
      system.retire(domain)
    }
  }

  /// Lets a device see memory through a domain.
  ///
  /// The device knows its IOMMU; the domain does not.
  ///
  /// Linux: `iommu_attach_device`.
  package mutating func attach(
    _ device: DeviceID, to domain: DomainID, through driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try within("iommu_attach_device", .device(device)) { (system) throws(KernelError) in
      try driver.attach(device, to: domain, in: &system)
      return 0
    }
  }

  /// Takes a device off; void in the kernel, so it is never refused.
  ///
  /// Linux: `iommu_detach_device`.
  package mutating func detach(
    _ device: DeviceID, from domain: DomainID, through driver: some IOMMUDriver
  ) {
    inside("iommu_detach_device", .device(device)) { system in
      driver.detach(device, from: domain, in: &system)
    }
  }

  /// The bus finds a device and its driver binds: the moment it gets its IOMMU data.
  package mutating func probe(
    _ device: DeviceID, through driver: some IOMMUDriver
  ) throws(KernelError) {
    _ = try within("platform_drv_probe", .device(device)) { (system) throws(KernelError) in
      guard !system.ask("is it bound to its driver already?", system.devices[device.index].isBound)
      else {
        throw .probedAlready(device: device)
      }
      try driver.probe(device, in: &system)
      return 0
    }
  }

  /// Probes all that is not probed yet: IOMMUs first, then what is behind them.
  package mutating func probeAll(through driver: some IOMMUDriver) throws(KernelError) {
    let all = devices.indices.map(DeviceID.init)
    let order =
      all.filter { devices[$0.index].parent == nil }
      + all.filter { devices[$0.index].parent != nil }
    for device in order where !devices[device.index].isBound {
      try probe(device, through: driver)
    }
  }
}
