package import IOMMUAPI
internal import IOMMUHardware
package import IOMMUModel

/// Operations as text: read and written. Reading what was written gives the same operation.
extension Operation {
  /// Reads one line of the language.
  ///
  /// - Throws: A mistake with its column. `expect` is no operation, and a mistake here.
  package init(parsing text: some StringProtocol) throws(ParseError) {
    guard var reader = try LineReader(Substring(text), line: 1) else {
      throw ParseError(line: 1, column: 1, "an operation is missing, like: alloc fb")
    }
    self = try Operation(&reader)
  }

  init(_ reader: inout LineReader) throws(ParseError) {
    switch reader.verb {
    case .use:
      let platform = try reader.name("PLATFORM")
      self = .use(platform: platform, isProbed: !reader.take("unprobed"))
    case .probe: self = .probe(reader.take("all") ? nil : try reader.name("NAME"))
    case .alloc:
      let name = try reader.name("DOMAIN")
      self =
        reader.isAtEnd
        ? .alloc(name) : .client(.allocFor(name, cookie: try reader.name("COOKIE")))
    case .free: self = .free(try reader.name("DOMAIN"))
    case .attach:
      self = .attach(domain: try reader.name("DOMAIN"), device: try reader.name("DEVICE"))
    case .detach:
      self = .detach(domain: try reader.name("DOMAIN"), device: try reader.name("DEVICE"))
    case .map:
      self = .map(
        domain: try reader.name("DOMAIN"), iova: try reader.number("IOVA"),
        physical: try reader.number("PA"), size: try reader.size("SIZE"),
        try reader.protection())
    case .unmap:
      self = .unmap(
        domain: try reader.name("DOMAIN"), iova: try reader.number("IOVA"),
        size: try reader.size("SIZE"))
    case .iovaToPhys:
      self = .iovaToPhys(domain: try reader.name("DOMAIN"), iova: try reader.number("IOVA"))
    case .read: self = .read(try Self.request(&reader, .read))
    case .write:
      var request = try Self.address(&reader, .write)
      let hasValue = reader.peek().map { UInt64(written: $0) != nil } ?? false
      let value = hasValue ? try reader.number("VALUE") : 0
      try Self.options(&reader, &request)
      self = .write(request, value: value)
    case .walk:
      var request = try Self.address(&reader, .read)
      if reader.take("w") { request.access = .write } else { _ = reader.take("r") }
      try Self.options(&reader, &request)
      self = .walk(request)
    case .dump: self = .dump(try Self.dump(&reader))
    case .writeWord:
      self = .writeWord(physical: try reader.number("PA"), value: try reader.number("VALUE"))
    case .readWord: self = .readWord(physical: try reader.number("PA"))
    case .reg:
      self = .register(
        iommu: try reader.name("IOMMU"), offset: try reader.number("OFFSET"),
        value: reader.isAtEnd ? nil : try reader.number("VALUE"))
    case .invalidate: self = try Self.invalidation(&reader)
    case .irq: self = .irq(try Self.interrupts(&reader))
    case .limit: self = try Self.limit(&reader)
    case .traffic:
      self = .traffic(device: try reader.name("DEVICE"), try Self.traffic(&reader))
    case .dmaMap, .dmaUnmap, .dmaMapSG, .dmaAlloc, .dmaFree, .dmaRelease, .dmaDomain, .mode, .wait,
      .vm, .memslot, .assign, .deassign, .vmFree, .design, .msmAlloc:
      self = .client(try ClientOperation(&reader))
    case .expect: throw reader.error("expect is about an operation above it in a script")
    }
    try reader.finish()
  }

  private static func request(
    _ reader: inout LineReader, _ access: Access
  ) throws(ParseError) -> DeviceRequest {
    var request = try address(&reader, access)
    try options(&reader, &request)
    return request
  }

  private static func address(
    _ reader: inout LineReader, _ access: Access
  ) throws(ParseError) -> DeviceRequest {
    DeviceRequest(
      device: try reader.name("DEVICE"), iova: try reader.number("IOVA"), access: access)
  }

  private static func options(
    _ reader: inout LineReader, _ request: inout DeviceRequest
  ) throws(ParseError) {
    if let word = reader.peek(), word.hasPrefix("mid=") {
      let written = word.dropFirst(4)
      guard let stream = UInt64(written: written) ?? SourceID(written).map({ UInt64($0.value) })
      else {
        throw reader.usageError(
          "\"\(word.shown)\" names no stream ID, which is like mid=2, or mid=00:19.0 on PCI")
      }
      _ = try reader.word("mid")
      request.stream = stream
    }
    request.isPrivileged = reader.take("priv")
  }

  private static func dump(_ reader: inout LineReader) throws(ParseError) -> Dump {
    if reader.take("faults") { return .faults }
    if reader.take("tlb") { return .tlb(try reader.name("IOMMU")) }
    return .object(try reader.name("DOMAIN or IOMMU"))
  }

  private static func invalidation(_ reader: inout LineReader) throws(ParseError) -> Operation {
    let target = try reader.bankName("IOMMU")
    let start = reader
    let scope: Scope
    switch (try reader.word("what to invalidate"), target.bank) {
    case ("all", _): scope = .all
    case ("vmid", nil): scope = .vmid(try reader.number("VMID"))
    case ("asid", _?): scope = .asid(try reader.number("ASID"))
    case ("va", _?):
      let address = try reader.number("IOVA")
      scope = .address(address, asid: reader.take("asid") ? try reader.number("ASID") : nil)
    case ("contexts", nil): scope = .contexts
    case ("domain", nil):
      let tag = try reader.number("a domain-id")
      scope = .domain(tag, address: reader.take("va") ? try reader.number("IOVA") : nil)
    case ("contexts", _?), ("domain", _?):
      throw start.usageError(
        "\(start.peek() ?? "") is about a whole IOMMU, like \(target.iommu)")
    case ("vmid", _?):
      throw start.usageError("vmid is about a whole IOMMU, like \(target.iommu)")
    case ("asid", nil), ("va", nil):
      throw start.usageError(
        "\(start.peek() ?? "") is about one context, like \(target.iommu)/0")
    case (let other, _):
      throw start.usageError(
        "\"\(other.shown)\" is nothing to invalidate")
    }
    return .invalidate(target, scope)
  }

  private static func interrupts(_ reader: inout LineReader) throws(ParseError) -> Interrupts {
    if reader.take("auto") { return .auto }
    if reader.take("hold") { return .hold }
    guard reader.take("run") else { throw reader.usageError("auto, hold or run is missing") }
    return .run(try reader.name("IOMMU"))
  }

  private static func traffic(_ reader: inout LineReader) throws(ParseError) -> Traffic {
    let start = reader
    let word = try reader.word("scan, blocks or random")
    guard let pattern = Traffic.Pattern(rawValue: String(word)) else {
      throw start.usageError("\"\(word.shown)\" is none of scan, blocks and random")
    }
    var traffic = Traffic(pattern, seed: 1, count: 100)
    while !reader.isAtEnd {
      if let seed = try reader.value(of: "seed") {
        traffic.seed = seed
      } else if let from = try reader.value(of: "from") {
        traffic.from = from
      } else if let count = try reader.value(of: "count") {
        traffic.count = count
      } else {
        break
      }
    }
    return traffic
  }

  private static func limit(_ reader: inout LineReader) throws(ParseError) -> Operation {
    guard reader.take("pages") else { throw reader.usageError("\"pages\" is missing") }
    return .limitPages(reader.take("none") ? nil : try reader.number("N"))
  }

  // MARK: Written

  /// The line that does this.
  package var text: String {
    words.map(\.text).joined(separator: " ")
  }

  /// The words of the line, each with what it is: views colour them by it.
  package var words: [Word] {
    let verb = Word(.verb, self.verb.rawValue)
    switch self {
    case .use(let platform, let isProbed):
      return [verb, Word(.name, platform)] + (isProbed ? [] : [Word(.option, "unprobed")])
    case .probe(let name): return [verb, Word(.device, name ?? "all")]
    case .alloc(let domain), .free(let domain): return [verb, Word(.domain, domain)]
    case .attach(let domain, let device), .detach(let domain, let device):
      return [verb, Word(.domain, domain), Word(.device, device)]
    case .map(let domain, let iova, let physical, let size, let protection):
      return [
        verb, Word(.domain, domain), Word(.iova, iova.hex8), Word(.physical, physical.hex8),
        Word(.option, size.sizeText), Word(.option, protection.text),
      ]
    case .unmap(let domain, let iova, let size):
      return [
        verb, Word(.domain, domain), Word(.iova, iova.hex8), Word(.option, size.sizeText),
      ]
    case .iovaToPhys(let domain, let iova):
      return [verb, Word(.domain, domain), Word(.iova, iova.hex8)]
    case .read(let request): return [verb] + request.words()
    case .write(let request, let value):
      return [verb] + request.words(value == 0 ? [] : [Word(.option, value.hex8)])
    case .walk(let request):
      return [verb] + request.words(request.access == .write ? [Word(.option, "w")] : [])
    case .dump(.object(let name)): return [verb, Word(.name, name)]
    case .dump(.tlb(let name)): return [verb, Word(.option, "tlb"), Word(.name, name)]
    case .dump(.faults): return [verb, Word(.option, "faults")]
    case .writeWord(let physical, let value):
      return [verb, Word(.physical, physical.hex8), Word(.option, value.hex8)]
    case .readWord(let physical): return [verb, Word(.physical, physical.hex8)]
    case .register(let iommu, let offset, let value):
      return [verb, Word(.name, iommu), Word(.option, offset.hex(digits: 5))]
        + (value.map { [Word(.option, $0.hex8)] } ?? [])
    case .invalidate(let target, let scope):
      return [verb, Word(.name, target.text)] + scope.words
    case .irq(.auto): return [verb, Word(.option, "auto")]
    case .irq(.hold): return [verb, Word(.option, "hold")]
    case .irq(.run(let iommu)): return [verb, Word(.option, "run"), Word(.name, iommu)]
    case .traffic(let device, let traffic):
      return [
        verb, Word(.device, device), Word(.option, traffic.pattern.rawValue),
        Word(.option, "seed=\(traffic.seed)"),
      ] + (traffic.from > 0 ? [Word(.option, "from=\(traffic.from)")] : [])
        + [Word(.option, "count=\(traffic.count)")]
    case .limitPages(let limit):
      return [verb, Word(.option, "pages"), Word(.option, limit.map { String($0) } ?? "none")]
    case .client(let operation): return [verb] + operation.words
    }
  }

  /// A word of a line, and what kind of thing it names.
  package struct Word: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case verb, name, domain, device, iova, physical, option
    }
    package let kind: Kind
    package let text: String

    init(_ kind: Kind, _ text: String) { (self.kind, self.text) = (kind, text) }
  }
}

extension Operation.DeviceRequest {
  func words(_ middle: [Operation.Word] = []) -> [Operation.Word] {
    var words = [Operation.Word(.device, device), Operation.Word(.iova, iova.hex8)] + middle
    if let stream { words.append(Operation.Word(.option, "mid=\(stream)")) }
    if isPrivileged { words.append(Operation.Word(.option, "priv")) }
    return words
  }
}

extension Operation.Scope {
  fileprivate var words: [Operation.Word] {
    switch self {
    case .all: [.init(.option, "all")]
    case .vmid(let vmid): [.init(.option, "vmid"), .init(.option, String(vmid))]
    case .asid(let asid): [.init(.option, "asid"), .init(.option, String(asid))]
    case .address(let address, let asid):
      [.init(.option, "va"), .init(.iova, address.hex8)]
        + (asid.map { [.init(.option, "asid"), .init(.option, String($0))] } ?? [])
    case .contexts: [.init(.option, "contexts")]
    case .domain(let tag, let address):
      [.init(.option, "domain"), .init(.option, String(tag))]
        + (address.map { [.init(.option, "va"), .init(.iova, $0.hex8)] } ?? [])
    }
  }
}

extension Protection {
  /// As a person writes it: letters where they say it all, else the kernel's number.
  package var text: String {
    guard rawValue > 0, rawValue < 8 else { return String(rawValue) }
    return (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "")
      + (contains(.cache) ? "c" : "")
  }
}

extension UInt64 {
  /// As many hex digits as it takes, after `0x`.
  package var hex: String { "0x" + String(self, radix: 16) }

  /// At least eight hex digits, as addresses and registers are written.
  package var hex8: String { hex(digits: 8) }

  package func hex(digits: Int) -> String {
    let text = String(self, radix: 16)
    return "0x" + String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
  }

  /// A size as a person writes it: 4K, 64K, 1M, or plain bytes in hex.
  package var sizeText: String {
    for (unit, letter) in [(UInt64(1) << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
    where self >= unit && self % unit == 0 {
      return "\(self / unit)\(letter)"
    }
    return self < 10 ? String(self) : hex
  }
}

extension UInt32 {
  package var hex8: String { UInt64(self).hex8 }
}
