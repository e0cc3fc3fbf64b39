import IOMMUHardware
import Testing

/// What happened is kept event by event, so that it can be undone.
@Suite struct `The journal` {
  @Test func `an event takes at most 32 bytes, as millions of them are kept`() {
    #expect(MemoryLayout<Event>.stride <= 32)
  }
}
