internal import IOMMUAPI
package import IOMMUHardware
internal import IOMMUModel

/// Something about a machine that a lesson aims at.
package enum Condition: Hashable, Sendable {
  case translates(device: String, iova: UInt64, Access, to: UInt64)
  case faults(device: String, iova: UInt64, Access, FaultKind?)
  case bypasses(device: String, iova: UInt64)
  case exists(domain: String)
  case isGone(domain: String)
  case isAttached(device: String, domain: String)
  case isDetached(device: String)
  case maps(domain: String, iova: UInt64, to: UInt64, by: UInt64?)
  case leavesUnmapped(domain: String, iova: UInt64)
  case mostTables(domain: String, UInt64)
  case word(UInt64, is: UInt64)
  case register(iommu: String, offset: UInt64, is: UInt64, mask: UInt64)
  case mostStaleEntries(UInt64)
  case mostProblems(UInt64)
  case mostOperations(UInt64)
}

extension Condition {
  /// Reads a condition as people write it.
  init(_ reader: inout WordReader) throws(ParseError) {
    if reader.take("at", "most") {
      self = try Self.limit(&reader)
    } else if reader.take("word") {
      let address = try reader.number("ADDRESS")
      try Self.expect("is", &reader)
      self = .word(address, is: try reader.number("VALUE"))
    } else if reader.take("register") {
      let iommu = try reader.word("IOMMU")
      let offset = try reader.number("OFFSET")
      try Self.expect("is", &reader)
      let value = try reader.number("VALUE")
      let mask = reader.take("mask") ? try reader.number("MASK") : UInt64(UInt32.max)
      self = .register(iommu: iommu, offset: offset, is: value, mask: mask)
    } else {
      self = try Self.sentence(&reader)
    }
    try reader.finish()
  }

  private static func expect(_ word: String, _ reader: inout WordReader) throws(ParseError) {
    guard reader.take(word) else { throw reader.error("\"\(word)\" is missing here") }
  }

  private static func limit(_ reader: inout WordReader) throws(ParseError) -> Condition {
    let count = try reader.number("a count")
    if reader.take("stale", "entries") || reader.take("stale", "entry") {
      return .mostStaleEntries(count)
    }
    if reader.take("problems") || reader.take("problem") { return .mostProblems(count) }
    if reader.take("operations") || reader.take("operation") { return .mostOperations(count) }
    throw reader.error("what is limited is one of: stale entries, problems, operations")
  }

  /// A sentence that begins with a name.
  private static func sentence(_ reader: inout WordReader) throws(ParseError) -> Condition {
    let name = try reader.word("a condition")
    if reader.take("reads") { return try translation(name, .read, &reader) }
    if reader.take("writes") { return try translation(name, .write, &reader) }
    if reader.take("faults") {
      try expect("at", &reader)
      let iova = try reader.number("IOVA")
      let access: Access = reader.take("write") ? .write : .read
      if access == .read { _ = reader.take("read") }
      guard !reader.isAtEnd else { return .faults(device: name, iova: iova, access, nil) }
      let start = reader
      let word = try reader.word("a kind of fault")
      guard let kind = FaultKind.allCases.first(where: { $0.name == word }) else {
        throw start.error(
          "no fault is called \"\(word.shown)\"; there are: "
            + FaultKind.allCases.map(\.name).joined(separator: ", "))
      }
      return .faults(device: name, iova: iova, access, kind)
    }
    if reader.take("bypasses", "at") {
      return .bypasses(device: name, iova: try reader.number("IOVA"))
    }
    if reader.take("exists") { return .exists(domain: name) }
    if reader.take("is", "gone") { return .isGone(domain: name) }
    if reader.take("is", "attached", "to") {
      return .isAttached(device: name, domain: try reader.word("DOMAIN"))
    }
    if reader.take("is", "detached") { return .isDetached(device: name) }
    if reader.take("maps") {
      let iova = try reader.number("IOVA")
      try expect("to", &reader)
      let physical = try reader.number("PA")
      let size = reader.take("by") ? try reader.number("SIZE") : nil
      return .maps(domain: name, iova: iova, to: physical, by: size)
    }
    if reader.take("leaves") {
      let iova = try reader.number("IOVA")
      try expect("unmapped", &reader)
      return .leavesUnmapped(domain: name, iova: iova)
    }
    if reader.take("has", "at", "most") {
      let count = try reader.number("a count")
      guard reader.take("tables") || reader.take("table") else {
        throw reader.error("\"tables\" is missing here")
      }
      return .mostTables(domain: name, count)
    }
    throw reader.error(
      "no condition begins so; right is like: mdp_vg1 reads 0x10000000 as 0x60000000")
  }

  private static func translation(
    _ name: String, _ access: Access, _ reader: inout WordReader
  ) throws(ParseError) -> Condition {
    let iova = try reader.number("IOVA")
    try expect("as", &reader)
    return .translates(device: name, iova: iova, access, to: try reader.number("PA"))
  }
}
