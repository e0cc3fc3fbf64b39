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
    case .noMemoryClass(let protection):
      return "the CPU has no memory type for the cache policy \(protection.rawValue & 3)"
    }
  }
}
