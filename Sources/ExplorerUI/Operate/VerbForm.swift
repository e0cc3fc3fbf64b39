internal import IOMMULab

/// How one verb is operated: where it is listed, and what its form asks for.
///
/// A verb without a row here still works at the prompt; with a row it has a form, a place in the
/// list of operations, and completion of its words.
struct VerbForm: Hashable, Sendable {
  /// What an operation is about, in the order in which things are listed.
  enum Thing: Hashable, Sendable, CaseIterable {
    case domain, device, guest, bank, iommu, iova, register, word, machine
  }

  let verb: Verb
  let on: Thing
  /// The letter that chooses it; another one is taken where it is not free.
  let key: Character
  /// What it does, `{}` being the thing.
  let words: String
  /// The kernel's function, or what else it is in the real world.
  let counterpart: String
  let fields: [FormField]

  private init(
    _ verb: Verb, on: Thing, _ key: Character, _ words: String, _ counterpart: String,
    _ fields: [FormField]
  ) {
    (self.verb, self.on, self.key, self.words) = (verb, on, key, words)
    (self.counterpart, self.fields) = (counterpart, fields)
  }

  static func of(_ verb: Verb) -> VerbForm? { all.first { $0.verb == verb } }

  private static let stream = FormField(
    "stream ID", .number([]), prefix: "mid=", isOptional: true)
  private static let privileged = FormField("privileged", .flag("priv"), isOptional: true)
  private static let device = FormField("device", .device(.any))
  private static let mapped = FormField("iova", .iova(.mapped))
  private static let domain = FormField("domain", .domain)
  private static let buffer = FormField("buffer", .buffer)
  private static let newBuffer = FormField("name", .newBuffer)
  private static let guest = FormField("guest", .guest)
  private static let direction = FormField("direction", .choice(["to", "from", "both"]))
  private static let memory = FormField("memory", .memory)
  private static let size = FormField("size", .size(.free))

  /// The table; a new verb joins by a row, or by two where it is about two things.
  static let all: [VerbForm] = ofTheKernel + ofClients + ofTheMachine

  private static let ofTheKernel: [VerbForm] = [
    VerbForm(
      .map, on: .domain, "m", "Map memory into {}", "iommu_map",
      [
        domain, FormField("iova", .iova(.free)), FormField("memory", .memory),
        FormField("size", .size(.free)), FormField("access", .protection),
      ]),
    VerbForm(
      .unmap, on: .domain, "u", "Unmap a range of {}", "iommu_unmap",
      [domain, mapped, FormField("size", .size(.mapped))]),
    VerbForm(
      .attach, on: .domain, "a", "Attach {} to a device", "iommu_attach_device",
      [domain, FormField("device", .device(.free))]),
    VerbForm(
      .detach, on: .domain, "d", "Detach a device from {}", "iommu_detach_device",
      [domain, FormField("device", .device(.attached))]),
    VerbForm(
      .iovaToPhys, on: .domain, "i", "Where does an address of {} lead?", "iommu_iova_to_phys",
      [domain, mapped]),
    VerbForm(.free, on: .domain, "f", "Free {}", "iommu_domain_free", [domain]),

    VerbForm(
      .attach, on: .device, "a", "Attach {} to a domain", "iommu_attach_device",
      [domain, FormField("device", .device(.free))]),
    VerbForm(
      .read, on: .device, "r", "Let {} read an address", "the device itself",
      [device, mapped, stream, privileged]),
    VerbForm(
      .write, on: .device, "w", "Let {} write an address", "the device itself",
      [
        device, mapped, FormField("value", .value, isOptional: true), stream, privileged,
      ]),
    VerbForm(
      .walk, on: .device, "k", "Walk an address of {}; changes nothing", "nothing changes",
      [device, mapped, FormField("access", .choice(["r", "w"])), stream, privileged]),
    VerbForm(
      .traffic, on: .device, "t", "Let {} make accesses of its own", "the device itself",
      [
        device, FormField("pattern", .choice(["scan", "blocks", "random"])),
        FormField("seed", .number([1, 2, 3]), prefix: "seed="),
        FormField("count", .number([100, 1000, 10_000]), prefix: "count="),
      ]),

  ]

  /// What drivers and guests do, who know no IOMMU.
  private static let ofClients: [VerbForm] = [
    VerbForm(
      .dmaMap, on: .device, "m", "Map a buffer for {}", "dma_map_page",
      [device, newBuffer, memory, size, direction]),
    VerbForm(
      .dmaUnmap, on: .device, "u", "Give a buffer of {} up", "dma_unmap_page",
      [
        device, buffer, FormField("size", .size(.free), isOptional: true),
        FormField("direction", .choice(["to", "from", "both"]), isOptional: true),
      ]),
    VerbForm(
      .dmaMapSG, on: .device, "g", "Map scattered memory for {}", "dma_map_sg",
      [
        device, newBuffer, memory, size, FormField("memory 2", .memory, isOptional: true),
        FormField("size 2", .size(.free), isOptional: true), direction,
      ]),
    VerbForm(
      .dmaAlloc, on: .device, "c", "Allocate memory that {} shares", "dma_alloc_coherent",
      [device, newBuffer, size]),
    VerbForm(
      .dmaFree, on: .device, "f", "Free memory that {} shares", "dma_free_coherent",
      [device, buffer]),
    VerbForm(
      .dmaRelease, on: .device, "l", "The driver leaves {}", "device_unbind", [device]),
    VerbForm(
      .dmaDomain, on: .device, "b", "Make a domain the default of {}", "platform code",
      [device, domain]),

    VerbForm(
      .memslot, on: .guest, "s", "Give {} memory", "kvm_set_memory_region",
      [
        guest, FormField("guest address", .guestAddress), memory, size,
        FormField("huge pages", .flag("pages=2M"), isOptional: true),
      ]),
    VerbForm(
      .assign, on: .guest, "h", "Give {} a device", "kvm_assign_device",
      [guest, FormField("device", .device(.free))]),
    VerbForm(
      .deassign, on: .guest, "q", "Take a device from {}", "kvm_deassign_device",
      [guest, FormField("device", .device(.attached))]),
    VerbForm(.vmFree, on: .guest, "e", "End {}", "kvm_destroy_vm", [guest]),
  ]

  /// What the hardware and the machine as a whole are asked for.
  private static let ofTheMachine: [VerbForm] = [
    VerbForm(
      .invalidate, on: .bank, "v", "Drop TLB entries of {}", "past every driver",
      [FormField("of", .bank), FormField("which", .words(.invalidation))]),
    VerbForm(
      .reg, on: .iommu, "s", "Set or read a register of {}", "past every driver",
      [
        FormField("IOMMU", .iommu), FormField("register", .offset),
        FormField("value", .value, isOptional: true),
      ]),
    VerbForm(
      .dump, on: .iommu, "x", "Show registers, tables or TLB in full", "nothing changes",
      [FormField("what", .words(.dump))]),

    VerbForm(
      .writeWord, on: .word, "b", "Store a word of memory", "past every driver",
      [FormField("address", .word), FormField("value", .value)]),
    VerbForm(
      .readWord, on: .word, "z", "Read a word of memory", "past every driver",
      [FormField("address", .word)]),

    VerbForm(
      .alloc, on: .machine, "n", "Allocate a new domain", "iommu_domain_alloc",
      [FormField("name", .newDomain), FormField("cookie", .cookie, isOptional: true)]),
    VerbForm(
      .privateAlloc, on: .machine, "N", "Allocate a domain for one context", "design B's own call",
      [FormField("name", .newDomain), FormField("context", .device(.free))]),
    VerbForm(
      .vm, on: .machine, "g", "Start a guest", "kvm_create_vm",
      [FormField("name", .newGuest), FormField("domain", .domain, isOptional: true)]),
    VerbForm(
      .mode, on: .machine, "m", "When does the DMA API flush?", "iommu.strict",
      [FormField("mode", .choice(["strict", "lazy"]))]),
    VerbForm(
      .wait, on: .machine, "t", "Let simulated time pass", "the clock",
      [FormField("time", .time)]),
    VerbForm(
      .design, on: .machine, "d", "How does a domain learn its IOMMU?", "the mail of July 2010",
      [FormField("design", .choice(["a", "b", "c"]))]),
    VerbForm(
      .probe, on: .machine, "p", "Probe a device", "platform_drv_probe",
      [FormField("name", .unprobed)]),
    VerbForm(
      .irq, on: .machine, "y", "When does the interrupt handler run?", "request_irq",
      [FormField("when", .words(.interrupts))]),
    VerbForm(
      .limit, on: .machine, "l", "Limit the pages that tables may take", "the page allocator",
      [FormField("pages", .number([]), prefix: "pages ")]),
    VerbForm(
      .use, on: .machine, "o", "Start over on a machine", "a boot",
      [
        FormField("machine", .words(.platform)),
        FormField("unprobed", .flag("unprobed"), isOptional: true),
      ]),
  ]
}
