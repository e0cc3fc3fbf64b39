internal import IOMMUClients
internal import IOMMUModel
internal import IOMMUValues

/// The clients' operations as text: read and written.
extension ClientOperation {
  init(_ reader: inout LineReader) throws(ParseError) {
    switch reader.verb {
    case .dmaMap:
      self = .dmaMap(
        device: try reader.name("DEVICE"), name: try reader.name("NAME"),
        physical: try reader.number("PA"), size: try reader.size("SIZE"),
        try reader.direction())
    case .dmaUnmap:
      let (device, name) = (try reader.name("DEVICE"), try reader.name("NAME"))
      let isSize = reader.peek().map { $0.first?.isNumber ?? false } ?? false
      let size = isSize ? try reader.size("SIZE") : nil
      self = .dmaUnmap(
        device: device, name: name, size: size, reader.isAtEnd ? nil : try reader.direction())
    case .dmaMapSG:
      let (device, name) = (try reader.name("DEVICE"), try reader.name("NAME"))
      var pieces: [MemoryPiece] = []
      repeat {
        let physical = try reader.number("PA")
        pieces.append(MemoryPiece(physical: physical, size: try reader.size("SIZE")))
      } while reader.peek().map { $0.first?.isNumber ?? false } ?? false
      self = .dmaMapScattered(
        device: device, name: name, pieces, try reader.direction())
    case .dmaAlloc:
      self = .dmaAlloc(
        device: try reader.name("DEVICE"), name: try reader.name("NAME"),
        size: try reader.size("SIZE"))
    case .dmaFree: self = .dmaFree(device: try reader.name("DEVICE"), name: try reader.name("NAME"))
    case .dmaRelease: self = .dmaRelease(device: try reader.name("DEVICE"))
    case .dmaDomain:
      self = .dmaDomain(device: try reader.name("DEVICE"), domain: try reader.name("DOMAIN"))
    case .mode:
      if reader.take("lazy") {
        self = .mode(isLazy: true)
      } else if reader.take("strict") {
        self = .mode(isLazy: false)
      } else {
        throw reader.usageError("strict or lazy is missing")
      }
    case .wait: self = .wait(microseconds: try reader.time("TIME"))
    case .vm:
      let name = try reader.name("NAME")
      self = .vm(name, domain: reader.isAtEnd ? nil : try reader.name("DOMAIN"))
    case .memslot:
      let (vm, guest) = (try reader.name("VM"), try reader.number("GPA"))
      let (host, size) = (try reader.number("PA"), try reader.size("SIZE"))
      let isHuge = reader.take("pages=2M")
      if !isHuge { _ = reader.take("pages=4K") }
      self = .memslot(vm: vm, guest: guest, host: host, size: size, isHuge: isHuge)
    case .assign: self = .assign(vm: try reader.name("VM"), device: try reader.name("DEVICE"))
    case .deassign:
      self = .deassign(vm: try reader.name("VM"), device: try reader.name("DEVICE"))
    case .vmFree: self = .vmFree(try reader.name("VM"))
    case .design:
      guard let word = reader.peek(), let design = Design.allCases.first(where: { $0.name == word })
      else { throw reader.usageError("a, b or c is missing") }
      _ = try reader.word("a design")
      self = .design(design)
    case .msmAlloc:
      self = .msmAlloc(try reader.name("DOMAIN"), context: try reader.name("CONTEXT"))
    default: throw reader.usageError("\"\(reader.verb.rawValue)\" is none of the clients' verbs")
    }
  }

  /// The words after the verb.
  var words: [Operation.Word] {
    typealias Word = Operation.Word
    switch self {
    case .dmaMap(let device, let name, let physical, let size, let direction):
      return [
        Word(.device, device), Word(.name, name), Word(.physical, physical.hex8),
        Word(.option, size.sizeText), Word(.option, direction.name),
      ]
    case .dmaUnmap(let device, let name, let size, let direction):
      return [Word(.device, device), Word(.name, name)]
        + (size.map { [Word(.option, $0.sizeText)] } ?? [])
        + (direction.map { [Word(.option, $0.name)] } ?? [])
    case .dmaMapScattered(let device, let name, let pieces, let direction):
      return [Word(.device, device), Word(.name, name)]
        + pieces.flatMap { [Word(.physical, $0.physical.hex8), Word(.option, $0.size.sizeText)] }
        + [Word(.option, direction.name)]
    case .dmaAlloc(let device, let name, let size):
      return [Word(.device, device), Word(.name, name), Word(.option, size.sizeText)]
    case .dmaFree(let device, let name): return [Word(.device, device), Word(.name, name)]
    case .dmaRelease(let device): return [Word(.device, device)]
    case .dmaDomain(let device, let domain): return [Word(.device, device), Word(.domain, domain)]
    case .mode(let isLazy): return [Word(.option, isLazy ? "lazy" : "strict")]
    case .wait(let microseconds): return [Word(.option, microseconds.timeText)]
    case .vm(let name, let domain):
      return [Word(.name, name)] + (domain.map { [Word(.domain, $0)] } ?? [])
    case .memslot(let vm, let guest, let host, let size, let isHuge):
      return [
        Word(.name, vm), Word(.iova, guest.hex8), Word(.physical, host.hex8),
        Word(.option, size.sizeText),
      ] + (isHuge ? [Word(.option, "pages=2M")] : [])
    case .assign(let vm, let device), .deassign(let vm, let device):
      return [Word(.name, vm), Word(.device, device)]
    case .vmFree(let vm): return [Word(.name, vm)]
    case .design(let design): return [Word(.option, design.name)]
    case .allocFor(let domain, let device), .msmAlloc(let domain, let device):
      return [Word(.domain, domain), Word(.device, device)]
    }
  }
}

extension LineReader {
  /// Which way data go: to the device, from it, or both.
  fileprivate mutating func direction() throws(ParseError) -> DMADirection {
    let start = self
    let text = try word("to, from or both")
    guard let direction = DMADirection.allCases.first(where: { $0.name == text }) else {
      throw start.usageError("\"\(text.shown)\" is none of to, from and both")
    }
    return direction
  }

  /// A time like 10ms, in microseconds.
  fileprivate mutating func time(_ what: String) throws(ParseError) -> UInt64 {
    let start = self
    let text = try word(what)
    for (unit, factor) in [("us", UInt64(1)), ("ms", 1000), ("s", 1_000_000)]
    where text.hasSuffix(unit) {
      guard let number = UInt64(written: text.dropLast(unit.count)) else { break }
      let (time, isTooMuch) = number.multipliedReportingOverflow(by: factor)
      return isTooMuch ? .max : time
    }
    throw start.usageError(
      "\"\(text.shown)\" is no time; a number with us, ms or s is right, like 10ms")
  }
}

extension UInt64 {
  /// Microseconds as a person writes them.
  package var timeText: String {
    if self > 0, self % 1_000_000 == 0 { return "\(self / 1_000_000)s" }
    if self > 0, self % 1000 == 0 { return "\(self / 1000)ms" }
    return "\(self)us"
  }
}
