internal import IOMMULab
internal import IOMMUModel

/// The words of an operation as far as they are there, each with the field that it belongs to.
struct FormContents: Hashable, Sendable {
  let verb: Verb
  let fields: [FormField]
  var values: [String]

  init(_ form: VerbForm) {
    (verb, fields) = (form.verb, form.fields)
    values = fields.map { _ in "" }
  }

  /// The line of the language that the words make.
  var line: String {
    let words = zip(fields, values).compactMap { field, value in
      value.isEmpty ? nil : field.prefix + value
    }
    return ([verb.rawValue] + words).joined(separator: " ")
  }

  private func value(where fits: (FormField.Kind) -> Bool) -> String? {
    fields.firstIndex { fits($0.kind) }.map { values[$0] }.flatMap { $0.isEmpty ? nil : $0 }
  }

  // MARK: What other fields go by

  /// The domain that is operated on; for a device, the one it is attached to.
  func domain(in surroundings: Surroundings) -> String? {
    if let name = value(where: { $0 == .domain }) { return name }
    return device.flatMap { surroundings.device(named: $0) }.flatMap {
      surroundings.domain(of: $0)
    }
  }

  var device: String? {
    value { if case .device = $0 { true } else { false } }
  }

  var guest: String? { value { $0 == .guest } }

  /// A driver's buffer may begin and end anywhere.
  var isOfDriver: Bool {
    [.dmaMap, .dmaUnmap, .dmaMapSG, .dmaAlloc].contains(verb)
  }

  var iommu: String? { value { $0 == .iommu } }

  var bank: String? { value { $0 == .bank } }

  var size: UInt64? {
    value { if case .size = $0 { true } else { false } }.flatMap { UInt64(sizeText: $0) }
  }

  var iova: UInt64? {
    value { if case .iova = $0 { true } else { false } }.flatMap { UInt64(number: $0) }
  }

  var memory: UInt64? { value { $0 == .memory }.flatMap { UInt64(number: $0) } }

  var word: UInt64? { value { $0 == .word }.flatMap { UInt64(number: $0) } }

  var offset: UInt64? { value { $0 == .offset }.flatMap { UInt64(number: $0) } }
}

/// Something that would fit into a field.
struct Suggestion: Hashable, Sendable {
  let text: String
  /// What it is, or why it fits.
  let note: Prose
  /// Another name of it that may be typed: a register's.
  let name: String

  init(_ text: String, _ note: Prose = "", name: String = "") {
    (self.text, self.note, self.name) = (text, note, name)
  }

  /// It begins with what was typed, or its other name does.
  func begins(with typed: String) -> Bool {
    typed.isEmpty || text.hasPrefix(typed) || name.lowercased().hasPrefix(typed.lowercased())
  }
}
