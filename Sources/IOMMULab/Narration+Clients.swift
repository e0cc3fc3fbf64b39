internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
internal import IOMMUModel
internal import IOMMUValues

extension Narration {
  /// The kernel file of a client's function; nil for anybody else's.
  static func clientFile(of function: String) -> String? {
    switch function {
    case "add_dma_entry", "check_unmap", "dma_debug_device_change": "kernel/dma/debug.c"
    case _ where function.hasPrefix("iommu_dma_") || function.hasPrefix("__iommu_dma_"):
      "dma-iommu.c"
    case "queue_iova", "fq_flush_iotlb", "fq_ring_free", "fq_flush_timeout",
      "iova_reserve_pci_windows":
      "dma-iommu.c"
    case _ where function.hasPrefix("alloc_iova") || function.hasPrefix("free_iova"): "iova.c"
    case "reserve_iova": "iova.c"
    case "arm_iommu_attach_device": "arch/arm/mm/dma-mapping.c"
    case _ where function.hasPrefix("dma_"): "kernel/dma/mapping.c"
    case "kvm_vm_ioctl_assign_device", "kvm_vm_ioctl_deassign_device",
      "kvm_free_all_assigned_devices":
      "virt/kvm/assigned-dev.c"
    case "kvm_create_vm", "kvm_destroy_vm", "kvm_set_memory_region": "virt/kvm/kvm_main.c"
    case _ where function.hasPrefix("kvm_"): "virt/kvm/iommu.c"
    case "intel_flush_iotlb_all": "intel/iommu.c"
    case "msm_iommu_domain_alloc": "never written: design B of the mail"
    default: nil
    }
  }
}

extension Explainer {
  /// Why something happened to the clients' records.
  func explainClient(_ change: ClientChange) -> Narration {
    switch change {
    case .clock, .mode, .queued, .unqueued, .queuedTable, .unqueuedTable, .timer, .staleReach:
      return explainQueue(change)
    case .space, .iovaInsert, .iovaRemove, .iovaGrow, .iovaHint, .iovaCache:
      return explainAddresses(change)
    case .bufferMapped, .bufferPage, .bufferSegment, .bufferUnmapped, .dmaDebug:
      return explainBuffer(change)
    case .vm, .vmFree, .vmDomain, .slot, .slotDropped, .assigned, .deassigned, .coherent, .pinned,
      .unpinned, .unpinnedForeign, .pinsLeaked:
      return explainGuest(change)
    }
  }

  private func explainQueue(_ change: ClientChange) -> Narration {
    switch change {
    case .clock(_, let new): return Narration("It is \(new.timeText) since the boot.", "the clock")
    case .mode(_, true):
      return Narration(
        "From here on an unmap clears the tables and leaves the TLB as it is: one flush of all comes "
          + "later. That is much cheaper, and open for a while.", "IOMMU_DOMAIN_DMA_FQ")
    case .mode:
      return Narration("From here on each unmap flushes before it returns.", "IOMMU_DOMAIN_DMA")
    case .queued(let space, let frame, _):
      let address = ClientChange.address(frame, space, machine)
      return Narration(
        "Nobody gets \(iova: address) before the flush. The page behind it is its owner's again "
          + "already, and a TLB entry may still lead there.", place)
    case .unqueued(_, _, let since, _):
      return Narration(
        "No TLB knows these addresses any more: they are free, after they waited since "
          + "\(since.timeText).", place)
    case .queuedTable(_, let table):
      return Narration(
        "The table at \(physical: table) maps nothing any more, but a walk may have begun: it is "
          + "given back after the flush.", place)
    case .unqueuedTable: return Narration("After the flush no walk can be in it.", place)
    case .timer(_, _, 0): return Narration("Nothing waits any more.", place)
    case .timer(_, _, let new):
      return Narration(
        "Whatever is queued until then is flushed at \(new.timeText), 10 ms after the first.", place
      )
    case .staleReach(let space, let buffer, let iova):
      let device = ClientChange.device(space, machine)
      return Narration(
        "\(fault: "The window is open:") \(strong: device) still reaches "
          + "\(strong: machine.clients.bufferName(buffer)) at \(iova: iova), though its driver has "
          + "given it up and the page may be somebody else's.", "the model; no kernel sees this")
    default: return Narration("", place)
    }
  }

  private func explainAddresses(_ change: ClientChange) -> Narration {
    switch change {
    case .space(let device, let domain, _, _, _):
      let name = machine.system.name(of: DomainID(Int(domain)))
      return Narration(
        "\(domain: name) is the default domain of "
          + "\(strong: machine.system.name(of: DeviceID(Int(device)))): its buffers get their addresses "
          + "there, from the top down, and never 0.", place)
    case .iovaInsert(let space, let low, _) where function == "reserve_iova":
      return Narration(
        "Something on the bus answers at \(iova: ClientChange.address(low, space, machine)) itself, so "
          + "no buffer may be there.", place)
    case .iovaInsert(let space, let low, _):
      return Narration(
        "The highest hole that is large enough: \(iova: ClientChange.address(low, space, machine)), at "
          + "a multiple of the size rounded up to a power of two.", place)
    case .iovaRemove(let space, let low, _):
      return Narration(
        "\(iova: ClientChange.address(low, space, machine)) is free for anybody.", place)
    case .iovaGrow:
      return Narration("Two reserved ranges overlap and become one.", place)
    case .iovaHint(_, .smallestFailed, _, _):
      return Narration(
        "A search that failed need not be repeated until something below 4G is freed.",
        place)
    case .iovaHint:
      return Narration(
        "The next search begins here and goes down: what is above is likely full.", place)
    case .iovaCache(let space, .push, _, _, _, let frame):
      return Narration(
        "\(iova: ClientChange.address(frame, space, machine)) is not freed but kept for the next who "
          + "wants as much: no search, and the same addresses again and again.", place)
    case .iovaCache(let space, .pop, _, _, _, let frame):
      return Narration(
        "What was freed last comes back first: \(iova: ClientChange.address(frame, space, machine)).",
        place)
    case .iovaCache: return Narration("A full cache makes room for an empty one, or back.", place)
    default: return Narration("", place)
    }
  }

  private func explainBuffer(_ change: ClientChange) -> Narration {
    switch change {
    case .bufferMapped(let name, let device, let iova, _, let direction, _):
      return Narration(
        "The driver of \(strong: machine.system.name(of: DeviceID(Int(device)))) tells it \(iova: iova) "
          + "for \(strong: machine.system.names[Int(name)]), \(direction.words). It knows no IOMMU, "
          + "and need not.", place)
    case .bufferPage(let page):
      return Narration("\(physical: page) is one of its pages.", place)
    case .bufferSegment(let iova, let size):
      return Narration(
        "For the device, pieces that adjoin are one: \(size.sizeText) at \(iova: iova).", place)
    case .bufferUnmapped:
      return Narration("The driver has given it up; dma-debug forgets it.", place)
    case .dmaDebug(let iova, let mapped, let given, _, let mistake):
      return Narration(
        Prose(mistake.text(at: iova, mapped: mapped, given: given), .fault) + ".", place)
    default: return Narration("", place)
    }
  }

  private func explainGuest(_ change: ClientChange) -> Narration {
    func vm(_ index: UInt16) -> Prose { Prose(ClientChange.vm(index, machine), .strong) }
    func device(_ index: UInt16) -> Prose {
      Prose(machine.system.name(of: DeviceID(Int(index))), .strong)
    }
    switch change {
    case .vm: return Narration("A guest, with neither memory nor devices.", place)
    case .vmFree(let index): return Narration("\(vm(index)) is gone.", place)
    case .vmDomain(_, _, 0): return Narration("The guest's domain was freed.", place)
    case .vmDomain(let index, _, _):
      return Narration(
        "\(vm(index)) has a domain before any device is attached: there is nobody yet to ask which "
          + "IOMMU it will be.", place)
    case .slot(let guest, let host, _, _, _):
      return Narration(
        "What the guest calls \(iova: IOVA(guest)) lies at \(physical: PhysicalAddress(host)). A device "
          + "of the guest will be told the guest's address.", place)
    case .slotDropped: return Narration("It could not be mapped, so the guest goes without.", place)
    case .assigned(let index, let device_):
      return Narration(
        "\(device(device_)) belongs to \(vm(index)): it reaches the guest's memory by the guest's own "
          + "addresses, and nothing else.", place)
    case .deassigned(let index, let device_, _):
      return Narration("\(device(device_)) is taken from \(vm(index)).", place)
    case .coherent:
      return Narration(
        "Only with a device attached can the domain say that its mappings look into caches. All that "
          + "was mapped before is mapped again, with IOMMU_CACHE.", place)
    case .pinned(_, _, let pages):
      return Narration(
        "The host may not swap \(pages == 1 ? "this page" : "these \(pages) pages") out: a device could "
          + "not wait for it to come back.", place)
    case .unpinned(_, _, let pages):
      return Narration(
        "What unmap said it unmapped is unpinned: \(pages == 1 ? "1 page" : "\(pages) pages").",
        place)
    case .unpinnedForeign(let index, let frame, let pages):
      return Narration(
        "\(fault: "Wrong:") KVM asked where the page leads, was told \(iova: IOVA(frame << 12)), and "
          + "unpins \(pages == 1 ? "that page" : "\(pages) pages from there") of whoever has it. "
          + "\(vm(index)) had not pinned it.", place)
    case .pinsLeaked(let index, let pages):
      return Narration(
        "\(fault: "Wrong:") \(vm(index)) is gone, and \(String(pages)) of its pages stay pinned for as "
          + "long as the host runs: unmap's answers did not lead to them.", place)
    default: return Narration("", place)
    }
  }

  /// Why a client asked, or a driver asked in its stead; nil for any other question.
  func explainClientCheck(_ question: String, _ isSo: Bool) -> Narration? {
    let sentence: Prose? =
      switch (question, isSo) {
      case ("is a context handed in?", false):
        "domain_init is called with NULL: -EINVAL. KVM and the DMA API have no context to hand in when "
          + "they allocate, and no portable way to get one."
      case ("is a context handed in?", true):
        "The caller knew a context: the domain is for that one."
      case ("is this the driver's own allocator?", _):
        "The generic call brings no context, so that the driver makes nothing. Only "
          + "msm_iommu_domain_alloc does, and generic code cannot call it."
      case ("is it the context that the domain was allocated for?", false):
        "The domain was bound to another context when it was allocated: one domain for two IOMMUs "
          + "cannot be had like this."
      case ("does the device belong to another domain?", _):
        "Somebody attached the device to a domain of his own; its driver must wait."
      case ("is there an IOMMU driver (iommu_found)?", _):
        "There is, and that is all KVM can ask: not which IOMMU, for no device is named here."
      case ("has the guest no domain yet?", true):
        "It is the first device: a domain is allocated and all memory mapped before this device is "
          + "attached, or even looked at."
      case ("may the flush wait?", true):
        "Lazy mode: the tables are clear, the TLB is not, and the driver gets its page back now."
      case ("may the flush wait?", false):
        "Strict mode: what an unmap leaves behind is flushed at once."
      case ("does the address lead anywhere?", false):
        "The kernel warns and goes away: nothing is unmapped, and the addresses are not freed."
      case ("was as much unmapped as was asked for?", false):
        "The kernel warns (WARN_ON), and frees the addresses all the same."
      case ("is 32 bits to be tried first?", true):
        "A PCI device: addresses below 4G spare it a second cycle for the upper half."
      case ("can its mappings look into the CPU's caches?", false):
        "The domain cannot say so: the guest's memory stays mapped as it is."
      default: nil
      }
    return sentence.map { Narration($0, place) }
  }
}
