internal import IOMMUAPI
internal import IOMMULab
internal import IOMMUModel

/// Which words fit next on a line of the language, for completion and for the hint beside it.
struct Completion {
  let machine: Machine
  let registers: RegisterMap
  /// The files whose paths begin like a text.
  var paths: @Sendable (String) -> [String] = { _ in [] }

  /// What fits after `before`, which ends where the next word begins: of what was typed of it, the
  /// beginning.
  func candidates(after before: String, typed: String = "") -> [Suggestion] {
    let words = before.split(separator: " ").map(String.init)
    guard let first = words.first else {
      let verbs = Verb.allCases.filter { $0 != .expect }.map {
        Suggestion($0.rawValue, Prose($0.purpose))
      }
      let commands = SessionCommand.Verb.allCases.map {
        Suggestion($0.rawValue, Prose($0.purpose))
      }
      return (verbs + commands).filter { $0.text.hasPrefix(typed) }
    }
    if let verb = SessionCommand.verb(first[...]) {
      return verb == .reset || words.count > 1
        ? []
        : (verb == .open ? Shipped.suggestions(for: typed) : [])
          + paths(typed).filter { $0.hasPrefix(typed) }.map { Suggestion($0) }
    }
    guard let verb = Verb(rawValue: first) else { return [] }
    return all(verb, Array(words.dropFirst())).filter { $0.begins(with: typed) }
  }

  private func all(_ verb: Verb, _ words: [String]) -> [Suggestion] {
    guard let form = VerbForm.of(verb) else { return named(verb, words.count + 1) }
    let surroundings = Surroundings(machine, registers, tables: form.looksAtTables(words.count))
    var contents = FormContents(form)
    var words = words[...]
    for (index, field) in form.fields.enumerated() {
      guard let word = words.first else {
        return suggestions(from: index, contents, surroundings)
      }
      if field.isSeveralWords {
        return laterWords(of: field, Array(words), contents, surroundings)
      }
      if Self.takes(word, field, &contents.values[index]) { words.removeFirst() }
      // A prefix of two words stands before its word.
      if field.prefix.hasSuffix(" "), word + " " == field.prefix {
        words.removeFirst()
        return surroundings.suggestions(for: field, in: contents)
      }
    }
    return []
  }

  /// A word stands for a field: any does, but those that may be left out want their own.
  private static func takes(_ word: String, _ field: FormField, _ value: inout String) -> Bool {
    if case .flag(let flag) = field.kind {
      guard word == flag else { return false }
      value = word
      return true
    }
    guard field.prefix.isEmpty || word.hasPrefix(field.prefix) else { return false }
    switch field.kind {
    case .memory, .size:
      if field.isOptional, word.first?.isNumber != true { return false }
    default: break
    }
    if case .choice(let words) = field.kind, !words.contains(word) { return false }
    if field.kind == .value, field.isOptional, UInt64(number: word) == nil { return false }
    value = String(word.dropFirst(field.prefix.count))
    return true
  }

  /// What fits at a field, and as long as fields may be left out, at those after it.
  private func suggestions(
    from index: Int, _ contents: FormContents, _ surroundings: Surroundings
  ) -> [Suggestion] {
    var found: [Suggestion] = []
    for field in contents.fields[index...] {
      if field.prefix.hasSuffix(" ") {
        found.append(Suggestion(String(field.prefix.dropLast())))
      } else if case .flag(let word) = field.kind {
        found.append(Suggestion(word))
      } else {
        found += surroundings.suggestions(for: field, in: contents).map {
          // Several words come one after the other.
          let words = $0.text.split(separator: " ")
          return Suggestion(
            field.prefix + String(field.isSeveralWords ? words.first ?? "" : $0.text[...]),
            field.isSeveralWords && words.count > 1 ? "" : $0.note, name: $0.name)
        }
      }
      if !field.isOptional { break }
    }
    return found.withoutRepeats
  }

  /// The next word of a field that has several.
  private func laterWords(
    of field: FormField, _ words: [String], _ contents: FormContents, _ surroundings: Surroundings
  ) -> [Suggestion] {
    let head = words.joined(separator: " ") + " "
    let found = surroundings.suggestions(for: field, in: contents).compactMap {
      $0.text.hasPrefix(head)
        ? Suggestion(String($0.text.dropFirst(head.count)), $0.note) : nil
    }
    if !found.isEmpty { return found }
    let after = contents.fields.firstIndex(of: field).map { $0 + 1 } ?? contents.fields.count
    guard after < contents.fields.count else { return [] }
    return suggestions(from: after, contents, surroundings)
  }

  // MARK: Verbs without a form

  /// By the words of the usage alone.
  private func named(_ verb: Verb, _ place: Int) -> [Suggestion] {
    let places = machine.words.usage(of: verb).split(separator: " ")
    guard places.indices.contains(place) else { return [] }
    let surroundings = Surroundings(machine, registers, tables: false)
    let words: [String] =
      switch places[place] {
      case "DOMAIN", "[DOMAIN]": surroundings.domains
      case "DEVICE", "CONTEXT": surroundings.requesters.map(\.name)
      case "VM": machine.guestNames
      case "NAME": machine.bufferNames
      case "[DIRECTION]": ["to", "from", "both"]
      case "TIME": ["10ms"]
      case "IOMMU", "[IOMMU]": surroundings.iommus
      case "SIZE": surroundings.pageSizes.map(\.sizeText)
      case "PROT": ["rw", "r", "w", "rwc"]
      case let other where other.contains("|") || other.contains("["):
        // Small letters are words of the language, capitals stand for something.
        other.split { "|[]".contains($0) }.map(String.init).filter { $0 == $0.lowercased() }
      default: []
      }
    return words.map { Suggestion($0) }
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

  private func line(_ verb: Verb) -> String {
    "\(machine.words.usage(of: verb))   \(verb.purpose)"
  }
}

extension VerbForm {
  /// What fits after so many words depends on what is mapped.
  fileprivate func looksAtTables(_ words: Int) -> Bool {
    guard words < fields.count else { return false }
    return switch fields[words].kind {
    case .domain, .iova, .memory, .size: true
    default: false
    }
  }
}

extension [Suggestion] {
  /// The first of each text.
  fileprivate var withoutRepeats: [Suggestion] {
    var known: Set<String> = []
    return filter { known.insert($0.text).inserted }
  }
}
