internal import IOMMUAPI
package import IOMMUModel

/// How the devices of a machine are kept busy: which accesses each makes at a tick.
///
/// It draws on the seed and on what has been done, never on a clock: the same timeline, the same
/// next tick. What it plans are operations of the language.
package struct TrafficPlan: Hashable, Sendable {
  package var seed: UInt64
  /// About how many accesses a device makes at a tick.
  package var accesses: UInt64

  package init(seed: UInt64, accesses: UInt64) {
    (self.seed, self.accesses) = (seed, accesses)
  }

  /// The operations of the next tick: one for each device that is attached to a domain.
  ///
  /// Each device goes on where it was. Without a device there are none.
  package func nextTick(of timeline: Timeline) -> [Operation] {
    let machine = timeline.machine
    let totals = timeline.traffic
    return machine.attachedDevices.map { device in
      let name = machine.system.name(of: device)
      let pattern = machine.platform.pattern(of: device)
      let count = count(of: device, pattern, tick: UInt64(timeline.tick) &+ 1)
      return .traffic(
        device: name,
        Traffic(pattern, seed: seed, from: totals[name]?.accesses ?? 0, count: count))
    }
  }

  /// The names of the devices that take part.
  package static func devices(of machine: Machine) -> [String] {
    machine.attachedDevices.map { machine.system.name(of: $0) }
  }

  /// How busy a device is at a tick: a scan steadily, the others now more, now less.
  private func count(
    of device: DeviceID, _ pattern: AccessPattern, tick: UInt64
  ) -> UInt64 {
    let usual = min(max(1, accesses), Traffic.mostAccesses / 4)
    let span: UInt64
    switch pattern {
    case .scan: return max(1, usual - usual / 8 + draw(device, tick) % (usual / 4 + 1))
    case .blocks: span = 16
    case .random: span = 6
    }
    // A curve through levels that are drawn some ticks apart.
    let (from, to) = (level(device, tick / span, usual), level(device, tick / span + 1, usual))
    return max(1, (from * (span - tick % span) + to * (tick % span)) / span)
  }

  private func level(_ device: DeviceID, _ index: UInt64, _ usual: UInt64) -> UInt64 {
    draw(device, index ^ 1 << 63) % (2 * usual) + 1
  }

  private func draw(_ device: DeviceID, _ index: UInt64) -> UInt64 {
    var word =
      seed &+ UInt64(device.index) &* 0x9e37_79b9_7f4a_7c15 &+ index &* 0xd1b5_4a32_d192_ed03
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }
}

extension Machine {
  /// The devices that are attached to a domain, in the order of the platform.
  var attachedDevices: [DeviceID] {
    let all = liveDomains.flatMap { system.domains[$0.index].attached }
    return Set(all.map(\.index)).sorted().map { DeviceID($0) }
  }
}
