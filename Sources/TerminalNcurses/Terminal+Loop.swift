import CTerminalGuard
import Glibc
package import TerminalCore

extension Terminal {
  /// Waits for something to happen and returns it; nil means leave now.
  ///
  /// An empty list means that the time is over. Without a timeout it waits as long as it takes. What
  /// arrives together is returned together, so that one frame answers all of it. After nil,
  /// `exitSignal` tells whether a signal was the reason or the terminal went away.
  package mutating func nextEvents(timeoutMilliseconds: Int32?) -> [TerminalEvent]? {
    let deadline = timeoutMilliseconds.map { Terminal.now() + Int64(max(0, $0)) }
    while true {
      takeSignals()
      if exitSignal != nil { return nil }
      var events = queue
      switch wait(until: events.isEmpty ? deadline : Terminal.now()) {
      case .input:
        guard let bytes = readInput() else {
          takeSignals()
          return nil
        }
        lastByte = Terminal.now()
        events += decoder.feed(bytes)
      case .time:
        if decoder.isPending, Terminal.now() >= lastByte + patience {
          events += decoder.timeout()
        }
      case .signal:
        continue
      }
      queue = []
      if !events.isEmpty { return events }
      if let deadline, Terminal.now() >= deadline { return [] }
    }
  }

  /// How long what is pending waits for its rest, in milliseconds.
  ///
  /// Escape must answer at once; a sequence that came half way stays for its other half, which a slow
  /// line may hold back.
  private var patience: Int64 { decoder.isLoneEscape ? 25 : 250 }

  private enum Arrival {
    case input
    case signal
    case time
  }

  /// Waits for a byte, a signal, the deadline or the escape timer.
  private func wait(until deadline: Int64?) -> Arrival {
    let escape = decoder.isPending ? lastByte + patience : nil
    let end = [deadline, escape].compactMap(\.self).min()
    let milliseconds = end.map { Int32(clamping: max(0, $0 - Terminal.now())) } ?? -1
    var descriptors = [
      pollfd(fd: 0, events: Int16(POLLIN), revents: 0),
      pollfd(fd: tg_signal_descriptor(), events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&descriptors, 2, milliseconds)
    if count < 0 || descriptors[1].revents != 0 { return .signal }
    return count == 0 ? .time : .input
  }

  /// Reads once; nil when the terminal is gone.
  private func readInput() -> [UInt8]? {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, used in
      count = read(0, buffer.baseAddress, buffer.count)
      used = max(0, count)
    }
    if count > 0 { return bytes }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil
  }

  /// Deals with the signals that have arrived, however many, at once.
  private mutating func takeSignals() {
    var hasChanged = false
    var mustStop = false
    while true {
      let signal = tg_next_signal()
      switch signal {
      case 0:
        if mustStop {
          suspend()
        } else if hasChanged {
          screenChanged()
        }
        return
      case SIGWINCH: hasChanged = true
      case SIGCONT:
        // Somebody else stopped us, and the shell has had the terminal since.
        resume()
        hasChanged = true
      case SIGTSTP: mustStop = true
      default:
        exitSignal = signal
        return
      }
    }
  }

  /// A clock that never jumps, in milliseconds.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
