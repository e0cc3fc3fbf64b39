public import IOMMUHardware

/// The errno values that this side of the kernel answers with.
public enum Errno: Int32, Hashable, Sendable, CaseIterable {
  case EPERM = 1
  case ENOENT = 2
  case EIO = 5
  case ENOMEM = 12
  case EFAULT = 14
  case EBUSY = 16
  case EEXIST = 17
  case ENODEV = 19
  case EINVAL = 22
  case ENOSPC = 28

  public var name: String { "\(self)" }
}

/// A call that the kernel refused, with the numbers that made it so.
///
/// The machine is then as the kernel would leave it. Attributed to `drivers/iommu/iommu.c` and
/// `msm_iommu.c` of Linux 3.6.
public enum KernelError: Error, Hashable, Sendable {
  /// Addresses and sizes must be multiples of the smallest page (`iommu_map`, `iommu_unmap`).
  case misaligned(iova: IOVA, physical: PhysicalAddress?, size: UInt64, smallest: UInt64)
  /// The driver maps single pages of its sizes only.
  case unsupportedSize(UInt64)
  /// No pages are left for a table.
  case outOfPages
  /// The device is attached already (`msm_iommu_attach_dev`).
  case busy(device: DeviceID, domain: DomainID)
  /// The domain's tables are not wide enough (`intel_iommu_map`).
  case beyondWidth(iova: IOVA, size: UInt64, bits: Int)
  /// Neither reading nor writing is asked for (`__domain_mapping`).
  case noAccess(protection: Protection)
  /// The device was not probed, so it has no IOMMU data.
  case noIOMMUData(device: DeviceID)
  /// The device was not probed, so it is in no group (`iommu_attach_device` of 6.1).
  case noGroup(device: DeviceID)
  /// The device's own IOMMU was not probed (`msm_iommu_ctx_probe`).
  case iommuNotProbed(device: DeviceID)
  /// The device has been probed before.
  case probedAlready(device: DeviceID)
  /// The domain has no table: it was freed.
  case noTable(domain: DomainID)
  /// The IOMMU did not answer a trial translation (`msm_iommu_probe`).
  case noAnswer(device: DeviceID)
  /// No memory type of the CPU fits the cache policy asked for.
  case noMemoryClass(protection: Protection)
  /// Design A: the driver's `domain_init` was handed no context.
  case noCookie
  /// Design B: the generic call makes nothing, the driver's own does.
  case privateAllocatorOnly
  /// Designs A and B: the domain was allocated for another context.
  case otherCookie(device: DeviceID, cookie: DeviceID)
  /// The generic allocation came back empty, whatever the driver had said (`kvm_iommu_map_guest`).
  case noDomain
  /// No range of addresses is free (`iommu_dma_alloc_iova`).
  case noAddresses(device: DeviceID, size: UInt64)
  /// No pages are left for a buffer (`__iommu_dma_alloc_pages`).
  case noBufferPages(size: UInt64)
  /// The pieces of a scattered buffer could not be mapped (`iommu_dma_map_sg`).
  case scatterFailed
  /// Memory of a guest must begin and end at pages (`__kvm_set_memory_region`).
  case misalignedSlot(guest: UInt64, size: UInt64)
  /// Two slots would hold the same guest memory.
  case overlappingSlot(guest: UInt64, size: UInt64)
  /// The device is assigned to this guest already.
  case assignedAlready(device: DeviceID)
  /// The device is not assigned to this guest.
  case notAssigned(device: DeviceID)

  public var errno: Errno {
    switch self {
    case .misaligned, .unsupportedSize, .noIOMMUData, .noTable, .noMemoryClass, .noAccess,
      .noCookie, .privateAllocatorOnly, .otherCookie, .scatterFailed, .misalignedSlot, .notAssigned:
      .EINVAL
    // The kernel adds in 64 bits; a sum that wraps is found a call deeper (`__domain_mapping`).
    case .beyondWidth(let iova, let size, let bits):
      iova.value &+ size > 1 << UInt64(bits) ? .EFAULT : .EINVAL
    case .outOfPages, .noDomain, .noAddresses, .noBufferPages: .ENOMEM
    case .overlappingSlot, .assignedAlready: .EEXIST
    case .busy, .probedAlready: .EBUSY
    case .iommuNotProbed, .noAnswer, .noGroup: .ENODEV
    }
  }

  /// The value a C caller sees.
  @usableFromInline package var code: Int64 { -Int64(errno.rawValue) }
}
