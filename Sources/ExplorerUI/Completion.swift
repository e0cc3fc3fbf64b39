internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// Which words fit next on a line of the language, for completion and for the hint beside it.
struct Completion {
  let machine: Machine
  let platforms: [String]

  /// The words that fit after `before`, which ends where the next word begins.
  func words(after before: String) -> [String] {
    let words = before.split(separator: " ")
    guard let first = words.first else {
      return Verb.allCases.filter { $0 != .expect }.map(\.rawValue)
    }
    guard let verb = Verb(rawValue: String(first)) else { return [] }
    let places = machine.words.usage(of: verb).split(separator: " ")
    guard words.count < places.count else { return [] }
    return names(for: places[words.count])
  }

  private func names(for place: Substring) -> [String] {
    let system = machine.system
    let domains = machine.liveDomains.map { system.name(of: $0) }
    let iommus = system.devices.filter { $0.parent == nil }.map(\.name)
    let banks = machine.board.iommus.flatMap { unit in
      (0..<unit.bankPages).map { "\(unit.name)/\($0)" }
    }
    let devices = system.devices.filter { $0.parent != nil }.map(\.name)
    return switch place {
    case "PLATFORM": platforms
    case "[unprobed]": ["unprobed"]
    case "DOMAIN": domains
    case "DEVICE": devices
    case "NAME|all": ["all"] + iommus + devices
    case "DOMAIN|IOMMU|tlb|faults": domains + iommus + ["tlb", "faults"]
    case "IOMMU", "[IOMMU]": iommus
    case "IOMMU[/CONTEXT]": iommus + banks
    case "all|vmid|asid|va", "all|contexts|domain": machine.words.invalidations
    case "scan|blocks|random": ["scan", "blocks", "random"]
    case "auto|hold|run": ["auto", "hold", "run"]
    case "pages": ["pages"]
    case "N|none": ["none"]
    case "SIZE": sizes.map(\.sizeText)
    case "PROT": ["rw", "r", "w", "rwc"]
    case "[r|w]": ["r", "w"]
    default: []
    }
  }

  /// How the line being typed is written, as far as its verb is known.
  func hint(for text: String) -> String {
    guard let first = text.split(separator: " ").first else {
      return "an operation, like: " + machine.words.usage(of: .map)
    }
    if let verb = Verb(rawValue: String(first)) { return line(verb) }
    let fitting = Verb.allCases.filter { $0 != .expect && $0.rawValue.hasPrefix(first) }
    if fitting.count == 1 { return line(fitting[0]) }
    return fitting.isEmpty
      ? "no operation begins like this" : fitting.map(\.rawValue).joined(separator: "  ")
  }

  /// The sizes of pages that tables have, the smallest first.
  private var sizes: [UInt64] {
    let sizes = machine.platform.format.pageSizes
    return (0..<64).map { UInt64(1) << UInt64($0) }.filter { sizes.contains(bytes: $0) }
  }

  private func line(_ verb: Verb) -> String {
    "\(machine.words.usage(of: verb))   \(verb.purpose)"
  }
}
