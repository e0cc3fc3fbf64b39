package import IOMMUHardware

/// Lines that the kernel prints: a format of C, filled in.
package enum KernelMessage {
  /// Fills in `%08x`, `%d`, and `%[` for the names of a fault status's set bits.
  package static func text(_ format: Label, _ first: UInt32, _ second: UInt32) -> String {
    var arguments = [first, second][...]
    var text = ""
    var rest = format.description[...]
    while let percent = rest.firstIndex(of: "%") {
      text += rest[..<percent]
      rest = rest[percent...]
      let value = arguments.popFirst() ?? 0
      if rest.hasPrefix("%08x") {
        text += value.hex8.dropFirst(2)
        rest = rest.dropFirst(4)
      } else if rest.hasPrefix("%x") {
        text += String(value, radix: 16)
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("%F") {
        text += faultRecord(first, second)
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("%[") {
        text += statusNames(value)
        rest = rest.dropFirst(2)
      } else {
        text += String(value)
        rest = rest.dropFirst(2)
      }
    }
    return text + rest
  }

  /// A VT-d fault record as `dmar_fault_do_one` prints it; packed by ``FaultLine``.
  private static func faultRecord(_ first: UInt32, _ second: UInt32) -> String {
    let line = FaultLine(first: first, second: second)
    let words = VTDFaultReason(rawValue: line.reason)?.words ?? "Unknown"
    let code = (line.reason < 16 ? "0" : "") + String(line.reason, radix: 16)
    return "Request device [\(line.source)] fault addr \(line.address.hex) "
      + "[fault reason 0x\(code)] \(words)"
  }

  /// The set bits of an FSR by name, each followed by a blank, as `print_ctx_regs` has them.
  private static func statusNames(_ status: UInt32) -> String {
    let names: [(UInt32, String)] = [
      (1, "TF"), (2, "AFF"), (3, "APF"), (4, "TLBMF"), (5, "HTWDEEF"), (6, "HTWSEEF"), (7, "MHF"),
      (16, "SL"), (30, "SS"), (31, "MULTI"),
    ]
    return names.filter { status >> $0.0 & 1 == 1 }.map { $0.1 + " " }.joined()
  }
}
