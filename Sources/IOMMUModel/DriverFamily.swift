internal import IOMMUAPI
package import IOMMUDrivers
internal import IOMMUHardware

/// The drivers there are; the closed list that a new one joins.
package enum DriverFamily: Sendable {
  case msm(MSMDriver)
  case vtd(VTDDriver)
}
