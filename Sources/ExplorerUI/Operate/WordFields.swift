internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel

/// The word that a form edits, taken apart into its fields while one types.
struct WordFields {
  struct Field {
    let bits: [ClosedRange<Int>]
    let name: String
    let value: UInt64
    let words: Prose
  }

  let word: UInt64
  let bits: Int
  /// From the highest bit to the lowest.
  private(set) var fields: [Field] = []

  init?(_ form: OperateForm) {
    guard let word = form.word else { return nil }
    (self.word, bits) = (word, form.bits)
    if form.contents.verb == .reg { takeRegister(form) } else { takeEntry(form) }
    fields.sort { $0.low > $1.low }
  }

  private mutating func takeRegister(_ form: OperateForm) {
    let surroundings = form.surroundings
    guard let offset = form.contents.offset.flatMap({ UInt32(exactly: $0) }),
      let iommu = form.contents.iommu.flatMap({ surroundings.iommu(named: $0) }),
      let register = surroundings.registers.register(
        at: offset, banks: surroundings.machine.board.iommus[iommu].bankPages)?.register
    else { return }
    let word = UInt32(truncatingIfNeeded: word)
    fields = register.fields.map { field in
      let value = field.value(in: word)
      let address = field.addressShift.map { PhysicalAddress(UInt64(value) << UInt64($0)) }
      return Field(
        bits: [field.bits], name: field.name, value: UInt64(value),
        words: address.map { "\(field.meaning) \(physical: $0)" } ?? Prose(field.words(in: word)))
    }
  }

  private mutating func takeEntry(_ form: OperateForm) {
    let machine = form.surroundings.machine
    let format = machine.platform.format
    guard form.contents.verb == .writeWord,
      let place = form.contents.word.map({ PhysicalAddress($0) })
    else { return }
    guard let slot = machine.tableSlot(at: place) else {
      takeContextWord(at: place, form)
      return
    }
    let known =
      slot.isFirst ? format.firstLevel : format.levels.count == 2 ? format.levels[1] : form.level
    guard let level = known else { return }
    fields = format.fields(of: word, level: level).map { field in
      let words: Prose =
        switch field.meaning {
        case .words(let text): Prose(text)
        case .address(let address): "\(physical: address)"
        case .memoryClass: "a class of memory, which registers explain"
        }
      return Field(bits: field.bits, name: field.name, value: field.value, words: words)
    }
  }

  /// A word that routes requests: read as the machine would have it then.
  private mutating func takeContextWord(at place: PhysicalAddress, _ form: OperateForm) {
    guard case .tried(_, let trial) = form.preview else { return }
    let board = trial.machine.board
    for iommu in board.iommus.indices {
      for bank in 0..<board.iommus[iommu].bankCount {
        let all = ContextWord.all(bank: bank, of: iommu, in: trial.machine)
        guard let found = all.first(where: { $0.address == place }) else { continue }
        fields = found.fields.map {
          Field(bits: [$0.bits], name: $0.name, value: $0.value, words: Prose($0.words))
        }
        return
      }
    }
  }

  /// The field that a bit belongs to.
  func index(ofBit bit: Int) -> Int? {
    fields.firstIndex { $0.bits.contains { $0.contains(bit) } }
  }

  /// The diagram of the word, the field of a bit standing out.
  func diagram(around bit: Int?) -> WordDiagram {
    let selected = bit.flatMap { index(ofBit: $0) }
    return WordDiagram(
      word: word, bits: bits,
      fields: fields.enumerated().flatMap { index, field in
        field.bits.map { ($0, index == selected) }
      })
  }
}

extension WordFields.Field {
  fileprivate var low: Int { bits.map(\.lowerBound).max() ?? 0 }

  /// The field in one line.
  var line: Prose {
    let places = bits.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.upperBound):\($0.lowerBound)"
    }.joined(separator: ",")
    let shown = value > 9 ? value.hex : String(value)
    let head = String(repeating: " ", count: max(0, 8 - places.count)) + places
    return Prose(head + "  ", .dim) + Prose(name, value == 0 ? .dim : .strong).padded(to: 10)
      + Prose(" " + shown + "  ", value == 0 ? .dim : .iova)
      + (value == 0 ? words.all(.dim) : words)
  }
}
