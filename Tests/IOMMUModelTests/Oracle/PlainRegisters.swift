/// One write by software to a register of an IOMMU's window.
struct PlainWrite: Hashable {
  let unit: String
  let offset: UInt32
  let word: UInt32
}

/// The driver's register writes, call by call, in the reference's order.
///
/// A field is set by reading, changing and writing the whole register: one write a field.
extension PlainMachine {
  mutating func write(_ register: UInt32, of bank: PlainBank, _ word: UInt32) {
    let offset = UInt32(bank.number) * 0x1000 + register
    writes.append(PlainWrite(unit: bank.unit, offset: offset, word: word))
  }

  private mutating func writeGlobal(_ offset: UInt32, of bank: PlainBank, _ word: UInt32) {
    writes.append(PlainWrite(unit: bank.unit, offset: offset, word: word))
  }

  mutating func writeTLBIALL(of bank: PlainBank) { write(0x800, of: bank, 0) }

  /// What `__reset_context` writes.
  mutating func writeReset(of bank: PlainBank) {
    // The five bypass fields of M2VCBR, at the bank's number where a MID belongs. They are 0.
    let stream = UInt32(bank.number)
    let isListed = PlainWiring.contexts.contains {
      $0.bank.unit == bank.unit && $0.streams.contains(stream)
    }
    let target = UInt32(PlainWiring.bank(of: stream, in: bank.unit).number)
    for _ in 0..<5 {
      writeGlobal(0xf_f000 + stream * 4, of: bank, isListed ? target * 0x100 + 0xc0_0000 : 0)
    }
    // ACTLR, SCTLR, FSRRESTORE, TTBR0, TTBR1, TTBCR, BFBCR, PAR, FAR, CTX_TLBIALL, TLBFLPTER,
    // TLBSLPTER, TLBLKCR, PRRR, NMRR.
    for register: UInt32 in [
      0x004, 0x000, 0x024, 0x010, 0x014, 0x018, 0x04c, 0x01c, 0x028, 0x800, 0x044, 0x048, 0x03c,
      0x034, 0x038,
    ] {
      write(register, of: bank, 0)
    }
  }

  /// What `__program_context` writes after the reset.
  mutating func writeProgram(of bank: PlainBank, table: UInt32) {
    // ACTLR: TLBMCFG and V2PCFG. TTBCR, TTBR0.PA, CTX_TLBIALL.
    write(0x004, of: bank, 0x3000)
    write(0x004, of: bank, 0x3_3000)
    write(0x018, of: bank, 0)
    write(0x010, of: bank, table)
    writeTLBIALL(of: bank)
    // CBACR.IRPTNDX; ACTLR: CFEIE, CFCFG, RCISH, RCOSH, RCNSH.
    writeGlobal(0xf_f800 + UInt32(bank.number) * 4, of: bank, 0)
    for word: UInt32 in [0x3_3002, 0x3_7002, 0x3_7022, 0x3_7032, 0x3_7072] {
      write(0x004, of: bank, word)
    }
    // SCTLR.TRE, PRRR, NMRR, BFBCR.BFBDFE.
    write(0x000, of: bank, 2)
    write(0x034, of: bank, 0xff0a_81a8)
    write(0x038, of: bank, 0x40e0_40e0)
    write(0x04c, of: bank, 1)
    // SH, NOS, IRGNH with IRGNL, and ORGN of TTBR0 and TTBR1.
    for (register, low) in [
      (UInt32(0x010), UInt32(0x02)), (0x014, 0x02), (0x010, 0x22), (0x014, 0x22), (0x010, 0x22),
      (0x010, 0x62), (0x014, 0x22), (0x014, 0x62), (0x010, 0x6a), (0x014, 0x6a),
    ] {
      write(register, of: bank, register == 0x010 ? table + low : low)
    }
    write(0x000, of: bank, 3)
  }

  /// What the interrupt handler writes: it clears every bank of the IOMMU whose FSR is not 0.
  mutating func handleInterrupt(of unit: String) {
    for context in PlainWiring.contexts where context.bank.unit == unit {
      guard let fsr = banks[context.bank]?.fsr, fsr != 0 else { continue }
      write(0x020, of: context.bank, 0x4000_000f)
      banks[context.bank]?.fsr = fsr & ~0x4000_000f
    }
  }
}
