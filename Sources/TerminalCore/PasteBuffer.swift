/// The text of a bracketed paste up to the sequence that ends it.
struct PasteBuffer: Sendable {
  /// What ends a paste: ESC [ 2 0 1 ~.
  private static let end: [UInt8] = [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E]

  private let limit: Int
  private var bytes: [UInt8] = []

  /// How many bytes of the end have been seen in a row.
  private var matched = 0

  init(limit: Int = 0) {
    self.limit = limit
  }

  /// Takes a byte and returns the text once it is complete.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  mutating func take(_ byte: UInt8) -> String? {
    if byte == PasteBuffer.end[matched] {
      matched += 1
      if matched < PasteBuffer.end.count { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
    for seen in PasteBuffer.end.prefix(matched) { append(seen) }
    matched = byte == PasteBuffer.end[0] ? 1 : 0
    if matched == 0 { append(byte) }
    return nil
  }

  private mutating func append(_ byte: UInt8) {
    if bytes.count < limit { bytes.append(byte) }
  }
}
