/// A text by its lines, kept once: a million of them cost their bytes and one number each.
package struct SourceText: Hashable, Sendable {
  package let text: String
  /// Where each line begins, in bytes, and behind the last one the end.
  private let starts: [UInt32]

  package init(_ text: String) {
    // Some editors begin a file with a byte-order mark.
    var text =
      text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
    text.makeContiguousUTF8()
    self.text = text
    let newline = UInt8(ascii: "\n")
    let lines = text.utf8.withContiguousStorageIfAvailable { bytes in
      var starts: [UInt32] = [0]
      for index in bytes.indices where bytes[index] == newline {
        starts.append(UInt32(truncatingIfNeeded: index + 1))
      }
      starts.append(UInt32(truncatingIfNeeded: bytes.count + 1))
      return starts
    }
    starts = lines ?? [0, UInt32(truncatingIfNeeded: text.utf8.count + 1)]
  }

  /// How many lines there are; a line feed at the end begins one more, which is empty.
  package var count: Int { starts.count - 1 }

  /// A line, counted from 1, without its end; empty for one that is not there.
  package func line(_ number: Int) -> Substring {
    guard number >= 1, number <= count else { return "" }
    let utf8 = text.utf8
    let start = utf8.index(utf8.startIndex, offsetBy: Int(starts[number - 1]))
    var end = utf8.index(utf8.startIndex, offsetBy: Int(starts[number]) - 1)
    if end > start, utf8[utf8.index(before: end)] == UInt8(ascii: "\r") {
      end = utf8.index(before: end)
    }
    return text[start..<end]
  }

  /// The lines up to one, with their ends.
  package func through(line number: Int) -> Substring {
    let utf8 = text.utf8
    guard number < count else { return text[...] }
    return text[..<utf8.index(utf8.startIndex, offsetBy: Int(starts[max(0, number)]))]
  }
}

extension Substring {
  /// What a line says behind its `#`, if anything; the blanks around it are not part of it.
  var remark: Substring? {
    guard let sign = utf8.firstIndex(of: UInt8(ascii: "#")) else { return nil }
    var remark = self[sign...].dropFirst()
    while let first = remark.first, first == " " || first == "#" { remark.removeFirst() }
    while let last = remark.last, last == " " || last == "\t" { remark.removeLast() }
    return remark
  }

  /// Nothing stands on the line but, perhaps, a remark.
  var saysNothing: Bool {
    let first = utf8.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return first == nil || first == UInt8(ascii: "#") || first == UInt8(ascii: "\r")
  }
}
