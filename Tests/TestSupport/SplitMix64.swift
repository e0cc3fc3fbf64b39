/// A random generator whose numbers depend on its seed alone.
///
/// Tests put the seed into the message of what fails, so that the run can be made again.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  /// A number below `limit`.
  package mutating func below(_ limit: UInt64) -> UInt64 { next() % limit }

  /// True once in so many times.
  package mutating func oneIn(_ times: UInt64) -> Bool { below(times) == 0 }

  /// One of several things.
  ///
  /// - Precondition: There is one.
  package mutating func pick<Thing>(_ things: [Thing]) -> Thing {
    things[Int(below(UInt64(things.count)))]
  }
}
