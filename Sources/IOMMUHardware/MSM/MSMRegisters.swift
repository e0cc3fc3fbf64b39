/// The registers of an MSM System MMU: where they are, which bits mean what, where they are stored.
///
/// Linux: `msm_iommu_hw-8xxx.h`. Names, fields and sentences for people are data, in
/// `assets/registers/`; what stands here is what the hardware itself acts on.
package enum MSMRegisters {
  /// An instance's window, in bytes.
  package static let windowBytes: UInt32 = 0x10_0000

  // MARK: Context bank n, at n << 12

  package static let sctlr: UInt32 = 0x000
  package static let actlr: UInt32 = 0x004
  package static let contextidr: UInt32 = 0x008
  package static let ttbr0: UInt32 = 0x010
  package static let ttbr1: UInt32 = 0x014
  package static let ttbcr: UInt32 = 0x018
  package static let par: UInt32 = 0x01c
  package static let fsr: UInt32 = 0x020
  package static let fsrRestore: UInt32 = 0x024
  package static let far: UInt32 = 0x028
  package static let fsynr0: UInt32 = 0x02c
  package static let fsynr1: UInt32 = 0x030
  package static let prrr: UInt32 = 0x034
  package static let nmrr: UInt32 = 0x038
  package static let tlblckr: UInt32 = 0x03c
  package static let v2psr: UInt32 = 0x040
  package static let tlbflpter: UInt32 = 0x044
  package static let tlbslpter: UInt32 = 0x048
  package static let bfbcr: UInt32 = 0x04c
  package static let contextTLBIALL: UInt32 = 0x800
  package static let tlbiasid: UInt32 = 0x804
  package static let tlbiva: UInt32 = 0x808
  package static let tlbivaa: UInt32 = 0x80c
  package static let v2ppr: UInt32 = 0x810
  package static let v2ppw: UInt32 = 0x814
  package static let v2pur: UInt32 = 0x818
  package static let v2puw: UInt32 = 0x81c
  package static let resume: UInt32 = 0x820

  // MARK: Global

  package static func m2vcbr(_ stream: UInt32) -> UInt32 { 0xf_f000 + 4 * stream }
  package static func cbacr(_ bank: UInt32) -> UInt32 { 0xf_f800 + 4 * bank }
  package static let tlbrsw: UInt32 = 0xf_fe00
  package static let testbuscr: UInt32 = 0xf_fe8c
  package static let globalTLBIALL: UInt32 = 0xf_ff00
  package static let tlbivmid: UInt32 = 0xf_ff04
  package static let cr: UInt32 = 0xf_ff80
  package static let ear: UInt32 = 0xf_ff84
  package static let esr: UInt32 = 0xf_ff88
  package static let esrRestore: UInt32 = 0xf_ff8c
  package static let esynr0: UInt32 = 0xf_ff90
  package static let rev: UInt32 = 0xf_fff4
  package static let idr: UInt32 = 0xf_fff8
  package static let rpuACR: UInt32 = 0xf_fffc

  /// The offset of a context bank's register in the instance's window.
  package static func offset(_ register: UInt32, bank: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: bank) << 12 | register
  }

  /// Streams the M2V table has room for (`NM2VCBMT` has nine bits).
  package static let streamCount: UInt32 = 512

  // MARK: Fields the hardware acts on

  package enum SCTLR {
    package static let m: UInt32 = 1 << 0
    package static let tre: UInt32 = 1 << 1
    package static let afe: UInt32 = 1 << 2
  }

  package enum ACTLR {
    package static let cfeie: UInt32 = 1 << 1
    package static let cfcfg: UInt32 = 1 << 14
    /// 3: a TLB miss walks the tables.
    static func tlbmcfg(_ word: UInt32) -> UInt32 { word >> 12 & 3 }
    /// 0: a V2P probe does not walk.
    static func v2pcfg(_ word: UInt32) -> UInt32 { word >> 16 & 3 }
  }

  package enum FSR {
    package static let tf: UInt32 = 1 << 1
    package static let aff: UInt32 = 1 << 2
    package static let apf: UInt32 = 1 << 3
    package static let tlbmf: UInt32 = 1 << 4
    package static let htwdeef: UInt32 = 1 << 5
    package static let sl: UInt32 = 1 << 16
    package static let ss: UInt32 = 1 << 30
    package static let multi: UInt32 = 1 << 31
    /// A fault is pending while one of these is set.
    package static let pending: UInt32 = 0xfe

    /// The one-hot bit of a kind; 0 for a fault that no context bank records.
    package static func bit(of kind: FaultKind) -> UInt32 {
      switch kind {
      case .translation: tf
      case .accessFlag: aff
      case .permission: apf
      case .tlbMiss: tlbmf
      case .externalAbort: htwdeef
      case .configuration: 0
      }
    }
  }

  package enum M2VCBR {
    package static func vmid(_ word: UInt32) -> UInt16 { UInt16(word & 0x1f) }
    package static func cbndx(_ word: UInt32) -> Int { Int(word >> 8 & 0xff) }
    /// NSCFG 3 forces non-secure; 2 forces secure; below that the transaction decides.
    static func isNonSecure(_ word: UInt32) -> Bool { word >> 22 & 3 != 2 }
  }

  // MARK: Storage

  private static let wordsPerBank = 32
  private static let globalWords = 128

  static func storageCount(banks: Int) -> Int {
    banks * wordsPerBank + Int(streamCount) + banks + globalWords
  }

  static func bankIndex(_ register: UInt32, bank: Int) -> Int {
    bank &* wordsPerBank &+ Int(truncatingIfNeeded: register &>> 2)
  }

  static func streamIndex(_ stream: UInt32, banks: Int) -> Int {
    banks &* wordsPerBank &+ Int(truncatingIfNeeded: stream)
  }

  /// Where the word at `offset` is stored, or nil where nothing is kept: there reads give 0.
  package static func index(of offset: UInt32, banks: Int) -> Int? {
    guard offset & 3 == 0, offset < windowBytes else { return nil }
    let register = offset & 0xfff
    let page = Int(offset >> 12)
    if page < banks { return register < 0x80 ? bankIndex(register, bank: page) : nil }
    guard page == 0xff else { return nil }
    switch register {
    case ..<0x800: return streamIndex(register >> 2, banks: banks)
    case ..<0xe00:
      let bank = Int(register - 0x800) >> 2
      return bank < banks ? streamIndex(streamCount, banks: banks) + bank : nil
    default:
      guard offset != globalTLBIALL, offset != tlbivmid else { return nil }
      return streamIndex(streamCount, banks: banks) + banks + Int(register - 0xe00) >> 2
    }
  }

  /// What a register holds after software wrote `word` over `old`.
  static func kept(_ word: UInt32, over old: UInt32, at offset: UInt32) -> UInt32 {
    switch offset {
    case rev, idr: return old
    case esr: return old & ~word
    case esrRestore: return 0
    default: break
    }
    guard offset < 0xff000 else { return word }
    switch offset & 0xfff {
    // Writing 1 clears. A stall ends with its own bit.
    case fsr: return old & ~word
    case fsrRestore: return 0
    case v2psr: return old
    default: return word
    }
  }
}
