package import IOMMUAPI
package import IOMMUHardware

/// One access of a device's own, as the events tell it.
package struct TrafficAccess: Hashable, Sendable {
  /// What came of it.
  package enum Outcome: Hashable, Sendable {
    case hit
    /// The TLB had no answer; so many tables were read.
    case walked(reads: Int)
    case fault(Fault)
    case bypassed
    case stalled

    init(_ walk: WalkOutcome, reads: Int) {
      self =
        switch walk {
        case .translated(_, _, _?): .hit
        case .translated: .walked(reads: reads)
        case .bypassed: .bypassed
        case .stalled: .stalled
        case .fault(let fault): .fault(fault)
        }
    }

    /// It went well: nothing stopped it or holds it back.
    package var isOK: Bool {
      switch self {
      case .hit, .walked, .bypassed: true
      case .fault, .stalled: false
      }
    }
  }

  package let device: DeviceID
  package let iova: IOVA
  package let isWrite: Bool
  package let outcome: Outcome
  /// Where it ended.
  package let physical: PhysicalAddress?
  /// Its events, by their places in the recording: from the call to the return.
  package let events: Range<Int>
  /// How many events have happened when its last step is done.
  package let end: Int
}

extension TrafficAccess {
  /// The access whose call is at an index; nil where there is no such call, or no end of it.
  package init?(callAt index: Int, in events: [Event]) {
    guard events.indices.contains(index),
      case .call(let name, .access(let iova, let device)) = events[index].change
    else { return nil }
    var (hits, reads) = (false, 0)
    var (fault, isStalled): (Fault?, Bool) = (nil, false)
    var physical: PhysicalAddress?
    var next = index + 1
    var lastStep = next
    while next < events.count, events[next].depth > events[index].depth {
      if events[next].change.isStep { lastStep = next + 1 }
      switch events[next].change {
      case .tlbHit: hits = true
      case .memoryRead(_, _, let level) where level > 0: reads += 1
      case .fault(let found): fault = found
      case .stalled: isStalled = true
      case .dmaRead(let address, _), .dmaWrite(let address, _, _), .dmaWrite64(let address, _, _):
        physical = address
      default: break
      }
      next += 1
    }
    guard next < events.count, case .return = events[next].change else { return nil }
    self.device = DeviceID(Int(device))
    (self.iova, isWrite, self.physical) = (iova, name.description == "write", physical)
    (self.events, end) = (index..<next + 1, lastStep)
    outcome =
      if let fault {
        .fault(fault)
      } else if isStalled {
        .stalled
      } else if hits {
        .hit
      } else {
        reads > 0 ? .walked(reads: reads) : .bypassed
      }
  }

  /// The accesses that a recording tells of, the latest first, from those that were over when
  /// `happened` events had happened.
  package static func latest(
    _ most: Int, in recording: Recording, happened: Int
  ) -> [TrafficAccess] {
    var found: [TrafficAccess] = []
    var index = min(happened, recording.events.count) - 1
    while index >= 0, found.count < most {
      if case .call(_, .access) = recording.events[index].change,
        let access = TrafficAccess(callAt: index, in: recording.events),
        access.end <= happened
      {
        found.append(access)
      }
      index -= 1
    }
    return found
  }
}
