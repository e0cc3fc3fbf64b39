internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

extension Machine {
  /// The words of its architecture.
  package var words: FamilyWords { FamilyWords(platform.family) }
}

/// What views write beside the things they show.
extension FamilyWords {
  // MARK: The tree

  /// What an IOMMU has one of for each of its users.
  package var contexts: String {
    switch family {
    case .msm: "contexts"
    case .vtd: "devices"
    }
  }

  /// What the dots of the tree mean.
  package func legend(isWide: Bool) -> Prose {
    let half = Prose("◐", .half)
    return switch (family, isWide) {
    case (.msm, true): "\(live: "●") translates \(half) half set up \(dim: "○") off"
    case (.vtd, true): "\(live: "●") translates \(half) half \(dim: "○") no entry"
    case (.msm, false): "\(live: "●") on \(half) half \(dim: "○") off"
    case (.vtd, false): "\(live: "●") on \(half) half \(dim: "○") none"
    }
  }

  /// A context in the tree: its number where that says something, and who uses it.
  package func treeName(_ bank: Int, _ device: String) -> String {
    switch family {
    case .msm: "\(bank) \(device)"
    case .vtd: device
    }
  }

  /// The column of what the tree says of a context beside its name.
  package var treeDetailColumn: Int {
    switch family {
    case .msm: 18
    case .vtd: 14
    }
  }

  /// What the tree says of a context beside its name: what leads there, or the tag it has.
  package func treeDetail(_ streams: String, _ status: BankStatus) -> String {
    switch family {
    case .msm: "MID \(streams)"
    case .vtd: status.table == nil ? "" : "domain-id \(status.tag)"
    }
  }

  /// The users of a domain, counted.
  package func users(_ count: Int, isWide: Bool) -> String {
    let many = count == 1 ? "" : "s"
    return switch (family, isWide) {
    case (.msm, true): "\(count) context\(many)"
    case (.msm, false): "\(count) ctx"
    case (.vtd, true): "\(count) device\(many)"
    case (.vtd, false): "\(count) dev"
    }
  }

  /// A context's place in a path of names; nil where the device's name says it all.
  package func pathPart(_ bank: Int) -> String? {
    switch family {
    case .msm: "context \(bank)"
    case .vtd: nil
    }
  }

  // MARK: An IOMMU and its contexts

  /// Says what an IOMMU is: follows its name.
  package func unitSentence(contexts: Int, isNarrow: Bool) -> String {
    switch (family, isNarrow) {
    case (.msm, true): ": one IOMMU, hard-wired, \(contexts) banks."
    case (.msm, false):
      " is one IOMMU, hard-wired to its device. It has \(contexts) context banks."
    case (.vtd, true): ": one IOMMU, \(contexts) devices behind it."
    case (.vtd, false):
      " is one IOMMU between a PCI bus and memory, for \(contexts) devices."
    }
  }

  /// What stands above the column of contexts.
  package var contextColumn: String {
    switch family {
    case .msm: "bank"
    case .vtd: "entry"
    }
  }

  /// What stands above the column of streams.
  package var streamColumn: String {
    switch family {
    case .msm: "streams"
    case .vtd: "root entry"
    }
  }

  /// What leads the requests of a device on.
  package func routing(of device: Int, in machine: Machine) -> Prose {
    let found = machine.system.devices[device]
    switch family {
    case .msm: return Prose("MID ", .dim) + Prose(list(found.streams), .iova)
    case .vtd:
      let bus = Prose(String(list(found.streams).prefix(2)), .iova)
      let root = found.bank.flatMap { machine.rootEntryAddress(bank: $0, of: found.iommu) }
      let isThere = root.map { machine.board.memory.doubleWord(at: $0) & 1 != 0 } ?? false
      return bus + Prose(isThere ? "" : ": none", .dim)
    }
  }

  /// What stands above a table of routing lines.
  package var routingTitles: String {
    switch family {
    case .msm: "stream       register     word         goes to"
    case .vtd: "by           entry        word         goes to"
    }
  }

  /// What else there is to say of a unit as it stands.
  package func unitLines(_ iommu: Int, in machine: Machine) -> [Prose] {
    switch family {
    case .msm: return []
    case .vtd:
      let count = machine.board.iommus[iommu].contextCache.all.count
      let root = machine.board.register(VTDRegisters.rtaddr, of: iommu)
      let isOn = machine.board.register(VTDRegisters.gsts, of: iommu) & VTDRegisters.te != 0
      return [
        Prose("context cache ", .dim) + Prose("\(count)", .text) + Prose(" remembered", .dim),
        Prose("translation ", .dim) + (isOn ? Prose("on", .live) : Prose("off", .text))
          + Prose("   root table at ", .dim) + Prose(root.hex8, .physical),
      ]
    }
  }

  /// Stream IDs as people list them.
  package func list(_ streams: [UInt32]) -> String {
    switch family {
    case .msm: streams.ranges
    case .vtd: streams.map(text(ofStream:)).joined(separator: ",")
    }
  }

  /// A context's number or tag beside its dot.
  package func shortContext(_ bank: Int, _ status: BankStatus) -> String {
    switch family {
    case .msm: " \(bank)"
    case .vtd: status.table == nil ? "" : " id \(status.tag)"
    }
  }

  /// How a context stands, in words.
  package func state(_ state: BankStatus.State) -> String {
    switch (family, state) {
    case (_, .live): "translates"
    case (.msm, .half): "half set up"
    case (.vtd, .half): "does not yet translate"
    case (.msm, .off): "off"
    case (.vtd, .off): "no context entry"
    }
  }

  package func hint(isNarrow: Bool) -> String {
    switch (family, isNarrow) {
    case (.msm, true): "Select a bank to see a request's way."
    case (.msm, false): "Select a bank to see the way of a request through it."
    case (.vtd, true): "Select a device to see a request's way."
    case (.vtd, false): "Select a device to see the way of its requests."
    }
  }

  /// Where a context is: follows a device's name.
  package func place(_ bank: Int, of unit: String, tag: Int) -> String {
    switch family {
    case .msm: "\(unit), bank \(bank)"
    case .vtd: "\(unit), domain-id \(tag)"
    }
  }

  /// What a call is about.
  package func place(_ bank: Int, of unit: String, device: String?) -> String {
    switch family {
    case .msm: "\(unit), bank \(bank)"
    case .vtd: "\(unit), \(device ?? String(bank))"
    }
  }

  // MARK: A request

  /// How a request says who it is from: follows what it asks.
  package func stream(_ stream: UInt32, ofMany count: Int) -> String {
    switch family {
    case .msm: " as MID \(stream), its \(count > 1 ? "first " : "")stream ID,"
    case .vtd: " as source-id \(text(ofStream: stream)),"
    }
  }

  /// What a leaf is called.
  package func leaf(_ size: PageSize) -> String {
    switch family {
    case .msm: size.bytes >= 1 << 20 ? "section" : "page"
    case .vtd: "page"
    }
  }

  /// The registers and words that say most about a context, the most telling first; those in
  /// `whenSet` only while they are not 0.
  package var telling: (names: [String], whenSet: Set<String>) {
    switch family {
    case .msm:
      (["SCTLR", "TTBR0", "FSR", "FAR", "ACTLR", "CONTEXTIDR", "TTBCR"], ["FSR", "FAR"])
    case .vtd:
      (
        ["ROOT", "CONTEXT", "CACHE", "GSTS", "CONTEXT_HI", "RTADDR", "FSTS"],
        ["CACHE", "FSTS"]
      )
    }
  }

  // MARK: The language

  /// How a line with a verb is written on this architecture.
  package func usage(of verb: Verb) -> String {
    switch (family, verb) {
    case (.msm, .invalidate): "invalidate IOMMU[/CONTEXT] all|vmid|asid|va [N] [asid N]"
    case (.vtd, .invalidate): "invalidate IOMMU all|contexts|domain [N] [va IOVA]"
    default: verb.usage
    }
  }

  /// A mistake in a line, with the form that fits this architecture in place of those of all.
  ///
  /// A line is read before anybody knows what machine it is for.
  package func localized(_ mistake: String) -> String {
    let all = Verb.invalidate.usage
    guard mistake.hasSuffix(all) else { return mistake }
    return mistake.dropLast(all.count) + usage(of: .invalidate)
  }

  /// Which words may follow the name of what is to be invalidated.
  package var invalidations: [String] {
    switch family {
    case .msm: ["all", "vmid", "asid", "va"]
    case .vtd: ["all", "contexts", "domain"]
    }
  }

  /// Its hardware can be asked for such an invalidation: of a context, or of a whole IOMMU.
  func has(_ scope: Operation.Scope, ofContext isOfContext: Bool) -> Bool {
    switch (family, scope) {
    case (_, .all): family == .msm || !isOfContext
    case (.msm, .vmid), (.msm, .asid), (.msm, .address): true
    case (.vtd, .contexts), (.vtd, .domain): !isOfContext
    case (.msm, .contexts), (.msm, .domain): false
    case (.vtd, .vmid), (.vtd, .asid), (.vtd, .address): false
    }
  }
}

extension Fault {
  /// What was wrong, in as few words as a status line has room for.
  package var title: String {
    switch VTDFaultReason(rawValue: reason) {
    case .rootEntryMissing: "no root entry"
    case .contextEntryMissing: "no context entry"
    case .contextEntryInvalid: "invalid context entry"
    case .addressTooWide: "address too wide"
    case .translationType: "translation type"
    case .rootEntryReserved, .contextEntryReserved, .entryReserved: "reserved bits"
    default: "\(kind.name) fault"
    }
  }
}

extension [UInt32] {
  /// Numbers as people list them: `1,3-10`.
  package var ranges: String {
    var parts: [String] = []
    var index = 0
    while index < count {
      var last = index
      while last + 1 < count, self[last + 1] == self[last] + 1 { last += 1 }
      parts.append(
        last > index + 1
          ? "\(self[index])-\(self[last])"
          : self[index...last].map(String.init).joined(separator: ","))
      index = last + 1
    }
    return parts.joined(separator: ",")
  }
}
