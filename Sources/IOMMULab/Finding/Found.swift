package import IOMMUHardware

/// Something that answers what was typed, and where to go for it.
package struct Found: Hashable, Sendable {
  package enum Group: String, Hashable, Sendable, CaseIterable {
    case things, addresses, registers, operations
  }

  /// Where it is.
  package enum Place: Hashable, Sendable {
    /// A domain, a device or an IOMMU.
    case named(String)
    /// A context, also one that no device stands for.
    case bank(iommu: Int, bank: Int)
    /// What a domain maps at an address of a device.
    case mapping(domain: String, IOVA)
    /// A word of a page table.
    case tableWord(PhysicalAddress)
    case register(iommu: Int, offset: UInt32)
    /// An operation of the timeline, by its place in it.
    case operation(Int)
  }

  package let group: Group
  /// What it is, in a word: `domain`, `register`.
  package let kind: String
  package let name: Prose
  /// The characters of the name that answer the query.
  package let marked: [Int]
  /// What else there is to say.
  package let detail: Prose
  package let place: Place
  let cost: Int
}

/// What answers a query, the best first.
package struct FoundGroup: Hashable, Sendable {
  package let group: Found.Group
  package let found: [Found]
  /// How many more there are.
  package let more: Int
  /// What could not be found, or was not looked at yet.
  package let notes: [Prose]

  /// The `limit` best of what was found.
  init(_ group: Found.Group, _ all: [Found], limit: Int, more: Int = 0, notes: [Prose] = []) {
    self.group = group
    // Equal ones stay in their order.
    let sorted = all.enumerated().sorted {
      ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
    }
    found = sorted.prefix(limit).map(\.element)
    self.more = max(0, all.count - limit) + more
    self.notes = notes
  }

  var cost: Int { found.first?.cost ?? .max }
}
