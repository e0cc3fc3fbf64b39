internal import IOMMUAPI
internal import IOMMUHardware

/// What forms say beside the things that are to be done.
extension FamilyWords {
  /// What becomes of a mapping when something else is mapped at its address.
  package var mappedTwice: String {
    switch family {
    case .msm: "would be overwritten"
    case .vtd: "keeps what it has"
    }
  }

  /// What the driver makes of the kernel's `prot`.
  package func protection(_ text: String) -> Prose {
    guard let number = Self.protectionNumber(text) else { return "" }
    switch family {
    case .msm:
      let policies = [
        "non-cached", "write-back, allocates on writes", "write-back", "write-through",
      ]
      return Prose(
        "This driver reads prot \(number) as a cache policy (\(policies[Int(number & 3)])). "
          + "Every mapping it makes can be read and written.")
    case .vtd:
      let rights = ["nothing, and refuses it", "reading", "writing", "reading and writing"]
      return Prose(
        "prot \(number) allows \(rights[Int(number & 3)])"
          + (number & 4 != 0 ? "; c makes the request look into the CPU's caches." : "."))
    }
  }

  /// The kernel's number of what a person writes for `prot`.
  package static func protectionNumber(_ text: String) -> UInt32? {
    guard !text.contains(where: { $0 == " " || $0 == "#" }),
      case .map(_, _, _, _, let protection)? = try? Operation(parsing: "map x 0 0 0 \(text)")
    else { return nil }
    return protection.rawValue
  }
}

extension UInt64 {
  /// A number of bytes as the language has it: `64K`; nil for what it does not read as one.
  package init?(sizeText text: String) {
    guard !text.contains(where: { $0 == " " || $0 == "#" }),
      case .unmap(_, _, let size)? = try? Operation(parsing: "unmap x 0 \(text)")
    else { return nil }
    self = size
  }
}
