package import IOMMUAPI
package import IOMMUHardware

/// Everything a person may do to the machine: one case for each verb of the language.
///
/// Names stay names here; what they stand for is looked up when the operation is applied.
package enum Operation: Hashable, Sendable {
  /// Starts on a machine that has booted, or on one where nothing is probed yet.
  case use(platform: String, isProbed: Bool)
  /// Probes one device; nil is all that are not probed yet.
  case probe(String?)
  case alloc(String)
  case free(String)
  case attach(domain: String, device: String)
  case detach(domain: String, device: String)
  case map(domain: String, iova: UInt64, physical: UInt64, size: UInt64, Protection)
  case unmap(domain: String, iova: UInt64, size: UInt64)
  case iovaToPhys(domain: String, iova: UInt64)
  case read(DeviceRequest)
  case write(DeviceRequest, value: UInt64)
  /// Looks at what a request would do; changes nothing.
  case walk(DeviceRequest)
  /// Shows a part of the machine in full; changes nothing.
  case dump(Dump)
  /// Stores a word of bare memory.
  case writeWord(physical: UInt64, value: UInt64)
  case readWord(physical: UInt64)
  /// Writes a register with all its side effects; without a value, reads it.
  case register(iommu: String, offset: UInt64, value: UInt64?)
  /// Drops TLB entries by the register that does it.
  case invalidate(BankName, Scope)
  case irq(Interrupts)
  /// A device makes accesses of its own.
  case traffic(device: String, Traffic)
  /// The most pages that tables may take; nil is no limit.
  case limitPages(UInt64?)
  /// A client of the IOMMU API does something, or what it stands on is chosen.
  case client(ClientOperation)

  /// What can be shown in full.
  package enum Dump: Hashable, Sendable {
    /// A domain's tables, or an IOMMU's registers.
    case object(String)
    case tlb(String)
    /// The faults so far.
    case faults
  }

  /// An IOMMU, or one of its context banks, as a person writes it: `mdp0`, `mdp0/1`.
  package struct BankName: Hashable, Sendable {
    package let iommu: String
    package let bank: UInt64?

    package init(_ iommu: String, bank: UInt64? = nil) { (self.iommu, self.bank) = (iommu, bank) }

    package var text: String { bank.map { "\(iommu)/\($0)" } ?? iommu }
  }

  /// Which TLB entries an invalidation is to reach, in the forms that either architecture has.
  package enum Scope: Hashable, Sendable {
    case all
    case vmid(UInt64)
    case asid(UInt64)
    /// One address; under every ASID when none is named.
    case address(UInt64, asid: UInt64?)
    /// VT-d: context entries that are remembered.
    case contexts
    /// VT-d: what is tagged with a domain-id; of one page only when an address is named.
    case domain(UInt64, address: UInt64?)
  }

  /// When the interrupt handler runs.
  package enum Interrupts: Hashable, Sendable {
    /// At the end of the operation that faulted.
    case auto
    /// Not by itself: faults stay pending.
    case hold
    /// Now, for one IOMMU.
    case run(String)
  }

  /// A request as a person writes it.
  package struct DeviceRequest: Hashable, Sendable {
    package var device: String
    package var iova: UInt64
    package var access = Access.read
    /// The stream ID it goes with; nil is the device's first.
    package var stream: UInt64?
    package var isPrivileged = false

    package init(
      device: String, iova: UInt64, access: Access = .read, stream: UInt64? = nil,
      isPrivileged: Bool = false
    ) {
      (self.device, self.iova, self.access) = (device, iova, access)
      (self.stream, self.isPrivileged) = (stream, isPrivileged)
    }
  }

  package var verb: Verb {
    switch self {
    case .use: .use
    case .probe: .probe
    case .alloc: .alloc
    case .free: .free
    case .attach: .attach
    case .detach: .detach
    case .map: .map
    case .unmap: .unmap
    case .iovaToPhys: .iovaToPhys
    case .read: .read
    case .write: .write
    case .walk: .walk
    case .dump: .dump
    case .writeWord: .writeWord
    case .readWord: .readWord
    case .register: .reg
    case .invalidate: .invalidate
    case .irq: .irq
    case .limitPages: .limit
    case .traffic: .traffic
    case .client(let operation): operation.verb
    }
  }
}

/// The words that begin a line.
package enum Verb: String, Hashable, Sendable, CaseIterable {
  case use, probe, alloc, free, attach, detach, map, unmap
  case iovaToPhys = "iova-to-phys"
  case read, write, walk, dump
  case writeWord = "write-word"
  case readWord = "read-word"
  case reg, invalidate, irq, limit, traffic
  case dmaMap = "dma-map"
  case dmaUnmap = "dma-unmap"
  case dmaMapSG = "dma-map-sg"
  case dmaAlloc = "dma-alloc"
  case dmaFree = "dma-free"
  case dmaRelease = "dma-release"
  case dmaDomain = "dma-domain"
  case mode, wait, vm, memslot, assign, deassign
  case vmFree = "vm-free"
  case design
  case msmAlloc = "msm-alloc"
  case expect

  /// How a line with this verb is written.
  package var usage: String {
    switch self {
    case .use: "use PLATFORM [unprobed]"
    case .probe: "probe NAME|all"
    case .alloc: "alloc DOMAIN [COOKIE]"
    case .free: "free DOMAIN"
    case .attach: "attach DOMAIN DEVICE"
    case .detach: "detach DOMAIN DEVICE"
    case .map: "map DOMAIN IOVA PA SIZE PROT"
    case .unmap: "unmap DOMAIN IOVA SIZE"
    case .iovaToPhys: "iova-to-phys DOMAIN IOVA"
    case .read: "read DEVICE IOVA [mid=N] [priv]"
    case .write: "write DEVICE IOVA [VALUE] [mid=N] [priv]"
    case .walk: "walk DEVICE IOVA [r|w] [mid=N] [priv]"
    case .dump: "dump DOMAIN|IOMMU|tlb|faults [IOMMU]"
    case .writeWord: "write-word PA VALUE"
    case .readWord: "read-word PA"
    case .reg: "reg IOMMU OFFSET [VALUE]"
    case .invalidate:
      "invalidate IOMMU[/CONTEXT] all|vmid|asid|va|contexts|domain [N] [asid N|va IOVA]"
    case .irq: "irq auto|hold|run [IOMMU]"
    case .limit: "limit pages N|none"
    case .traffic: "traffic DEVICE scan|blocks|random [seed=N] [from=N] [count=N]"
    case .dmaMap: "dma-map DEVICE NAME PA SIZE to|from|both"
    case .dmaUnmap: "dma-unmap DEVICE NAME [SIZE] [DIRECTION]"
    case .dmaMapSG: "dma-map-sg DEVICE NAME PA SIZE… to|from|both"
    case .dmaAlloc: "dma-alloc DEVICE NAME SIZE"
    case .dmaFree: "dma-free DEVICE NAME"
    case .dmaRelease: "dma-release DEVICE"
    case .dmaDomain: "dma-domain DEVICE DOMAIN"
    case .mode: "mode strict|lazy"
    case .wait: "wait TIME"
    case .vm: "vm NAME [DOMAIN]"
    case .memslot: "memslot VM GPA PA SIZE [pages=4K|2M]"
    case .assign: "assign VM DEVICE"
    case .deassign: "deassign VM DEVICE"
    case .vmFree: "vm-free VM"
    case .design: "design a|b|c"
    case .msmAlloc: "msm-alloc DOMAIN CONTEXT"
    case .expect: "expect ok|ERRNO|VALUE|fault [KIND]|bypass|stalled|error"
    }
  }

  /// What it does, in a few words.
  package var purpose: String {
    switch self {
    case .use: "start over on a machine"
    case .probe: "give a device its IOMMU data"
    case .alloc: "allocate a domain"
    case .free: "free a domain, attached or not"
    case .attach: "let a device see memory through a domain"
    case .detach: "take a device off its domain"
    case .map: "map memory into a domain"
    case .unmap: "take a mapping away"
    case .iovaToPhys: "where does an address of a domain lead?"
    case .read: "the device reads an address"
    case .write: "the device writes an address"
    case .walk: "what would a request do? changes nothing"
    case .dump: "tables of a domain, registers or TLB of an IOMMU"
    case .writeWord: "store a word of memory, past every driver"
    case .readWord: "look at a word of memory"
    case .reg: "write or read a register, past every driver"
    case .invalidate: "drop TLB entries"
    case .irq: "when does the interrupt handler run?"
    case .limit: "how many pages may tables take?"
    case .traffic: "the device makes accesses of its own"
    case .dmaMap: "a driver maps a buffer for its device"
    case .dmaUnmap: "a driver gives a mapped buffer up"
    case .dmaMapSG: "a driver maps scattered memory into one range"
    case .dmaAlloc: "a driver has memory allocated that its device shares"
    case .dmaFree: "a driver gives such memory back"
    case .dmaRelease: "a driver leaves its device; what is still mapped has leaked"
    case .dmaDomain: "platform code makes a domain the device's default"
    case .mode: "does the DMA API flush at each unmap, or now and then?"
    case .wait: "let simulated time pass"
    case .vm: "start a guest"
    case .memslot: "give a guest memory"
    case .assign: "give a guest a device"
    case .deassign: "take a device from a guest"
    case .vmFree: "end a guest"
    case .design: "how does a domain learn which IOMMU it is for?"
    case .msmAlloc: "design B's own allocator"
    case .expect: "say what the line before must answer"
    }
  }
}

/// What came of an operation.
package enum Outcome: Hashable, Sendable {
  /// It was done. The result is bytes, an address, or 0.
  case done(UInt64)
  /// A device's request reached memory at this address, and this word was there.
  case reached(PhysicalAddress, isBypass: Bool, word: UInt64)
  /// A device's traffic: so much of it reached memory.
  case traffic(TrafficResult)
  /// The kernel refused; `reason` is in words, with names.
  case refused(Errno, reason: String)
  /// The IOMMU stopped the request.
  case fault(Fault)
  /// The request waits: its context is stalled by an earlier fault.
  case stalled
  /// It could not be tried: a name that is not there, a number that does not fit.
  case error(String)

  package var isOK: Bool {
    switch self {
    case .done, .reached, .traffic: true
    case .refused, .fault, .stalled, .error: false
    }
  }

  /// The number that `expect` and the JSON call the result.
  package var result: UInt64? {
    switch self {
    case .done(let value): value
    case .reached(let address, _, _): address.value
    case .traffic(let result): result.reached
    case .refused, .fault, .stalled, .error: nil
    }
  }
}

extension Operation {
  /// A device's own request, or the question where one would go.
  package var request: DeviceRequest? {
    switch self {
    case .read(let request), .write(let request, _), .walk(let request): request
    default: nil
    }
  }
}
