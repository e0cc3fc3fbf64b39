internal import IOMMUHardware
internal import IOMMULab
internal import TerminalCore

/// What clients hold of a domain, line by line.
extension DomainView {
  /// How often a device reached what its driver had given up.
  func lateReaches(isNarrow: Bool) -> Prose {
    let count = holdings.staleReaches
    guard count > 0 else { return "" }
    return isNarrow
      ? Prose("  ≠ \(count) late", .stale)
      : Prose("   ≠ \(count) late reach\(count == 1 ? "" : "es")", .stale)
  }

  /// For whom the domain is.
  var owner: Prose {
    let gap = Prose("   ", .text)
    switch holdings.owner {
    case .device(let name):
      return gap + Prose("default of ", .dim) + Prose(name, .text, to: .named(name))
    case .guest(let name, let isCoherent):
      return gap + Prose("guest ", .dim) + Prose(name, .strong)
        + Prose(isCoherent ? ", coherent" : ", not coherent", .dim)
    case nil: return ""
    }
  }

  /// Tables still lead there, and no driver's buffer is there any more.
  func isGivenUp(_ range: MappedRange) -> Bool {
    guard case .device = holdings.owner else { return false }
    return !holdings.buffers.contains {
      // A buffer that begins inside a page has the whole of it.
      $0.iova.value & ~0xfff <= range.last && $0.last >= range.iova.value
    }
  }

  func prose(_ buffer: DomainHoldings.Buffer) -> Prose {
    var line = Prose("buffer  ", .dim) + Prose(buffer.name, .strong).padded(to: 12)
    line += Prose(" ") + Prose(buffer.iova.value.hex8, .iova)
    return line + Prose("  \(buffer.size.sizeText)", .text) + Prose("  \(buffer.words)", .dim)
  }

  func prose(_ waiting: DomainHoldings.Waiting) -> Prose {
    var line =
      Prose(waiting.isReachable ? "≠ " : "  ", .stale)
      + Prose("waits ", .dim) + Prose(waiting.buffer ?? "", .text).padded(to: 12)
    line += Prose(" ") + Prose(waiting.iova.value.hex8, .iova)
    line += Prose("  \(waiting.size.sizeText)", .text)
    line += Prose("  flushed at \(waiting.until.timeText)", .dim)
    return line
      + (waiting.isReachable
        ? Prose("; until then the TLB leads there", .stale) : Prose("; no TLB knows it", .dim))
  }

  func prose(_ slot: DomainHoldings.Slot) -> Prose {
    var line = Prose("slot    ", .dim) + Prose(slot.guest.hex8, .iova)
    line += Prose("  \(slot.size.sizeText)  → ", .text) + Prose(slot.host.hex8, .physical)
    return line + Prose("  in pages of \(slot.isHuge ? "2M" : "4K")", .dim)
  }
}
