internal import IOMMUAPI
package import IOMMUHardware
package import IOMMUModel

extension Machine {
  /// What a word of memory is called: its place in a table, where it lies in one.
  ///
  /// Of tables below the first, an address alone tells the level only where there are two levels;
  /// a walker that reads one knows it.
  package func wordName(at address: PhysicalAddress, level: Int? = nil) -> String? {
    let format = platform.format
    if let slot = tableSlot(at: address) {
      let known =
        slot.isFirst ? format.firstLevel : format.levels.count == 2 ? format.levels[1] : nil
      let name = (level ?? known).map { "L\($0)" } ?? "table"
      return "\(name)[\(UInt64(slot.index).hex)]"
    }
    let index = Int(address.value & 0xfff) / 16
    let half = address.value & 8 == 0 ? "" : ".hi"
    switch board.memory.use(ofPage: address.page) {
    case .rootTable: return "root[\(UInt64(index).hex(digits: 2).dropFirst(2))]\(half)"
    case .contextTable:
      return
        "context[\(index >> 3 < 16 ? "0" : "")\(String(index >> 3, radix: 16)).\(index & 7)]\(half)"
    case .firstLevelTable, .lowerLevelTable, .buffer, .freed, .coherentBuffer: return nil
    }
  }
}
