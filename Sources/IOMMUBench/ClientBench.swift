internal import CBaseline
internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUModel
internal import IOMMUValues

/// Calls of an allocator of addresses that were recorded from Linux 6.1, to be made again.
///
/// The plain side is C with first fit from the top over one sorted array, without the real allocator's
/// hints and caches: it comes to other addresses, and only as many calls are compared.
package struct RecordedSpaces: Sendable {
  private struct Call {
    enum Kind { case begin, take, give }
    var kind: Kind
    var wish = IOVASpace.Wish(bytes: 0, mask: 0, apertureEnd: 0, triesLowFirst: false)
    var address: UInt64 = 0
    var bytes: UInt64 = 0
  }

  private var calls: [Call] = []
  private var plain: [space_call] = []

  /// Reads lines like `case END`, `alloc BYTES MASK BUS PCI ANSWER`, `free ADDRESS BYTES`; any other is
  /// passed over.
  package init(parsing text: String) {
    var end: UInt64 = 0
    var taken: [UInt64: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().map { Self.number($0) }
      switch (words.first, numbers.count) {
      case ("case", 1):
        end = numbers[0]
        taken = [:]
        calls.append(Call(kind: .begin))
        plain.append(
          space_call(kind: space_begin, prefers_low: 0, pages: 0, last: 0, taken: 0))
      case ("alloc", 5):
        let limit = min(
          numbers[1], numbers[2] == 0 ? .max : numbers[2], end == 0 ? .max : end)
        if numbers[4] != 0 { taken[numbers[4]] = calls.count }
        calls.append(
          Call(
            kind: .take,
            wish: .init(
              bytes: numbers[0], mask: numbers[1], busLimit: numbers[2], apertureEnd: end,
              triesLowFirst: numbers[3] != 0), address: numbers[4]))
        plain.append(
          space_call(
            kind: space_take, prefers_low: numbers[3] != 0 && limit > 0xffff_ffff ? 1 : 0,
            pages: numbers[0] >> 12, last: limit >> 12, taken: 0))
      case ("free", 2):
        guard let call = taken[numbers[0]] else { continue }
        calls.append(Call(kind: .give, address: numbers[0], bytes: numbers[1]))
        plain.append(
          space_call(kind: space_give, prefers_low: 0, pages: 0, last: 0, taken: call))
      default: break
      }
    }
  }

  private static func number(_ word: Substring) -> UInt64 {
    word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) ?? 0 : UInt64(word) ?? 0
  }

  package var count: Int { calls.count }

  /// Makes the calls, and answers how many came to what Linux came to.
  func replay() -> UInt64 {
    var space = IOVASpace(granuleBits: 12, first: 1)
    var nobody = NoRecorder()
    var right: UInt64 = 0
    for call in calls {
      switch call.kind {
      case .begin:
        space = IOVASpace(granuleBits: 12, first: 1)
        right += 1
      case .take:
        let found = space.allocate(call.wish, &nobody)
        if found?.value ?? 0 == call.address { right += 1 }
      case .give:
        space.free(IOVA(call.address), bytes: call.bytes, &nobody)
        right += 1
      }
    }
    return right
  }

  /// The same calls in C.
  func replayPlain() -> UInt64 {
    var frames = [UInt64](repeating: 0, count: plain.count)
    return plain.withUnsafeBufferPointer { calls in
      frames.withUnsafeMutableBufferPointer {
        spaces_replay(calls.baseAddress, calls.count, $0.baseAddress)
      }
    }
  }
}

/// A driver that maps and unmaps single pages, some of them mapped at a time.
///
/// It makes a multiple of ``live`` of them, so that each address is used as often as any other.
///
/// The plain side is the least that this can be in C: an address from a stack, a word stored, later a word
/// cleared. No tables, no TLB, no flush: what those cost is in the ratio.
struct Churn {
  static let live = 64

  private var machine: Machine
  private let device: DeviceID
  private var words = [UInt32](repeating: 0, count: 1 << 16)
  private var slots = [UInt32](repeating: 0, count: Churn.live)

  init(_ platform: Platform) throws(BenchError) {
    machine = Machine(unprobed: platform)
    machine.setRecording(false)
    guard let first = machine.system.devices.firstIndex(where: { !$0.streams.isEmpty }) else {
      throw .noContext
    }
    device = DeviceID(first)
    do throws(KernelError) { try machine.probeAll() } catch { throw .refused(error) }
  }

  mutating func ours(_ count: Int) throws(BenchError) -> UInt64 {
    do throws(KernelError) {
      return try machine.make(DMAChurn(device, count: count, live: Churn.live))
    } catch {
      throw .refused(error)
    }
  }

  mutating func plain(_ count: Int) -> UInt64 {
    words.withUnsafeMutableBufferPointer { words in
      slots.withUnsafeMutableBufferPointer { slots in
        stack_churn(words.baseAddress, slots.baseAddress, slots.count, count)
      }
    }
  }
}
