internal import IOMMUHardware

/// What the kernel printed during an operation.
extension Timeline {
  /// The lines of one entry, as far as what it did is still known.
  ///
  /// Where many requests were stopped, the lines about the last one can be asked for alone.
  package func kernelLines(of entry: Int, sinceLastFault: Bool = false) -> [String] {
    guard entries.indices.contains(entry), let events = recording(of: entry)?.events else {
      return []
    }
    let start = sinceLastFault ? events.lastIndex { $0.change.isFault } ?? 0 : 0
    return events[start...].compactMap { event in
      guard case .message(let format, let first, let second) = event.change else { return nil }
      return KernelMessage.text(format, first, second)
    }
  }
}

extension Change {
  /// A request is stopped here.
  package var isFault: Bool {
    if case .fault = self { true } else { false }
  }
}
