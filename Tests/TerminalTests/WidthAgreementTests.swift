import CVTerm
import Glibc
import TerminalCore
import Testing

@Suite struct `Widths` {
  /// Other versions of the library know other versions of Unicode.
  static let isSameLibrary = String(cString: gnu_get_libc_version()) == "2.36"

  @Test(.enabled(if: isSameLibrary))
  func `are those of the C library for every scalar`() throws {
    let locale = try #require(newlocale(1 << LC_CTYPE, "C.UTF-8", nil))
    // Of this thread only: other tests run beside this one.
    let before = uselocale(locale)
    defer {
      uselocale(before)
      freelocale(locale)
    }
    var different: [UInt32] = []
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if DisplayWidth.of(scalar) != Int(wcwidth(wchar_t(bitPattern: value))) {
        different.append(value)
      }
    }
    #expect(different == [])
  }
}
