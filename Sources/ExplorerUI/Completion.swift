internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// Which words fit next on a line of the language, for completion and for the hint beside it.
struct Completion {
  let machine: Machine
  let platforms: [String]
  /// The files whose paths begin like a text.
  var paths: @Sendable (String) -> [String] = { _ in [] }

  /// The words that fit after `before`, which ends where the next word begins.
  ///
  /// `typed` is what there is of that word.
  func words(after before: String, typed: String = "") -> [String] {
    let words = before.split(separator: " ")
    guard let first = words.first else {
      return Verb.allCases.filter { $0 != .expect }.map(\.rawValue) + SessionCommand.words
    }
    if let verb = SessionCommand.verb(first) {
      return verb == .reset || words.count > 1 ? [] : paths(typed)
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
    if let verb = SessionCommand.verb(first) { return "\(verb.usage)   \(verb.purpose)" }
    let fitting = Verb.allCases.filter { $0 != .expect && $0.rawValue.hasPrefix(first) }
    let commands = SessionCommand.Verb.allCases.filter { $0.rawValue.hasPrefix(first) }
    if fitting.count == 1, commands.isEmpty { return line(fitting[0]) }
    if commands.count == 1, fitting.isEmpty {
      return "\(commands[0].usage)   \(commands[0].purpose)"
    }
    let names = fitting.map(\.rawValue) + commands.map(\.rawValue)
    return names.isEmpty ? "no operation begins like this" : names.joined(separator: "  ")
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
