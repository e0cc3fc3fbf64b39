import Foundation
import IOMMUAPI
import IOMMUHardware
import IOMMULab
import IOMMUModel
import TestSupport
import Testing

/// What probing wrote on every IOMMU and for every context, and what was left in the registers.
@Suite struct `Recorded probing` {
  struct Step: Decodable {
    let kind: String
    let iommu: String?
    let ncb: Int?
    let ctx: String?
    let num: Int?
    let mids: [UInt32]?
    let ret: Int?
    let w: [[String]]?
    let nonzero: [String: Number]?
  }

  @Test func `all 12 IOMMUs and 21 contexts are probed with the same writes`() throws {
    let steps = try Recorded.cases("msm_probe", in: .module, as: Step.self)
    #expect(steps.count == 45)
    var machine = try Machine.msm8x60Unprobed()
    for step in steps {
      let name = try #require(step.iommu ?? step.ctx)
      let place: Comment = "\(step.kind) of \(name)"
      let device = try machine.device(name)
      let unit = machine.system.devices[device.index].iommu
      if let nonzero = step.nonzero {
        var found: [String: UInt32] = [:]
        for (offset, word) in registersInUse(of: unit, on: machine.board) {
          let digits = String(offset, radix: 16)
          found["0x" + String(repeating: "0", count: 5 - digits.count) + digits] = word
        }
        #expect(found == nonzero.mapValues(\.word), place)
        continue
      }
      if let banks = step.ncb { #expect(machine.board.iommus[unit].bankCount == banks, place) }
      if let bank = step.num { #expect(machine.system.devices[device.index].bank == bank, place) }
      if let mids = step.mids {
        #expect(machine.system.devices[device.index].streams == mids, place)
      }
      _ = machine.takeRecording()
      try machine.probe(device)
      #expect(step.ret == 0)
      let writes = machine.takeRecording().registerWrites
      #expect(writes == (try recordedWrites(step.w, on: machine.board)), place)
    }
  }
}

/// What the interrupt handler reads, prints and writes for given registers.
@Suite struct `Recorded interrupts` {
  struct Case: Decodable {
    let name: String
    let iommu: String
    let ctx: Int
    let fsr: Number
    let ctx2: Int
    let fsr2: Number
    let log: [[String]]
    let fsr_after: Number
  }

  /// The register bases lie where the platform's own rule puts them, not where the recording's did.
  private static let bases = ["jpegd": "base = fb300000", "mdp0": "base = fb500000"]

  @Test func `the same reads, lines and writes in the same order`() throws {
    let cases = try Recorded.cases("msm_fault_handler", in: .module, as: Case.self)
    #expect(cases.count == 3)
    for recorded in cases {
      var bare = try BareDriver(domains: 0)
      let unit = try #require(
        bare.system.board.iommus.firstIndex { $0.name == recorded.iommu })
      for read in recorded.log where read[0] == "r" {
        let offset = try #require(UInt32(read[2].dropFirst(2), radix: 16))
        let word = try #require(UInt32(read[3].dropFirst(2), radix: 16))
        // FSR itself is cleared by writing; FSRRESTORE, the word after it, sets it.
        bare.writeRegister(offset & 0xfff == 0x20 ? offset + 4 : offset, of: unit, word)
      }
      let log = bare.handleInterrupt(of: unit).events.compactMap { event -> [String]? in
        switch event.change {
        case .message(let format, let first, let second):
          ["msg", KernelMessage.text(format, first, second)]
        case .registerRead(_, let offset, let value):
          ["r", recorded.iommu, Self.hex(offset, 5), Self.hex(value, 8)]
        case .registerWrite(_, let offset, _, let new, _):
          [recorded.iommu, Self.hex(offset, 5), Self.hex(new, 8)]
        default: nil
        }
      }
      let expected = recorded.log.map {
        $0[1].hasPrefix("base = ") ? ["msg", Self.bases[recorded.iommu] ?? ""] : $0
      }
      #expect(log == expected, "\(recorded.name)")
      // There the register was plain storage; here the ones that were written have cleared it.
      for (bank, fsr) in [(recorded.ctx, recorded.fsr), (recorded.ctx2, recorded.fsr2)]
      where bank >= 0 {
        let left = bare.system.board.register(UInt32(bank) << 12 | 0x20, of: unit)
        #expect(left == fsr.word & ~0x4000_000f, "\(recorded.name)")
      }
    }
  }

  private static func hex(_ word: UInt32, _ count: Int) -> String {
    let digits = String(word, radix: 16)
    return "0x" + String(repeating: "0", count: count - digits.count) + digits
  }
}
