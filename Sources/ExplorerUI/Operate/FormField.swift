/// One word of an operation, as a form asks for it.
struct FormField: Hashable, Sendable {
  /// What it is: decides what is suggested, and how what is typed is checked.
  enum Kind: Hashable, Sendable {
    case domain, newDomain
    /// A buffer that a driver has mapped, and a name for another.
    case buffer, newBuffer
    case guest, newGuest
    /// An address inside a guest.
    case guestAddress
    /// What a domain is allocated for, where the design wants it.
    case cookie
    /// Simulated time.
    case time
    case device(Devices)
    case iommu
    /// An IOMMU, or one of its contexts.
    case bank
    /// Something not probed yet, or `all`.
    case unprobed
    /// An address that a device uses: one to map, or one that is mapped.
    case iova(Addresses)
    /// Memory to map.
    case memory
    /// The address of a word.
    case word
    /// How much is to be mapped, or taken away.
    case size(Addresses)
    case protection
    /// A register, by its offset or its name.
    case offset
    /// A word of a register, or of memory.
    case value
    case choice([String])
    case number([UInt64])
    /// A word that stands there or does not.
    case flag(String)
    /// Several words as the language has them; they are suggested whole.
    case words(Words)
  }

  enum Devices: Hashable, Sendable { case free, attached, any }
  enum Addresses: Hashable, Sendable { case free, mapped }
  enum Words: Hashable, Sendable { case dump, invalidation, interrupts, platform }

  let label: String
  let kind: Kind
  /// Stands before the word, as `mid=` does.
  var prefix = ""
  var isOptional = false

  init(_ label: String, _ kind: Kind, prefix: String = "", isOptional: Bool = false) {
    (self.label, self.kind) = (label, kind)
    (self.prefix, self.isOptional) = (prefix, isOptional)
  }

  /// It is a name, in which a colon may stand.
  var isName: Bool {
    switch kind {
    case .domain, .newDomain, .device, .iommu, .bank, .unprobed, .words, .buffer, .newBuffer,
      .guest, .newGuest, .cookie:
      true
    default: false
    }
  }

  /// Blanks are part of it.
  var isSeveralWords: Bool { if case .words = kind { true } else { false } }
}
