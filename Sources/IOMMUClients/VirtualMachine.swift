package import IOMMUAPI

/// A guest, as far as device assignment knows it: `struct kvm`.
package struct VirtualMachine: Hashable, Sendable {
  /// A run of guest memory, and where the host keeps it.
  package struct Slot: Hashable, Sendable {
    /// The host backs it with pages of 2M, else of 4K.
    package let isHuge: Bool
    package let guest: UInt64
    package let host: UInt64
    package let size: UInt64
  }

  package let name: String
  /// A domain that platform code made for it; then nothing is allocated.
  package let given: DomainID?
  package internal(set) var isAlive = true
  /// 1 domain = 1 guest; nil until the first device is assigned.
  package private(set) var domain: DomainID?
  package internal(set) var slots: [Slot] = []
  package internal(set) var devices: [DeviceID] = []
  /// Mappings look into the CPU's caches, as the first device's IOMMU said that they can.
  package internal(set) var isCoherent = false
  /// The host's pages that may not be swapped out for it.
  package internal(set) var pins = PinnedPages()
  /// How many pages were unpinned that it had not pinned.
  package internal(set) var unpinnedForeign: UInt64 = 0

  init(name: String, given: DomainID?) { (self.name, self.given) = (name, given) }

  mutating func setDomain(_ number: UInt32) {
    domain = number == 0 ? nil : DomainID(Int(number) - 1)
  }
}

/// How often each page frame is pinned, as runs of equal counts.
package struct PinnedPages: Hashable, Sendable {
  private struct Run: Hashable, Sendable {
    var start: UInt64
    var end: UInt64
    var count: Int64
  }

  /// Ascending, none empty, none of count 0, neighbours differ.
  private var runs: [Run] = []

  /// How many pins there are.
  package var total: UInt64 { runs.reduce(0) { $0 + ($1.end - $1.start) * UInt64($1.count) } }

  /// Where the runs of a range end, and whether each of them is pinned.
  func parts(_ frame: UInt64, _ pages: UInt64) -> [(frame: UInt64, pages: UInt64, isPinned: Bool)] {
    let end = frame.addingReportingOverflow(pages).overflow ? UInt64.max : frame + pages
    var parts: [(frame: UInt64, pages: UInt64, isPinned: Bool)] = []
    var next = frame
    for run in runs[first(after: frame)...] {
      guard next < end, run.start < end else { break }
      if run.start > next { parts.append((next, run.start - next, false)) }
      let start = max(run.start, next)
      let stop = min(run.end, end)
      if let last = parts.last, last.isPinned, last.frame + last.pages == start {
        parts[parts.count - 1].pages += stop - start
      } else {
        parts.append((start, stop - start, true))
      }
      next = stop
    }
    if next < end { parts.append((next, end - next, false)) }
    return parts
  }

  /// The index of the first run that ends after a frame.
  private func first(after frame: UInt64) -> Int {
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].end <= frame { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Counts a range up or down.
  mutating func add(_ frame: UInt64, _ pages: UInt64, _ delta: Int64) {
    guard pages > 0 else { return }
    let end = frame &+ pages
    split(at: frame)
    split(at: end)
    var fresh: [Run] = []
    var next = frame
    let from = first(after: frame)
    var to = from
    while to < runs.count, runs[to].start < end {
      if runs[to].start > next { fresh.append(Run(start: next, end: runs[to].start, count: delta)) }
      fresh.append(
        Run(start: runs[to].start, end: runs[to].end, count: runs[to].count + delta))
      next = runs[to].end
      to += 1
    }
    if next < end { fresh.append(Run(start: next, end: end, count: delta)) }
    fresh.removeAll { $0.count == 0 }
    runs.replaceSubrange(from..<to, with: fresh)
    join(max(0, from - 1)...(from + fresh.count))
  }

  private mutating func split(at frame: UInt64) {
    let index = first(after: frame)
    guard index < runs.count, runs[index].start < frame else { return }
    runs.insert(Run(start: frame, end: runs[index].end, count: runs[index].count), at: index + 1)
    runs[index].end = frame
  }

  private mutating func join(_ range: ClosedRange<Int>) {
    for index in range.reversed() where index > 0 && index < runs.count {
      if runs[index - 1].end == runs[index].start, runs[index - 1].count == runs[index].count {
        runs[index - 1].end = runs[index].end
        runs.remove(at: index)
      }
    }
  }
}
