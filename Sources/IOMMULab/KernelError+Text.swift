package import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// Why the kernel refused, in words.
extension KernelError {
  /// What happened, to which things, and the next thing to try.
  package func reason(in machine: Machine) -> String {
    let system = machine.system
    switch self {
    case .misaligned(let iova, let physical, let size, let smallest):
      let pa = physical.map { ", pa \($0.value.hex)" } ?? ""
      return "iova \(iova.value.hex)\(pa) and size \(size.hex) must be multiples of "
        + smallest.sizeText
    case .unsupportedSize(let size): return "no page has a size of \(size.hex) bytes"
    case .outOfPages: return "no pages are left for a page table; free a domain first"
    case .busy(let device, let domain) where !system.domains[domain.index].isAllocated:
      let name = system.name(of: device)
      return "\(name) is still attached to \(system.name(of: domain)), which was freed; "
        + "detach it from any domain"
    case .busy(let device, let domain):
      let name = system.name(of: device)
      return "\(name) is attached to \(system.name(of: domain)) already; "
        + "detach \(system.name(of: domain)) \(name) first"
    case .noIOMMUData(let device):
      let name = system.name(of: device)
      return system.devices[device.index].parent == nil
        ? "\(name) is an IOMMU; attach one of the devices behind it"
        : "\(name) has no IOMMU data: it was not probed; probe \(name) first"
    case .noGroup(let device):
      let name = system.name(of: device)
      return system.devices[device.index].parent == nil
        ? "\(name) is an IOMMU; attach one of the devices behind it"
        : "\(name) was not probed, so it is in no IOMMU group; probe \(name) first"
    case .iommuNotProbed(let device):
      let parent = system.devices[device.index].parent.map { system.name(of: $0) } ?? "its IOMMU"
      return "\(parent) was not probed, so \(system.name(of: device)) finds no IOMMU; "
        + "probe \(parent) first"
    case .probedAlready(let device): return "\(system.name(of: device)) is probed already"
    case .noTable(let domain): return "\(system.name(of: domain)) has no page table: it was freed"
    case .noAnswer(let device): return "\(system.name(of: device)) does not answer"
    case .beyondWidth(let iova, let size, let bits):
      return "iova \(iova.value.hex) and size \(size.hex) reach beyond \(bits) bits of address"
    case .noAccess: return "a mapping must allow reading or writing"
    case .noCookie:
      return "domain_init wants a context and was handed none; alloc NAME CONTEXT names one"
    case .privateAllocatorOnly:
      return "the generic call makes nothing here; msm-alloc NAME CONTEXT does"
    case .otherCookie(let device, let cookie):
      return "the domain was allocated for \(system.name(of: cookie)), not for "
        + "\(system.name(of: device)); it takes a domain of its own"
    case .noDomain: return "iommu_domain_alloc came back empty, so there is no domain to work with"
    case .noAddresses(let device, let size):
      return "no \(size.sizeText) of addresses are free for \(system.name(of: device))"
    case .noBufferPages(let size): return "no pages are left for a buffer of \(size.sizeText)"
    case .scatterFailed: return "one of the pieces could not be mapped"
    case .misalignedSlot(let guest, let size):
      return "gpa \(guest.hex), pa and size \(size.hex) must be multiples of 4K, and the size not 0"
    case .overlappingSlot(let guest, let size):
      return "a slot of \(size.sizeText) at gpa \(guest.hex) overlaps another one"
    case .assignedAlready(let device):
      return "\(system.name(of: device)) is assigned to this guest already"
    case .notAssigned(let device):
      return "\(system.name(of: device)) is not assigned to this guest"
    case .noMemoryClass(let protection):
      return "the CPU has no memory type for the cache policy \(protection.rawValue & 3)"
    }
  }
}
