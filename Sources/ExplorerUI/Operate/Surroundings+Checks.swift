internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What there is to say about a word that was typed into a field.
enum FieldCheck: Hashable, Sendable {
  case fine(Prose)
  /// It can be done, but is perhaps not what one wants.
  case warning(Prose)
  /// It cannot be done as it is; says what would be right.
  case wrong(String)

  var isWrong: Bool { if case .wrong = self { true } else { false } }
}

/// Whether what was typed fits, and what would.
extension Surroundings {
  func check(_ index: Int, of contents: FormContents) -> FieldCheck {
    let field = contents.fields[index]
    let text = contents.values[index]
    if text.isEmpty { return field.isOptional ? .fine("may be left out") : .wrong("is missing") }
    switch field.kind {
    case .domain: return checkDomain(text)
    case .newDomain:
      return isFree(name: text)
        ? checkWords(contents, "not used yet") : .wrong("\(text.shown) exists already")
    case .device(let which): return checkDevice(text, which, contents)
    case .iommu:
      return iommu(named: text) == nil ? .wrong("there is no IOMMU \(text.shown)") : .fine("")
    case .iova(let which): return checkIOVA(text, which, contents)
    case .memory: return checkMemory(text, contents)
    case .word: return checkWord(text)
    case .size: return checkSize(text, contents)
    case .protection:
      guard let number = FamilyWords.protectionNumber(text) else {
        return .wrong("any of r w c, or the kernel's number")
      }
      return .fine("prot \(Int(number))")
    case .offset: return checkOffset(text, contents)
    case .value: return checkValue(text, contents)
    case .choice(let words):
      return words.contains(text) ? .fine("") : .wrong("one of " + words.joined(separator: ", "))
    case .number: return checkNumber(text, field, contents)
    case .bank, .unprobed, .words, .newBuffer, .newGuest, .time:
      return checkWords(contents, "")
    case .flag: return .fine("")
    case .buffer:
      return machine.bufferNames.contains(text)
        ? .fine("") : .wrong("there is no buffer \(text.shown)")
    case .guest:
      return machine.guestNames.contains(text)
        ? .fine("") : .wrong("there is no guest \(text.shown)")
    case .guestAddress:
      return UInt64(number: text) == nil
        ? .wrong("no number: 0x and hex digits, or decimal") : .fine("")
    case .cookie:
      return machine.unusualState.contains("design a")
        ? .fine("") : .wrong("only under design a")
    }
  }

  /// Lets the language itself say whether the whole line can be read.
  private func checkWords(_ contents: FormContents, _ note: Prose) -> FieldCheck {
    do throws(ParseError) {
      _ = try Operation(parsing: contents.line)
      return .fine(note)
    } catch {
      return .wrong(error.message.beforeUsage)
    }
  }

  // MARK: Names

  private func checkDomain(_ text: String) -> FieldCheck {
    guard machine.system.domain(named: text) == nil else { return .fine("") }
    let known = domains.prefix(4).joined(separator: ", ")
    return .wrong(
      known.isEmpty
        ? "no domain is there yet: alloc one first"
        : "no domain \(text.shown); there are: \(known)")
  }

  private func checkDevice(
    _ text: String, _ which: FormField.Devices, _ contents: FormContents
  ) -> FieldCheck {
    guard let device = device(named: text) else { return .wrong("no device \(text.shown)") }
    guard device.parent != nil else {
      return .wrong("\(text) is an IOMMU: name a device behind it")
    }
    let attached = domain(of: device)
    switch which {
    case .free:
      if let attached { return .warning("attached to \(domain: attached) now") }
      return device.isBound ? .fine("free") : .warning("not probed yet")
    case .attached:
      if attached == contents.domain(in: self), attached != nil { return .fine("") }
      return .warning(
        attached.map { "attached to \(domain: $0), not to this one" } ?? "attached to nothing")
    case .any: return .fine(attached.map { "sees \(domain: $0)" } ?? "attached to nothing")
    }
  }

  // MARK: Addresses

  private func number(_ text: String, upTo highest: UInt64) -> Result<UInt64, FieldProblem> {
    guard let number = UInt64(number: text) else {
      return .failure(FieldProblem("no number: 0x and hex digits, or decimal"))
    }
    guard number <= highest else {
      return .failure(FieldProblem("too wide: \(highest.hex) is the highest"))
    }
    return .success(number)
  }

  private func checkIOVA(
    _ text: String, _ which: FormField.Addresses, _ contents: FormContents
  ) -> FieldCheck {
    let bits = machine.platform.addressBits
    let widest: UInt64 = bits >= 64 ? .max : (1 << UInt64(bits)) - 1
    switch number(text, upTo: which == .free ? highestIOVA : widest) {
    case .failure(let problem): return .wrong(problem.message)
    case .success(let iova):
      let domain = contents.domain(in: self) ?? ""
      guard which == .free else {
        return checkMapped(iova, contents, domain)
      }
      if let problem = misaligned(iova) { return .wrong(problem) }
      let size = contents.size ?? smallestPage
      if let range = range(meeting: iova, size: size, of: domain) {
        return .warning(taken(by: range))
      }
      return .fine("free, \(aligned(iova))")
    }
  }

  private func checkMapped(
    _ iova: UInt64, _ contents: FormContents, _ domain: String
  ) -> FieldCheck {
    if contents.verb == .unmap, let problem = misaligned(iova) { return .wrong(problem) }
    guard let range = range(at: iova, of: domain) else {
      return domain.isEmpty ? .fine("") : .warning("nothing is mapped there")
    }
    let memory = PhysicalAddress(range.physical.value &+ (iova - range.iova.value))
    return .fine("→ \(physical: memory)")
  }

  private func checkMemory(_ text: String, _ contents: FormContents) -> FieldCheck {
    let bits = machine.platform.addressBits
    switch number(text, upTo: bits >= 64 ? .max : (1 << UInt64(bits)) - 1) {
    case .failure(let problem): return .wrong(problem.message)
    case .success(let place):
      if !contents.isOfDriver, let problem = misaligned(place) { return .wrong(problem) }
      guard machine.board.memory.answers(at: PhysicalAddress(place)) else {
        return .warning("no memory answers there")
      }
      if let owner = machine.tableOwner(of: PhysicalAddress(place)) {
        let name = machine.system.name(of: owner)
        return .warning("a page table of \(domain: name): a device could write it")
      }
      let isFree = memory.isFree(place, contents.size ?? smallestPage)
      return isFree ? .fine("free, \(aligned(place))") : .fine("in use, and shared then")
    }
  }

  /// What is wrong with an address or a size that is no multiple of the smallest page.
  private func misaligned(_ number: UInt64) -> String? {
    let page = smallestPage
    guard number % page != 0 else { return nil }
    return "no multiple of \(page.sizeText); \((number - number % page).hex8) is"
  }

  private func aligned(_ place: UInt64) -> String {
    let page = pageSizes.last { place % $0 == 0 } ?? smallestPage
    return "\(page.sizeText) aligned"
  }

  private func checkSize(
    _ text: String, _ contents: FormContents
  ) -> FieldCheck {
    guard let size = UInt64(sizeText: text) else {
      return .wrong("no size, which is like 64K or 0x1000")
    }
    guard size > 0 else { return .warning("nothing at all") }
    if !contents.isOfDriver, let problem = misaligned(size) { return .wrong(problem) }
    let bits = machine.platform.addressBits
    guard bits >= 64 || size >> UInt64(bits) == 0 else {
      return .wrong("too wide for words of \(bits) bits")
    }
    let end = (contents.iova ?? 0).addingReportingOverflow(size - 1)
    if end.overflow || end.partialValue > highestIOVA {
      return .warning("goes beyond the last address")
    }
    return .fine("")
  }

  // MARK: Bare words

  private func checkWord(_ text: String) -> FieldCheck {
    switch number(text, upTo: 0xffff_ffff) {
    case .failure(let problem): return .wrong(problem.message)
    case .success(let place):
      let bytes = machine.platform.wordBytes
      guard place % bytes == 0 else {
        return .wrong("no multiple of \(bytes); \((place - place % bytes).hex8) is")
      }
      guard machine.board.memory.answers(at: PhysicalAddress(place)) else {
        return .wrong("no memory answers there")
      }
      let name = machine.wordName(at: PhysicalAddress(place))
      let owner = machine.tableOwner(of: PhysicalAddress(place)).map {
        machine.system.name(of: $0)
      }
      return .fine(
        Prose(name ?? "bare memory") + (owner.map { " of \(domain: $0)" } ?? ""))
    }
  }

  private func checkOffset(_ text: String, _ contents: FormContents) -> FieldCheck {
    guard let iommu = contents.iommu.flatMap({ iommu(named: $0) }) else { return .fine("") }
    let unit = machine.board.iommus[iommu]
    switch number(text, upTo: UInt64(unit.windowBytes) - 1) {
    case .failure(let problem): return .wrong(problem.message)
    case .success(let offset):
      guard offset & 3 == 0, let place = UInt32(exactly: offset) else {
        return .wrong("offsets are multiples of 4; \((offset & ~3).hex(digits: 5)) is")
      }
      let name = registers.name(at: place, banks: unit.bankPages)
      return name == "?" ? .warning("no register is known there") : .fine(Prose(name, .strong))
    }
  }

  private func checkValue(_ text: String, _ contents: FormContents) -> FieldCheck {
    let isWide = contents.verb == .write || machine.platform.wordBytes == 8
    switch number(text, upTo: isWide ? .max : 0xffff_ffff) {
    case .failure(let problem): return .wrong(problem.message)
    case .success: return .fine("")
    }
  }

  private func checkNumber(
    _ text: String, _ field: FormField, _ contents: FormContents
  ) -> FieldCheck {
    if field.prefix == "mid=" || text == "none" { return checkWords(contents, "") }
    if case .failure(let problem) = number(text, upTo: .max) { return .wrong(problem.message) }
    if field.prefix == "count=", UInt64(number: text) ?? 0 > Traffic.mostAccesses {
      return .wrong("\(Traffic.mostAccesses) are the most at once")
    }
    return .fine("")
  }
}

/// Why a word cannot be used.
struct FieldProblem: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

extension String {
  /// A mistake's message without the usage that a form shows anyway.
  var beforeUsage: String {
    guard let end = firstRange(of: "; right: ") else { return self }
    return String(self[..<end.lowerBound])
  }
}
