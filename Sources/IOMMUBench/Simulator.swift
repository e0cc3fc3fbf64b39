internal import CBaseline
internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMUModel

/// The kernel face of a booted machine with one domain, driven page by page.
struct Simulator {
  private var machine: Machine
  private let domain: DomainID
  private let device: DeviceID
  private let isAttached: Bool
  private let isRecorded: Bool

  init(_ platform: Platform, isAttached: Bool = false, isRecorded: Bool = false) throws(BenchError)
  {
    machine = Machine(unprobed: platform)
    machine.setRecording(false)
    let devices = machine.system.devices
    guard let context = devices.firstIndex(where: { !$0.streams.isEmpty }) else {
      throw .noContext
    }
    device = DeviceID(context)
    (self.isAttached, self.isRecorded) = (isAttached, isRecorded)
    do throws(KernelError) {
      try machine.probeAll()
      domain = try machine.allocateDomain("bench")
      if isAttached { try machine.attach(device, to: domain) }
    } catch {
      throw .refused(error)
    }
    machine.setRecording(isRecorded)
  }

  /// One call of `iommu_map` for each page; answers how many were mapped.
  mutating func mapAll(pages: Int) throws(BenchError) -> UInt64 {
    do throws(KernelError) {
      for page in 0..<pages {
        let iova = UInt32(truncatingIfNeeded: page &<< 12)
        try machine.map(
          domain, iova: IOVA(UInt64(iova)), to: PhysicalAddress(UInt64(bench_physical(iova))),
          size: 4096, [.read, .write])
        if isRecorded, page % callsPerRecording == 0 { machine.takeRecording().check() }
      }
    } catch {
      throw .refused(error)
    }
    return UInt64(pages)
  }

  /// One call of `iommu_unmap` for each page; answers how many bytes were unmapped.
  mutating func unmapAll(pages: Int) throws(BenchError) -> UInt64 {
    var bytes: UInt64 = 0
    do throws(KernelError) {
      for page in 0..<pages {
        bytes &+= try machine.unmap(domain, iova: IOVA(UInt64(page) &<< 12), size: 4096)
        if isRecorded, page % callsPerRecording == 0 { machine.takeRecording().check() }
      }
    } catch {
      throw .refused(error)
    }
    return bytes
  }

  /// The board as a device sees it now, with the domain attached to its context.
  func bus() throws(BenchError) -> Bus {
    var machine = machine
    machine.setRecording(false)
    do throws(KernelError) {
      if !isAttached { try machine.attach(device, to: domain) }
    } catch {
      throw .refused(error)
    }
    guard let table = machine.system.domains[domain.index].table else { throw .noContext }
    return Bus(
      machine.board, table: table, format: machine.platform.format,
      asking: machine.request(by: device, at: IOVA(0), .read),
      isRecorded: isRecorded)
  }

  /// The bytes of page tables as hardware counts them, and what all of memory takes here.
  var tableBytes: (hardware: Int, ours: Int) {
    (machine.board.memory.pool.pagesInUse * 4096, machine.board.memory.allocatedBytes)
  }
}

/// With the journal on, what was recorded is taken away after so many calls, as the program does
/// after each operation, long before the journal is full.
let callsPerRecording = 1024

extension Recording {
  /// Nothing may be missing from what was recorded: that would be less work than is measured.
  func check() { precondition(isComplete, "The journal was full before it was taken away.") }
}
