/// What came of a device's accesses, counted.
package struct TrafficResult: Hashable, Sendable {
  package var hits: UInt64 = 0
  /// Accesses that read one table, two, three; the last count is of those that read more.
  package private(set) var walks: Walks = Walks()
  package var faults: UInt64 = 0
  package var bypassed: UInt64 = 0
  package var stalled: UInt64 = 0

  package init() {}

  /// Counts by the number of tables read, from 1; many are kept, so it is no array.
  package struct Walks: Hashable, Sendable {
    private var one: UInt64 = 0
    private var two: UInt64 = 0
    private var three: UInt64 = 0
    private var more: UInt64 = 0

    /// The largest number with a count of its own; more reads count here as well.
    package static let most = 4

    package subscript(reads: Int) -> UInt64 {
      get {
        switch reads {
        case ...1: one
        case 2: two
        case 3: three
        default: more
        }
      }
      set {
        switch reads {
        case ...1: one = newValue
        case 2: two = newValue
        case 3: three = newValue
        default: more = newValue
        }
      }
    }

    package var sum: UInt64 { one &+ two &+ three &+ more }
  }

  /// Accesses that the TLB could not answer, and the tables could.
  package var misses: UInt64 { walks.sum }

  /// Accesses that reached memory.
  package var reached: UInt64 { hits &+ misses &+ bypassed }

  package var accesses: UInt64 { reached &+ faults &+ stalled }

  /// Of 1000 accesses that the TLB was asked for and the tables could answer, how many it answered;
  /// nil without any.
  package var hitsPerMille: Int? {
    let asked = hits &+ misses
    return asked == 0 ? nil : Int(clamping: hits / asked * 1000 + hits % asked * 1000 / asked)
  }

  package mutating func count(_ outcome: TrafficAccess.Outcome) {
    switch outcome {
    case .hit: hits &+= 1
    case .walked(let reads): walks[reads] &+= 1
    case .fault: faults &+= 1
    case .bypassed: bypassed &+= 1
    case .stalled: stalled &+= 1
    }
  }

  package static func += (left: inout TrafficResult, right: TrafficResult) {
    left.hits &+= right.hits
    for reads in 1...Walks.most { left.walks[reads] &+= right.walks[reads] }
    left.faults &+= right.faults
    left.bypassed &+= right.bypassed
    left.stalled &+= right.stalled
  }
}
