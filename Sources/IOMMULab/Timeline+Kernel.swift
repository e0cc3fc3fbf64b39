internal import IOMMUHardware

/// What the kernel printed during an operation.
extension Timeline {
  /// The lines of one entry, as far as what it did is still known.
  package func kernelLines(of entry: Int) -> [String] {
    guard entries.indices.contains(entry) else { return [] }
    return (recording(of: entry)?.events ?? []).compactMap { event in
      guard case .message(let format, let first, let second) = event.change else { return nil }
      return KernelMessage.text(format, first, second)
    }
  }
}
