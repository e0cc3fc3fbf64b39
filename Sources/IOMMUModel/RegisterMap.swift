package import IOMMUHardware

/// The registers of a family of IOMMUs for people: names, fields, what values mean.
///
/// Data, in `assets/registers/`; the hardware itself acts on what `MSMRegisters` says.
package struct RegisterMap: Hashable, Sendable {
  package struct Field: Hashable, Sendable {
    package let name: String
    package let bits: ClosedRange<Int>
    /// Shown in a summary also while it is 0.
    package let isKey: Bool
    /// The field is an address: its value shifted left by this.
    package let addressShift: Int?
    /// What the field is, or with values, what each value means.
    package let meaning: String
    package let values: [UInt32: String]

    package func value(in word: UInt32) -> UInt32 { word.bits([bits]) }

    /// What the field says in `word`, in words.
    package func words(in word: UInt32) -> String {
      values[value(in: word)] ?? meaning
    }
  }

  package struct Register: Hashable, Sendable {
    /// Where it is: in every context bank, once, or as one of an array.
    package enum Place: Hashable, Sendable {
      case bank, global
      case array(count: Int)
      case arrayOfBanks
    }

    package let name: String
    /// In the bank's page, or in the instance's window.
    package let offset: UInt32
    package let place: Place
    package let purpose: String
    package internal(set) var fields: [Field] = []
  }

  package private(set) var registers: [Register] = []
  private var bankIndex: [UInt32: Int] = [:]
  private var globalIndex: [UInt32: Int] = [:]

  /// The register at an offset of an instance's window, with its name there, like `M2VCBR_3`.
  package func register(at offset: UInt32, banks: Int) -> (register: Register, name: String)? {
    if Int(offset >> 12) < banks {
      return bankIndex[offset & 0xfff].map { (registers[$0], registers[$0].name) }
    }
    if let index = globalIndex[offset] { return (registers[index], registers[index].name) }
    for register in registers {
      let count =
        switch register.place {
        case .array(let count): count
        case .arrayOfBanks: banks
        case .bank, .global: 0
        }
      guard offset >= register.offset, offset & 3 == 0 else { continue }
      let number = Int(offset - register.offset) / 4
      if number < count { return (register, "\(register.name)_\(number)") }
    }
    return nil
  }

  /// The registers to list for a unit, or for one of its contexts, in their order.
  ///
  /// Where contexts have no registers of their own, the unit's are shown for them. Of an array of
  /// many, only those that `isTelling` picks are listed.
  package func offsets(
    of unit: IOMMU, bank: Int?, isTelling: (UInt32) -> Bool
  ) -> [UInt32] {
    let bank = unit.bankPages > 0 ? bank : nil
    return registers.flatMap { register -> [UInt32] in
      switch (register.place, bank) {
      case (.bank, let bank?): [UInt32(bank) << 12 | register.offset]
      case (.global, nil): [register.offset]
      case (.array(let count), nil):
        (0..<UInt32(count)).map { register.offset + 4 * $0 }.filter(isTelling)
      case (.arrayOfBanks, nil): (0..<UInt32(unit.bankPages)).map { register.offset + 4 * $0 }
      case (.bank, nil), (.global, _?), (.array, _?), (.arrayOfBanks, _?): []
      }
    }
  }

  package func name(at offset: UInt32, banks: Int) -> String {
    register(at: offset, banks: banks)?.name ?? "?"
  }
}

extension RegisterMap {
  /// Reads the text form that `assets/registers/` is written in.
  package init(parsing text: String) throws(ParseError) {
    var number = 0
    // Split by bytes: this is read at every start, and characters cost ten times as much.
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      let parts = line.split(separator: UInt8(ascii: "|")).map { Substring($0).trimmed }
      guard let head = parts.first, !head.isEmpty else { continue }
      let words = head.utf8.split(separator: UInt8(ascii: " ")).map(Substring.init)
      let isField = first == UInt8(ascii: " ")
      let read = isField ? addField(words, parts) : addRegister(words, parts)
      guard read else {
        throw ParseError(
          line: number, column: 1,
          isField ? "not a field: BITS NAME | meaning" : "not a register: bank OFFSET NAME | use")
      }
    }
  }

  private mutating func addRegister(_ words: [Substring], _ parts: [Substring]) -> Bool {
    guard words.count >= 3, parts.count == 2, let offset = UInt64(number: words[1]),
      let offset = UInt32(exactly: offset)
    else { return false }
    let place: Register.Place
    switch words[0] {
    case "bank": place = .bank
    case "global": place = .global
    case "array":
      guard words.count == 4 else { return false }
      if words[3] == "banks" {
        place = .arrayOfBanks
      } else {
        guard let count = Int(words[3]) else { return false }
        place = .array(count: count)
      }
    default: return false
    }
    switch place {
    case .bank: bankIndex[offset] = registers.count
    case .global: globalIndex[offset] = registers.count
    case .array, .arrayOfBanks: break
    }
    registers.append(
      Register(
        name: String(words[2]), offset: offset, place: place, purpose: String(parts[1])))
    return true
  }

  private mutating func addField(_ words: [Substring], _ parts: [Substring]) -> Bool {
    let bits = words[0].utf8.split(separator: UInt8(ascii: ":")).compactMap { Int(Substring($0)) }
    guard !registers.isEmpty, let high = bits.first, let low = bits.last, 0 <= low, low <= high,
      high < 32, let name = words.last, words.count >= 2, parts.count >= 2
    else { return false }
    var values: [UInt32: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1).map(Substring.init)
      if pair.count == 2, let value = UInt32(pair[0].trimmed) {
        values[value] = String(pair[1].trimmed)
      }
    }
    let shift = words.first { $0.hasPrefix("@") }.flatMap { Int($0.dropFirst()) }
    registers[registers.count - 1].fields.append(
      Field(
        name: String(name.hasPrefix("*") ? name.dropFirst() : name), bits: low...high,
        isKey: name.hasPrefix("*"), addressShift: shift,
        meaning: values.isEmpty ? String(parts[1]) : "", values: values))
    return true
  }
}

extension Substring {
  /// Without blanks at both ends.
  package var trimmed: Substring {
    let blank = UInt8(ascii: " ")
    guard let first = utf8.firstIndex(where: { $0 != blank }),
      let last = utf8.lastIndex(where: { $0 != blank })
    else { return "" }
    return self[first...last]
  }
}
