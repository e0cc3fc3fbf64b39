internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// What would fit into a field, the best first.
extension Surroundings {
  func suggestions(for field: FormField, in contents: FormContents) -> [Suggestion] {
    switch field.kind {
    case .domain: domains.map { Suggestion($0, note(ofDomain: $0)) }
    case .newDomain: newNames
    case .buffer: buffers(contents)
    case .newBuffer: free(["packet", "frame", "ring"], "buffer")
    case .guest: machine.guestNames.map { Suggestion($0) }
    case .newGuest: free(["guest"], "guest")
    case .guestAddress: guestAddresses(contents)
    case .cookie:
      machine.unusualState.contains("design a") ? devices(.free, contents) : []
    case .time: ["10ms", "1ms", "1s"].map { Suggestion($0) }
    case .device(let which): devices(which, contents)
    case .iommu: iommus.map { Suggestion($0) }
    case .bank: banks
    case .unprobed: unprobed
    case .iova(.free): freeAddresses(contents)
    case .iova(.mapped): mappedAddresses(contents)
    case .memory: freeMemory(contents)
    case .word: words(contents)
    case .size(.free): mapSizes
    case .size(.mapped): unmapSizes(contents)
    case .protection: protections
    case .offset: offsets(contents)
    case .choice(let words): words.map { Suggestion($0) }
    case .number(let numbers): self.numbers(numbers, field, contents)
    case .words(let words): self.words(words, contents)
    case .value, .flag: []
    }
  }

  // MARK: Names

  private func note(ofDomain name: String) -> Prose {
    let ranges = ranges(of: name)
    guard !ranges.isEmpty else { return "maps nothing yet" }
    return Prose("maps \(ranges.reduce(0) { $0 &+ $1.length }.prose)")
  }

  /// Names that nothing has yet.
  private var newNames: [Suggestion] {
    let usual = ["fb", "video", "camera", "gpu", "net"]
    let free = usual.filter { isFree(name: $0) }
    let numbered = (1...99).lazy.map { "domain\($0)" }.first { isFree(name: $0) }
    return (free + [numbered].compactMap(\.self)).map { Suggestion($0, "not used yet") }
  }

  func isFree(name: String) -> Bool {
    machine.system.domain(named: name) == nil && machine.system.device(named: name) == nil
      && !machine.bufferNames.contains(name) && !machine.guestNames.contains(name)
  }

  private func free(_ usual: [String], _ other: String) -> [Suggestion] {
    let names = usual + (2...99).lazy.map { "\(other)\($0)" }
    return names.lazy.filter { isFree(name: $0) }.prefix(3).map {
      Suggestion($0, "not used yet")
    }
  }

  private func buffers(_ contents: FormContents) -> [Suggestion] {
    let space = contents.device.flatMap { machine.defaultDomain(of: $0) }
    let held = space.map { DomainHoldings(of: $0, in: machine).buffers } ?? []
    return held.reversed().map {
      Suggestion($0.name, Prose("\($0.size.sizeText) at ") + Prose($0.iova.value.hex8, .iova))
    }
  }

  /// Where a guest's memory ends, and 0 while it has none.
  private func guestAddresses(_ contents: FormContents) -> [Suggestion] {
    let end = contents.guest.flatMap { machine.memoryEnd(ofGuest: $0) } ?? 0
    let next = Gaps.roundUp(end, 1 << 21) ?? end
    return [Suggestion(next.hex8, next == 0 ? "the beginning" : "after its memory")]
  }

  private func devices(_ which: FormField.Devices, _ contents: FormContents) -> [Suggestion] {
    let domain = which == .any ? nil : contents.domain(in: self)
    func rank(_ device: Device) -> Int {
      switch which {
      case .free: device.attachedTo != nil ? 2 : device.isBound ? 0 : 1
      case .attached:
        device.attachedTo == nil ? 2 : self.domain(of: device) == domain ? 0 : 1
      case .any: device.attachedTo == nil ? 1 : 0
      }
    }
    let sorted = requesters.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }
    return sorted.map { Suggestion($0.element.name, note(of: $0.element)) }
  }

  private func note(of device: Device) -> Prose {
    let place = Prose(" behind \(machine.board.iommus[device.iommu].name)", .dim)
    if let domain = domain(of: device) { return "attached to \(domain: domain)" + place }
    return (device.isBound ? "free" : "not probed yet") + place
  }

  private var banks: [Suggestion] {
    iommus.map { Suggestion($0, "the whole IOMMU") }
      + machine.board.iommus.flatMap { unit in
        (0..<unit.bankPages).map { Suggestion("\(unit.name)/\($0)", "one context") }
      }
  }

  private var unprobed: [Suggestion] {
    let waiting = machine.system.devices.filter { !$0.isBound }
    guard !waiting.isEmpty else {
      return [Suggestion("all", "nothing waits to be probed")]
    }
    return [Suggestion("all", "\(waiting.count) wait, IOMMUs first")]
      + waiting.map { Suggestion($0.name, $0.parent == nil ? "an IOMMU" : "a device") }
  }

  // MARK: Sizes and rights

  private var mapSizes: [Suggestion] {
    pageSizes.map { Suggestion($0.sizeText, "one page") }
  }

  private func unmapSizes(_ contents: FormContents) -> [Suggestion] {
    var found: [Suggestion] = []
    if let iova = contents.iova, let domain = contents.domain(in: self),
      let range = range(at: iova, of: domain)
    {
      let rest = range.length - (iova - range.iova.value)
      found.append(Suggestion(rest.sizeText, "to the end of what is mapped there"))
      found.append(Suggestion(range.pageSize.bytes.sizeText, "the page that is mapped there"))
    }
    let known = Set(found.map(\.text))
    if found.count == 2, found[0].text == found[1].text { found.removeFirst() }
    return found + mapSizes.filter { !known.contains($0.text) }
  }

  private var protections: [Suggestion] {
    ["rw", "r", "w", "rwc"].map { text in
      Suggestion(
        text, Prose("prot \(Int(FamilyWords.protectionNumber(text) ?? 0))"))
    }
  }

  private func numbers(
    _ numbers: [UInt64], _ field: FormField, _ contents: FormContents
  ) -> [Suggestion] {
    if contents.verb == .limit {
      let used = machine.board.memory.pool.pagesInUse
      return [
        Suggestion("none", "no limit"), Suggestion(String(used), "as many as are used now"),
        Suggestion(String(used + 1), "room for one more"),
      ]
    }
    if let name = contents.device, field.prefix == "mid=", let device = device(named: name) {
      return device.streams.map {
        Suggestion(machine.words.text(ofStream: $0), "\(machine.words.stream) of \(name)")
      }
    }
    return numbers.map { Suggestion(String($0)) }
  }

  // MARK: Several words

  private func words(_ words: FormField.Words, _ contents: FormContents) -> [Suggestion] {
    switch words {
    case .platform: return Library.platformNames.map { Suggestion($0) }
    case .interrupts:
      return [
        Suggestion("auto", "after each operation that faulted"),
        Suggestion("hold", "not by itself: faults stay pending"),
      ] + iommus.map { Suggestion("run \($0)", "now, for this one") }
    case .dump:
      return domains.map { Suggestion($0, "the tables of a domain") }
        + iommus.map { Suggestion($0, "the registers of an IOMMU") }
        + iommus.map { Suggestion("tlb \($0)", "what its TLB remembers") }
        + [Suggestion("faults", "what was stopped")]
    case .invalidation: return invalidations(contents)
    }
  }

  /// What can be dropped of the thing that is named, with numbers that stand for something.
  private func invalidations(_ contents: FormContents) -> [Suggestion] {
    let name = (contents.bank ?? "").split(separator: "/")
    let iommu = name.first.flatMap { self.iommu(named: String($0)) }
    let isBank = name.count > 1
    var found = [Suggestion("all", "everything it remembers")]
    for word in machine.words.invalidations where word != "all" {
      guard let (numbers, isOfBank) = Self.arguments(word), isOfBank == isBank else { continue }
      found += numbers.map { Suggestion($0.isEmpty ? word : "\(word) \($0)") }
    }
    guard isBank, let iommu else { return found }
    let tlb = machine.board.iommus[iommu].tlb
    return found
      + tlb.usedSlots.prefix(8).compactMap { slot in
        tlb[slot].map { Suggestion("va \($0.iova.hex8)", "remembered") }
      }
  }

  /// What may follow a word of an invalidation, and whether it is about one context.
  private static func arguments(_ word: String) -> ([String], isOfBank: Bool)? {
    switch word {
    case "vmid": (["0"], false)
    case "contexts": ([""], false)
    case "domain": (["1", "2"], false)
    case "asid": (["0", "1"], true)
    default: nil
    }
  }
}
